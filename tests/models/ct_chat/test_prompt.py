"""Prompts: templates, task tokens, begin tokens, system texts."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models.ct_chat import system_prompt as prompts
from medspatial.models.ct_chat.prompt import IMAGE_ID, Prompt, add_tokens, split_at_image, token_ids
from medspatial.models.ct_chat.system_prompt import fetch_system_prompts, load_system_prompt
from medspatial.models.ct_chat.templates import TEMPLATES, Template, template
from medspatial.models.runtime.source_text import ChosenText, sha256

NONE = ChosenText("", "none")
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
    made = Template("llama3", known.render, sha256("Be brief."), "conv_llama3", known.end)
    monkeypatch.setattr(prompts, "TEMPLATES", {"llama3": made})
    monkeypatch.setenv("MEDSPATIAL_CACHE", str(tmp_path / "cache"))
    return made


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


def test_system_texts_come_out_of_the_original_source(own: Template, tmp_path: Path) -> None:
    path = tmp_path / "conversation.py"
    path.write_text("conv_llama3 = Conversation(\n    system='Be brief.', roles=('a', 'b'))\n")
    assert [written.name for written in fetch_system_prompts(source=path)] == ["llama3.txt"]
    assert load_system_prompt(own) == ChosenText("Be brief.", "original")
    assert load_system_prompt(TEMPLATES["mistral_instruct"]).origin == "not needed"


def test_without_the_system_text_the_turns_begin(own: Template) -> None:
    made = load_system_prompt(own)
    assert made.origin == "none"
    assert own.render([("q", None)], made.text).startswith("<|start_header_id|>user")


def test_the_commit_is_pinned() -> None:
    assert f"/{prompts.COMMIT}/" in prompts.SOURCE
    assert len(prompts.COMMIT) == 40
