"""The shared prefix: answers in a batch equal answers alone, which equal transformers' own."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from medspatial.models.runtime.language import GenerationSettings, LanguageModel

SIZES: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
}
KINDS = {
    "llama": (LlamaForCausalLM, lambda: LlamaConfig(**SIZES)),
    "qwen2": (Qwen2ForCausalLM, lambda: Qwen2Config(**SIZES)),
    "phi3": (Phi3ForCausalLM, lambda: Phi3Config(**SIZES, original_max_position_embeddings=128)),
    "phi3_window": (
        Phi3ForCausalLM,
        lambda: Phi3Config(**SIZES, original_max_position_embeddings=128, sliding_window=7),
    ),
}


def tiny(kind: str, attention: str = "eager") -> Any:
    """A tiny model with random weights, large enough that greedy choices have a margin."""
    model_class, config = KINDS[kind]
    made = config()
    made._attn_implementation = attention
    torch.manual_seed(11)
    model = model_class(made).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, 0.25)
    return model


MODELS = {kind: tiny(kind) for kind in KINDS}


def embedded(model: LanguageModel, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        return model.embed(ids)


def transformers_own(network: Any, prefix: torch.Tensor, tail: torch.Tensor, **options: Any) -> list[int]:
    """One question alone through ``generate``, from embeddings, as the originals do."""
    whole = torch.cat([prefix, tail])[None]
    with torch.inference_mode():
        out = network.generate(inputs_embeds=whole, do_sample=False, pad_token_id=0, **options)
    return out[0].tolist()


ids = st.lists(st.integers(1, 39), min_size=1, max_size=9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("penalty", [1.0, 1.3])
@pytest.mark.filterwarnings("ignore:Passing `repetition_penalty`:UserWarning")  # what is meant here
@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    prefix=st.lists(st.integers(1, 39), min_size=2, max_size=12), tails=st.lists(ids, min_size=1, max_size=5)
)
def test_a_batch_equals_one_by_one_and_transformers_own(
    kind: str, penalty: float, prefix: list[int], tails: list[list[int]]
) -> None:
    network = MODELS[kind]
    model = LanguageModel(network, GenerationSettings(max_new_tokens=6, repetition_penalty=penalty))
    start = embedded(model, prefix)
    shared = model.prefix(start)
    ends = [embedded(model, tail) for tail in tails]
    together = model.generate(shared, ends)
    assert together == [model.generate(shared, [end])[0] for end in ends]
    own = [
        transformers_own(network, start, end, max_new_tokens=6, repetition_penalty=penalty) for end in ends
    ]
    assert together == own


def test_the_prefix_is_not_changed_by_answers() -> None:
    model = LanguageModel(MODELS["llama"], GenerationSettings(max_new_tokens=4))
    shared = model.prefix(embedded(model, [3, 4, 5]))
    before = copy.deepcopy(shared.cache)
    model.generate(shared, [embedded(model, [7]), embedded(model, [8, 9])])
    assert shared.cache.get_seq_length() == 3
    for layer, old in zip(shared.cache.layers, before.layers, strict=True):
        assert torch.equal(layer.keys, old.keys)


def test_eager_and_sdpa_give_the_same_ids() -> None:
    answers = []
    for attention in ("eager", "sdpa"):
        model = LanguageModel(tiny("qwen2", attention), GenerationSettings(max_new_tokens=8))
        tails = [embedded(model, tail) for tail in ([5, 6, 7], [9])]
        answers.append(model.generate(model.prefix(embedded(model, [1, 2, 3])), tails))
    assert answers[0] == answers[1]


def test_an_answer_ends_at_any_end_token_while_others_go_on() -> None:
    free = LanguageModel(MODELS["llama"], GenerationSettings(max_new_tokens=8))
    shared = free.prefix(embedded(free, [3, 4, 5]))
    tails = [embedded(free, tail) for tail in ([7, 8], [9], [10, 11, 12])]
    unended = free.generate(shared, tails)
    end = unended[0][2]
    ended = LanguageModel(MODELS["llama"], GenerationSettings(max_new_tokens=8, eos_ids=(39, end)))
    for answer, whole in zip(ended.generate(shared, tails), unended, strict=True):
        stop = whole.index(end) + 1 if end in whole else len(whole)
        assert answer == whole[:stop]


class OutOfMemory:
    """Stand in for a model whose memory holds only so many rows at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, model: LanguageModel, rows: int) -> None:
        self.sizes: list[int] = []
        real = LanguageModel._batch

        def limited(self_: LanguageModel, prefix: Any, tails: Any, keys: Any) -> Any:
            self.sizes.append(len(tails))
            if len(tails) > rows:
                raise torch.OutOfMemoryError("CUDA out of memory (simulated)")
            return real(self_, prefix, tails, keys)

        monkeypatch.setattr(LanguageModel, "_batch", limited)


def test_where_memory_runs_out_the_batch_is_halved_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = LanguageModel(MODELS["llama"], GenerationSettings(max_new_tokens=5))
    shared = model.prefix(embedded(model, [3, 4, 5]))
    tails = [embedded(model, [i, i + 1][: 1 + i % 2]) for i in range(5, 16)]
    expected = model.generate(shared, tails)
    memory = OutOfMemory(monkeypatch, model, rows=3)
    assert model.generate(shared, tails) == expected
    assert memory.sizes == [11, 5, 2, 2, 2, 2, 2, 1]
    assert model.batches.largest == 2  # kept for the next volume
    memory.sizes.clear()
    assert model.generate(shared, tails[:4]) == expected[:4]
    assert memory.sizes == [2, 2]


def test_one_question_that_does_not_fit_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LanguageModel(MODELS["llama"], GenerationSettings(max_new_tokens=2))
    shared = model.prefix(embedded(model, [3]))
    OutOfMemory(monkeypatch, model, rows=0)
    with pytest.raises(torch.OutOfMemoryError):
        model.generate(shared, [embedded(model, [4]), embedded(model, [5])])


def test_other_errors_are_not_taken_for_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LanguageModel(MODELS["llama"], GenerationSettings())
    calls = []

    def broken(*_: Any) -> Any:
        calls.append(1)
        raise RuntimeError("shapes do not fit")

    shared = model.prefix(embedded(model, [3]))
    monkeypatch.setattr(LanguageModel, "_batch", broken)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        model.generate(shared, [embedded(model, [4])] * 4)
    assert len(calls) == 1


def test_sampling_depends_on_the_question_and_the_seed_alone() -> None:
    def answers(seed: int, batches: list[list[int]]) -> dict[int, list[int]]:
        chosen = GenerationSettings(
            max_new_tokens=8, do_sample=True, temperature=1.5, top_k=20, top_p=0.95, seed=seed
        )
        model = LanguageModel(MODELS["phi3"], chosen)
        shared = model.prefix(embedded(model, [3, 4]))
        found = {}
        for batch in batches:
            tails = [embedded(model, [5 + key] * (1 + key % 3)) for key in batch]
            found.update(zip(batch, model.generate(shared, tails, [f"q{key}" for key in batch]), strict=True))
        return found

    together = answers(1, [[0, 1, 2, 3, 4, 5]])
    assert together == answers(1, [[5, 3], [0], [4, 1, 2]])
    assert together != answers(2, [[0, 1, 2, 3, 4, 5]])


def test_a_tail_needs_a_token() -> None:
    model = LanguageModel(MODELS["llama"], GenerationSettings())
    shared = model.prefix(embedded(model, [3]))
    with pytest.raises(ValueError, match="at least one token"):
        model.generate(shared, [torch.zeros(0, 32)])
