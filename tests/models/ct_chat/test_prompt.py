"""Prompts: templates, task tokens, begin tokens, system texts."""

from __future__ import annotations

import functools
import http.server
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.ct_chat import system_prompt as prompts
from medspatial.models.ct_chat.prompt import IMAGE_ID, Prompt, add_tokens, split_at_image, token_ids
from medspatial.models.ct_chat.system_prompt import SystemPrompt, fetch_system_prompts, load_system_prompt
from medspatial.models.ct_chat.templates import TEMPLATES, Template, template

NONE = SystemPrompt("", "none")
SIDE = Query("q1", "Which side?", ("left", "right"))


@pytest.fixture
def tokenizer(make: SimpleNamespace) -> Any:
    begin, *others = make.llama3
    made = make.tokenizer(begin, tuple(others))
    add_tokens(made, len(made) + 5, "here")
    return made


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Template:
    """A template whose system text is known here, and an empty cache."""
    known = TEMPLATES["llama3"]
    made = Template("llama3", known.render, prompts.sha256("Be brief."), "conv_llama3", known.end)
    monkeypatch.setattr(prompts, "TEMPLATES", {"llama3": made})
    monkeypatch.setenv("MEDSPATIAL_CACHE", str(tmp_path / "cache"))
    return made


def source_file(folder: Path, text: str = "Be brief.") -> Path:
    """Source that would do harm if it were run."""
    path = folder / "conversation.py"
    harm = f"open({str(folder / 'harm')!r}, 'w').write('ran')\nimport nothing_such\n"
    path.write_text(harm + f"conv_llama3 = Conversation(\n    system={text!r}, roles=('a', 'b'))\n")
    return path


def test_two_begin_tokens_where_the_text_states_one(tokenizer: Any) -> None:
    ids = token_ids(tokenizer, "<|begin_of_text|>ab<image>c")
    begin = tokenizer.bos_token_id
    assert ids[:2] == [begin, begin]
    assert ids.count(begin) == 2


def test_later_pieces_lose_their_begin_token(tokenizer: Any) -> None:
    ids = token_ids(tokenizer, "a<image>b<image>c")
    assert [i for i in ids if i in (IMAGE_ID, tokenizer.bos_token_id)] == [
        tokenizer.bos_token_id,
        IMAGE_ID,
        IMAGE_ID,
    ]
    assert tokenizer.decode([i for i in ids if i >= 0], skip_special_tokens=True).replace(" ", "") == "abc"


def test_the_misspelt_task_token_stays_misspelt(tokenizer: Any) -> None:
    def ids(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])

    assert len(ids("<short_answe>")) == 1
    assert len(ids("<short_answer>")) == len("<short_answer>")
    assert all(
        len(ids(token)) == 1 for token in ("<multiple_choice>", "<long_answer>", "<report_generation>")
    )
    assert Prompt(TEMPLATES["llama3"], NONE).question(Query("q", "Why?")).endswith("<short_answer>")


def test_new_tokens_follow_the_base_in_the_order_of_training(make: SimpleNamespace) -> None:
    begin, *others = make.llama3
    made = make.tokenizer(begin, tuple(others))
    rows = len(made)
    add_tokens(made, rows + 5, "here")
    names = ("<pad>", "<multiple_choice>", "<long_answer>", "<short_answe>", "<report_generation>")
    assert [made.convert_tokens_to_ids(name) for name in names] == list(range(rows, rows + 5))


def test_a_tokenizer_with_a_pad_token_gets_four(make: SimpleNamespace) -> None:
    begin, *others = make.plain
    made = make.tokenizer(begin, tuple(others), pad="<unk>")
    rows = len(made)
    with pytest.raises(InputError, match=f"has {rows + 4} tokens, the model {rows + 5} word rows"):
        add_tokens(made, rows + 5, "here")
    add_tokens(made, rows + 4, "here")


