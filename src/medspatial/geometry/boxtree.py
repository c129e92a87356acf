"""Compiled search for the closest pair of voxels of two structures, on trees of bounding boxes of runs.

Imported only where a search is made, because it loads numba. Each tree halves its runs at the median of its
widest axis until at most `LEAF` are left. Two trees are walked together, nearest boxes first; a pair of boxes
is left out when even their closest corners are farther apart than the best pair found so far. The distance of
two runs has a closed form, so no single voxels are listed and the result is exact.

A tree is a tuple of three int32 arrays:

columns
    (4, n) start, stop, j, k of the runs in leaf order.
boxes
    (m, 6) first i, j, k and last (inclusive) i, j, k of each node, in preorder.
span
    (m, 3) begin and end of each node in `columns`, and its second child (0 in a leaf; the first child is the
    next node).
"""
# ruff: noqa: PLR0917  (plain arrays as arguments)

from __future__ import annotations

import math
from typing import Any

import numpy as np

from medspatial.geometry.ties import TIE, keep_closest
from medspatial.volume.compiled import compiled

LEAF = 8
DEPTH = 512


@compiled
def enclose(columns: Any, order: Any, begin: int, end: int, boxes: Any, node: int) -> None:
    """Write the bounding box of the runs order[begin:end]."""
    first = order[begin]
    i0, j0, k0 = columns[0, first], columns[2, first], columns[3, first]
    i1, j1, k1 = columns[1, first] - 1, j0, k0
    for at in range(begin + 1, end):
        r = order[at]
        i0, i1 = min(i0, columns[0, r]), max(i1, columns[1, r] - 1)
        j0, j1 = min(j0, columns[2, r]), max(j1, columns[2, r])
        k0, k1 = min(k0, columns[3, r]), max(k1, columns[3, r])
    boxes[node, 0], boxes[node, 1], boxes[node, 2] = i0, j0, k0
    boxes[node, 3], boxes[node, 4], boxes[node, 5] = i1, j1, k1


