"""Control arms of a study: recorded changes of question or volume that a model which sees must notice.

An arm is pure: the same question and case always give the same changed ones. Questions keep their
``id``, so that arms are joined by it; their words, options and reference are those of the arm.

==================  =======================================================================
``standard``        nothing is changed
``text_only``       no volume at all
``blank``           a volume of air on the same grid
``wrong_patient``   the volume of another patient
``mirrored``        the volume mirrored in patient space; left and right change places in the
                    reference, and in question and options where the words name structures
``shuffled_slices`` the axial slices in random order
``permuted_options``  the options turned by a number of places (closed questions only)
``reworded``        the wording in ``metadata["reworded"]`` (questions that have one)
==================  =======================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from medspatial.errors import InputError
from medspatial.records import Question, content_hash
from medspatial.volume import Step, Volume

Load = Callable[[str], Volume | None]
_AIR_HU = -1000


@dataclass(frozen=True)
class Arm:
    """One arm: its name, what it does to a question, and how it loads a volume.

    Attributes
    ----------
    change
        Returns the question as this arm asks it, or None where the arm does not apply.
    reload
        Returns the arm's loader, from the plain loader and the questions.
    """

    name: str
    title: str
    change: Callable[[Question], Question | None] = lambda question: question
    reload: Callable[[Load, Sequence[Question]], Load] = lambda load, questions: load

    def questions(self, questions: Sequence[Question]) -> list[Question]:
        """Return the questions of this arm, in order."""
        return [changed for question in questions if (changed := self.change(question)) is not None]

    def loader(self, load: Load, questions: Sequence[Question]) -> Load:
        """Return the function that gives the volume of a case in this arm."""
        return self.reload(load, questions)


def arm(name: str) -> Arm:
    """Return the arm of that name.

    Raises
    ------
    InputError
        Unknown name; the message lists those known.
    """
    if name not in ARMS:
        raise InputError(f"unknown arm {name!r}; known: {', '.join(ARMS)}")
    return ARMS[name]


def _no_volume(load: Load, questions: Sequence[Question]) -> Load:
    return lambda case_id: None


def _blank(load: Load, questions: Sequence[Question]) -> Load:
    def blank(case_id: str) -> Volume | None:
        volume = load(case_id)
        if volume is None:
            return None
        air = np.full(volume.shape, _AIR_HU, dtype=np.int16)
        return _changed(volume, air, "blank", value=_AIR_HU)

    return blank


def _wrong_patient(load: Load, questions: Sequence[Question]) -> Load:
    patient_of = {question.case_id: question.patient_id for question in questions}
    partners = _partners(patient_of)

    def wrong(case_id: str) -> Volume | None:
        volume = load(partners[case_id])
        return volume and replace(
            volume, history=(*volume.history, Step("wrong_patient", {"instead_of": case_id}))
        )

    return wrong


def _partners(patient_of: dict[str, str]) -> dict[str, str]:
    """Return for each case the next case of another patient, in an order drawn by hash."""
    ring = sorted(patient_of, key=lambda case_id: content_hash("wrong_patient", case_id))
    partners = {}
    for place, case_id in enumerate(ring):
        later = (*ring[place + 1 :], *ring[:place])
        other = next((c for c in later if patient_of[c] != patient_of[case_id]), None)
        if other is None:
            raise InputError("arm 'wrong_patient' needs cases of at least two patients")
        partners[case_id] = other
    return partners


def _mirrored(load: Load, questions: Sequence[Question]) -> Load:
    def mirrored(case_id: str) -> Volume | None:
        volume = load(case_id)
        return volume and volume.mirrored()

    return mirrored


def _shuffled(load: Load, questions: Sequence[Question]) -> Load:
    def shuffled(case_id: str) -> Volume | None:
        volume = load(case_id)
        if volume is None:
            return None
        axis = next(i for i, letter in enumerate(volume.axcodes) if letter in "SI")
        seed = content_hash("shuffled_slices", case_id)
        order = np.random.default_rng(int(seed, 16)).permutation(volume.shape[axis])
        return _changed(volume, np.take(volume.voxels, order, axis=axis), "shuffled_slices", seed=seed)

    return shuffled


def _changed(volume: Volume, voxels: Any, name: str, **parameters: Any) -> Volume:
    return replace(volume, voxels=voxels, history=(*volume.history, Step(name, parameters)))


_SIDE_WORD = re.compile(r"\b(left|right)\b", re.IGNORECASE)
_OTHER = {"left": "right", "right": "left"}


def exchange_sides(text: str) -> str:
    """Exchange the words left and right, keeping their case: ``Left kidney`` → ``Right kidney``."""

    def other(match: re.Match[str]) -> str:
        word = match.group()
        turned = _OTHER[word.lower()]
        return turned.upper() if word.isupper() else turned.capitalize() if word[0].isupper() else turned

    return _SIDE_WORD.sub(other, text)


def _mirror_question(question: Question) -> Question:
    """A statement is true of the mirrored patient if, sides exchanged, it is true of the patient.

    So words are exchanged in question, options and reference alike. Where the question itself names
    no side its text stays, and the reference turns. Options that are the same set after the exchange
    keep their order: the prompt is then the same, and a habit of position gains nothing.
    """
    options = tuple(exchange_sides(option) for option in question.options)
    return question.model_copy(
        update={
            "question": exchange_sides(question.question),
            "options": question.options if set(options) == set(question.options) else options,
            "answer": exchange_sides(question.answer),
        }
    )


def _permute_options(question: Question) -> Question | None:
    count = len(question.options)
    if count < 2:
        return None
    turn = 1 + int(content_hash("permuted_options", question.id), 16) % (count - 1)
    return question.model_copy(update={"options": question.options[turn:] + question.options[:turn]})


def _reword(question: Question) -> Question | None:
    text = question.metadata.get("reworded")
    return question.model_copy(update={"question": text}) if isinstance(text, str) and text else None


ARMS: dict[str, Arm] = {
    arm.name: arm
    for arm in (
        Arm("standard", "As asked"),
        Arm("text_only", "No image", reload=_no_volume),
        Arm("blank", "Blank volume", reload=_blank),
        Arm("wrong_patient", "Another patient's volume", reload=_wrong_patient),
        Arm("mirrored", "Mirrored volume", change=_mirror_question, reload=_mirrored),
        Arm("shuffled_slices", "Slices in random order", reload=_shuffled),
        Arm("permuted_options", "Options turned", change=_permute_options),
        Arm("reworded", "Other words", change=_reword),
    )
}
