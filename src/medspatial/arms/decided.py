"""An arm whose questions are worked out: what it decides about the cases it decides once for all models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medspatial.arms.arm import Arm, Load, LoadMasks, ReadCase
from medspatial.errors import InputError
from medspatial.records import Question


@dataclass(frozen=True)
class DecidedArm(Arm):
    """An arm with the questions that it asks; `decided` makes one.

    Attributes
    ----------
    of
        The arm itself.
    source, asked
        The questions that it was given, and those that it asks.
    """

    of: Arm | None = None
    source: tuple[Question, ...] = ()
    asked: tuple[Question, ...] = ()

    def questions(self, questions: Sequence[Question], cases: ReadCase | None = None) -> list[Question]:
        """Return the questions of this arm, in order.

        Raises
        ------
        InputError
            These are not the questions that it was decided for.
        """
        if tuple(questions) != self.source:
            raise InputError(f"arm {self.name!r} was decided for other questions")
        return list(self.asked)

    def view(self, question: Question) -> str:
        """Return which volume a question is shown."""
        return self._arm.view(question)

    def loader(self, load: Load, questions: Sequence[Question], cases: ReadCase | None = None) -> Load:
        """Return the function that gives the volume of a view in this arm."""
        return self._arm.loader(load, questions, cases)

    def mask_loader(
        self, load: LoadMasks, questions: Sequence[Question], cases: ReadCase | None = None
    ) -> LoadMasks:
        """Return the function that gives the masks of a view in this arm."""
        return self._arm.mask_loader(load, questions, cases)

    @property
    def _arm(self) -> Arm:
        assert self.of is not None
        return self.of


def decided(arm: Arm, questions: Sequence[Question], cases: ReadCase | None = None) -> DecidedArm:
    """Return an arm with its questions worked out.

    Parameters
    ----------
    cases
        Reads volume and masks of a case, for arms that touch the evidence.
    """
    return DecidedArm(
        name=arm.name,
        title=arm.title,
        locate=arm.locate,
        each_alone=arm.each_alone,
        shows_volume=arm.shows_volume,
        of=arm,
        source=tuple(questions),
        asked=tuple(arm.questions(questions, cases)),
    )
