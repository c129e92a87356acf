"""Compiled passes over label volumes and runs: encode, link into components, touch, sum of HU.

Imported only where a pass is made, because it loads numba. Array arguments are those of `Runs`.
"""

from __future__ import annotations

from typing import Any

from medspatial.questions.measure.compiled import compiled


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
            here = k * (ny + 2) + j + 1
            before = 0
            for i in range(nx):
                value = line[i]
                if value != before:
                    if before != 0:
                        stop[count] = i
                        count += 1
                    if value != 0:
                        label[count] = value
                        row[count] = here
                        start[count] = i
                    before = value
            if before != 0:
                stop[count] = nx
                count += 1
    return count, nz


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
                x = a
                while parent[x] != x:
                    parent[x] = parent[parent[x]]
                    x = parent[x]
                y = c
                while parent[y] != y:
                    parent[y] = parent[parent[y]]
                    y = parent[y]
                if x < y:
                    parent[y] = x
                else:
                    parent[x] = y
                c += 1
    for r in range(n):
        parent[r] = parent[parent[r]]


@compiled
def touch(
    row_a: Any,
    start_a: Any,
    stop_a: Any,
    row_b: Any,
    start_b: Any,
    stop_b: Any,
    pitch: int,
    squared: Any,
    best: Any,
) -> tuple[int, int, float]:
    """Shared voxel faces, shared voxels, and the closest pair of 26-neighbouring (or shared) voxels.

    Parameters
    ----------
    squared
        (3, 3, 3) squared length of each step of -1, 0, 1 along i, j, k.
    best
        (6,) output: i, j, k in a, then in b, of the closest pair; ties go to the first in lexicographic order.

    Returns
    -------
    faces, shared voxels, squared distance of the closest pair (infinite when the two do not touch).
    """
    faces = 0
    shared = 0
    nearest = 1e300
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
                        first = max(start_a[a], start_b[c] - di)
                        length = min(stop_a[a], stop_b[c] - di) - first
                        if length <= 0:
                            continue
                        steps = abs(di) + abs(dj) + abs(dk)
                        if steps == 0:
                            shared += length
                        elif steps == 1:
                            faces += length
                        d2 = squared[di + 1, dj + 1, dk + 1]
                        if d2 > nearest * (1.0 + 1e-9):
                            continue
                        k = row_a[a] // pitch
                        j = row_a[a] % pitch - 1
                        if d2 < nearest * (1.0 - 1e-9):
                            first_wins = True
                        elif first != best[0]:
                            first_wins = first < best[0]
                        elif j != best[1]:
                            first_wins = j < best[1]
                        elif k != best[2]:
                            first_wins = k < best[2]
                        elif first + di != best[3]:
                            first_wins = first + di < best[3]
                        elif j + dj != best[4]:
                            first_wins = j + dj < best[4]
                        else:
                            first_wins = k + dk < best[5]
                        nearest = min(nearest, d2)
                        if first_wins:
                            best[0] = first
                            best[1] = j
                            best[2] = k
                            best[3] = first + di
                            best[4] = j + dj
                            best[5] = k + dk
                    c += 1
    return faces, shared, nearest


@compiled
def sum_inside(values: Any, row: Any, start: Any, stop: Any, pitch: int) -> float:
    """Sum of a (k, j, i) array over the voxels of the runs."""
    total = 0.0
    for r in range(row.size):
        line = values[row[r] // pitch, row[r] % pitch - 1]
        for i in range(start[r], stop[r]):
            total += line[i]
    return total
