"""Four families end to end: answers in batches on a shared prefix are those of stock generate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.volume import Affine, Volume

pytest.importorskip("transformers")

QUERIES = [
    Query("a", "Where is the liver?"),
    Query("b", "Is the left kidney larger than the spleen in this patient?", ("yes", "no"), "choice"),
    Query("c", "Side?"),
    Query("d", "7 cm or 9?"),
]
FAMILIES = ("gemma3", "qwen2_5_vl", "qwen3_vl", "llava")


def ct(seed: int = 0) -> Volume:
    voxels = np.random.default_rng(seed).integers(-200, 300, (14, 16, 12), dtype=np.int16)
    affine = np.diag([4.0, 3.0, 5.0, 1.0])
    return Volume(voxels, Affine(affine), "HU")


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest, image_text_folders: Callable[[str], Path]) -> Iterator[Any]:
    made = create_model(
        "image_text",
        path=str(image_text_folders(request.param)),
        name=request.param,
        count=3,
        size=56,
        max_new_tokens=8,
        device="cpu",
        dtype="float32",
    )
    yield made
    made.close()


def test_batched_on_a_shared_prefix_equals_stock_generate_token_for_token(model: Any) -> None:
    assert model.sharing.mode == "batched"
    encoded = model.encode(model.prepare(ct()))
    assert encoded.prefix is not None
    together = model._generated(encoded, QUERIES)
    alone = [model._generated(encoded, [query])[0] for query in QUERIES]
    images, captions = model.pictures(ct())
    stock = [stock_answer(model, images, captions, model.wording.text(query)) for query in QUERIES]
    assert together == alone == stock


def test_text_only_is_batched_too(model: Any) -> None:
    encoded = model.encode(model.prepare(None))
    stock = [stock_answer(model, (), (), model.wording.text(query)) for query in QUERIES]
    assert model._generated(encoded, QUERIES) == stock


def test_logits_on_the_prefix_are_those_of_the_whole_prompt(model: Any) -> None:
    """Tokens of a random model may agree by luck; the first logits agree to rounding, padded row included."""
    encoded = model.encode(model.prepare(ct()))
    texts = [model.wording.text(query) for query in (QUERIES[0], QUERIES[2])]
    tails = [model.conversation.tail(encoded.head, text) for text in texts]
    options = {"max_new_tokens": 1, "output_logits": True, "return_dict_in_generate": True}
    for group in model.generator._groups(encoded.prefix, tails):
        made, _ = model.generator.continued(encoded.prefix, [tails[i] for i in group], **options)
        for row, place in enumerate(group):
            whole = model.conversation.inputs(*model.pictures(ct()), texts[place])
            wanted = model.generator.whole(whole, **options).logits[0][0].numpy()
            assert np.abs(made.logits[0][row].numpy() - wanted).max() < 1e-4 * np.abs(wanted).max()


def test_volumes_do_not_disturb_each_other(model: Any) -> None:
    """Some models remember positions between calls; an encoded volume brings its own back."""
    first = model.encode(model.prepare(ct(0)))
    before = model._generated(first, QUERIES)
    text_only = model.encode(model.prepare(None))
    other = model.encode(model.prepare(ct(1)))
    model._generated(other, QUERIES)
    model._generated(text_only, QUERIES)
    assert model._generated(first, QUERIES) == before


def test_what_is_seen_reaches_the_logits(model: Any) -> None:
    prefixes = [model.encode(model.prepare(ct(seed))).prefix for seed in (0, 1)]
    keys = [prefix.cache.layers[-1].keys for prefix in prefixes]
    assert float((keys[0] - keys[1]).abs().max()) > 1e-3


def test_answers_and_description(model: Any) -> None:
    encoded = model.encode(model.prepare(ct()))
    answers = model.answer(encoded, QUERIES[:2])
    assert all(0 < answer.metadata["new_tokens"] <= 8 for answer in answers)
    facts = model.describe()
    assert facts["sharing"] == {"mode": "batched", "reason": ""}
    assert facts["pictures"]["count"] == 3
    assert facts["generation"]["max_new_tokens"] == 8
    assert facts["generation"]["do_sample"] is False  # although the checkpoints sample by default
    assert facts == model.describe()


def stock_answer(model: Any, images: Any, captions: Any, text: str) -> list[int]:
    """One prompt through processor and stock generate, with plain keyword arguments."""
    inputs = model.conversation.inputs(images, captions, text)
    made = model.generator.model.generate(**inputs, max_new_tokens=8, do_sample=False, top_k=None)
    ids = made[0, inputs["input_ids"].shape[1] :].tolist()
    ends = model.generator.ends
    stop = next((place + 1 for place, token in enumerate(ids) if token in ends), len(ids))
    return ids[:stop]


def test_memory_running_out_halves_the_batch(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = model.encode(model.prepare(ct()))
    whole = model._generated(encoded, QUERIES)
    sizes = []
    batch = model.generator.batch

    def short(prefix: Any, tails: Any, seed: int = 0) -> Any:
        sizes.append(len(tails))
        if len(tails) > 1:
            raise MemoryError
        return batch(prefix, tails, seed=seed)

    monkeypatch.setattr(model.generator, "batch", short)
    monkeypatch.setattr(model.generator.batches, "largest", None)
    assert model._generated(encoded, QUERIES) == whole
    assert sizes.count(1) == len(QUERIES)


def test_sampling_depends_on_the_seed_and_question_only(image_text_folders: Callable[[str], Path]) -> None:
    options = {
        "path": str(image_text_folders("llava")),
        "count": 1,
        "size": 28,
        "max_new_tokens": 6,
        "do_sample": True,
        "temperature": 2.0,
        "device": "cpu",
    }
    one = create_model("image_text", **options)
    encoded = one.encode(one.prepare(ct()))
    together = one._generated(encoded, QUERIES)
    assert together == one._generated(encoded, QUERIES)
    assert together[2] == one._generated(encoded, [QUERIES[2]])[0]
    other = create_model("image_text", **options, seed=1)
    assert together != other._generated(encoded, QUERIES)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"representation": "volume"}, "takes images, not voxels"),
        ({"colour": "red"}, "model 'image_text': unknown option 'colour'; it takes: path, "),
        ({"count": 0}, "count: .*greater than or equal to 1; got 0"),
        ({"prompt": "Say {answer}"}, "prompt: may hold .*{answer}"),
        ({"prompt": "Say something"}, "prompt: needs {question} or {prompt}"),
        ({"captions": "beside"}, "captions must be"),
        ({"device": "cuda:99"}, "CUDA devices|cuda:99"),
        ({"attention": "magic"}, "attention: must be one of"),
    ],
)
def test_bad_options(image_text_folders: Callable[[str], Path], options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        create_model("image_text", path=str(image_text_folders("llava")), **options)
