"""A volume as a notebook shows it: its facts, and the middle plane along each axis."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.volume.grid import Grid
from medspatial.volume.orient import reoriented

# Soft tissue; values of other units are stretched over their own range.
_WINDOW_HU = (-160.0, 240.0)
_LONGEST = 192  # pixels
# Title, axis that is looked along in LPS order, and what stands at the left, right, top, bottom edge.
_PLANES = (
    ("axial", 2, "R", "L", "A", "P"),
    ("coronal", 1, "R", "L", "S", "I"),
    ("sagittal", 0, "A", "P", "S", "I"),
)


def volume_html(voxels: NDArray[Any], grid: Grid, unit: str, source: str | None) -> str:
    """Return a table of facts and three pictures in radiological display: the patient's right at the left.

    Parameters
    ----------
    voxels, grid
        (i, j, k) values and where they lie; along whatever axes.
    unit
        ``"HU"`` is shown in a window of soft tissue, any other over its own range.
    source
        The file that it came from, if any.
    """
    facts = {
        "shape": " x ".join(str(size) for size in voxels.shape),
        "spacing": " x ".join(f"{step:.4g}" for step in grid.affine.spacing) + " mm",
        "axes": grid.affine.axcodes,
        "unit": unit,
        "values": f"{voxels.min():g} to {voxels.max():g}",
        "from": source or "made in memory",
    }
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(str(fact))}</td></tr>" for name, fact in facts.items()
    )
    moved, affine = reoriented(voxels, grid.affine, "LPS")
    figures = (_figure(moved, affine.spacing, unit, plane) for plane in _PLANES)
    return f"<div><table>{rows}</table>{''.join(figures)}</div>"


def _figure(
    voxels: NDArray[Any], spacing: tuple[float, ...], unit: str, view: tuple[str, int, str, str, str, str]
) -> str:
    """Show the middle plane along an axis of voxels in LPS order."""
    title, axis, left, right, top, bottom = view
    # after the transpose rows run down and columns to the right; along S the picture is turned over
    plane = np.take(voxels, voxels.shape[axis] // 2, axis).T
    plane = plane if axis == 2 else plane[::-1]
    steps = [spacing[k] for k in range(3) if k != axis]
    picture = _png(_grey(plane, unit), steps[1], steps[0])
    words = f"{title}: {left} at the left, {right} at the right, {top} above, {bottom} below"
    return (
        '<figure style="display:inline-block;margin:4px">'
        f'<img alt="{words}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{title} &nbsp; {left}|{right} &nbsp; {top}/{bottom}</figcaption></figure>"
    )


def _grey(plane: NDArray[Any], unit: str) -> NDArray[np.uint8]:
    low, high = _WINDOW_HU if unit == "HU" else (float(plane.min()), float(plane.max()))
    scaled = (plane.astype(np.float32) - low) / max(high - low, 1e-6)
    return np.asarray(np.clip(scaled, 0, 1) * 255, np.uint8)


def _png(grey: NDArray[np.uint8], down: float, across: float) -> str:
    """Base64 PNG with square pixels; ``down`` and ``across`` are mm per row and column."""
    from PIL import Image

    height, width = grey.shape[0] * down, grey.shape[1] * across
    scale = _LONGEST / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    file = io.BytesIO()
    Image.fromarray(grey).resize(size).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