@compiled
def halve(key: Any, order: Any, begin: int, end: int) -> int:
    """Reorder key and order so that no key before the middle exceeds one after it; return the middle."""
    middle = (begin + end) // 2
    low, high = begin, end - 1
    while low < high:
        pivot = key[(low + high) // 2]
        x, y = low, high
        while x <= y:
            while key[x] < pivot:
                x += 1
            while key[y] > pivot:
                y -= 1
            if x <= y:
                key[x], key[y] = key[y], key[x]
                order[x], order[y] = order[y], order[x]
                x += 1
                y -= 1
        if middle <= y:
            high = y
        elif middle >= x:
            low = x
        else:
            break
    return middle


@compiled
def grow(columns: Any, spacing: Any, order: Any, boxes: Any, span: Any) -> int:
    """Fill order, boxes and span (with room for 2n + 1 nodes) and return the number of nodes."""
    n = columns.shape[1]
    key = np.empty(n, dtype=np.int64)
    for r in range(n):
        order[r] = r
    stack = np.empty((DEPTH, 3), dtype=np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, n, -1
    depth, node = 1, -1
    while depth > 0:
        depth -= 1
        begin, end, parent = stack[depth, 0], stack[depth, 1], stack[depth, 2]
        node += 1
        if parent >= 0:
            span[parent, 2] = node
        span[node, 0], span[node, 1], span[node, 2] = begin, end, 0
        enclose(columns, order, begin, end, boxes, node)
        if end - begin <= LEAF:
            continue
        widest, width = 0, -1.0
        for axis in range(3):
            side = (boxes[node, axis + 3] - boxes[node, axis]) * spacing[axis]
            if side > width:
                widest, width = axis, side
        for at in range(begin, end):
            r = order[at]
            key[at] = columns[0, r] + columns[1, r] if widest == 0 else columns[widest + 1, r]
        middle = halve(key, order, begin, end)
        stack[depth, 0], stack[depth, 1], stack[depth, 2] = middle, end, node
        stack[depth + 1, 0], stack[depth + 1, 1], stack[depth + 1, 2] = begin, middle, -1
        depth += 2
    return node + 1


@compiled
def box_gap(boxes_a: Any, a: int, boxes_b: Any, b: int, spacing: Any) -> float:
    """Squared distance in mm^2 between the closest voxel centres of two boxes of a right-angled grid."""
    total = 0.0
    for axis in range(3):
        after = boxes_b[b, axis] - boxes_a[a, axis + 3]
        before = boxes_a[a, axis] - boxes_b[b, axis + 3]
        gap = max(after, before)
        if gap > 0:
            total += (gap * spacing[axis]) ** 2
    return total


@compiled
def closest_of_runs(a: Any, p: int, b: Any, q: int, metric: Any, nearest: float, best: Any) -> float:
    """Compare the closest voxels of run p of columns a and run q of columns b with the best pair so far."""
    dj, dk = b[2, q] - a[2, p], b[3, q] - a[3, p]
    rest = metric[1, 1] * dj * dj + 2.0 * metric[1, 2] * dj * dk + metric[2, 2] * dk * dk
    slope = metric[0, 1] * dj + metric[0, 2] * dk
    low, high = b[0, q] - a[1, p] + 1, b[1, q] - 1 - a[0, p]
    ideal = math.floor(-slope / metric[0, 0])
    for di in range(max(low, min(high, ideal)), max(low, min(high, ideal + 1)) + 1):
        squared = rest + 2.0 * slope * di + metric[0, 0] * di * di
        if squared <= nearest * (1.0 + TIE):
            i = max(np.int64(a[0, p]), b[0, q] - di)
            pair = (i, np.int64(a[2, p]), np.int64(a[3, p]), i + di, np.int64(b[2, q]), np.int64(b[3, q]))
            nearest = keep_closest(pair, squared, nearest, best)
    return nearest


@compiled
def closest(a_tree: Any, b_tree: Any, metric: Any, spacing: Any, limit: float, best: Any) -> float:
    """Least squared distance between voxel centres of two structures, or `limit` when none is below it.

    Parameters
    ----------
    metric
        (3, 3) matrix of squared lengths of index steps.
    spacing
        Lengths of index steps, scaled so that `box_gap` is never more than the true squared distance.
    best
        (6,) output: i, j, k in a, then in b. Ties go to the first pair in lexicographic order.
    """
    columns_a, boxes_a, span_a = a_tree
    columns_b, boxes_b, span_b = b_tree
    nearest = limit
    stack = np.zeros((DEPTH, 2), dtype=np.int64)
    bound = np.zeros(DEPTH, dtype=np.float64)
    depth = 1
    while depth > 0:
        depth -= 1
        if bound[depth] > nearest * (1.0 + TIE):
            continue
        a, b = stack[depth, 0], stack[depth, 1]
        if span_a[a, 2] == 0 and span_b[b, 2] == 0:
            for p in range(span_a[a, 0], span_a[a, 1]):
                for q in range(span_b[b, 0], span_b[b, 1]):
                    nearest = closest_of_runs(columns_a, p, columns_b, q, metric, nearest, best)
            continue
        larger = span_a[a, 1] - span_a[a, 0] >= span_b[b, 1] - span_b[b, 0]
        if span_b[b, 2] == 0 or (span_a[a, 2] != 0 and larger):
            near, far = (a + 1, b), (span_a[a, 2], b)
        else:
            near, far = (a, b + 1), (a, span_b[b, 2])
        near_gap = box_gap(boxes_a, near[0], boxes_b, near[1], spacing)
        far_gap = box_gap(boxes_a, far[0], boxes_b, far[1], spacing)
        if near_gap > far_gap:
            near, far, near_gap, far_gap = far, near, far_gap, near_gap
        stack[depth, 0], stack[depth, 1], bound[depth] = far[0], far[1], far_gap
        stack[depth + 1, 0], stack[depth + 1, 1], bound[depth + 1] = near[0], near[1], near_gap
        depth += 2
    return nearest
