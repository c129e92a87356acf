"""Compare the side that an answer gives with the geometry of the masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medspatial.anatomy import find_mentions, find_sides, structure
from medspatial.cases import MaskSet, load_case
from medspatial.errors import InputError
from medspatial.records import Case, Question

LESIONS: dict[str, str] = {"nodule": "nodule", "pleural_effusion": "pleural_effusion"}
"""Findings of reports that have masks, and the mask's name."""
MINOR_SHARE = 0.05
"""A side that holds less than this share of a mask does not count; between this and 0.2 it stays unclear."""
CLEAR_SHARE = 0.2
_FEWEST_VOXELS = 27

Verdict = Literal["agrees", "conflict", "unclear"]


@dataclass(frozen=True)
class SideCheck:
    """One answer's side against the masks.

    Attributes
    ----------
    stated, measured
        Sides by the answer and by the masks.
    left_share
        Share of the mask's voxels in structures of the left lung.
    """

    id: str
    case_id: str
    finding: str
    stated: frozenset[str]
    measured: frozenset[str]
    left_share: float
    verdict: Verdict


def check_answer_sides(
    questions: Iterable[Question], cases: Iterable[Case], root: str | Path
) -> Iterator[SideCheck]:
    """Yield a check for each answer about a finding with a mask, and each answer whose organ is not there.

    Where masks of the finding exist, its side is where it overlaps or neighbours the lungs of either side,
    measured by the midpoint between the two lungs' centroids in world x. For a paired organ named in the
    answer without any mask on that side, while the other side has one, the verdict is a conflict.
    """
    by_case: dict[str, list[Question]] = {}
    for one in questions:
        by_case.setdefault(one.case_id, []).append(one)
    for case in cases:
        asked = by_case.get(case.case_id, [])
        if not asked or not case.masks:
            continue
        masks = load_case(case, root, with_ct=False).masks
        if masks is not None:
            for one in asked:
                yield from _check(one, masks)


def conflicts(checks: Iterable[SideCheck]) -> list[SideCheck]:
    """Return the checks where report and geometry differ."""
    return [one for one in checks if one.verdict == "conflict"]


def _check(one: Question, masks: MaskSet) -> Iterator[SideCheck]:
    stated = _sides(one.answer)
    if not stated:
        return
    finding = _finding(one)
    if finding in LESIONS and LESIONS[finding] in masks:
        yield _lesion(one, LESIONS[finding], stated, masks)
        return
    for mention in find_mentions(one.answer):
        found = structure(mention.name)
        if found.side and found.partner and found.partner in masks and found.name not in masks:
            other = structure(found.partner).side or ""
            yield SideCheck(
                one.id, one.case_id, found.base or found.name, stated, frozenset({other}),
                float(other == "left"), "conflict",
            )  # fmt: skip


def _lesion(one: Question, name: str, stated: frozenset[str], masks: MaskSet) -> SideCheck:
    share = left_share(masks, name)
    if share is None:
        return SideCheck(one.id, one.case_id, name, stated, frozenset(), float("nan"), "unclear")
    measured = frozenset(
        side for side, part in (("left", share), ("right", 1 - share)) if part >= CLEAR_SHARE
    )
    minor = min(share, 1 - share)
    if stated == measured:
        verdict: Verdict = "agrees"
    elif MINOR_SHARE <= minor < CLEAR_SHARE:
        verdict = "unclear"
    elif stated < measured:
        verdict = "unclear"  # a report names one of several; the others may be stated elsewhere
    else:
        verdict = "conflict"
    return SideCheck(one.id, one.case_id, name, stated, measured, share, verdict)


def left_share(masks: MaskSet, name: str) -> float | None:
    """Return the share of a mask that lies on the patient's left of the lungs' midplane; None if unknown.

    Raises
    ------
    InputError
        The mask set has no such mask.
    """
    if name not in masks:
        raise InputError(f"no mask named {name!r}")
    middle = _midplane(masks)
    voxels = masks.mask(name).nonzero()
    if middle is None or len(voxels[0]) < _FEWEST_VOXELS:
        return None
    matrix = masks.affine.matrix
    x = voxels[0] * matrix[0, 0] + voxels[1] * matrix[0, 1] + voxels[2] * matrix[0, 2] + matrix[0, 3]
    return float((x < middle).mean())


def _midplane(masks: MaskSet) -> float | None:
    """World x between the lungs: the mean of the two sides' centroids."""
    centres = {}
    for side in ("left", "right"):
        names = [one for one in masks.names if one.startswith("lung") and one.endswith(f"_{side}")]
        total = sum(masks.voxels(one) for one in names)
        if not total:
            return None
        centres[side] = sum(float(masks.centroid(one)[0]) * masks.voxels(one) for one in names) / total
    return (centres["left"] + centres["right"]) / 2


def _sides(text: str) -> frozenset[str]:
    found: set[str] = set()
    for one in find_sides(text):
        found |= {"left", "right"} if one.side == "both" else {one.side}
    return frozenset(found)


def _finding(one: Question) -> str:
    known = one.evidence.details.get("finding") if one.evidence else None
    if isinstance(known, str):
        return known
    named = [
        m.name for m in find_mentions(f"{one.question} {one.answer}") if m.name.startswith(tuple(LESIONS))
    ]
    return named[0].removesuffix("_left").removesuffix("_right") if named else ""
