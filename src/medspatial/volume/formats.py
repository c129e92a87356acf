"""The file formats of volumes, by the ends of their names."""

from __future__ import annotations

NIFTI_SUFFIXES = (".nii.gz", ".nii")
NRRD_SUFFIXES = (".nrrd", ".nhdr")
METAIMAGE_SUFFIXES = (".mha", ".mhd")
PAIR_SUFFIXES = (".hdr", ".mgz", ".mgh")
VOLUME_SUFFIXES = (*NIFTI_SUFFIXES, *NRRD_SUFFIXES, *METAIMAGE_SUFFIXES, *PAIR_SUFFIXES)
"""All that can be read, but DICOM series, which are folders; a longer suffix before the one it ends in."""
WRITABLE_SUFFIXES = (*NIFTI_SUFFIXES, ".nrrd", ".mha")


def is_volume_name(name: str) -> bool:
    """Whether a file name ends as a volume format does."""
    return name.lower().endswith(VOLUME_SUFFIXES)
