"""Outlines of masks on a slice, as paths in picture coordinates."""

from __future__ import annotations

import contourpy
import numpy as np
from numpy.typing import NDArray

from medspatial.volume.plane import PlaneFrame

_TOLERANCE = 0.35  # picture pixels a simplified outline may leave the true one
_FEWEST = 3
_EXACT = 1e-9  # pixels squared; smaller cross products are rounding


def outline(mask: NDArray[np.bool_], own: PlaneFrame, shown: PlaneFrame) -> str:
    """Trace a mask's slice and return an SVG path (digits and letters M, L, Z only; may be empty).

    Parameters
    ----------
    mask
        (rows, columns) of the display, cut from the masks' grid by ``own``.
    own
        Frame of the masks' grid.
    shown
        Frame of the picture, which may lie on another grid; the two meet in patient space.
    """
    if not mask.any():
        return ""
    generator = contourpy.contour_generator(z=np.pad(mask, 1).astype(np.float64))
    parts = []
    for line in generator.lines(0.5):
        points = _on_picture(np.asarray(line) - 1, mask.shape, own, shown)
        points = simplified(_without_straight_runs(points), _TOLERANCE)
        if len(points) >= _FEWEST:
            parts.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(parts)


def simplified(points: NDArray[np.float64], tolerance: float) -> NDArray[np.float64]:
    """Drop points of a polyline that lie within a tolerance of it (Douglas and Peucker, 1973).

    Parameters
    ----------
    points
        Shape (n, 2); a closed line repeats its first point and is returned without the repetition.
    """
    closed = len(points) > 1 and bool(np.allclose(points[0], points[-1]))
    if len(points) <= _FEWEST:
        return np.asarray(points[:-1] if closed else points)
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    middle = int(np.argmax(((points - points[0]) ** 2).sum(axis=1))) if closed else len(points) - 1
    keep[middle] = True
    stack = [(0, middle), (middle, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        distance = _from_segment(points[first + 1 : last], points[first], points[last])
        worst = int(np.argmax(distance))
        if distance[worst] > tolerance:
            split = first + 1 + worst
            keep[split] = True
            stack += [(first, split), (split, last)]
    return np.asarray(points[keep][:-1] if closed else points[keep])


def _from_segment(
    points: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Distance of points, shape (n, 2), from the segment between two others."""
    along, away = end - start, points - start
    squared = float(along @ along)
    if squared > 0:
        share = np.minimum(np.maximum(away @ along / squared, 0), 1)
        away = away - share[:, None] * along
    return np.asarray(np.sqrt((away * away).sum(axis=1)))


def _without_straight_runs(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop inner points that lie exactly on the line through their neighbours; cheap, and most do."""
    before, after = points[1:-1] - points[:-2], points[2:] - points[1:-1]
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > _EXACT
    forward = (before * after).sum(axis=1) > 0
    keep = np.concatenate([[True], turns | ~forward, [True]])
    return np.asarray(points[keep])


def _on_picture(
    rows_columns: NDArray[np.float64], shape: tuple[int, ...], own: PlaneFrame, shown: PlaneFrame
) -> NDArray[np.float64]:
    """Take (column, row) positions of the masks' slice to pixels of the shown picture."""
    width, height = own.size
    scaled = (rows_columns + 0.5) / np.array([shape[1], shape[0]]) * np.array([width, height])
    if own is shown:
        return np.asarray(scaled)
    return shown.pixels(own.patient(scaled))
