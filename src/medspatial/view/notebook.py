"""The viewer's images in a notebook, by ipyniivue: the same files, masks, colours and evidence point."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.inputs import WINDOWS
from medspatial.report.palette import STRUCTURE_COLOURS
from medspatial.view.evidence import drawn_evidence
from medspatial.view.library import open_library
from medspatial.view.volumes import Volumes, reduced
from medspatial.volume import Volume, write_volume

_OPACITY = 0.45


def show(
    source: str | Path,
    *,
    question: str | None = None,
    case: str | None = None,
    masks: Sequence[str] = (),
    window: str = "soft-tissue",
    most: int | None = 256,
    extra_roots: Sequence[Path] = (),
) -> Any:
    """Return a widget with a case's CT, masks, and the crosshair on a question's first evidence point.

    Parameters
    ----------
    source
        As ``medspatial view``: a study's folder, a folder or file of cases, or one CT.
    question, case
        Id of a question, or of a case; by default the first case with a CT.
    masks
        Names of masks beside those of the question.
    window
        Name of a grey scale.
    most
        Voxels along the longest axis; None for all. Notebooks send images through the browser's memory.

    Raises
    ------
    MissingPackageError
        ipyniivue is not installed.
    InputError
        No such question, case, mask or window.
    """
    widgets = require("ipyniivue", "view")
    if window not in WINDOWS:
        raise InputError(f"window must be one of {', '.join(WINDOWS)}, got {window!r}")
    library = open_library(source, extra_roots=extra_roots)
    asked = None if question is None else library.questions.get(question)
    if question is not None and asked is None:
        raise InputError(f"{source}: no question {question!r}")
    first = next((one.case_id for one in library.cases.values() if one.image_path), None)
    case_id = asked.case_id if asked else case or first
    if case_id is None:
        raise InputError(f"{source}: no case has a CT")
    evidence = drawn_evidence(asked) if asked else {"points": [], "structures": []}
    volumes = Volumes(library)
    try:
        ct = reduced(volumes.ct(case_id), most).oriented("RAS")
        known = volumes.data(case_id).masks
        wanted = [one for one in evidence["structures"] if known is not None and one in known]
        names = dict.fromkeys((*wanted, *masks))
        folder = Path(tempfile.mkdtemp(prefix="medspatial-notebook-"))
        low, high = WINDOWS[window].range
        shown = [_shown(write_volume(ct, folder / "ct.nii.gz"), cal_min=low, cal_max=high, colormap="gray")]
        for place, name in enumerate(names):
            # A mask's file is the volumes' own and goes with them: it is kept in the notebook's folder.
            path = (folder / f"mask-{place}.nii").resolve()
            path.write_bytes(volumes.mask_file(case_id, name, most).read_bytes())
            shown.append(_shown(path, cal_min=0.4, cal_max=0.6, opacity=_OPACITY, colormap=f"mask-{place}"))
    finally:
        volumes.close()
    view = widgets.NiiVue()
    for place in range(len(names)):
        view.add_colormap(f"mask-{place}", _one_colour(STRUCTURE_COLOURS[place % len(STRUCTURE_COLOURS)]))
    view.opts.is_radiological_convention = True
    view.load_volumes(shown)
    if evidence["points"]:
        view.scene.crosshair_pos = fractions(ct, evidence["points"][0]["xyz"])
    return view


def fractions(volume: Volume, xyz: Sequence[float]) -> list[float]:
    """Return a place (RAS+ mm) as shares of the grid of a volume stored as RAS: 0 and 1 are its two faces.

    Examples
    --------
    >>> import numpy as np
    >>> from medspatial.volume import Affine
    >>> one = Volume(np.zeros((4, 4, 2)), Affine.from_axcodes("RAS", (1.0, 1.0, 1.0)))
    >>> fractions(one, (1.5, 0.0, 0.5))
    [0.5, 0.125, 0.5]
    """
    places = volume.affine.inverse().apply(list(xyz))
    return [float((place + 0.5) / size) for place, size in zip(places, volume.shape, strict=True)]


def _shown(path: Path, **how: Any) -> dict[str, Any]:
    return {"path": str(path), **how}


def _one_colour(colour: str) -> dict[str, Any]:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return {"R": [red, red], "G": [green, green], "B": [blue, blue], "A": [0, 255], "I": [0, 255]}