def test_the_question_as_in_training() -> None:
    prompt = Prompt(TEMPLATES["llama3"], NONE)
    assert prompt.question(SIDE) == "<provided>Which side? (a) left (b) right<multiple_choice>"
    plain = Prompt(TEMPLATES["vicuna_v1"], NONE, task="long_answer", provided=False)
    assert plain.text(SIDE) == "USER: <image>\nWhich side? (a) left (b) right<long_answer> ASSISTANT:"
    assert plain.text(SIDE, image=False).startswith("USER: Which side?")
    with pytest.raises(InputError, match="task must be auto or one of"):
        Prompt(TEMPLATES["llama3"], NONE, task="short")
    with pytest.raises(InputError, match="reserved text '<image>'"):
        prompt.text(Query("q", "What is <image>?"))


def test_each_question_is_a_fresh_conversation() -> None:
    prompt = Prompt(TEMPLATES["mistral_instruct"], NONE)
    prompt.text(Query("q1", "first"))
    assert "first" not in prompt.text(Query("q2", "second"))


def test_templates_of_two_turns() -> None:
    turns = [("<image>\nq", "a"), ("r", None)]
    assert (
        TEMPLATES["mistral_instruct"].render(turns, "") == "[INST] <image>\nq [/INST] a </s>[INST] r [/INST]"
    )
    assert (
        TEMPLATES["vicuna_v1"].render(turns, "S") == "S USER: <image>\nq ASSISTANT: a</s>USER: r ASSISTANT:"
    )
    text = TEMPLATES["llama3"].render(turns, "S")
    assert text.startswith("S<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n<image>\nq<|eot_id|>")
    assert text.endswith("<|start_header_id|>assistant<|end_header_id|>\n\n")
    with pytest.raises(InputError, match="template must be one of"):
        template("llama2")


def test_split_at_the_image() -> None:
    assert split_at_image([1, 2, IMAGE_ID, 3]) == ([1, 2], [3])


def test_the_source_is_read_not_run(own: Template, tmp_path: Path) -> None:
    path = source_file(tmp_path)
    written = fetch_system_prompts(source=path)
    assert [p.read_text() for p in written] == ["Be brief."]
    assert not (tmp_path / "harm").exists()
    assert load_system_prompt(own) == SystemPrompt("Be brief.", "original")
    assert load_system_prompt(own, path).origin == "original"


def test_the_hash_is_checked(own: Template, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="system text of conv_llama3 has SHA-256"):
        fetch_system_prompts(source=source_file(tmp_path, "Be verbose."))
    fetched = fetch_system_prompts(source=source_file(tmp_path))[0]
    fetched.write_text("Be verbose.")
    with pytest.raises(InputError, match="was changed"):
        load_system_prompt(own, "fetched")


def test_without_the_system_text_the_manifest_says_so(own: Template) -> None:
    made = load_system_prompt(own)
    assert made.describe() == {"origin": "none", "sha256": None}
    assert own.render([("q", None)], made.text).startswith("<|start_header_id|>user")
    with pytest.raises(InputError, match="no such file; fetch it, give a file"):
        load_system_prompt(own, "fetched")


def test_a_text_of_ones_own_is_recorded_as_such(own: Template, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Answer.")
    made = load_system_prompt(own, tmp_path / "mine.txt")
    assert made.describe() == {"origin": "custom", "sha256": prompts.sha256("Answer.")}
    assert load_system_prompt(TEMPLATES["mistral_instruct"], "none").origin == "not needed"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("conv_llama3 = Conversation(system=read(), roles=())", "not a plain string"),
        ("conv_llama3 = 'text'", "has no conversation conv_llama3"),
        ("def (", "not Python source"),
    ],
)
def test_another_source_is_told(own: Template, tmp_path: Path, source: str, message: str) -> None:
    path = tmp_path / "conversation.py"
    path.write_text(source)
    with pytest.raises(InputError, match=message):
        fetch_system_prompts(source=path)


def test_fetching_over_the_network(own: Template, tmp_path: Path) -> None:
    source_file(tmp_path)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        written = fetch_system_prompts(tmp_path / "out", f"{address}/conversation.py")
        assert [path.name for path in written] == ["llama3.txt"]
        with pytest.raises(
            InputError, match=r"nothing\.py: cannot be fetched .* download it and give the file"
        ):
            fetch_system_prompts(tmp_path / "out", f"{address}/nothing.py")
        server.shutdown()


def test_the_commit_is_pinned() -> None:
    assert f"/{prompts.COMMIT}/" in prompts.SOURCE
    assert len(prompts.COMMIT) == 40
