"""What a file's name says: a CT, a label volume, one structure's mask, and which of them belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from medspatial.anatomy import canonical_name, describe, structures
from medspatial.records import volume_name

# Headers whose voxels lie in a file of the same name.
VOXELS_OF = {".hdr": (".img", ".img.gz"), ".mhd": (".raw", ".zraw"), ".nhdr": (".raw", ".raw.gz", ".gz")}
# Formats that volumes come in elsewhere, and archives that may hold some: named where they lie, never read.
_UNREAD_FORMATS = (
    *(
        ".npy",
        ".npz",
        ".mat",
        ".h5",
        ".hdf5",
        ".pt",
        ".zarr",
        ".b2nd",
        ".tif",
        ".tiff",
        ".vtk",
        ".vti",
        ".gipl",
    ),
    *(".mnc", ".mif", ".par", ".rec", ".bdata", ".nii.bz2", ".nii.zst", ".nii.xz", ".dcm.gz"),
    *(".zip", ".tar", ".tar.gz", ".tgz", ".7z", ".rar", ".raw", ".zraw", ".img", ".img.gz"),
)
IMAGE_STEMS = ("ct", "imaging", "image", "volume", "scan")
LABEL_STEMS = ("seg", "segmentation", "segmentations", "mask", "masks", "label", "labels", "total")
_CT_WORDS = frozenset({*IMAGE_STEMS, "cta", "ctpa", "img", "vol", "cts", "images", "volumes", "scans"})
_LABEL_WORDS = frozenset({*LABEL_STEMS, "labelmap", "annotation", "annotations"}) - {"total"}
_CHANNEL = "0000"  # nnU-Net's first channel


def stem(path: Path) -> str:
    """Return a file's name without the suffix of its format; ``a.seg.nrrd`` gives ``a.seg``."""
    return volume_name(path.name)


def carries_names(path: Path) -> bool:
    """Whether a file is a segmentation that names its segments itself (``.seg.nrrd``)."""
    return path.name.lower().endswith((".seg.nrrd", ".seg.nhdr"))


def is_label(path: Path) -> bool:
    """Whether a volume is named as a label volume: ``seg``, ``x_seg``, ``x-label``, ``x.seg.nrrd``."""
    words = _words(path)
    return stem(path).lower() in LABEL_STEMS or words[0] in _LABEL_WORDS or words[-1] in _LABEL_WORDS


def is_structure(path: Path) -> bool:
    """Whether a volume is named after a known structure."""
    return canonical_name(stem(path)) in _known()


def is_mask(path: Path) -> bool:
    """Whether a volume is named as a mask: label volume, structure, either of a pair, or lesion."""
    name = canonical_name(stem(path))
    return (
        is_label(path) or is_structure(path) or f"{name}_left" in _known() or describe(name).kind == "lesion"
    )


def is_ct(path: Path) -> bool:
    """Whether a volume is named as a CT is: ``ct``, ``CT_001``, ``x_ct``, ``volume-12``, ``x_0000``."""
    words = _words(path)
    if is_label(path):
        return False
    return words[0] in _CT_WORDS or words[-1] in _CT_WORDS or stem(path).endswith(f"_{_CHANNEL}")


def key(path: Path) -> str:
    """Return what is left of a name without words for CT and labels at its ends.

    Examples
    --------
    >>> key(Path("ct_001.nii.gz")), key(Path("p-7_seg.nii.gz")), key(Path("seg.nrrd"))
    ('001', 'p_7', '')
    """
    words = [one for one in re.split(r"[_\-. ]+", stem(path).lower()) if one]
    if words and words[-1] == _CHANNEL:
        words.pop()
    while words and _bare(words[-1]) == words[-1] and words[-1] in _CT_WORDS | _LABEL_WORDS | {"total"}:
        words.pop()
    while words and _bare(words[0]) in _CT_WORDS | _LABEL_WORDS:
        digits = words[0][len(_bare(words[0])) :]
        words = [digits, *words[1:]] if digits else words[1:]
    return "_".join(words)


def in_order(paths: Sequence[Path], stems: Sequence[str]) -> list[Path]:
    """Sort files: names of the list first, in its order, compressed NIfTI before other formats."""

    def rank(path: Path) -> tuple[int, bool, str]:
        name = stem(path).lower()
        place = stems.index(name) if name in stems else len(stems)
        return place, not path.name.lower().endswith(".nii.gz"), path.name

    return sorted(paths, key=rank)


def voxel_files(header: Path, beside: Sequence[Path]) -> list[Path]:
    """Return the files among those beside a header that hold its voxels."""
    for suffix, voxels in VOXELS_OF.items():
        if header.name.lower().endswith(suffix):
            name = header.name[: -len(suffix)].lower()
            return [one for one in beside if one.name.lower() in {name + end for end in voxels}]
    return []


def unread_format(path: Path) -> str:
    """Return the suffix of a format of volumes or archives that is not read; empty for any other file."""
    name = path.name.lower()
    return max((one for one in _UNREAD_FORMATS if name.endswith(one)), key=len, default="")


def _words(path: Path) -> list[str]:
    return [_bare(one) for one in re.split(r"[_\-. ]+", stem(path).lower())]


def _bare(word: str) -> str:
    """Return a word without the number at its end (``scan01``)."""
    return word.rstrip("0123456789") or word


@cache
def _known() -> frozenset[str]:
    return frozenset(one.name for one in structures() if one.kind != "region")
