"""What every native model says of a question and of its own reply."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from medspatial.inputs import Query  # noqa: E402
from medspatial.models.runtime.vlm import VolumeLanguageModel  # noqa: E402

WORDS = {1: "Question: where?", 2: " Answer: left ", 3: "left", 9: "</s>"}


class Tiny(VolumeLanguageModel):
    name = "tiny"

    def __init__(self) -> None:
        self.language: Any = SimpleNamespace(settings=SimpleNamespace(eos_ids=(9,)))
        self.tokenizer: Any = SimpleNamespace(decode=self._decode)

    @staticmethod
    def _decode(ids: list[int], skip_special_tokens: bool = False) -> str:
        return "".join(WORDS[one] for one in ids if not (skip_special_tokens and one == 9))

    def pixels(self, volume: Any) -> Any:
        raise NotImplementedError

    def visual_tokens(self, pixels: Any) -> Any:
        raise NotImplementedError

    def prefix(self, visual: Any) -> Any:
        raise NotImplementedError

    def tail(self, query: Query) -> list[int]:
        return [1, 9]

    def clean(self, text: str) -> str:
        return text.replace("Answer:", "").strip()


def test_a_request_is_the_decoded_tail_with_its_special_tokens() -> None:
    assert Tiny().request(Query(id="q", text="where?")) == "Question: where?</s>"


def test_a_reply_that_was_cleaned_is_kept_as_it_came() -> None:
    answer = Tiny()._answer([2, 9])
    assert answer.text == "left"
    assert answer.metadata == {"new_tokens": 2, "raw": " Answer: left "}


def test_a_reply_that_needed_no_cleaning_is_not_kept_twice() -> None:
    assert Tiny()._answer([3]).metadata == {"new_tokens": 1, "cut_off": True}
