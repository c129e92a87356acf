"""Where a prefix cannot be shared exactly, that is said, and answers are still those of stock generate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")

from transformers import DynamicCache

from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.image_text.prefix import PrefixGenerator
from medspatial.volume import Affine, Volume

QUERIES = [Query("a", "Where is the liver?"), Query("b", "Side?"), Query("c", "Which one?")]
IMAGES_LAST = (
    "{% for m in messages %}USER: {% for c in m.content %}{% if c.type == 'text' %}{{ c.text }} {% endif %}"
    "{% endfor %}{% for c in m.content %}{% if c.type == 'image' %}<image>{% endif %}{% endfor %}{% endfor %}"
    " ASSISTANT:"
)


def ct() -> Volume:
    voxels = np.random.default_rng(3).integers(-200, 300, (8, 9, 7), dtype=np.int16)
    return Volume(voxels, Affine(np.diag([4.0, 4.0, 4.0, 1.0])), "HU")


def made(folder: Path, **options: Any) -> Any:
    chosen = {"count": 2, "size": 28, "max_new_tokens": 5, "device": "cpu", "dtype": "float32"}
    return create_model("image_text", path=str(folder), **{**chosen, **options})


def stock(model: Any) -> list[list[int]]:
    pictures = model.pictures(ct())
    inputs = [model.conversation.inputs(*pictures, model.wording.text(query)) for query in QUERIES]
    return [model.generator.asked_whole(one) for one in inputs]


def test_a_template_that_puts_images_last_is_asked_whole(
    image_text_folders: Callable[[str], Path],
) -> None:
    model = made(image_text_folders("llava"), chat_template=IMAGES_LAST)
    assert model.sharing.mode == "none"
    assert model.describe()["sharing"]["reason"]
    encoded = model.encode(model.prepare(ct()))
    assert encoded.prefix is None
    assert model._generated(encoded, QUERIES) == stock(model)
    assert len(model.answer(model.encode(model.prepare(None)), QUERIES)) == len(QUERIES)


def test_a_cache_that_cannot_be_repeated_serves_one_question_at_a_time(
    image_text_folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, repeats: int) -> None:
        raise NotImplementedError("no repeating")

    monkeypatch.setattr(DynamicCache, "batch_repeat_interleave", refuse)
    model = made(image_text_folders("llava"))
    assert (model.sharing.mode, "no repeating" in model.sharing.reason) == ("single", True)
    encoded = model.encode(model.prepare(ct()))
    assert encoded.prefix is not None
    assert model._generated(encoded, QUERIES) == stock(model)


def test_linear_attention_shares_its_prefix_one_question_at_a_time(
    image_text_folders: Callable[[str], Path],
) -> None:
    """The cache of recurrent states cannot be repeated; where transformers learns to, this may batch."""
    model = made(image_text_folders("qwen3_5"), size=56)
    assert model.sharing.mode == "single"
    assert "LinearAttentionLayer" in model.describe()["sharing"]["reason"]
    encoded = model.encode(model.prepare(ct()))
    assert encoded.prefix is not None
    assert not model.generator.may_pad(encoded.prefix, 1)
    assert model._generated(encoded, QUERIES) == stock(model)


def test_wrong_positions_on_the_prefix_are_noticed(
    image_text_folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """M-RoPE: without the remembered offset the answer goes on from wrong positions."""

    def forget(self: PrefixGenerator, rotary: dict[str, Any]) -> None:
        for name in rotary:
            self.model.get_submodule(name).rope_deltas = None

    monkeypatch.setattr(PrefixGenerator, "_remember", forget)
    model = made(image_text_folders("qwen2_5_vl"), size=56)
    assert model.sharing.mode == "none"
    assert "shared prefix" in model.sharing.reason


def test_a_sliding_window_forbids_padding(image_text_folders: Callable[[str], Path]) -> None:
    model = made(image_text_folders("gemma3"))
    prefix = model.encode(model.prepare(ct())).prefix
    assert not model.generator.may_pad(prefix, 4)
    groups = list(model.generator._groups(prefix, [[1, 2], [1], [3, 4]]))
    assert groups == [[0, 2], [1]]


def test_full_attention_pads(image_text_folders: Callable[[str], Path]) -> None:
    model = made(image_text_folders("llava"))
    prefix = model.encode(model.prepare(ct())).prefix
    assert list(model.generator._groups(prefix, [[1, 2], [1], [3, 4]])) == [[0, 1, 2]]
    model.generator.settings.no_repeat_ngram_size = 3  # would see the padding
    assert not model.generator.may_pad(prefix, 4)
