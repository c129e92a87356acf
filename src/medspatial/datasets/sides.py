"""Compare the side that an answer gives with the geometry of the masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from medspatial.anatomy import find_mentions, structure
from medspatial.cases import load_case
from medspatial.errors import InputError
from medspatial.language import sides_said
from medspatial.records import Case, Question
from medspatial.volume import MaskSet

LESIONS: dict[str, str] = {"nodule": "nodule", "pleural_effusion": "pleural_effusion"}
"""Findings of reports that have masks, and the mask's name."""
MINOR_SHARE = 0.05
"""A side that holds less than this share of a mask does not count; between this and 0.2 it stays unclear."""
CLEAR_SHARE = 0.2
_FEWEST_VOXELS = 27

Verdict = Literal["agrees", "conflict", "unclear"]


class Reason(StrEnum):
    """Why an answer was not compared with masks."""

    UNKNOWN_CASE = "unknown case"
    NO_MASKS = "case without masks"
    UNREADABLE = "masks cannot be read"
    NO_SIDE = "no side in the answer"
    NO_MASK_OF_IT = "no mask of the finding or organ"
    NOT_CONTRADICTED = "the organ is there on the side stated"


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


@dataclass(frozen=True)
class NotCompared:
    """An answer that was not compared with masks, and why.

    Attributes
    ----------
    detail
        Why the masks cannot be read, where that is the reason.
    """

    id: str
    case_id: str
    reason: Reason
    detail: str = ""


@dataclass(frozen=True)
class SideReport:
    """All answers: compared, or with the reason why not."""

    checks: tuple[SideCheck, ...]
    not_compared: tuple[NotCompared, ...]

    @property
    def conflicts(self) -> list[SideCheck]:
        """The checks where answer and geometry differ."""
        return [one for one in self.checks if one.verdict == "conflict"]

    @property
    def reasons(self) -> dict[Reason, int]:
        """How many answers were not compared, by reason, the most frequent first."""
        return dict(Counter(one.reason for one in self.not_compared).most_common())

    def cases_with(self, reason: Reason) -> dict[str, str]:
        """Return the cases whose answers were not compared for a reason, each with its detail."""
        return {one.case_id: one.detail for one in self.not_compared if one.reason == reason}


def check_answer_sides(questions: Iterable[Question], cases: Iterable[Case], root: str | Path) -> SideReport:
    """Check each answer about a finding with a mask, and each answer whose organ is not there.

    Where masks of the finding exist, its side is where it overlaps or neighbours the lungs of either side,
    measured by the midpoint between the two lungs' centroids in world x. For a paired organ named in the
    answer without any mask on that side, while the other side has one, the verdict is a conflict.

    Each case is read once, and only if one of its answers gives a side.
    """
    known = {case.case_id: case for case in cases}
    by_case: dict[str, list[Question]] = {}
    for one in questions:
        by_case.setdefault(one.case_id, []).append(one)
    outcomes = [
        outcome
        for case_id, asked in by_case.items()
        for outcome in _compared(asked, known.get(case_id), Path(root))
    ]
    return SideReport(
        tuple(one for one in outcomes if isinstance(one, SideCheck)),
        tuple(one for one in outcomes if isinstance(one, NotCompared)),
    )


def _compared(asked: list[Question], case: Case | None, root: Path) -> Iterator[SideCheck | NotCompared]:
    """Yield the outcomes of one case's answers."""
    masks, obstacle, detail = None, Reason.UNKNOWN_CASE, ""
    if case is not None:
        obstacle = Reason.NO_MASKS
        try:
            if any(sides_said(one.answer) for one in asked):
                masks = load_case(case, root, with_ct=False).masks
        except InputError as error:
            obstacle, detail = Reason.UNREADABLE, str(error)
    for one in asked:
        if case is not None and not sides_said(one.answer):
            yield NotCompared(one.id, one.case_id, Reason.NO_SIDE)
        elif masks is None:
            yield NotCompared(one.id, one.case_id, obstacle, detail)
        else:
            yield from _check(one, masks)


def _check(one: Question, masks: MaskSet) -> Iterator[SideCheck | NotCompared]:
    stated = sides_said(one.answer)
    finding = _finding(one)
    if finding in LESIONS and LESIONS[finding] in masks:
        yield _lesion(one, LESIONS[finding], stated, masks)
        return
    mentioned = (structure(mention.name) for mention in find_mentions(one.answer))
    organs = [organ for organ in mentioned if organ.side and organ.partner]
    gone = [organ for organ in organs if organ.partner in masks and organ.name not in masks]
    for organ in gone:
        other = structure(organ.partner or "").side or ""
        yield SideCheck(
            one.id, one.case_id, organ.base or organ.name, stated, frozenset({other}),
            float(other == "left"), "conflict",
        )  # fmt: skip
    if not gone:
        there = any(organ.name in masks for organ in organs)
        yield NotCompared(one.id, one.case_id, Reason.NOT_CONTRADICTED if there else Reason.NO_MASK_OF_IT)


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


def side_of_masks(one: Question, masks: MaskSet) -> SideCheck | None:
    """Check one answer against masks that have been read; None where they say nothing about its side.

    See `check_answer_sides` for the rules; a conflict goes before what agrees.
    """
    if not sides_said(one.answer):
        return None
    checks = [found for found in _check(one, masks) if isinstance(found, SideCheck)]
    return min(checks, key=lambda check: check.verdict != "conflict", default=None)


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


def _finding(one: Question) -> str:
    known = one.evidence.details.get("finding") if one.evidence else None
    if isinstance(known, str):
        return known
    named = [
        m.name for m in find_mentions(f"{one.question} {one.answer}") if m.name.startswith(tuple(LESIONS))
    ]
    return named[0].removesuffix("_left").removesuffix("_right") if named else ""
