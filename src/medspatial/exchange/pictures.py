"""Slices of the cases for logs that show pictures: three planes through what a question is about."""

from __future__ import annotations

import base64
import io
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from medspatial.cases import Discovery, load_case
from medspatial.errors import InputError
from medspatial.inputs import PictureSettings, render
from medspatial.progress import Progress, Silent
from medspatial.records import Question
from medspatial.volume import Volume

SIZE = 224
"""Pixels of a slice's longest side."""
Shown = tuple[str, str]
"""A data URL and its caption."""


def question_pictures(
    questions: Sequence[Question], found: Discovery, root: str | Path, *, progress: Progress | None = None
) -> tuple[dict[str, tuple[Shown, ...]], dict[str, str]]:
    """Draw one slice of each plane per question, in radiological display with letters.

    The planes go through the mean of the evidence's points, or the middle of the volume. A case is read once.

    Returns
    -------
    pictures, without
        By question; and per case the reason why there are none.
    """
    bar = progress or Silent()
    known = {case.case_id: case for case in found.cases}
    by_case: dict[str, list[Question]] = defaultdict(list)
    for one in questions:
        by_case[one.case_id].append(one)
    pictures: dict[str, tuple[Shown, ...]] = {}
    without: dict[str, str] = {}
    for case_id, asked in by_case.items():
        case = known.get(case_id)
        try:
            volume = load_case(case, root, with_masks=False).ct if case is not None else None
        except InputError as error:
            volume, without[case_id] = None, str(error)
        if volume is not None:
            pictures |= {one.id: _drawn(volume, one) for one in asked}
        else:
            without.setdefault(case_id, "no such case" if case is None else "no CT")
        bar.advance(1, case_id)
    return pictures, without


def _drawn(volume: Volume, one: Question) -> tuple[Shown, ...]:
    settings = PictureSettings(
        representation="slices", planes="all", count=1, around=_around(volume, one), size=SIZE, letters=True
    )
    shown = render(volume, settings)
    return tuple((_url(image), text) for image, text in zip(shown.images, shown.captions, strict=True))


def _around(volume: Volume, one: Question) -> tuple[float, float, float]:
    points = [point.xyz for point in one.evidence.points] if one.evidence else []
    if points:
        x, y, z = (sum(axis) / len(points) for axis in zip(*points, strict=True))
        if volume.grid.contains((x, y, z)):
            return x, y, z
    return volume.centre


def _url(pixels: object) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)  # type: ignore[arg-type]
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
