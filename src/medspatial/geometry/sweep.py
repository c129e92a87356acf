"""Compiled passes over label volumes and runs: encode, link into components, touch, hollow out, sum of HU.

Imported only where a pass is made, because it loads numba. Array arguments are those of `Runs`. The passes
walk two sorted lists with one pointer each, so they cost time in proportion to the number of runs.
"""
# ruff: noqa: PLR0917  (one loop nest each, and plain arrays as arguments)

from __future__ import annotations

from typing import Any

import numpy as np

from medspatial.geometry.ties import keep_closest
from medspatial.volume.compiled import compiled


@compiled
def encode(labels: Any, plane: int, label: Any, row: Any, start: Any, stop: Any) -> tuple[int, int]:
    """Write the runs of equal non-zero labels of a (k, j, i) array, plane by plane.

    Begins at `plane` and ends before a plane that might not fit the output arrays.
    Returns the number of runs written and the next plane.
    """
    nz, ny, nx = labels.shape
    count = 0
    for k in range(plane, nz):
        if count + ny * nx > row.size:
            return count, k
        for j in range(ny):
            line = labels[k, j]
            before = 0
            for i in range(nx):
                value = line[i]
                if value != before:
                    if before != 0:
                        stop[count] = i
                        count += 1
                    if value != 0:
                        label[count] = value
                        row[count] = k * (ny + 2) + j + 1
                        start[count] = i
                    before = value
            if before != 0:
                stop[count] = nx
                count += 1
    return count, nz


@compiled
def root(parent: Any, run: int) -> int:
    """Return the representative of a run's component, halving the path to it."""
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@compiled
def link(row: Any, start: Any, stop: Any, pitch: int, parent: Any) -> None:
    """Join runs that are 26-neighbours; afterwards parent[r] is the first run of r's component."""
    n = row.size
    for r in range(n):
        parent[r] = r
    for offset in (1, pitch - 1, pitch, pitch + 1):
        b = 0
        for a in range(n):
            target = row[a] - offset
            while b < n and (row[b] < target or (row[b] == target and stop[b] < start[a])):
                b += 1
            c = b
            while c < n and row[c] == target and start[c] <= stop[a]:
                x, y = root(parent, a), root(parent, c)
                parent[max(x, y)] = min(x, y)
                c += 1
    for r in range(n):
        parent[r] = parent[parent[r]]


@compiled
def touch(a_runs: Any, b_runs: Any, pitch: int, squared: Any, best: Any) -> tuple[int, int, float]:
    """Shared voxel faces, shared voxels, and the closest pair of 26-neighbouring (or shared) voxels.

    Parameters
    ----------
    a_runs, b_runs
        (row, start, stop) of each structure.
    squared
        (3, 3, 3) squared length of each step of -1, 0, 1 along i, j, k.
    best
        (6,) output: i, j, k in a, then in b, of the closest pair; ties go to the lexicographically first.

    Returns
    -------
    faces, shared voxels, squared distance of the closest pair (1e300 when the two do not touch).
    """
    row_a, start_a, stop_a = a_runs
    row_b, start_b, stop_b = b_runs
    faces, shared, nearest = 0, 0, 1e300
    for dk in (-1, 0, 1):
        for dj in (-1, 0, 1):
            b = 0
            for a in range(row_a.size):
                target = row_a[a] + dk * pitch + dj
                while b < row_b.size and (
                    row_b[b] < target or (row_b[b] == target and stop_b[b] < start_a[a])
                ):
                    b += 1
                c = b
                while c < row_b.size and row_b[c] == target and start_b[c] <= stop_a[a]:
                    for di in (-1, 0, 1):
                        i = max(start_a[a], start_b[c] - di)
                        length = min(stop_a[a], stop_b[c] - di) - i
                        if length > 0:
                            steps = abs(di) + abs(dj) + abs(dk)
                            shared += length * (steps == 0)
                            faces += length * (steps == 1)
                            j, k = row_a[a] % pitch - 1, row_a[a] // pitch
                            pair = (i, j, k, i + di, j + dj, k + dk)
                            nearest = keep_closest(pair, squared[di + 1, dj + 1, dk + 1], nearest, best)
                    c += 1
    return faces, shared, nearest


@compiled
def hollow(row: Any, start: Any, stop: Any, pitch: int, low: Any, high: Any) -> None:
    """Find the inside of each run: voxels low to high (exclusive) have all face neighbours in the structure.

    The inside found may be smaller than the true one where a neighbouring line holds several runs.
    """
    n = row.size
    for r in range(n):
        low[r], high[r] = start[r] + 1, stop[r] - 1
    for offset in (1, -1, pitch, -pitch):
        b = 0
        for a in range(n):
            target = row[a] + offset
            while b < n and (row[b] < target or (row[b] == target and stop[b] <= start[a])):
                b += 1
            c, widest, begin, end = b, 0, stop[a], start[a]
            while c < n and row[c] == target and start[c] < stop[a]:
                width = min(stop[c], stop[a]) - max(start[c], start[a])
                if width > widest:
                    widest, begin, end = width, start[c], stop[c]
                c += 1
            low[a], high[a] = max(low[a], begin), min(high[a], end)


@compiled
def shell(row: Any, start: Any, stop: Any, pitch: int, longest: int, out: Any) -> int:
    """Write the voxels outside the inside of `hollow` as pieces no longer than `longest`.

    Parameters
    ----------
    out
        (4, m) output: start, stop, j, k of each piece; the count is returned even if it is more than m.
    """
    low, high = np.empty(row.size, dtype=np.int64), np.empty(row.size, dtype=np.int64)
    hollow(row, start, stop, pitch, low, high)
    count = 0
    for r in range(row.size):
        left = low[r] if low[r] < high[r] else stop[r]
        right = high[r] if low[r] < high[r] else stop[r]
        for begin, end in ((start[r], left), (right, stop[r])):
            for at in range(begin, end, longest):
                if count < out.shape[1]:
                    out[0, count] = at
                    out[1, count] = min(end, at + longest)
                    out[2, count] = row[r] % pitch - 1
                    out[3, count] = row[r] // pitch
                count += 1
    return count


@compiled
def sum_inside(values: Any, row: Any, start: Any, stop: Any, pitch: int) -> float:
    """Sum of a (k, j, i) array over the voxels of the runs."""
    total = 0.0
    for r in range(row.size):
        line = values[row[r] // pitch, row[r] % pitch - 1]
        for i in range(start[r], stop[r]):
            total += line[i]
    return total
