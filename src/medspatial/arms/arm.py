"""What an arm is: how it changes questions, and which volume and masks it shows for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medspatial.records import Question
from medspatial.volume import MaskSet, Volume

if TYPE_CHECKING:
    from medspatial.cases import CaseData

Load = Callable[[str], Volume | None]
LoadMasks = Callable[[str], MaskSet | None]
ReadCase = Callable[[str], "CaseData"]
Points = Sequence[tuple[float, float, float]]


def _as_it_is(question: Question) -> Question:
    return question


@dataclass(frozen=True)
class Arm:
    """One arm: its name, what it does to a question, and how it loads a volume.

    Attributes
    ----------
    change
        Returns the question as this arm asks it, or None where the arm does not apply.
    reload
        Returns the arm's loader, from the plain loader and the questions.
    reload_masks
        The same for masks, for models that are shown some: they follow the volume.
    locate
        Where points of the patient (RAS+ mm) lie in the arm's volume; None where its content lies nowhere
        any more, so that nobody can say what of it a model sees.
    each_alone
        Whether a question's answer depends on its own case alone.
    shows_volume
        Whether any volume is shown. Where none is, answers do not rest on the files of a case.
    sample
        Number of a repeat, from 0: models that sample draw anew.
    """

    name: str
    title: str
    change: Callable[[Question], Question | None] = _as_it_is
    reload: Callable[[Load, Sequence[Question]], Load] = lambda load, questions: load
    reload_masks: Callable[[LoadMasks, Sequence[Question]], LoadMasks] = lambda load, questions: load
    locate: Callable[[Volume, Points], Points | None] = lambda volume, points: points
    each_alone: bool = True
    shows_volume: bool = True
    sample: int = 0

    def questions(self, questions: Sequence[Question], cases: ReadCase | None = None) -> Sequence[Question]:
        """Return the questions of this arm, in order; the same sequence where it changes none.

        Parameters
        ----------
        cases
            Returns volume and masks of a case; needed by the arms that touch the evidence alone.
        """
        if self.change is _as_it_is:
            return questions
        return [changed for question in questions if (changed := self.change(question)) is not None]

    @property
    def shows_cases(self) -> bool:
        """Whether each question is shown its own case's volume, changed or not, and so each case one."""
        return type(self).view is Arm.view

    def view(self, question: Question) -> str:
        """Return which volume a question is shown: what `loader` and `mask_loader` are asked for."""
        return question.case_id

    def loader(self, load: Load, questions: Sequence[Question], cases: ReadCase | None = None) -> Load:
        """Return the function that gives the volume of a view in this arm."""
        return self.reload(load, questions)

    def mask_loader(
        self, load: LoadMasks, questions: Sequence[Question], cases: ReadCase | None = None
    ) -> LoadMasks:
        """Return the function that gives the masks of a view in this arm, None where it shows none."""
        return self.reload_masks(load, questions)
