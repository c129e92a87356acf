"""The prompt of an image-text model, and where what all questions share ends.

The processor writes and cuts up the whole prompt once per volume, with the question of a probe. What
all questions share ends behind the last special token before the question (behind the images, or the
opening of the turn where there are none): tokenizers cut texts at special tokens, so that what follows
one does not depend on what is before. The rest of a prompt is taken from the same prompt with one small
image in place of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Literal

import numpy as np
import torch
from jinja2 import TemplateError
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from medspatial.errors import InputError

Pixels = NDArray[np.uint8]
Item = dict[str, Any]
PROBES = ("Which side is it on?", "7. Name the organ.")
_SMALL = 64  # pixels of the image that stands for all; processors scale it to what they need


@dataclass(frozen=True)
class Head:
    """What all questions of a volume share.

    Attributes
    ----------
    inputs
        Tensors of the processor up to the cut.
    length
        Tokens; 0 where nothing is shared.
    images, captions
        What the prompt was made from.
    start
        Token ids before the cut of a prompt with one small image; all prompts begin with them.
    """

    inputs: dict[str, Tensor]
    length: int
    images: tuple[Pixels, ...]
    captions: tuple[str, ...]
    start: tuple[int, ...]


class Conversation:
    """Prompts of one user turn: instruction, images with captions, question.

    Parameters
    ----------
    processor
        Of transformers, with a chat template.
    system
        Text of a system turn; without it none.
    instruction
        Before the images; left out where there are none.
    captions
        On which side of its image a caption stands.
    name
        For messages.
    """

    def __init__(
        self,
        processor: Any,
        *,
        name: str,
        system: str | None = None,
        instruction: str | None = None,
        captions: Literal["before", "after", "none"] = "before",
        joined: bool = True,
    ) -> None:
        self.processor = processor
        self.name = name
        self.system = system
        self.instruction = instruction
        self.captions = captions
        self.joined = joined
        self._special = _special_ids(processor.tokenizer)
        self._lock = Lock()  # volumes are prepared in a thread while questions are asked

    def content(self, images: Sequence[Pixels], captions: Sequence[str], question: str) -> list[Item]:
        """Return the items of the user's turn; neighbouring texts become one, on lines of their own."""
        items: list[Item] = []
        if images and self.instruction:
            items.append(_words(self.instruction))
        for image, caption in zip(images, captions, strict=True):
            picture = {"type": "image", "image": Image.fromarray(image)}
            if self.captions == "before":
                items += [_words(caption), picture]
            else:
                items += [picture, _words(caption)] if self.captions == "after" else [picture]
        items.append(_words(question))
        return _joined(items) if self.joined else items

    def inputs(self, images: Sequence[Pixels], captions: Sequence[str], question: str) -> dict[str, Tensor]:
        """Return the processor's tensors of a whole prompt, batch size 1.

        Raises
        ------
        InputError
            The chat template or the processor refuses the prompt.
        """
        turns: list[Item] = []
        if self.system:
            turns.append({"role": "system", "content": [_words(self.system)]})
        turns.append({"role": "user", "content": self.content(images, captions, question)})
        try:
            with self._lock:
                made = self.processor.apply_chat_template(
                    [turns],
                    tokenize=True,
                    add_generation_prompt=True,
                    return_dict=True,
                    return_tensors="pt",
                )
        except (TemplateError, ValueError) as error:
            raise InputError(f"{self.name}: the prompt cannot be made ({error})") from None
        return {key: value for key, value in made.items() if isinstance(value, Tensor)}

    def head(self, images: Sequence[Pixels], captions: Sequence[str]) -> Head:
        """Make the shared part of the prompts of a volume.

        Raises
        ------
        InputError
            The rest of the prompt depends on the images, or there are none of them in it.
        """
        whole = self.inputs(images, captions, PROBES[0])
        first, second = (self._small_ids(captions, probe, bool(images)) for probe in PROBES)
        cut = _last_special(first, second, self._special)
        rest = first[cut:]
        ids = whole["input_ids"][0].tolist()
        length = len(ids) - len(rest) if cut else 0
        if ids[len(ids) - len(rest) :] != rest:
            raise InputError(f"{self.name}: what follows the images in the prompt depends on the images")
        inputs = {key: _cut(value, len(ids), length) for key, value in whole.items()}
        return Head(inputs, length, tuple(images), tuple(captions), tuple(first[:cut]))

    def tail(self, head: Head, question: str) -> list[int]:
        """Return the token ids of a question, to follow the head."""
        ids = self._small_ids(head.captions, question, bool(head.images))
        if tuple(ids[: len(head.start)]) != head.start:
            raise InputError(f"{self.name}: the question {question!r} changes the prompt before it")
        return ids[len(head.start) :]

    def _small_ids(self, captions: Sequence[str], question: str, with_image: bool) -> list[int]:
        small = [np.zeros((_SMALL, _SMALL, 3), dtype=np.uint8)] if with_image else []
        made = self.inputs(small, captions[-1:] if small else [], question)
        ids: list[int] = made["input_ids"][0].tolist()
        return ids


def _words(text: str) -> Item:
    return {"type": "text", "text": text}


def _joined(items: Sequence[Item]) -> list[Item]:
    """Join neighbouring texts, and end a text in front of an image with its line."""
    joined: list[Item] = []
    for item in items:
        if item["type"] == "text" and joined and joined[-1]["type"] == "text":
            joined[-1] = _words(f"{joined[-1]['text']}\n{item['text']}")
        else:
            joined.append(item)
    last = len(joined) - 1
    return [
        _words(f"{item['text']}\n") if item["type"] == "text" and place < last else item
        for place, item in enumerate(joined)
    ]


def _special_ids(tokenizer: Any) -> frozenset[int]:
    return frozenset(tokenizer.all_special_ids) | frozenset(tokenizer.added_tokens_decoder)


def _last_special(first: Sequence[int], second: Sequence[int], special: frozenset[int]) -> int:
    """Return the place behind the last special token in what two prompts share; 0 if there is none."""
    shared = 0
    for a, b in zip(first, second, strict=False):
        if a != b:
            break
        shared += 1
    return max((place + 1 for place in range(shared) if first[place] in special), default=0)


def _cut(value: Tensor, whole: int, length: int) -> Tensor:
    """Cut what runs along the tokens (ids, masks, types); pixels and grids stay."""
    along = value.ndim >= 2 and value.shape[0] == 1 and value.shape[1] == whole
    return value[:, :length] if along and not torch.is_floating_point(value) else value
