"""The compiled loops under `medspatial.models.runtime.sampling`; imported at their first use."""
# ruff: noqa: PLR0917  (one loop nest, and plain arrays as arguments)

from __future__ import annotations

from typing import Any

import numpy as np

from medspatial.volume.compiled import compiled


@compiled
def sample(
    first: Any, second: Any, along: Any, least: Any, most: Any, offset: Any, over: Any,
    j_low: Any, j_high: Any, j_weight: Any, i_low: Any, i_high: Any, i_weight: Any, out: Any,
) -> None:  # fmt: skip
    """Fill ``out`` (j, i): rows are scaled, mixed along k, gathered along i; then pairs of rows are mixed."""
    width = first.shape[1]
    row = np.empty(width, np.float32)
    rows = np.empty((2, len(i_low)), np.float32)
    held = np.full(2, -1)
    for j in range(len(j_low)):
        for side in range(2):
            wanted = j_low[j] if side == 0 else j_high[j]
            if held[side] == wanted:
                continue
            if held[1 - side] == wanted and side == 0:  # the upper row of before is the lower one now
                rows[0, :] = rows[1, :]
                held[0] = wanted
                continue
            for i in range(width):
                row[i] = (min(max(np.float32(first[wanted, i]), least), most) - offset) / over
            if along != 0:
                for i in range(width):
                    other = (min(max(np.float32(second[wanted, i]), least), most) - offset) / over
                    row[i] += (other - row[i]) * along
            for i in range(len(i_low)):
                low = row[i_low[i]]
                rows[side, i] = low + (row[i_high[i]] - low) * i_weight[i]
            held[side] = wanted
        weight = j_weight[j]
        for i in range(len(i_low)):
            out[j, i] = rows[0, i] + (rows[1, i] - rows[0, i]) * weight
