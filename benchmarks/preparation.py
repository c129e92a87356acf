"""Time the inputs of all native models against bare reading: python benchmarks/preparation.py [--originals].

One compressed CT-like volume is read, then each model's input is made from it with default settings. What is
shown is processor time of the process (the best of some rounds) as a ratio to reading in the same run, so
that neither the machine nor its load counts. With --originals the published recipes run beside ours, as
their authors wrote them down: on the whole volume in float, by torch or MONAI, and the largest difference of
the inputs is shown.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from medspatial.models.ct_chat import preparation as ct_chat
from medspatial.models.m3d_lamed import preparation as m3d_lamed
from medspatial.models.med3dvlm import preparation as med3dvlm
from medspatial.models.medgemma import preparation as medgemma
from medspatial.models.merlin import preparation as merlin
from medspatial.models.radfm import preparation as radfm
from medspatial.models.vila_m3 import preparation as vila_m3
from medspatial.volume import Volume, read_volume, write_volume
from read_volume import ct_like

Array = np.ndarray[Any, Any]
MODELS: dict[str, Callable[[Volume], Array]] = {
    "m3d_lamed": m3d_lamed.Preparation(),
    "med3dvlm": med3dvlm.Preparation(),
    "merlin": merlin.Preparation(),
    "radfm": radfm.Preparation(),
    "ct_chat": ct_chat.Preparation(),
    "medgemma": medgemma.Preparation(),
    "vila_m3": vila_m3.Preparation(),
}


def resized(array: Array, shape: tuple[int, ...]) -> Array:
    """Resize by torch, from the whole array."""
    tensor = torch.from_numpy(np.ascontiguousarray(array, dtype=np.float32))[None, None]
    result: Array = functional.interpolate(tensor, size=shape, mode="trilinear", align_corners=False)[
        0, 0
    ].numpy()
    return result


def minmax(volume: Volume, shape: tuple[int, int, int]) -> Array:
    """M3D-LaMed and Med3DVLM: the volume's own extremes to 0..1, cropped to values over 0, stretched."""
    array = volume.voxels.transpose(2, 1, 0).astype(np.float32)
    array = (array - array.min()) / (array.max() - array.min())
    inside = np.argwhere(array > 0)
    box = tuple(slice(a, b + 1) for a, b in zip(inside.min(axis=0), inside.max(axis=0), strict=True))
    return resized(array[box], shape)[None]


def through_monai(volume: Volume) -> Array:
    """Merlin: the transforms of its repository."""
    from monai import transforms
    from monai.data.meta_tensor import MetaTensor

    shape = (224, 224, 160)
    steps = transforms.Compose(
        [
            transforms.Orientation(axcodes="RAS"),
            transforms.Spacing(pixdim=(1.5, 1.5, 3.0), mode="bilinear"),
            transforms.ScaleIntensityRange(-1000, 1000, 0.0, 1.0, clip=True),
            transforms.SpatialPad(shape),
            transforms.CenterSpatialCrop(shape),
        ]
    )
    values = torch.from_numpy(volume.voxels.astype(np.float32))[None]
    result: Array = steps(MetaTensor(values, affine=torch.from_numpy(volume.affine.matrix.copy()))).numpy()
    return result


def radfm_original(volume: Volume) -> Array:
    """RadFM: the whole volume resized and scaled by its extremes, then thinned to 64 slices."""
    array = volume.voxels.transpose(1, 0, 2)
    depth = array.shape[2]
    sized = resized(array, (512, 512, depth))
    scaled = (sized - sized.min()) / (sized.max() - sized.min())
    return np.repeat(scaled[None, :, :, radfm.thinned(depth, radfm.nearest_depth(depth))], 3, axis=0)


def ct_chat_original(volume: Volume) -> Array:
    """CT-CHAT: the whole volume clipped and resized to 0.75 x 0.75 x 1.5 mm, then cropped or padded."""
    array = np.clip(volume.voxels, -1000, 1000).transpose(2, 0, 1)
    now = (volume.spacing[2], *volume.spacing[:2])
    counts = [int(n * (a / b)) for n, a, b in zip(array.shape, now, ct_chat.SPACING, strict=True)]
    values = resized(array, tuple(counts)) / 1000
    out = np.full((240, 480, 480), -1, np.float32)
    pairs = [ct_chat.centred(have, want) for have, want in zip(values.shape, out.shape, strict=True)]
    out[tuple(place for _, place in pairs)] = values[tuple(taken for taken, _ in pairs)]
    return out[None]


# What the authors' code does, and ours with the settings that ask for the same.
ORIGINALS: dict[str, tuple[Callable[[Volume], Array], Callable[[Volume], Array]]] = {
    "m3d_lamed": (lambda v: minmax(v, (32, 256, 256)), m3d_lamed.Preparation(hu_window=None)),
    "med3dvlm": (lambda v: minmax(v, (128, 256, 256)), med3dvlm.Preparation(hu_window=None)),
    "merlin": (through_monai, merlin.Preparation()),
    "radfm": (radfm_original, radfm.Preparation(hu_window=None)),
    "ct_chat": (ct_chat_original, ct_chat.Preparation()),
}


def best(work: Callable[[], Any], rounds: int) -> float:
    """Return the least processor seconds of some rounds; the first of several pays for compiling."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def measure(volume: Volume, read: float, rounds: int, originals: bool) -> list[dict[str, Any]]:
    """Return a row for each model."""
    rows = []
    for name, prepare in MODELS.items():
        row: dict[str, Any] = {"model": name, "seconds": best(lambda p=prepare: p(volume), rounds)}
        if originals and name in ORIGINALS:
            theirs, ours = ORIGINALS[name]
            start = time.process_time()
            wanted = theirs(volume)
            row["original_seconds"] = time.process_time() - start
            row["largest_difference"] = float(np.abs(wanted - ours(volume)).max())
            row["original_ratio"] = round(row["original_seconds"] / read, 2)
        row["ratio"] = round(row["seconds"] / read, 3)
        rows.append(row)
    return rows


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shape", type=int, nargs=3, default=(512, 512, 400))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--originals", action="store_true", help="run the published recipes as well")
    parser.add_argument("--at-most", type=float, help="fail where all inputs cost more than this")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = write_volume(ct_like(tuple(options.shape)), Path(folder) / "ct.nii.gz")
        volume = read_volume(path, unit="HU")
        read = best(lambda: read_volume(path, unit="HU"), options.rounds)
    rows = measure(volume, read, options.rounds, options.originals)
    total = round(sum(row["seconds"] for row in rows) / read, 2)
    if options.json:
        print(json.dumps({"read_seconds": read, "rows": rows, "all": total}, indent=1))
    else:
        print(f"reading {read:.2f} s\n{'model':<10} {'ratio':>6} {'original':>9} {'difference':>11}")
        for row in rows:
            original, difference = row.get("original_ratio", "-"), row.get("largest_difference")
            shown = "-" if difference is None else f"{difference:.1e}"
            print(f"{row['model']:<10} {row['ratio']:>6} {original:>9} {shown:>11}")
        print(f"{'all':<10} {total:>6}")
    if options.at_most is not None and total > options.at_most:
        sys.exit(f"all inputs cost {total} times reading, more than {options.at_most}")


if __name__ == "__main__":
    main()
