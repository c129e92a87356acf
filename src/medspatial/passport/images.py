"""Images and masks of the cases that a set asks about: read once, examined, and measured again."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.cases import Discovery
from medspatial.cases.doctor import consult
from medspatial.passport.reading import VqaSet
from medspatial.passport.remeasured import Remeasured, Unmeasured, reasons, remeasure
from medspatial.passport.result import Alarm, ImageFacts, Kind, MaskFacts, alarm
from medspatial.passport.units import asked_unit, dimension_of, reference
from medspatial.progress import Progress, Silent
from medspatial.questions import mirrored_cases
from medspatial.records import Case, Question

_BARE = (".npy", ".npz", ".png", ".jpg", ".jpeg", ".mp4", ".tif", ".tiff", ".bmp", ".gif", ".webp")
_SPACING_FIELDS = ("spacing", "spacing_mm", "voxel_spacing", "pixel_spacing")
_STEP = 0.02  # spacings agree up to this share


@dataclass
class Seen:
    """What the cases showed."""

    facts: ImageFacts
    masks: MaskFacts
    alarms: list[Alarm] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)


def asked_cases(questions: Sequence[Question], found: Discovery) -> dict[str, Case]:
    """Return the cases that are asked about, mirrored controls included, by id."""
    wanted = {one.case_id for one in questions}
    known = {case.case_id: case for case in found.cases}
    known |= {case.case_id: case for case in mirrored_cases(found.cases) if case.case_id not in known}
    return {name: case for name, case in known.items() if name in wanted}


def see_cases(
    held: VqaSet, cases: Mapping[str, Case], root: str | Path, *, progress: Progress | None = None
) -> Seen:
    """Read and examine each case that is asked about, and measure its answers again."""
    bar = progress or Silent()
    by_case: dict[str, list[Question]] = defaultdict(list)
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one, row in zip(held.questions, held.rows, strict=True):
        by_case[one.case_id].append(one)
        rows[one.case_id].append(row)
    verdicts: Counter[str] = Counter()
    axes: Counter[str] = Counter()
    assumed: Counter[str] = Counter()
    steps: list[tuple[float, ...]] = []
    refused: list[str] = []
    spaced: list[str] = []
    outcomes: list[Remeasured | Unmeasured] = []
    with_masks = 0
    for seen in consult(Discovery(list(cases.values())), root):
        told = seen.diagnosis
        verdicts[told.verdict] += 1
        assumed.update(told.assumptions)
        if told.verdict == "refused":
            refused.append(f"{told.case_id}: {'; '.join(told.problems)}")
            outcomes += [Unmeasured(one.id, "case refused") for one in by_case[told.case_id]]
        elif seen.data is not None:
            axes[told.axes] += 1
            steps.append(told.spacing_mm)
            with_masks += seen.data.masks is not None
            spaced += _spacing_conflicts(told.case_id, told.spacing_mm, rows[told.case_id])
            outcomes += remeasure(by_case[told.case_id], seen.data, Path(root))
        bar.advance(1, told.case_id)
    unknown = sorted(by_case.keys() - cases.keys())
    outcomes += [Unmeasured(one.id, "case not found") for name in unknown for one in by_case[name]]
    compared = [one for one in outcomes if isinstance(one, Remeasured)]
    rest = [one for one in outcomes if isinstance(one, Unmeasured)]
    spread = tuple((min(axis), max(axis)) for axis in zip(*steps, strict=True)) if steps else ()
    return Seen(
        ImageFacts(
            cases=len(cases),
            verdicts=dict(verdicts),
            axes=dict(axes.most_common()),
            spacing_mm=spread,
            with_masks=with_masks,
            assumptions=dict(assumed.most_common()),
        ),
        MaskFacts(
            compared=len(compared),
            agree=sum(one.agrees for one in compared),
            differ=sum(not one.agrees for one in compared),
            not_compared=reasons(rest),
        ),
        [
            *alarm(Kind.IMAGES_REFUSED, "the case contradicts itself or ordinary anatomy", refused),
            *alarm(Kind.CASES_UNKNOWN, "asked about, and not among the cases", unknown),
            *alarm(Kind.SPACING, "spacing of the row and of the image differ", spaced),
            *mask_alarms(compared),
        ],
    )


def mask_alarms(compared: Sequence[Remeasured]) -> list[Alarm]:
    """Sort what differs from the masks: sides, powers of ten, one factor for all of a case, the rest."""
    differ = [one for one in compared if not one.agrees]
    scaled = _scaled_cases(compared)
    kinds: dict[Kind, list[str]] = defaultdict(list)
    for one in differ:
        text = f"{one.id}: {one.stated} stated, {one.measured} measured"
        if one.ratio is None:
            kinds[Kind.SIDES if one.about_side else Kind.ANSWERS].append(text)
        elif _power_of_ten(one.ratio):
            kinds[Kind.UNITS].append(text)
        elif one.case_id in scaled:
            kinds[Kind.SPACING].append(text)
        else:
            kinds[Kind.SIZES].append(text)
    rules = {
        Kind.SIDES: "left and right of the answer are exchanged against the masks",
        Kind.UNITS: "the figure is a power of ten away from what the masks give",
        Kind.SPACING: "most figures of a case are off by one factor: image or questions have another spacing",
        Kind.SIZES: "the figure is not what the masks give",
        Kind.ANSWERS: "the answer is not what the masks give",
    }
    return [one for kind, text in rules.items() for one in alarm(kind, text, kinds[kind])]


def spacing_alarms(held: VqaSet) -> list[Alarm]:
    """Lengths and volumes asked of images whose format holds no spacing, where no row states one."""
    found = [
        f"{one.id}: {asked_unit(one.question) or (told.unit if told else '')} of {one.image_path}"
        for one, row in zip(held.questions, held.rows, strict=True)
        for told in [reference(one)]
        if (dimension_of(asked_unit(one.question)) or (told and told.dimension))
        and str(one.image_path or "").lower().endswith(_BARE)
        and not any(row.get(name) for name in _SPACING_FIELDS)
    ]
    return alarm(
        Kind.NO_SPACING,
        "millimetres or millilitres are asked, the image's format holds no spacing, and the row states none",
        found,
    )


def _spacing_conflicts(
    case_id: str, spacing: Sequence[float], rows: Sequence[Mapping[str, Any]]
) -> list[str]:
    """A spacing that rows state, against the image's; axes in any order, and not all need be stated."""
    stated = {
        tuple(sorted(map(float, re.findall(r"\d+(?:\.\d+)?", str(row[name])))))
        for row in rows
        for name in _SPACING_FIELDS
        if row.get(name)
    }
    own = sorted(spacing)
    return [
        f"{case_id}: {' x '.join(f'{step:g}' for step in steps)} mm stated, "
        f"{' x '.join(f'{step:g}' for step in own)} mm in the image"
        for steps in sorted(stated)
        if not _fits(steps, own)
    ]


def _fits(steps: Sequence[float], own: Sequence[float]) -> bool:
    """Whether each stated figure is that of an axis of its own; pixels alone have two."""
    left = list(own)
    for step in steps:
        near = next((one for one in left if abs(step - one) <= max(_STEP * one, 0.006)), None)
        if near is None:
            return False
        left.remove(near)
    return True


def _scaled_cases(compared: Sequence[Remeasured]) -> set[str]:
    """Cases of which at least two figures, and most, differ, lengths and volumes all in one direction."""
    ratios: dict[str, list[float]] = defaultdict(list)
    wrong: Counter[str] = Counter()
    for one in compared:
        if one.ratio is not None:
            ratios[one.case_id].append(one.ratio)
            wrong[one.case_id] += not one.agrees
    return {
        name
        for name, found in ratios.items()
        if wrong[name] >= 2
        and wrong[name] > len(found) / 2
        and (all(ratio >= 0.98 for ratio in found) or all(ratio <= 1.02 for ratio in found))
    }


def _power_of_ten(ratio: float) -> bool:
    return any(abs(ratio / power - 1) < 0.05 for power in (0.001, 0.01, 0.1, 10.0, 100.0, 1000.0))
