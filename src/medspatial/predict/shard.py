"""A share of the cases, drawn by hash: runs on machines that need not know each other make one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from medspatial.arms import Arm
from medspatial.errors import InputError
from medspatial.records import Question, StoredRecords, content_hash


@dataclass(frozen=True)
class Shard:
    """Share ``number`` (from 1) of ``count``.

    A case belongs to one share, told by a hash of its id alone: the other cases of the set do not move it.

    Raises
    ------
    InputError
        Not 1 <= number <= count.
    """

    number: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count:
            raise InputError(f"shard {self}: must be I/N with 1 <= I <= N")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``2/4``.

        Raises
        ------
        InputError
            Anything else.
        """
        number, _, count = text.partition("/")
        if not (number.isascii() and number.isdecimal() and count.isascii() and count.isdecimal()):
            raise InputError(f"shard {text}: must be I/N with 1 <= I <= N, such as 2/4")
        return cls(int(number), int(count))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def folder(self) -> str:
        """Name of the folder that holds its results, inside that of the whole."""
        return f"shard-{self.number}-of-{self.count}"

    def holds(self, case_id: str) -> bool:
        """Say whether a case belongs to it."""
        return int(content_hash("shard", case_id), 16) % self.count == self.number - 1

    def refuse(self, arm: Arm) -> None:
        """Refuse an arm whose volumes are chosen per question; `merge` reads none, and cannot join it.

        Raises
        ------
        InputError
            It is such an arm.
        """
        if not arm.shows_cases:
            raise InputError(
                f"arm {arm.name!r} chooses volumes per question, and shares of it cannot be merged: "
                "ask it without a share (--shard), by several processes (--gpus) or actors (--engine ray)"
            )

    def questions(self, questions: Sequence[Question]) -> Sequence[Question]:
        """Return the questions about its cases, in order."""
        if isinstance(questions, StoredRecords):
            return questions.of_cases(self.holds)
        held = {case_id: self.holds(case_id) for case_id in {question.case_id for question in questions}}
        return [question for question in questions if held[question.case_id]]
