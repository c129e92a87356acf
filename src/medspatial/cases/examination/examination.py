"""All that is checked of one case that has been read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from medspatial.cases.examination.alignment import alignment_doubts, check_alignment
from medspatial.cases.examination.contradiction import Axis, Contradiction, refusals
from medspatial.cases.examination.ends import check_ends
from medspatial.cases.examination.image import CAUSE, check_image
from medspatial.cases.examination.lesions import check_lesions
from medspatial.cases.examination.merged import check_merged
from medspatial.cases.examination.order import check_order
from medspatial.cases.examination.samples import sampled_masks
from medspatial.cases.examination.size import GRID_CAUSE, check_grid, check_proportions, check_sizes
from medspatial.cases.examination.surfaces import surface_note
from medspatial.cases.examination.surround import surround_note
from medspatial.volume import Volume
from medspatial.volume.continuity import Continuity, continuity
from medspatial.volume.repeated import repeated_slices
from medspatial.volume.slice_step import slice_step_note

if TYPE_CHECKING:
    from medspatial.cases.load import CaseData

AFFINE_ONLY = "sides: affine only"
"""Nothing among the structures confirms which side is the patient's left."""
MASKS_ALONE = "masks alone: no image to hold values, slices and places against"
_UNCONFIRMED = {
    "left-right": AFFINE_ONLY,
    "front-back": "front and back: affine only",
    "head-feet": "head and feet: affine only",
}

_SHOWN = 6
_CAUSES: dict[Axis, str] = {
    "left-right": "the affine's left and right seem exchanged, or the names' (or situs inversus)",
    "front-back": "front and back seem exchanged: a flipped array, or a wrong label map",
    "head-feet": "head and feet seem exchanged: a stack stored in reverse, or a wrong label map",
    "size": f"{GRID_CAUSE}, or the label map is another one",
    "lesion": "the label map seems to exchange organ and lesion",
}


@dataclass(frozen=True)
class Examination:
    """What the examination of a case found.

    Attributes
    ----------
    problems
        Reasons to refuse the case; empty where there is none.
    set_aside
        Structures that are not used, with the figure that says why.
    notes
        Small findings that neither refuse nor set aside.
    assumptions
        What was taken for granted, such as ``sides: affine only``.
    confirmed_by
        For each axis the structures whose order agrees with the affine or contradicts it.
    """

    problems: tuple[str, ...] = ()
    set_aside: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    confirmed_by: dict[str, tuple[str, ...]] = field(default_factory=dict)


def examine(data: CaseData, *, names_assumed: str | None = None) -> Examination:
    """Hold a case's masks against its CT and against the order and sizes of a human body.

    Parameters
    ----------
    data
        A case that has been read; without masks only the size of its scan is checked.
    names_assumed
        Label map that nobody stated; by default the one that reading assumed. Reasons to refuse
        then begin with it, since wrong names are the likelier fault.
    """
    grid = data.ct if data.ct is not None else data.masks
    strange = check_grid(grid.shape, grid.affine) if grid is not None and all(grid.shape) else None
    slices = Continuity() if data.ct is None else _slices(data.ct)
    faults = ((strange,) if strange else ()) + slices.problems
    step = None if data.ct is None or faults else slice_step_note(data.ct)
    filled = None if data.ct is None else surround_note(data.ct)
    seen = slices.notes + tuple(one for one in (step, filled) if one)
    if data.masks is None or not data.masks.names or faults:
        return Examination(problems=faults, notes=seen)
    squashed = surface_note(data.masks)
    seen += (squashed,) if squashed else ()
    samples = sampled_masks(data.masks, data.ct)
    image = check_image(samples)
    order = check_order(samples, mirrored=data.mirrored)
    sizes = [*check_sizes(samples), *check_proportions(samples)]
    problems = [image.refusal] if image.refusal else []
    shifted = check_alignment(samples, data.ct) if data.ct is not None and not image.refusal else None
    if shifted:
        shown = list(image.impossible.items())[:_SHOWN]
        problems.append("; ".join([shifted, *(f"{name} {text}" for name, text in shown)]) + f": {CAUSE}")
    exchanged, away = check_lesions(samples)
    merged = check_merged(samples, data.masks)
    problems += refusals([*order.contradictions, *sizes, *exchanged], _CAUSES)
    assumed = names_assumed or _assumed_map(data.assumptions)
    if problems and assumed:
        first = f"label map {assumed} was only assumed, which may be the cause (state the right one)"
        problems = [f"{first}: {one}" for one in problems]
    elif problems and data.named_by:
        problems = [f"{one} (names as in {', '.join(data.named_by)})" for one in problems]
    aside = {name: f"{name} {text}" for name, text in image.impossible.items()}
    aside |= check_ends(samples, data.masks) | merged.set_aside | away
    aside |= {one.names[0]: one.text for one in sizes if len(one.names) == 1}
    assumptions = tuple(said for axis, said in _UNCONFIRMED.items() if not order.confirmed_by[axis])
    assumptions += (*merged.assumptions, *((MASKS_ALONE,) if data.ct is None else ()))
    doubts = () if data.ct is None or problems else alignment_doubts(samples, data.ct)
    notes = (*seen, *doubts, *_notes(order.contradictions))
    return Examination(tuple(problems), aside, notes, assumptions, order.confirmed_by)


def _slices(ct: Volume) -> Continuity:
    """Whether the slices of a CT continue each other, and none stands twice."""
    steps, twice = continuity(ct), repeated_slices(ct)
    return Continuity((*steps.problems, *twice.problems), (*steps.notes, *twice.notes))


def _assumed_map(assumptions: tuple[str, ...]) -> str | None:
    start, end = "label map ", " assumed"
    found = (one for one in assumptions if one.startswith(start) and one.endswith(end))
    return next((one.removeprefix(start).removesuffix(end) for one in found), None)


def _notes(found: tuple[Contradiction, ...]) -> tuple[str, ...]:
    return tuple(f"{one.axis}: {one.text}" for one in found)
