"""What a lab runs first: of each case what was read, assumed, refused, set aside and not used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from medspatial.cases.discovery import Discovery
from medspatial.cases.examination import Examination, examine
from medspatial.cases.load import CaseData, load_case
from medspatial.errors import MedspatialError
from medspatial.records import Case, Record

Verdict = Literal["fine", "doubtful", "refused"]
VERDICTS: tuple[Verdict, ...] = ("refused", "doubtful", "fine")


class Unused(Record):
    """A file or folder that is not used, and why."""

    path: str
    reason: str


class Diagnosis(Record):
    """One case, looked at from file to anatomy.

    Attributes
    ----------
    verdict
        ``refused``: no question is asked of it; ``doubtful``: asked, but something was set aside, assumed or
        noted; ``fine``.
    image, masks
        Files that were read, relative to the data.
    axes, shape, spacing_mm, hu
        Of the CT (of the masks where there is none); the range holds 99.8 % of the voxels.
    problems, set_aside, notes, assumptions
        See `medspatial.cases.examination.Examination`.
    confirmed_by
        By axis, the structures that agree with the affine; an axis without any rests on the affine alone.
    not_used
        What else lies in the case's folder.
    """

    case_id: str
    patient_id: str
    verdict: Verdict
    image: str | None = None
    masks: tuple[str, ...] = ()
    axes: str = ""
    shape: tuple[int, ...] = ()
    spacing_mm: tuple[float, ...] = ()
    hu: tuple[float, float] | None = None
    structures: int = 0
    problems: tuple[str, ...] = ()
    set_aside: dict[str, str] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    confirmed_by: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    not_used: tuple[Unused, ...] = ()


@dataclass(frozen=True)
class Consultation:
    """A diagnosis with the data it was made from, for pictures; None where they could not be read."""

    diagnosis: Diagnosis
    data: CaseData | None


def consult(found: Discovery, root: str | Path, *, assume_axes: str | None = None) -> Iterator[Consultation]:
    """Read and examine each case in turn; one case is held at a time.

    Parameters
    ----------
    found
        The cases and what was not used; see `medspatial.cases.find_cases`.
    root
        Folder of the cases' relative paths.
    assume_axes
        As in `medspatial.cases.load_case`.
    """
    unused: dict[str | None, list[Unused]] = {}
    for one in found.left_out:
        unused.setdefault(one.case_id, []).append(Unused(path=one.path, reason=one.reason))
    for case in found.cases:
        yield _consulted(case, Path(root), assume_axes, tuple(unused.get(case.case_id, ())))


def _consulted(case: Case, root: Path, assume_axes: str | None, unused: tuple[Unused, ...]) -> Consultation:
    told = {
        "case_id": case.case_id,
        "patient_id": case.patient_id,
        "image": case.image_path,
        "masks": tuple(mask.path for mask in case.masks),
        "not_used": unused,
    }
    try:
        data = load_case(case, root, assume_axes=assume_axes)
        found = examine(data)
    except MedspatialError as error:
        refused = Diagnosis(
            **told, verdict="refused", problems=(str(error),), assumptions=tuple(case.assumptions)
        )
        return Consultation(refused, None)
    problems = (*((data.empty,) if data.empty else ()), *found.problems)
    notes = (*data.notes, *found.notes)
    assumptions = (*data.assumptions, *found.assumptions)
    doubtful = bool(notes or assumptions or found.set_aside or unused)
    return Consultation(
        Diagnosis(
            **told,
            verdict="refused" if problems else "doubtful" if doubtful else "fine",
            **_grid(data),
            structures=len(data.masks.names) if data.masks is not None else 0,
            problems=problems,
            set_aside=found.set_aside,
            notes=notes,
            assumptions=assumptions,
            confirmed_by=_confirmed(found),
        ),
        data,
    )


def _confirmed(found: Examination) -> dict[str, tuple[str, ...]]:
    return {axis: names for axis, names in found.confirmed_by.items() if names}


def _grid(data: CaseData) -> dict[str, object]:
    grid = data.ct if data.ct is not None else data.masks
    if grid is None:
        return {}
    facts: dict[str, object] = {
        "axes": grid.affine.axcodes,
        "shape": tuple(grid.shape),
        "spacing_mm": tuple(round(step, 4) for step in grid.affine.spacing),
    }
    if data.ct is not None:
        step = tuple(slice(None, None, max(1, n // 128)) for n in data.ct.shape)
        low, high = np.percentile(data.ct.voxels[step], (0.1, 99.9))
        facts["hu"] = (round(float(low), 1), round(float(high), 1))
    return facts
