"""Which of several volumes lies on the grid of a mask, told by headers alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from medspatial.errors import InputError
from medspatial.volume import VolumeHeader, read_header


def on_grid_of(candidates: Sequence[Path], mask: Path) -> list[Path]:
    """Return the volumes whose grid is that of a mask, in any storage orientation.

    A file whose header cannot be read lies on no grid.
    """
    own = header_of(mask)
    if own is None:
        return []
    found = {one: header_of(one) for one in candidates}
    return [one for one, header in found.items() if header is not None and header.grid.same_voxels(own.grid)]


def header_of(path: Path) -> VolumeHeader | None:
    """Return the header of a volume or series, or None where it cannot be read."""
    try:
        return read_header(path)
    except (InputError, OSError):
        return None


def described(path: Path) -> str:
    """Return shape, spacing and place of a volume for a message."""
    header = header_of(path)
    if header is None:
        return "its header cannot be read"
    shape = " x ".join(map(str, header.shape))
    spacing = " x ".join(f"{one:.3g}" for one in header.grid.spacing)
    lowest = ", ".join(f"{one:.0f}" for one in header.grid.corners.min(axis=0))
    return f"{shape} voxels of {spacing} mm from ({lowest}) mm"
