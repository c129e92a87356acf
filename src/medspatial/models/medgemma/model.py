"""MedGemma 1.5 as a model of this benchmark: its own protocol on the image-text runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from medspatial.errors import InputError
from medspatial.models.base import Point
from medspatial.models.generation import Generation
from medspatial.models.hardware import Runtime
from medspatial.models.image_text.conversation import Conversation, Pixels
from medspatial.models.image_text.model import ImageText
from medspatial.models.medgemma.preparation import MAX_SLICES, Preparation
from medspatial.models.options import ReadPath
from medspatial.volume import MaskSet, Volume

THOUGHT_BEGINS, THOUGHT_ENDS = "<unused94>", "<unused95>"
INSTRUCTION = (
    "The images are axial slices of one CT examination, in order from {order}. In each image the patient's "
    "right is on the left side and anterior is at the top. Look at all slices, then answer the question "
    "behind them."
)


class MedGemma(ImageText):
    """MedGemma 1.5 from its checkpoint folder or hub repository.

    The prompt is one user turn: instruction, each slice followed by ``SLICE k``, the question.

    Parameters
    ----------
    path
        Folder of ``google/medgemma-1.5-4b-it``, or that name.
    jpeg, superior_first, max_slices
        See `Preparation`; the published notebook is ``jpeg=True``.
    instruction
        Text before the slices; without it one that states order and orientation.
    prompt, system, chat_template, revision, runtime
        See `ImageText`.
    generation
        The model often thinks before it answers; with fewer new tokens it may not come to an end.
    """

    def __init__(
        self,
        path: ReadPath,
        *,
        jpeg: bool = False,
        superior_first: bool = True,
        max_slices: int = MAX_SLICES,
        instruction: str | None = None,
        prompt: str = "{prompt}",
        system: str | None = None,
        chat_template: ReadPath | None = None,
        revision: str | None = None,
        runtime: Runtime = Runtime(),
        generation: Generation = Generation(max_new_tokens=2000),
    ) -> None:
        self.preparation = Preparation(jpeg, superior_first, max_slices)
        order = "head to feet" if superior_first else "feet to head"
        super().__init__(
            path,
            revision=revision,
            prompt=prompt,
            instruction=INSTRUCTION.format(order=order) if instruction is None else instruction,
            system=system,
            captions="after",
            chat_template=chat_template,
            runtime=runtime,
            generation=generation,
        )
        self.name = "medgemma"
        self.contract = self.preparation.contract()
        self._marks = tuple(self._mark(token) for token in (THOUGHT_BEGINS, THOUGHT_ENDS))

    def make_conversation(self, processor: Any, **options: Any) -> Conversation:
        """Lay out texts as items of their own, as the published prompt does."""
        return Conversation(processor, name=self.name, joined=False, **options)

    def pictures(
        self, volume: Volume, masks: MaskSet | None = None
    ) -> tuple[Sequence[Pixels], Sequence[str]]:
        """Return the slices, and ``SLICE 1``, ``SLICE 2``, ..."""
        slices = self.preparation.slices(volume)
        return list(slices), [f"SLICE {number}" for number in range(1, len(slices) + 1)]

    def visible(self, volume: Volume, points: Sequence[Point]) -> Sequence[float]:
        """Say which points the slices shown stand for."""
        return self.preparation.visible(volume, points)

    def read(self, ids: Sequence[int]) -> tuple[str, dict[str, Any]]:
        """Set the thought aside; one that does not end leaves no answer."""
        begins, ends = self._marks
        if ends in ids:
            end = len(ids) - list(reversed(ids)).index(ends)
            return self.decoded(ids[end:]), {"thought": self._thought(ids[: end - 1])}
        if begins in ids:
            return "", {"thought": self._thought(ids), "thought_without_end": True}
        return self.decoded(ids), {}

    def describe(self) -> dict[str, Any]:
        """Return all that changes the answers."""
        return {**super().describe(), "pictures": self.preparation.describe()}

    def _thought(self, ids: Sequence[int]) -> str:
        return self.decoded([token for token in ids if token not in self._marks])

    def _mark(self, token: str) -> int:
        ids = self.conversation.processor.tokenizer.encode(token, add_special_tokens=False)
        if len(ids) != 1:
            raise InputError(f"{self.name}: the tokenizer does not know {token}; is it MedGemma's own?")
        return int(ids[0])
