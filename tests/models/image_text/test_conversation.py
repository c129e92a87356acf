"""Prompts: their layout, where the shared part ends, and what a question may not do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError

pytest.importorskip("transformers")

from medspatial.models.image_text.conversation import Conversation, _last_special
from medspatial.models.image_text.loading import load_processor

FAMILIES = ("gemma3", "qwen2_5_vl", "llava")
QUESTIONS = (
    "Where?",
    "\n\nIs it left\tor right?",
    "  12 mm or 3.5?",
    "T",
    "the liver in the lung",
    "Größe?",
)


def conversation(folder: Path, **options: Any) -> Conversation:
    return Conversation(
        load_processor(str(folder), revision=None, chat_template=None)[0], name="m", **options
    )


def images(count: int, size: int = 40) -> list[Any]:
    return list(np.random.default_rng(count).integers(0, 256, (count, size, size, 3), dtype=np.uint8))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("captions", ["before", "after", "none"])
def test_head_and_tail_are_the_whole_prompt(
    image_text_folders: Callable[[str], Path], family: str, captions: Any
) -> None:
    made = conversation(image_text_folders(family), instruction="Look.", captions=captions)
    for count in (0, 1, 3):
        words = [f"SLICE {number}" for number in range(count)]
        head = made.head(images(count), words)
        for question in QUESTIONS:
            whole = made.inputs(images(count), words, question)["input_ids"][0].tolist()
            if head.length:
                shared = head.inputs["input_ids"][0].tolist()
                assert shared + made.tail(head, question) == whole
            else:
                assert (family, count) == ("llava", 0)  # no special token in a text-only prompt


def test_everything_along_the_tokens_is_cut(image_text_folders: Callable[[str], Path]) -> None:
    head = conversation(image_text_folders("gemma3")).head(images(2), ["a", "b"])
    lengths = {key: value.shape[1] for key, value in head.inputs.items() if key != "pixel_values"}
    assert set(lengths.values()) == {head.length}
    assert {"input_ids", "attention_mask", "token_type_ids"} <= set(lengths)
    assert head.inputs["pixel_values"].shape[0] == 2


def test_text_layout_in_one_turn(image_text_folders: Callable[[str], Path]) -> None:
    made = conversation(image_text_folders("qwen2_5_vl"), system="Be brief.", instruction="Look.")
    ids = made.inputs(images(2), ["first", "second"], "Where?")["input_ids"][0]
    text = made.processor.tokenizer.decode(ids).replace("<|image_pad|>", "")
    assert text == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nLook.\nfirst\n"
        "<|vision_start|><|vision_end|>second\n<|vision_start|><|vision_end|>Where?<|im_end|>\n<|im_start|>assistant\n"
    )


def test_no_instruction_about_images_that_are_not_there(
    image_text_folders: Callable[[str], Path],
) -> None:
    made = conversation(image_text_folders("qwen2_5_vl"), instruction="Look.")
    assert made.content((), (), "Where?") == [{"type": "text", "text": "Where?"}]


def test_a_question_with_an_image_mark_is_refused(image_text_folders: Callable[[str], Path]) -> None:
    made = conversation(image_text_folders("gemma3"))
    head = made.head(images(1), ["a"])
    with pytest.raises(InputError, match="the prompt cannot be made"):
        made.tail(head, "What is <start_of_image> here?")


def test_a_template_that_refuses_is_told(image_text_folders: Callable[[str], Path]) -> None:
    made = conversation(image_text_folders("llava"), system="s")
    made.processor.chat_template = "{{ raise_exception('no system turn') }}"
    with pytest.raises(InputError, match="no system turn"):
        made.inputs((), (), "Where?")


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [([1, 5, 6, 2], [1, 5, 7, 2], 1), ([5, 6], [7, 6], 0), ([1, 2, 3], [1, 2, 4], 2), ([5, 1, 9], [5, 1], 2)],
)
def test_last_special_in_what_is_shared(first: list[int], second: list[int], place: int) -> None:
    assert _last_special(first, second, frozenset({1, 2})) == place
