"""What the examination of a case costs, beside reading it and making its questions.

    python benchmarks/examine.py [--side 512] [--slices 400]

Makes a phantom, enlarges it to the size of a scan, writes it, and prints processor seconds of each part.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from medspatial.cases import examine, find_cases, load_case, make_phantom
from medspatial.questions import build_questions


def seconds(call: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time of one call, and what it returned."""
    started = time.process_time()
    found = call()
    return time.process_time() - started, found


def write_case(home: Path, side: int, slices: int) -> None:
    """Write a phantom with its masks at about the size asked for, by repeating voxels."""
    phantom = make_phantom(3, spacing=4.0, axcodes="RAS")
    labels = np.zeros(phantom.masks.shape, np.uint8)
    for value, name in enumerate(phantom.masks.names, start=1):
        labels[phantom.masks.mask(name)] = value
    take = [
        np.arange(wanted) * size // wanted
        for wanted, size in zip((side, side, slices), labels.shape, strict=True)
    ]
    matrix = phantom.ct.affine.matrix.copy()
    matrix[:3, :3] *= np.array(labels.shape) / (side, side, slices)
    for file, voxels in (("ct.nii.gz", phantom.ct.voxels.astype(np.int16)), ("seg.nii.gz", labels)):
        nibabel.save(nibabel.Nifti1Image(voxels[np.ix_(*take)], matrix), home / file)
    names = {name: value for value, name in enumerate(phantom.masks.names, start=1)}
    (home / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **names}}), encoding="utf-8")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--slices", type=int, default=400)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "patient").mkdir()
        write_case(root / "patient", options.side, options.slices)
        case = find_cases(root).cases[0]
        reading, data = seconds(lambda: load_case(case, root))
        looking, _ = seconds(lambda: examine(data))
        everything, made = seconds(lambda: list(build_questions([case], root)))
    print(f"{len(data.masks.names)} structures, {len(made[0].questions)} questions")
    print(f"reading {reading:.2f} s, examining {looking:.2f} s, everything {everything:.2f} s")
    print(f"examining is {looking / (everything - looking):.1%} of reading and measuring")


if __name__ == "__main__":
    main()
