"""Whether the files behind a case are the same as before, without reading them."""

from __future__ import annotations

import os
from pathlib import Path

from medspatial.cases.label_tables import table_files
from medspatial.records import Case, MaskSource, content_hash
from medspatial.volume.formats import is_volume_name
from medspatial.volume.read import volume_files


def case_fingerprint(case: Case, root: str | Path) -> str:
    """Return a hash of size and modification time of every file behind a case.

    These are its CT, its masks (of a folder all files directly in it), the voxels that lie beside their
    headers, label maps that are files, and tables of label values beside the masks. A file that is missing
    counts as such, so that the hash changes when it appears.
    """
    root = Path(root)
    places = [root / path for path in (case.image_path, *(mask.path for mask in case.masks)) if path]
    places += [found for mask in case.masks if (found := label_map_file(mask, root))]
    places += [table for mask in case.masks for table in table_files(root / mask.path, root)]
    known = dict.fromkeys(places)  # each once, in their order
    return content_hash([[_state(file) for file in _files(place)] for place in known])


def label_map_file(source: MaskSource, root: Path) -> Path | None:
    """Return the file of a source's label map, beside the cases or at its path; None for a built-in one."""
    if source.label_map is None:
        return None
    return next((one for one in (root / source.label_map, Path(source.label_map)) if one.is_file()), None)


def _files(place: Path) -> list[Path]:
    try:
        with os.scandir(place) as entries:
            listed = [Path(one) for one in entries if not one.is_dir()]
    except OSError:  # a file, or nothing that can be listed
        listed = [place]
    beside = [file for one in listed if is_volume_name(one.name) for file in volume_files(one)]
    return sorted({*listed, *beside})


def _state(file: Path) -> tuple[str, int, int] | None:
    try:
        facts = file.stat()
    except OSError:
        return None
    return file.name, facts.st_size, facts.st_mtime_ns
