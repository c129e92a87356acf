"""MedGemma's prompt, its thoughts, and answers on a shared prefix."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.volume import Affine, Volume

pytest.importorskip("transformers")

QUERIES = [Query("a", "Where is the liver?"), Query("b", "Which kidney is larger?"), Query("c", "Side?")]


@pytest.fixture(scope="module")
def model(tiny_medgemma: Path) -> Any:
    return create_model("medgemma", path=tiny_medgemma, device="cpu", max_new_tokens=6, max_slices=5)


def ct() -> Volume:
    voxels = np.random.default_rng(2).integers(-300, 400, (12, 10, 9), dtype=np.int16)
    return Volume(voxels, Affine(np.diag([3.0, 3.0, 5.0, 1.0])), "HU")


def test_prompt_layout(model: Any) -> None:
    """Instruction, image, SLICE 1, image, SLICE 2, question: texts trimmed, nothing between items."""
    ids = model.conversation.inputs(*_first(model, 2), "Where?")["input_ids"][0]
    text = model.conversation.processor.tokenizer.decode(ids).replace("<image_soft_token>", "")
    image = "\n\n<start_of_image><end_of_image>\n\n"
    instruction = model.conversation.instruction
    assert text == (
        f"<bos><start_of_turn>user\n{instruction}{image}SLICE 1{image}SLICE 2Where?<end_of_turn>\n"
        "<start_of_turn>model\n"
    )


def test_instruction_states_the_order(model: Any, tiny_medgemma: Path) -> None:
    assert "from head to feet" in model.conversation.instruction
    other = create_model("medgemma", path=tiny_medgemma, device="cpu", superior_first=False)
    assert "from feet to head" in other.conversation.instruction
    assert other.generator.settings.max_new_tokens == 2000
    assert other.contract.axes == "SPL"


def test_answers_on_the_prefix_are_those_of_whole_prompts(model: Any) -> None:
    assert model.sharing.mode == "batched"
    encoded = model.encode(model.prepare(ct()))
    assert len(encoded.head.images) == 5
    pictures = model.pictures(ct())
    whole = [
        model.generator.asked_whole(model.conversation.inputs(*pictures, model.wording.text(query)))
        for query in QUERIES
    ]
    assert model._generated(encoded, QUERIES) == whole


def test_thoughts_are_set_aside(model: Any) -> None:
    tokenizer = model.conversation.processor.tokenizer
    begins, ends = tokenizer.convert_tokens_to_ids(["<unused94>", "<unused95>"])
    words = tokenizer.encode("thought\nit is on", add_special_tokens=False)
    answer = tokenizer.encode(" left", add_special_tokens=False)
    assert model.read([begins, *words, ends, *answer]) == ("left", {"thought": "thought\nit is on"})
    assert model.read(answer) == ("left", {})
    text, facts = model.read([begins, *words])
    assert (text, facts["thought_without_end"]) == ("", True)


def test_description_names_jpeg_and_windows(model: Any) -> None:
    facts = model.describe()["pictures"]
    assert (facts["jpeg"], facts["max_slices"]) == (False, 5)
    assert facts["windows_hu"] == [[-1024.0, 1024.0], [-135.0, 215.0], [0.0, 80.0]]
    assert model.name == "medgemma"


def test_a_tokenizer_without_the_marks_is_refused(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"does not know <unused96>; is it MedGemma's own"):
        model._mark("<unused96>")


def _first(model: Any, count: int) -> tuple[Any, Any]:
    images, captions = model.pictures(ct())
    return images[:count], captions[:count]
