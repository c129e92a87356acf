"""Write a cohort of phantoms as NIfTI with ``cases.jsonl``; finished cases are kept on the next run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medspatial.cases.phantom.build import REGIONS, make_phantom
from medspatial.cases.phantom.canvas import LABEL_MAP
from medspatial.cases.phantom.draw import Draw
from medspatial.errors import InputError
from medspatial.files import write_json
from medspatial.progress import Progress, Silent
from medspatial.records import Case, MaskSource, content_hash, write_records
from medspatial.volume import AXIS_CODES, Volume, write_volume

# Raised whenever the same seed gives other voxels than before: older files are then made anew.
VERSION = 1
# Voxel sizes (left-right, front-back, head-foot) that a cohort is spread over; all organs stay whole on them.
SPACINGS = (
    (3.0, 3.0, 3.0),
    (2.5, 2.5, 2.5),
    (2.5, 2.5, 4.0),
    (3.0, 3.0, 2.0),
    (2.0, 2.0, 3.0),
    (3.0, 2.5, 3.5),
)
CT_FILE, MASK_FILE, TRUTH_FILE = "ct.nii.gz", "seg.nii.gz", "truth.json"


def write_phantoms(
    folder: str | Path,
    count: int,
    seed: int = 0,
    *,
    vary_storage: bool = True,
    spacing: Sequence[float] | float | None = None,
    regions: Sequence[str] = ("torso",),
    lesions: bool = True,
    progress: Progress | None = None,
) -> list[Case]:
    """Write phantoms of the seeds ``seed`` to ``seed + count - 1`` and their list.

    Each case has a folder with ``ct.nii.gz``, ``seg.nii.gz`` (label map ``phantom``) and ``truth.json``;
    ``cases.jsonl`` lists them. A case whose settings and files are as this call would make them is kept.

    Parameters
    ----------
    vary_storage
        Spread the cohort over all 48 storage orientations; else all are stored RAS.
    spacing
        Voxel size of all cases in mm (see ``make_phantom``); None spreads the cohort over ``SPACINGS``
        where ``vary_storage``, else 3 mm.
    regions
        Fields of view the cohort is spread over evenly, a region may stand more than once.
    progress
        Told after each case.

    Returns
    -------
    list of Case
        In seed order, paths relative to the folder.

    Raises
    ------
    InputError
        Count below 1, a bad setting of ``make_phantom``, a folder that cannot be written.
    """
    folder = Path(folder)
    if count < 1:
        raise InputError(f"phantom: count must be 1 or more, got {count}")
    if not regions or not set(regions) <= set(REGIONS):
        raise InputError(f"phantom: regions must be out of {', '.join(REGIONS)}; got {list(regions)}")
    bar = progress or Silent()
    cases = []
    for number in range(seed, seed + count):
        settings = _settings(number, vary_storage, spacing, regions, lesions)
        try:
            cases.append(_write_case(folder, settings))
        except OSError as error:
            raise InputError(f"{folder}: cannot write a phantom: {error}") from None
        bar.advance(1, cases[-1].case_id)
    write_records(folder / "cases.jsonl", cases)
    return cases


def _settings(
    seed: int,
    vary_storage: bool,
    spacing: Sequence[float] | float | None,
    regions: Sequence[str],
    lesions: bool,
) -> dict[str, Any]:
    """Arguments of ``make_phantom`` for one case of a cohort, ready for JSON."""
    draw = Draw(max(seed, 0))
    if spacing is None:
        spacing = draw.balanced("spacing", SPACINGS) if vary_storage else SPACINGS[0]
    return {
        "seed": seed,
        "spacing": float(spacing) if isinstance(spacing, int | float) else [float(step) for step in spacing],
        "axcodes": draw.balanced("storage", AXIS_CODES) if vary_storage else "RAS",
        "region": draw.balanced("region", tuple(regions)),
        "lesions": lesions,
    }


def _write_case(folder: Path, settings: dict[str, Any]) -> Case:
    name = f"phantom_{settings['seed']:05d}"
    home = folder / name
    if not _is_finished(home, settings):
        phantom = make_phantom(**settings)
        (home / TRUTH_FILE).unlink(missing_ok=True)
        write_volume(phantom.ct, home / CT_FILE)
        layer = Volume(phantom.masks.layers[0], phantom.masks.affine, unit="label")
        write_volume(layer, home / MASK_FILE)
        record = {"made_with": _made_with(home, settings), **phantom.truth}
        write_json(home / TRUTH_FILE, record)  # last, so that a truth file stands for a finished case
    return Case(
        case_id=name,
        patient_id=name,
        image_path=f"{name}/{CT_FILE}",
        masks=(MaskSource(path=f"{name}/{MASK_FILE}", label_map=LABEL_MAP),),
        region=settings["region"],
        source="medspatial phantom",
        license="CC0-1.0",
        metadata={"phantom": settings, "truth_path": f"{name}/{TRUTH_FILE}"},
    )


def _made_with(home: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What a finished case is known by: the recipe, and the sizes of the files it gave."""
    sizes = {file: (home / file).stat().st_size for file in (CT_FILE, MASK_FILE)}
    return {"recipe": content_hash(VERSION, settings), "bytes": sizes}


def _is_finished(home: Path, settings: dict[str, Any]) -> bool:
    try:
        record = json.loads((home / TRUTH_FILE).read_text(encoding="utf-8"))
        return bool(record["made_with"] == _made_with(home, settings))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False
