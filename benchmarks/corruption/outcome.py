"""What became of an altered patient: answers unchanged, refused, told, or silently wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from medspatial.cases import find_cases, load_case
from medspatial.errors import InputError
from medspatial.geometry import Measured
from medspatial.questions import build_questions
from medspatial.questions.build import UNUSABLE
from medspatial.records import Question

OUTCOMES = ("unchanged", "refused", "told", "silently wrong")
PER_SUBTYPE = 400  # all that can be asked
# A structure is another one, or at another place, beyond these: more than label noise and half a voxel.
VOLUME_RATIO, EXTENT_MM, PLACE_MM = 1.25, 15.0, 12.0
# What the length of the scan decides: another answer in a shorter scan is right there.
OF_THE_SCAN = frozenset({"L2", "L3", "L4", "V4", "V7", "A4", "A6", "D6", "M4", "M5"})


@dataclass(frozen=True)
class Place:
    """Where a structure is and how large, in the true patient or as read."""

    volume_ml: float
    extent_mm: tuple[float, float, float]
    centroid_mm: tuple[float, float, float]


@dataclass(frozen=True)
class Reading:
    """What the whole chain makes of a folder: questions, what was said, and why nothing came out."""

    questions: tuple[Question, ...]
    said: frozenset[str]
    refused: str | None
    places: dict[str, Place]


@dataclass(frozen=True)
class Outcome:
    """The verdict on one altered patient, with the sentence or the wrong question that decided it."""

    verdict: str
    because: str


def read(path: Path, *, label_map: str | None = None) -> Reading:
    """Find, read, examine and ask, as ``questions from-masks`` does."""
    try:
        found = find_cases(path, label_map=label_map)
    except InputError as error:
        return Reading((), frozenset(), str(error), {})
    root = found.root
    results = list(build_questions(found.cases, root, per_subtype=PER_SUBTYPE))
    said = {str(one) for one in found.left_out}
    places: dict[str, Place] = {}
    refused = [str(one) for one in getattr(found, "refused", ())]
    for case, result in zip(found.cases, results, strict=True):
        refused += [str(one.note) for one in result.drops if one.rule in UNUSABLE]
        said |= {f"{one.rule}: {one.note}" for one in result.drops if not one.subtype}
        try:
            data = load_case(case, root)
        except InputError as error:
            refused.append(str(error))
            continue
        said |= {*data.notes, *getattr(data, "assumptions", ())}
        said |= {line for question in result.questions for line in _assumptions(question)}
        if data.masks is not None and result.questions:
            places |= places_of(Measured(data.masks))
    questions = tuple(question for result in results for question in result.questions)
    if refused:
        return Reading((), frozenset(said), "; ".join(refused), places)
    return Reading(questions, frozenset(said), None, places)


def _assumptions(question: Question) -> Iterable[str]:
    return getattr(question.evidence, "assumptions", ())


def places_of(measured: Measured) -> dict[str, Place]:
    """Size and place of every structure."""
    found = {}
    for name in measured.names:
        stats = measured.stats(name)
        found[name] = Place(stats.volume_ml, stats.extent_mm, stats.centroid_mm)
    return found


def judge(true: Reading, got: Reading, *, lawful: bool = False, image_only: bool = False) -> Outcome:
    """Hold an altered patient's questions against the true patient's.

    A question is wrong when the true patient answers the same question otherwise, or, where the true patient
    is not asked it, when one of its structures does not exist there, or has another size, or another place
    among the structures of that question. Of a ``lawful`` change only the questions that both patients are
    asked count, those about the scan as a whole left out. Where the CT alone was altered (``image_only``),
    every question is wrong: the image that a model is shown is not the one the answers are true of.
    """
    if got.refused is not None:
        return Outcome("refused", got.refused)
    facts = {_key(question): question for question in true.questions}
    if lawful:
        asked = [q for q in got.questions if q.subtype not in OF_THE_SCAN]
        got = replace(got, questions=tuple(asked), places={})
    found = (why for question in got.questions if (why := _wrong(question, facts, true, got)))
    if image_only:
        found = (f"{question.question} {question.answer}; of another image" for question in got.questions)
    wrong = next(found, None)
    if wrong is None:
        return Outcome("unchanged", f"{len(got.questions)} questions")
    known = {_form(one) for one in true.said}
    news = sorted(one for one in got.said if _form(one) not in known)
    return Outcome("told", f"{news[0]} ({wrong})") if news else Outcome("silently wrong", wrong)


def _key(question: Question) -> tuple[object, ...]:
    structures = question.evidence.structures if question.evidence else ()
    return question.subtype, question.metadata.get("form"), structures, tuple(sorted(question.options))


def _wrong(
    question: Question, facts: dict[tuple[object, ...], Question], true: Reading, got: Reading
) -> str | None:
    same = facts.get(_key(question))
    if same is not None:
        return (
            None if _agree(question, same) else f"{question.question} {question.answer}; true: {same.answer}"
        )
    names = [one for one in (question.evidence.structures if question.evidence else ()) if one in got.places]
    missing = [one for one in names if one not in true.places]
    if missing:
        return f"{question.question} {question.answer}; the patient has no {missing[0]}"
    fault = _displaced(names, true.places, got.places)
    return f"{question.question} {question.answer}; {fault}" if fault else None


def _agree(one: Question, other: Question) -> bool:
    if one.value is None or other.value is None:
        return one.answer == other.answer
    return abs(one.value - other.value) <= max(other.tolerance or 0.0, 1e-6)


def _displaced(names: list[str], true: dict[str, Place], got: dict[str, Place]) -> str | None:
    for name in names:
        ratio = got[name].volume_ml / true[name].volume_ml
        if not 1 / VOLUME_RATIO <= ratio <= VOLUME_RATIO:
            return f"{name} has {ratio:.2f} of its volume"
        longer = np.abs(np.subtract(got[name].extent_mm, true[name].extent_mm)).max()
        if longer > EXTENT_MM:
            return f"the extent of {name} is {longer:.0f} mm off"
    for name in names[1:]:
        before = np.subtract(true[name].centroid_mm, true[names[0]].centroid_mm)
        after = np.subtract(got[name].centroid_mm, got[names[0]].centroid_mm)
        apart = float(np.linalg.norm(before - after))
        if apart > PLACE_MM:
            return f"{name} lies {apart:.0f} mm off its place beside {names[0]}"
    return None


def _form(text: str) -> str:
    """A sentence without its figures and paths: another figure is no new warning."""
    return re.sub(r"\S*/\S*|-?\d[\d.,]*", "#", text)
