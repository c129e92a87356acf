"""Feature files made by the original's encoder script, named by the CT's file name."""

from __future__ import annotations

from pathlib import Path

from medspatial.volume import Volume

# Steps that leave the image of the file what it is; anything else makes another one.
_READING = ("rescaled", "assumed_axes", "ct_rate_table", "oriented")


def original_path(folder: Path, volume: Volume) -> Path | None:
    """Return where the original would have kept a volume's features; None for a changed volume.

    Its name is the file's up to the first dot, so it holds only for the image as read.
    """
    if volume.source is None or any(step.name not in _READING for step in volume.history):
        return None
    return folder / f"{Path(volume.source).name.partition('.')[0]}.npz"
