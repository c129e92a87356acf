"""The doctor's report as one page that holds everything, with pictures of the cases in doubt."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from medspatial.cases import CaseData
from medspatial.cases.doctor import VERDICTS, Diagnosis
from medspatial.errors import InputError
from medspatial.files import write_text
from medspatial.inputs import PictureSettings, render
from medspatial.inputs.overlay import COLOURS

_SIZE = 288  # pixels of the longest side of a slice
Picture = tuple[str, str]
"""A data URL and its caption."""


def doctor_pictures(diagnosis: Diagnosis, data: CaseData | None) -> list[Picture]:
    """Draw one slice of each plane through the structure in doubt, in radiological display with letters.

    Empty for a case that is fine, and for one without a CT that could be read. Outlined are the structures
    that the findings name, then the largest, as many as there are colours.
    """
    if diagnosis.verdict == "fine" or data is None or data.ct is None:
        return []
    chosen = _structures(diagnosis, data)
    settings = PictureSettings(
        representation="overlay" if chosen else "slices",
        planes="all",
        count=1,
        around=_around(chosen, data),
        size=_SIZE,
        letters=True,
        legend=False,  # the caption names the colours
        structures=chosen or None,
    )
    try:
        found = render(data.ct, settings, data.masks)
    except InputError:  # such as masks that lie beside the CT: the CT alone is shown
        found = render(data.ct, settings.bare)
    return [(_url(image), text) for image, text in zip(found.images, found.captions, strict=True)]


def write_doctor_page(
    path: str | Path,
    diagnoses: Sequence[Diagnosis],
    pictures: Mapping[str, Sequence[Picture]],
    *,
    source: str,
    not_used: Sequence[str] = (),
) -> Path:
    """Write the page, whole or not at all.

    Parameters
    ----------
    pictures
        By case id.
    source
        What was looked at, as the user named it.
    not_used
        What lies in no case's folder, one line each.
    """
    env = Environment(
        loader=PackageLoader("medspatial.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    counts = {verdict: sum(one.verdict == verdict for one in diagnoses) for verdict in VERDICTS}
    ordered = sorted(diagnoses, key=lambda one: (VERDICTS.index(one.verdict), one.case_id))
    text = env.get_template("doctor.html.j2").render(
        diagnoses=ordered, pictures=pictures, counts=counts, source=source, not_used=list(not_used)
    )
    return write_text(path, text)


def _structures(diagnosis: Diagnosis, data: CaseData) -> tuple[str, ...]:
    if data.masks is None:
        return ()
    said = " ".join((*diagnosis.problems, *diagnosis.set_aside, *diagnosis.notes))
    by_size = sorted(data.masks.names, key=data.masks.voxels, reverse=True)
    named = [name for name in by_size if name in diagnosis.set_aside or f"{name} " in f"{said} "]
    return tuple(dict.fromkeys((*named, *by_size)))[: len(COLOURS)]


def _around(chosen: tuple[str, ...], data: CaseData) -> tuple[float, float, float]:
    """The centre of the first structure where it lies in the CT, else that of the CT."""
    assert data.ct is not None
    if chosen and data.masks is not None:
        x, y, z = (float(one) for one in data.masks.centroid(chosen[0]))
        if data.ct.grid.contains((x, y, z)):
            return x, y, z
    return data.ct.centre


def _url(pixels: object) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)  # type: ignore[arg-type]
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
