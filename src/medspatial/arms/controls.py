"""The arms that change the whole volume or the words: the same for every question of a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from medspatial.arms.arm import Arm, Load, LoadMasks, Points
from medspatial.errors import InputError
from medspatial.language.sides import exchange_sides
from medspatial.records import Question, content_hash
from medspatial.volume import MaskSet, Step, Volume
from medspatial.volume.axes import array_axis

_AIR_HU = -1000


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

    def mirrored(case_id: str) -> MaskSet | None:
        masks = load(case_id)
        return masks and masks.mirrored()

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
    def shuffled(case_id: str) -> MaskSet | None:
        masks = load(case_id)
        if masks is None:
            return None
        codes = masks.grid.axcodes
        return masks.moved(lambda layer: _in_random_order(layer, codes, case_id))

    return shuffled


def _in_random_order(voxels: Any, axcodes: str, case_id: str) -> Any:
    axis = array_axis(axcodes, "SI")
    order = np.random.default_rng(int(_seed(case_id), 16)).permutation(voxels.shape[axis])
    return np.take(voxels, order, axis=axis)


def _seed(case_id: str) -> str:
    return content_hash("shuffled_slices", case_id)


def _changed(volume: Volume, voxels: Any, name: str, **parameters: Any) -> Volume:
    return replace(volume, voxels=voxels, history=(*volume.history, Step(name, parameters)))


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
    return question.model_copy(update={"question": question.reworded}) if question.reworded else None


CONTROLS: tuple[Arm, ...] = (
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
