"""Seams of filled structures on real CT: steps across the border against steps in the tissue around it.

    python benchmarks/seams.py FOLDER [FOLDER ...]

Each folder holds a CT with masks. Every structure with a mask of at least 100 voxels is filled once. Steps
are median absolute differences of neighbours in HU.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy import ndimage

from medspatial.arms.box import grown_box
from medspatial.arms.edit import Edit, edited
from medspatial.arms.opened import Opened
from medspatial.cases import find_cases, load_case

LEAST_VOXELS = 100
AROUND_MM = 10.0


def steps(hu: np.ndarray, pairs: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the median absolute difference of neighbours of which one lies in each of two masks."""
    first, second = pairs
    found = []
    for axis in range(3):
        low = tuple(slice(None, -1) if one == axis else slice(None) for one in range(3))
        high = tuple(slice(1, None) if one == axis else slice(None) for one in range(3))
        between = (first[low] & second[high]) | (second[low] & first[high])
        found.append(np.abs(hu[high] - hu[low])[between])
    return float(np.median(np.concatenate(found)))


def main() -> None:
    ratios: list[tuple[float, float]] = []
    for folder in map(Path, sys.argv[1:]):
        found = find_cases(folder)
        data = load_case(found.cases[0], found.root)
        opened = Opened(data)
        own = []
        for name in opened.masks.names:
            region = opened.region([name])
            if int(region.sum()) < LEAST_VOXELS:
                continue
            box = grown_box(region, opened.ct.spacing, AROUND_MM)
            inside = region[box]
            near = ndimage.distance_transform_edt(~inside, sampling=opened.ct.spacing) <= AROUND_MM
            around = near & ~inside
            filled = edited(opened, Edit(kind="remove", structures=(name,))).ct
            assert filled is not None
            before = opened.ct.voxels[box].astype(float)
            after = filled.oriented("RAS").voxels[box].astype(float)
            usual = steps(before, (around, around))
            if usual > 0:
                own.append((steps(before, (inside, around)) / usual, steps(after, (inside, around)) / usual))
        ratios += own
        print(f"{data.case.case_id}: {words(own)}", flush=True)
    print(f"all: {words(ratios)}")


def words(ratios: list[tuple[float, float]]) -> str:
    """Say how large steps across borders are, in steps of the tissue around."""
    before, after = np.array(ratios).T
    quantiles = [np.quantile(one, (0.1, 0.5, 0.9)) for one in (before, after)]
    told = [f"median {q[1]:.2f} (10-90 %: {q[0]:.2f}-{q[2]:.2f})" for q in quantiles]
    return f"{len(ratios)} structures; before {told[0]}, filled {told[1]}"


if __name__ == "__main__":
    main()
