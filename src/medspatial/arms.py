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
from typing import TYPE_CHECKING, Any

import numpy as np

from medspatial.anatomy import swap_side
from medspatial.errors import InputError
from medspatial.records import Question, content_hash
from medspatial.volume import Step, Volume
from medspatial.volume.axes import array_axis
from medspatial.volume.orient import mirrored as mirrored_voxels

if TYPE_CHECKING:
    from medspatial.inputs import Masks

Load = Callable[[str], Volume | None]
LoadMasks = Callable[[str], "Masks | None"]
Points = Sequence[tuple[float, float, float]]
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
    reload_masks
        The same for masks, for models that are shown some: they follow the volume.
    locate
        Where points of the patient (RAS+ mm) lie in the arm's volume; None where its content lies nowhere
        any more, so that nobody can say what of it a model sees.
    each_alone
        Whether a question's answer depends on its own case alone.
    shows_volume
        Whether any volume is shown. Where none is, answers do not rest on the files of a case.
    """

    name: str
    title: str
    change: Callable[[Question], Question | None] = lambda question: question
    reload: Callable[[Load, Sequence[Question]], Load] = lambda load, questions: load
    reload_masks: Callable[[LoadMasks, Sequence[Question]], LoadMasks] = lambda load, questions: load
    locate: Callable[[Volume, Points], Points | None] = lambda volume, points: points
    each_alone: bool = True
    shows_volume: bool = True

    def questions(self, questions: Sequence[Question]) -> list[Question]:
        """Return the questions of this arm, in order."""
        return [changed for question in questions if (changed := self.change(question)) is not None]

    def loader(self, load: Load, questions: Sequence[Question]) -> Load:
        """Return the function that gives the volume of a case in this arm."""
        return self.reload(load, questions)

    def mask_loader(self, load: LoadMasks, questions: Sequence[Question]) -> LoadMasks:
        """Return the function that gives the masks of a case in this arm, None where it shows none."""
        return self.reload_masks(load, questions)


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


def _no_masks(load: LoadMasks, questions: Sequence[Question]) -> LoadMasks:
    return lambda case_id: None


def _nowhere(volume: Volume, points: Points) -> None:
    return None


def _blank(load: Load, questions: Sequence[Question]) -> Load:
    def blank(case_id: str) -> Volume | None:
        volume = load(case_id)
        if volume is None:
            return None
        air = np.full(volume.shape, _AIR_HU, dtype=np.int16)
        return _changed(volume, air, "blank", value=_AIR_HU)

    return blank


def _wrong_patient(load: Load, questions: Sequence[Question]) -> Load:
    partners = _partners(questions)

    def wrong(case_id: str) -> Volume | None:
        volume = load(partners[case_id])
        return volume and replace(
            volume, history=(*volume.history, Step("wrong_patient", {"instead_of": case_id}))
        )

    return wrong


def _wrong_masks(load: LoadMasks, questions: Sequence[Question]) -> LoadMasks:
    partners = _partners(questions)
    return lambda case_id: load(partners[case_id])


def _partners(questions: Sequence[Question]) -> dict[str, str]:
    """Return for each case the next case of another patient, in an order drawn by hash."""
    patient_of = {question.case_id: question.patient_id for question in questions}
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


def _mirrored_masks(load: LoadMasks, questions: Sequence[Question]) -> LoadMasks:
    """Masks mirrored as the volume is, each named by the side where it now lies."""

    def mirrored(case_id: str) -> Masks | None:
        masks = load(case_id)
        if masks is None:
            return None
        affine = masks.affine
        return masks.changed(lambda voxels: mirrored_voxels(voxels, affine), swap_side)

    return mirrored


def _mirrored_points(volume: Volume, points: Points) -> Points:
    axis = array_axis(volume.axcodes, "LR")
    places = volume.affine.inverse().apply(points)
    places[:, axis] = volume.shape[axis] - 1 - places[:, axis]
    return [(float(x), float(y), float(z)) for x, y, z in volume.affine.apply(places)]


def _shuffled(load: Load, questions: Sequence[Question]) -> Load:
    def shuffled(case_id: str) -> Volume | None:
        volume = load(case_id)
        if volume is None:
            return None
        voxels = _in_random_order(volume.voxels, volume.axcodes, case_id)
        return _changed(volume, voxels, "shuffled_slices", seed=_seed(case_id))

    return shuffled


def _shuffled_masks(load: LoadMasks, questions: Sequence[Question]) -> LoadMasks:
    def shuffled(case_id: str) -> Masks | None:
        masks = load(case_id)
        if masks is None:
            return None
        codes = masks.affine.axcodes
        return masks.changed(lambda voxels: _in_random_order(voxels, codes, case_id), lambda name: name)

    return shuffled


def _in_random_order(voxels: Any, axcodes: str, case_id: str) -> Any:
    axis = array_axis(axcodes, "SI")
    order = np.random.default_rng(int(_seed(case_id), 16)).permutation(voxels.shape[axis])
    return np.take(voxels, order, axis=axis)


def _seed(case_id: str) -> str:
    return content_hash("shuffled_slices", case_id)


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
        Arm(
            "text_only",
            "No image",
            reload=_no_volume,
            reload_masks=_no_masks,
            locate=_nowhere,
            shows_volume=False,
        ),
        Arm("blank", "Blank volume", reload=_blank, reload_masks=_no_masks, locate=_nowhere),
        Arm(
            "wrong_patient",
            "Another patient's volume",
            reload=_wrong_patient,
            reload_masks=_wrong_masks,
            locate=_nowhere,
            each_alone=False,
        ),
        Arm(
            "mirrored",
            "Mirrored volume",
            change=_mirror_question,
            reload=_mirrored,
            reload_masks=_mirrored_masks,
            locate=_mirrored_points,
        ),
        Arm(
            "shuffled_slices",
            "Slices in random order",
            reload=_shuffled,
            reload_masks=_shuffled_masks,
            locate=_nowhere,
        ),
        Arm("permuted_options", "Options turned", change=_permute_options),
        Arm("reworded", "Other words", change=_reword),
    )
}
