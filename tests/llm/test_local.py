"""A tiny random model of transformers, asked as a language model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.llm import CallFailed, Llm, MalformedReply, Request, open_llm, user

pytest.importorskip("torch")
pytest.importorskip("transformers")

TEMPLATE = (
    "{% for m in messages %}{{ m.role }} : {{ m.content }} {% endfor %}"
    "{% if add_generation_prompt %}assistant :{% endif %}"
)
WORDS = ["system", "user", "assistant", ":", "left", "right", "which", "side", "?", "liver", "be", "brief"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    path = tmp_path_factory.mktemp("tiny") / "tiny-llama"
    vocabulary = {word: place for place, word in enumerate(["<unk>", "</s>", *WORDS])}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, unk_token="<unk>", eos_token="</s>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(str(path))
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, bos_token_id=None, eos_token_id=1, pad_token_id=1,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    model.lm_head.weight.data[:2] = 0.0  # it always finds a word to say
    model.save_pretrained(str(path))
    return path


@pytest.fixture(scope="module")
def llm(folder: Path) -> Llm:
    return open_llm(f"local:{folder}", device="cpu")


def test_greedy_answers_repeat_and_are_counted(llm: Llm, folder: Path) -> None:
    request = Request((user("which side ?"),), system="be brief", max_tokens=4)
    reply = llm.ask(request)
    assert reply.tokens.input == 11  # system : be brief user : which side ? assistant :
    assert 1 <= reply.tokens.output <= 4
    again = open_llm(f"local:{folder}", device="cpu").ask(request)
    assert (again.text, again.served_model) == (reply.text, reply.served_model)
    assert reply.served_model.startswith("tiny-llama@")


def test_sampling_follows_the_seed(llm: Llm) -> None:
    def draw(seed: int, sample: int) -> str:
        return llm.ask(
            Request((user("liver ?"),), temperature=5.0, max_tokens=8, seed=seed, sample=sample)
        ).text

    assert draw(1, 0) == draw(1, 1)
    assert len({draw(seed, 0) for seed in range(4)}) > 1


def test_structure_is_checked_here_too(llm: Llm) -> None:
    with pytest.raises(MalformedReply):
        llm.ask(Request((user("which side ?"),), schema={"type": "object"}, max_tokens=4))


def test_a_model_that_writes_nothing_fails_at_once(folder: Path) -> None:
    silent = open_llm(f"local:{folder}", device="cpu")
    provider = silent.provider
    provider._network.lm_head.weight.data[:] = 0.0  # type: ignore[attr-defined]  # argmax: the unknown token
    with pytest.raises(CallFailed, match="wrote nothing"):
        silent.ask(Request((user("which side ?"),), max_tokens=2))
    assert silent.spent.calls == 1


def test_pictures_are_refused(llm: Llm, png: Callable[[int, int], bytes]) -> None:
    with pytest.raises(InputError, match="reads text only"):
        llm.ask(Request((user("side ?", png(2, 2)),)))


def test_changed_weights_are_another_version(llm: Llm, folder: Path, tmp_path: Path) -> None:
    from medspatial.llm.local import _version

    before = _version(folder)
    other = tmp_path / "copy"
    other.mkdir()
    for path in folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    assert _version(other) == before
    with (other / "model.safetensors").open("ab") as stream:
        stream.write(b"more")
    assert _version(other) != before


def test_a_model_without_chat_template_is_refused(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        if "template" not in path.name:
            text = path.read_bytes()
            (tmp_path / path.name).write_bytes(text)
    with pytest.raises(InputError, match="has no chat template"):
        open_llm(f"local:{tmp_path}", device="cpu")
