"""Volumes as they were read, kept on disk: models and arms of a study share one reading of a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import medspatial.volume
from medspatial.cases.fingerprint import case_fingerprint
from medspatial.disk_cache import DiskCache
from medspatial.records import Case, content_hash
from medspatial.volume import Affine, Step, Volume
from medspatial.volume.formats import NIFTI_SUFFIXES

_VOXELS, _FACTS = "voxels", "facts"
_READERS = ("nibabel", "numpy", "isal", "SimpleITK", "pydicom")


@dataclass(frozen=True)
class KeptVolumes:
    """Volumes of cases by their files.

    A volume is read again where its file has another place, size or time of change, the case another
    transform, or the code that reads volumes has changed. Kept are voxels as they were read (not packed, so
    that they are quicker to read than a ``.nii.gz``), affine, history and fingerprint; the sums of each entry
    are checked when it is read. NIfTI files and DICOM folders are kept; other formats may have their voxels
    in a file beside, whose changes the header does not show.
    """

    kept: DiskCache

    @classmethod
    def below(cls, folder: Path, most_bytes: int) -> KeptVolumes:
        """Return those in a folder of a cache."""
        return cls(DiskCache(folder / "volumes", most_bytes, ".npz"))

    def volume(self, case: Case, root: Path, assume_axes: str | None, read: Callable[[], Volume]) -> Volume:
        """Return the volume of a case, which is read only where it is not kept."""
        if not _holds_its_voxels(root / (case.image_path or "")):
            return read()
        name = _name(case, root, assume_axes)
        found = self.kept.get(name, _read)
        if found is None:
            found = read()
            facts = _facts(found)
            if facts is not None:
                self.kept.put(name, lambda path: np.savez(path, **{_VOXELS: found.voxels, _FACTS: facts}))
        return found


def _holds_its_voxels(path: Path) -> bool:
    return path.name.lower().endswith(NIFTI_SUFFIXES) or path.is_dir()


def _name(case: Case, root: Path, assume_axes: str | None) -> str:
    alone = case.model_copy(update={"masks": ()})
    place = str((root / (case.image_path or "")).absolute())
    return content_hash(place, case_fingerprint(alone, root), alone.to_json(), assume_axes, _code_hash())


@cache
def _code_hash() -> str:
    """Hash of the code that reads volumes, and of the versions of what it reads them with."""
    digest = hashlib.blake2b(digest_size=8)
    for package in (Path(medspatial.volume.__file__).parent, Path(__file__).parent):
        for source in sorted(package.rglob("*.py")):
            digest.update(source.read_bytes())
    digest.update(repr([_version(name) for name in _READERS]).encode())
    return digest.hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _facts(volume: Volume) -> Any:
    """Return all of a volume but its voxels, as bytes of JSON; None where JSON cannot hold its history."""
    facts = {
        "affine": volume.affine.matrix.tolist(),
        "unit": volume.unit,
        "history": [[step.name, step.parameters] for step in volume.history],
        "source": volume.source,
        "fingerprint": volume.fingerprint,
    }
    try:
        text = json.dumps(facts)
    except (TypeError, ValueError):
        return None
    same = json.loads(text) == facts  # no tuple that would come back as a list
    return np.frombuffer(text.encode(), dtype=np.uint8) if same else None


def _read(path: Path) -> Volume:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        facts = json.loads(file[_FACTS].tobytes())
        voxels = file[_VOXELS]
    history = tuple(Step(name, parameters) for name, parameters in facts["history"])
    volume = Volume(voxels, Affine(facts["affine"]), facts["unit"], history, facts["source"])
    volume.__dict__["fingerprint"] = facts["fingerprint"]  # of these voxels, whose sum was right
    return volume
