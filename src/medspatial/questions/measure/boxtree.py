"""Compiled search for the closest pair of voxels of two structures, on trees of bounding boxes of runs.

Imported only where a search is made, because it loads numba. Each tree halves its runs at the median of its
widest axis until at most `LEAF` are left. Two trees are walked together, nearest boxes first; a pair of boxes
is left out when even their closest corners are farther apart than the best pair found so far. The distance of
two runs has a closed form, so no surface voxels are listed and the result is exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from medspatial.questions.measure.compiled import compiled

LEAF = 8
TIE = 1e-9
"""Squared distances that differ by less than this share are a tie."""


@compiled
def hollow(row: Any, start: Any, stop: Any, pitch: int, longest: int, out: Any) -> int:
    """Cut the inside out of a structure, so that only voxels near its boundary are searched.

    Keeps every voxel with a face neighbour outside the structure, and rarely a few more (where a neighbouring
    line holds several runs). Pieces are no longer than `longest`, so that their boxes stay small.

    Parameters
    ----------
    out
        (4, m) output: start, stop, j, k of each piece; the count is returned even if it is more than m.
    """
    n = row.size
    low = np.empty(n, dtype=np.int64)
    high = np.empty(n, dtype=np.int64)
    for r in range(n):
        low[r], high[r] = start[r] + 1, stop[r] - 1
    for offset in (1, -1, pitch, -pitch):
        b = 0
        for a in range(n):
            target = row[a] + offset
            while b < n and (row[b] < target or (row[b] == target and stop[b] <= start[a])):
                b += 1
            c, widest, chosen = b, 0, -1
            while c < n and row[c] == target and start[c] < stop[a]:
                width = min(stop[c], stop[a]) - max(start[c], start[a])
                if width > widest:
                    widest, chosen = width, c
                c += 1
            if chosen < 0:
                high[a] = start[a]
            else:
                low[a], high[a] = max(low[a], start[chosen]), min(high[a], stop[chosen])
    count = 0
    for r in range(n):
        for side in range(2):
            begin, end = start[r], stop[r]
            if high[r] > low[r]:
                if side == 0:
                    end = low[r]
                else:
                    begin = high[r]
            elif side == 1:
                break
            while begin < end:
                if count < out.shape[1]:
                    out[0, count] = begin
                    out[1, count] = min(end, begin + longest)
                    out[2, count] = row[r] % pitch - 1
                    out[3, count] = row[r] // pitch
                count += 1
                begin += longest
    return count


@compiled
def grow(start: Any, stop: Any, j: Any, k: Any, spacing: Any, order: Any, boxes: Any, span: Any) -> int:
    """Build the tree in preorder and return its number of nodes.

    Parameters
    ----------
    order
        (n,) output: runs in leaf order.
    boxes
        (2n + 1, 6) output: first i, j, k and last (inclusive) i, j, k of each node.
    span
        (2n + 1, 3) output: begin and end in `order`, and the second child (0 in a leaf; the first child is
        the next node).
    """
    n = start.size
    key = np.empty(n, dtype=np.int64)
    for r in range(n):
        order[r] = r
    stack = np.empty((128, 3), dtype=np.int64)
    stack[0, 0], stack[0, 1], stack[0, 2] = 0, n, -1
    depth = 1
    nodes = 0
    while depth > 0:
        depth -= 1
        begin, end, parent = stack[depth, 0], stack[depth, 1], stack[depth, 2]
        node = nodes
        nodes += 1
        if parent >= 0:
            span[parent, 2] = node
        span[node, 0], span[node, 1], span[node, 2] = begin, end, 0
        first = order[begin]
        i0, j0, k0 = start[first], j[first], k[first]
        i1, j1, k1 = stop[first] - 1, j0, k0
        for at in range(begin + 1, end):
            r = order[at]
            i0, i1 = min(i0, start[r]), max(i1, stop[r] - 1)
            j0, j1 = min(j0, j[r]), max(j1, j[r])
            k0, k1 = min(k0, k[r]), max(k1, k[r])
        boxes[node, 0], boxes[node, 1], boxes[node, 2] = i0, j0, k0
        boxes[node, 3], boxes[node, 4], boxes[node, 5] = i1, j1, k1
        if end - begin <= LEAF:
            continue
        wide_i, wide_j, wide_k = (i1 - i0) * spacing[0], (j1 - j0) * spacing[1], (k1 - k0) * spacing[2]
        for at in range(begin, end):
            r = order[at]
            if wide_i >= wide_j and wide_i >= wide_k:
                key[at] = start[r] + stop[r]
            elif wide_j >= wide_k:
                key[at] = j[r]
            else:
                key[at] = k[r]
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
        stack[depth, 0], stack[depth, 1], stack[depth, 2] = middle, end, node
        stack[depth + 1, 0], stack[depth + 1, 1], stack[depth + 1, 2] = begin, middle, -1
        depth += 2
    return nodes


@compiled
def box_gap(a: Any, b: Any, spacing: Any) -> float:
    """Squared distance in mm^2 between the closest voxel centres of two boxes of a right-angled grid."""
    total = 0.0
    for axis in range(3):
        gap = max(b[axis] - a[axis + 3], a[axis] - b[axis + 3])
        if gap > 0:
            total += (gap * spacing[axis]) ** 2
    return total


@compiled
def closest(
    start_a: Any,
    stop_a: Any,
    j_a: Any,
    k_a: Any,
    boxes_a: Any,
    span_a: Any,
    start_b: Any,
    stop_b: Any,
    j_b: Any,
    k_b: Any,
    boxes_b: Any,
    span_b: Any,
    metric: Any,
    spacing: Any,
    limit: float,
    best: Any,
) -> float:
    """Least squared distance between voxel centres of two structures, or `limit` when none is below it.

    Parameters
    ----------
    start_a, stop_a, j_a, k_a, boxes_a, span_a
        Runs in leaf order and tree of the first structure; likewise for the second.
    metric
        (3, 3) matrix of squared lengths of index steps.
    spacing
        Lengths of index steps, scaled so that `box_gap` is never more than the true squared distance.
    best
        (6,) output: i, j, k in a, then in b. Ties go to the first pair in lexicographic order.
    """
    nearest = limit
    stack = np.empty((512, 2), dtype=np.int64)
    bound = np.empty(512, dtype=np.float64)
    stack[0, 0], stack[0, 1] = 0, 0
    bound[0] = box_gap(boxes_a[0], boxes_b[0], spacing)
    depth = 1
    while depth > 0:
        depth -= 1
        if bound[depth] > nearest * (1.0 + TIE):
            continue
        a, b = stack[depth, 0], stack[depth, 1]
        if span_a[a, 2] == 0 and span_b[b, 2] == 0:
            for p in range(span_a[a, 0], span_a[a, 1]):
                for q in range(span_b[b, 0], span_b[b, 1]):
                    dj = j_b[q] - j_a[p]
                    dk = k_b[q] - k_a[p]
                    rest = metric[1, 1] * dj * dj + 2.0 * metric[1, 2] * dj * dk + metric[2, 2] * dk * dk
                    slope = metric[0, 1] * dj + metric[0, 2] * dk
                    low = start_b[q] - stop_a[p] + 1
                    high = stop_b[q] - 1 - start_a[p]
                    ideal = np.int64(np.floor(-slope / metric[0, 0]))
                    for di in range(max(low, min(high, ideal)), max(low, min(high, ideal + 1)) + 1):
                        d2 = rest + 2.0 * slope * di + metric[0, 0] * di * di
                        if d2 > nearest * (1.0 + TIE):
                            continue
                        i = max(start_a[p], start_b[q] - di)
                        if d2 < nearest * (1.0 - TIE):
                            wins = True
                        elif i != best[0]:
                            wins = i < best[0]
                        elif j_a[p] != best[1]:
                            wins = j_a[p] < best[1]
                        elif k_a[p] != best[2]:
                            wins = k_a[p] < best[2]
                        elif i + di != best[3]:
                            wins = i + di < best[3]
                        elif j_b[q] != best[4]:
                            wins = j_b[q] < best[4]
                        else:
                            wins = k_b[q] < best[5]
                        nearest = min(nearest, d2)
                        if wins:
                            best[0] = i
                            best[1] = j_a[p]
                            best[2] = k_a[p]
                            best[3] = i + di
                            best[4] = j_b[q]
                            best[5] = k_b[q]
            continue
        size_a = span_a[a, 1] - span_a[a, 0]
        size_b = span_b[b, 1] - span_b[b, 0]
        if span_b[b, 2] == 0 or (span_a[a, 2] != 0 and size_a >= size_b):
            a1, b1, a2, b2 = a + 1, b, span_a[a, 2], b
        else:
            a1, b1, a2, b2 = a, b + 1, a, span_b[b, 2]
        gap1 = box_gap(boxes_a[a1], boxes_b[b1], spacing)
        gap2 = box_gap(boxes_a[a2], boxes_b[b2], spacing)
        if gap1 < gap2:
            a1, b1, a2, b2 = a2, b2, a1, b1
            gap1, gap2 = gap2, gap1
        stack[depth, 0], stack[depth, 1], bound[depth] = a1, b1, gap1
        stack[depth + 1, 0], stack[depth + 1, 1], bound[depth + 1] = a2, b2, gap2
        depth += 2
    return nearest
