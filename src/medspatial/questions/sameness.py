"""Subtypes that always say the same: found in a set of questions, and thinned to balance or left out."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from medspatial.questions.guess import Flags, Ints, Numbering
from medspatial.questions.options import draw
from medspatial.records import Question

SAME_SHARE = 0.80
FEWEST = 10


@dataclass(frozen=True)
class Thinned:
    """A subtype whose most common answer was given by over 80 % of ten or more questions."""

    subtype: str
    answer: str
    had: int
    of: int
    kept: int

    def __str__(self) -> str:
        left = "the subtype is left out" if not self.kept else f"{self.kept} of them kept"
        return f"{self.subtype}: {self.had} of {self.of} questions had the answer {self.answer!r}, {left}"


class Answers:
    """Subtype and answer of every question, as numbers, in the order they come."""

    def __init__(self) -> None:
        self._subtypes, self._answers = Numbering(), Numbering()
        self._rows = (array("i"), array("i"))
        self._hashes = array("Q")

    def add(self, question: Question) -> None:
        """Take in one question."""
        self._rows[0].append(self._subtypes.of(question.subtype or ""))
        self._rows[1].append(self._answers.of(question.answer))
        self._hashes.append(draw("balance", question.id))

    def thin(self, stays: Flags) -> list[Thinned]:
        """Take out of ``stays``, in place, what makes a subtype say the same; return what was thinned.

        As many questions of the most common answer stay as there are with other answers, by hash; the whole
        subtype goes where there is no other answer.
        """
        subtype, answer = (np.array(row, dtype=np.int64) for row in self._rows)
        hashes = np.array(self._hashes, dtype=np.uint64)
        done = []
        for number, name in enumerate(self._subtypes.names()):
            rows = np.flatnonzero((subtype == number) & stays)
            for common in _always(answer[rows]):
                same = rows[answer[rows] == common]
                others = rows.size - same.size
                stays[same[np.argsort(hashes[same], kind="stable")][others:]] = False
                text = str(self._answers.names()[common])
                done.append(Thinned(str(name), text, same.size, rows.size, others))
        return done


def _always(answers: Ints) -> Iterator[int]:
    if answers.size < FEWEST:
        return
    values, counts = np.unique(answers, return_counts=True)
    if counts.max() > SAME_SHARE * answers.size:
        yield int(values[counts.argmax()])
