"""An arm whose questions are worked out: what it decides about the cases it decides once for all models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from medspatial.arms.arm import Arm, Load, LoadMasks, ReadCase
from medspatial.arms.evidence import EvidenceArm, evidence_by_case
from medspatial.arms.opened import OpenedCases
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


def decided(
    arms: Sequence[Arm],
    questions: Sequence[Question],
    cases: ReadCase | None = None,
    told: Callable[[str], None] = lambda case_id: None,
) -> dict[str, DecidedArm]:
    """Return arms by name with their questions worked out; a case is opened once for all of them.

    Parameters
    ----------
    cases
        Reads volume and masks of a case, for arms that touch the evidence.
    told
        Called with each case that was opened.
    """
    touching = [one for one in arms if isinstance(one, EvidenceArm)] if cases is not None else []
    asked: dict[str, list[Question]] = {one.name: [] for one in touching}
    if touching and cases is not None:
        read = OpenedCases(cases)
        for case_id, group in evidence_by_case(questions).items():
            for one in touching:
                asked[one.name] += one.questions(group, read)
            told(case_id)
    return {
        one.name: DecidedArm(
            **{part.name: getattr(one, part.name) for part in fields(Arm)},
            of=one,
            source=tuple(questions),
            asked=tuple(asked[one.name] if one.name in asked else one.questions(questions, cases)),
        )
        for one in arms
    }
