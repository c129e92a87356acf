"""Arms that touch what a question rests on: its structures taken away, alone, moved, cut out of the scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from medspatial.arms.abstention import with_abstention
from medspatial.arms.arm import Arm, Load, LoadMasks, ReadCase
from medspatial.arms.drawn import DrawnMasks
from medspatial.arms.edit import Edit, edited
from medspatial.arms.elsewhere import has_room
from medspatial.arms.move import moved_question
from medspatial.arms.opened import Opened, OpenedCases
from medspatial.errors import InputError
from medspatial.questions.build import OF_THE_SCAN
from medspatial.questions.lesions import is_lesion, kind_of
from medspatial.questions.names import names_score
from medspatial.questions.once import original_subtype
from medspatial.records import Question

if TYPE_CHECKING:
    from medspatial.cases import CaseData
    from medspatial.volume import MaskSet, Volume

EDIT = "arm_edit"
"""Where a question's metadata holds the change of its case."""
LEAST_SHARE = 0.25
"""A crop leaves at least this share of the scan's slices."""
CROP_MM = 10.0
"""How far a crop keeps from the evidence."""
KNOWN = 0.5
"""A question that ordinary anatomy answers with more than this chance is not made unanswerable by a crop."""

Decide = Callable[[Opened, Question], tuple[Question, Edit] | None]


@dataclass(frozen=True)
class EvidenceArm(Arm):
    """An arm that shows each question a change of its own case, decided from the masks.

    Attributes
    ----------
    decide
        Returns the question as asked and the change of its case, or None where the arm does not apply.
    """

    decide: Decide = lambda opened, question: None

    def questions(self, questions: Sequence[Question], cases: ReadCase | None = None) -> list[Question]:
        """Return the questions that this arm applies to, each with the change of its case."""
        read = self._needed(cases)
        asked = []
        for question, opened in _with_cases(questions, read):
            found = self.decide(opened, question)
            if found is not None:
                changed, edit = found
                noted = {**changed.metadata, EDIT: edit.model_dump(mode="json", exclude_defaults=True)}
                asked.append(changed.model_copy(update={"metadata": noted}))
        return asked

    def view(self, question: Question) -> str:
        """Return the name of the changed case; questions about the same evidence share it."""
        return edit_of(question).view(question.case_id)

    def loader(self, load: Load, questions: Sequence[Question], cases: ReadCase | None = None) -> Load:
        """Return the function that gives the changed volume of a view."""
        changed = self._changed(questions, cases)

        def volume(view: str) -> Volume | None:
            return changed(view)[0].ct

        return volume

    def mask_loader(
        self, load: LoadMasks, questions: Sequence[Question], cases: ReadCase | None = None
    ) -> LoadMasks:
        """Return the function that gives the masks of a view; what was removed is an empty mask."""
        changed = self._changed(questions, cases)

        def masks(view: str) -> MaskSet | None:
            found, names = changed(view)
            return None if found.masks is None else DrawnMasks(names, found.masks)

        return masks

    def _changed(
        self, questions: Sequence[Question], cases: ReadCase | None
    ) -> Callable[[str], tuple[CaseData, tuple[str, ...]]]:
        """Return a function from view to changed case and the names of the unchanged one's structures.

        The case it came from is kept for the next view.
        """
        read = self._needed(cases)
        known = {self.view(question): (question.case_id, edit_of(question)) for question in questions}
        kept: dict[str, Opened] = {}

        def change(view: str) -> tuple[CaseData, tuple[str, ...]]:
            case_id, edit = known[view]
            if case_id not in kept:
                kept.clear()
                kept[case_id] = Opened(read(case_id))
            return edited(kept[case_id], edit), kept[case_id].masks.names

        return change

    def _needed(self, cases: ReadCase | None) -> ReadCase:
        if cases is None:
            raise InputError(f"arm {self.name!r} needs the masks of the cases: give their folder or file")
        return cases


def edit_of(question: Question) -> Edit:
    """Return the change of the case that a question of an evidence arm is asked about."""
    return Edit.model_validate(question.metadata[EDIT])


def _with_cases(questions: Sequence[Question], read: ReadCase) -> Iterator[tuple[Question, Opened]]:
    """Yield the questions that have evidence in masks, each with its case, in order; cases are read once."""
    for case_id, group in evidence_by_case(questions).items():
        data = read(case_id)
        if data.ct is None or data.masks is None or not data.masks.names:
            continue
        opened = read.opened(data) if isinstance(read, OpenedCases) else Opened(data)
        for question in group:
            yield question, opened


def evidence_by_case(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Group the questions that have evidence in masks by their case, in order of first appearance."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        if question.evidence is not None and question.evidence.structures:
            groups.setdefault(question.case_id, []).append(question)
    return groups


def structures_of(question: Question) -> tuple[str, ...]:
    """Return the structures a question rests on; of a lesion all of its kind.

    Were only "the largest nodule" taken out, the words would stand for the next one.
    """
    names = question.evidence.structures if question.evidence else ()
    return tuple(dict.fromkeys(kind_of(name) if is_lesion(name) else name for name in names))


def _remove(opened: Opened, question: Question) -> tuple[Question, Edit] | None:
    names = structures_of(question)
    if not opened.size(names):
        return None
    return question, Edit(kind="remove", structures=names)


def _remove_elsewhere(opened: Opened, question: Question) -> tuple[Question, Edit] | None:
    names = structures_of(question)
    if not has_room(opened, names):
        return None
    return question, Edit(kind="remove_elsewhere", structures=names)


def _alone(opened: Opened, question: Question) -> tuple[Question, Edit] | None:
    names = structures_of(question)
    if not opened.size(names):
        return None
    return question, Edit(kind="alone", structures=names)


def _crop(opened: Opened, question: Question) -> tuple[Question, Edit] | None:
    """Cut along the body axis only: from which side of a scan is missing nobody learns left or right."""
    names = structures_of(question)
    if original_subtype(question) in OF_THE_SCAN or names_score(question) > KNOWN:
        return None
    asked = with_abstention(question, right=True)
    levels = np.flatnonzero(opened.region(names).any(axis=(0, 1)))
    if asked is None or not levels.size:
        return None
    depth, gap = opened.ct.shape[2], int(np.ceil(CROP_MM / opened.ct.spacing[2]))
    below, above = int(levels[0]) - gap, depth - (int(levels[-1]) + 1 + gap)
    if max(below, above) < LEAST_SHARE * depth:
        return None
    start, stop = (0, below) if below >= above else (depth - above, depth)
    return asked, Edit(kind="crop", structures=names, start=start, stop=stop)


EVIDENCE_ARMS: tuple[Arm, ...] = (
    EvidenceArm("evidence_removed", "Evidence taken out", decide=_remove),
    EvidenceArm("irrelevant_removed", "As much taken out elsewhere", decide=_remove_elsewhere),
    EvidenceArm("evidence_alone", "Evidence alone", decide=_alone),
    EvidenceArm("evidence_moved", "Evidence moved", decide=moved_question),
    EvidenceArm("unanswerable_crop", "Evidence outside the scan", decide=_crop),
)
