"""Reference answers measured again on the masks: our own questions built anew, others read by their words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from medspatial.cases import CaseData
from medspatial.datasets.sides import side_of_masks
from medspatial.errors import InputError
from medspatial.geometry import Measured
from medspatial.language.measures import asked_measures, asks_derived
from medspatial.language.sides import exchange_sides
from medspatial.passport.units import dimension_of, factor_of, reference
from medspatial.passport.words import mentioned
from medspatial.questions import Plan, questions_of, subtypes
from medspatial.questions.build import listed_structures
from medspatial.questions.once import original_subtype
from medspatial.records import Question

MOST_CANDIDATES = 60
NEAR = 0.02
"""Figures of our own questions agree up to this share."""
LIKELY = 1.25
"""Figures of others agree up to this factor: masks and rules of measuring differ."""


@dataclass(frozen=True)
class Remeasured:
    """One answer held against the masks.

    Attributes
    ----------
    stated, measured
        Answers, or figures in mm or ml with their unit.
    ratio
        Stated by measured figure; None for other answers.
    """

    id: str
    case_id: str
    agrees: bool
    stated: str
    measured: str
    ratio: float | None = None

    @property
    def about_side(self) -> bool:
        """Whether stated and measured differ as left and right do."""
        exchanged = exchange_sides(self.stated).lower()
        return exchanged == self.measured.lower() != self.stated.lower()


@dataclass(frozen=True)
class Unmeasured:
    """A question that was not held against masks, and why."""

    id: str
    reason: str


def remeasure(questions: Sequence[Question], data: CaseData, root: Path) -> Iterator[Remeasured | Unmeasured]:
    """Hold the answers of one case, which has been read, against its masks."""
    if data.masks is None or not data.masks.names:
        yield from (Unmeasured(one.id, "no masks") for one in questions)
        return
    known = {one.id for one in subtypes()}
    own = [one for one in questions if one.evidence and original_subtype(one) in known]
    yield from _own(own, data, root)
    mine = {id(one) for one in own}
    others = [one for one in questions if id(one) not in mine]
    if others:
        measured = Measured(data.masks, data.ct)
        yield from (_other(one, measured, data) for one in others)


def _own(questions: Sequence[Question], data: CaseData, root: Path) -> Iterator[Remeasured | Unmeasured]:
    if not questions:
        return
    names = tuple(sorted({original_subtype(one) for one in questions}))
    plan = Plan((*names, "L6") if data.mirrored else names, MOST_CANDIDATES)
    built = questions_of(data, plan, listed=listed_structures(data.case, root), once=False)
    again: dict[object, list[Question]] = defaultdict(list)
    for one in built.questions:
        again[_fact(one)].append(one)
    for one in questions:
        found = again.get(_fact(one), [])
        same = [other for other in found if one.question in (other.question, other.reworded)]
        yield _compared(one, same or found)


def _fact(one: Question) -> object:
    structures = one.evidence.structures if one.evidence else ()
    return original_subtype(one), structures, one.form


def _compared(one: Question, found: Sequence[Question]) -> Remeasured | Unmeasured:
    if not found:
        return Unmeasured(one.id, "the rules do not ask it of these masks")
    pairs = [_pair(one, other) for other in found]
    return next((pair for pair in pairs if pair.agrees), pairs[0])


def _pair(one: Question, other: Question) -> Remeasured:
    if one.value is None or other.value is None:
        same = one.answer.strip().lower() == other.answer.strip().lower()
        return Remeasured(one.id, one.case_id, same, one.answer, other.answer)
    here = one.value * (factor_of(one.unit) or 1.0)
    there = other.value * (factor_of(other.unit) or 1.0)
    agrees = abs(here - there) <= max(NEAR * abs(there), 0.06)
    unit = {"length": "mm", "volume": "ml"}.get(dimension_of(other.unit) or "", other.unit or "")
    return Remeasured(
        one.id, one.case_id, agrees, f"{here:.4g} {unit}", f"{there:.4g} {unit}", _ratio(here, there)
    )


def _other(one: Question, measured: Measured, data: CaseData) -> Remeasured | Unmeasured:
    """A question of others: a figure that its words define, or the side of a lesion."""
    told = reference(one)
    if told is not None and told.base is not None and not asks_derived(one.question):
        try:
            found = _figure(one.question, told.dimension, measured)
        except InputError:
            return Unmeasured(one.id, "no masks of what it asks")
        if found is not None:
            ratio = _ratio(told.base, found)
            agrees = ratio is not None and 1 / LIKELY <= ratio <= LIKELY
            unit = "ml" if told.dimension == "volume" else "mm"
            stated, there = f"{told.base:.4g} {unit}", f"{found:.4g} {unit}"
            return Remeasured(one.id, one.case_id, agrees, stated, there, ratio)
    assert data.masks is not None
    side = side_of_masks(one, data.masks)
    if side is None:
        return Unmeasured(one.id, "its words define no figure or side that can be measured")
    stated, there = (" and ".join(sorted(one)) for one in (side.stated, side.measured))
    if side.verdict == "unclear":
        return Unmeasured(one.id, "the side is not clear on the masks")
    return Remeasured(one.id, one.case_id, side.verdict == "agrees", stated, there)


def _figure(text: str, dimension: str | None, measured: Measured) -> float | None:
    """What a question's words define: a structure's volume, a diameter, or the gap between two structures."""
    names = [name for name in mentioned(text) if not _shadowed(name, mentioned(text))]
    if not names:
        return None
    asked = asked_measures(text)
    if dimension == "volume" and "volume" in asked and len(names) == 1:
        return sum(measured.stats(name).volume_ml for name in _parts(names[0], measured))
    if dimension == "length" and "distance" in asked and len(names) == 2:
        return measured.distance(*names).mm
    if dimension == "length" and "diameter" in asked and len(names) == 1:
        return measured.axial_diameter(_one(names[0], measured)).mm
    return None


def _parts(name: str, measured: Measured) -> tuple[str, ...]:
    """The masks of a structure: its own, or those of its two sides."""
    if name in measured.names:
        return (name,)
    sides = tuple(f"{name}_{side}" for side in ("left", "right"))
    return sides if all(side in measured.names for side in sides) else (name,)


def _one(name: str, measured: Measured) -> str:
    pieces = measured.pieces(name)
    return pieces[0]


def _shadowed(name: str, names: Sequence[str]) -> bool:
    """Whether another mention is the same structure with its side."""
    return any(other != name and other.startswith(f"{name}_") for other in names)


def _ratio(here: float, there: float) -> float | None:
    return here / there if there > 0 and here > 0 else None


def reasons(found: Sequence[Unmeasured]) -> dict[str, int]:
    """How many questions were not measured, by reason, the most frequent first."""
    return dict(Counter(one.reason for one in found).most_common())
