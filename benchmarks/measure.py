"""Time and memory of the measuring engine on a large label volume, against the usual ways in the same run.

    python benchmarks/measure.py                                   # procedural labels
    python benchmarks/measure.py --labels CASE/seg.nii.gz --json   # a real segmentation, upsampled smoothly

The usual ways: a numpy loop over labels for statistics, scipy and cc3d for components, and KD-trees on
boundary voxels for distances (on a sample of pairs, scaled to all). Reference results are compared with ours,
so the figures stand for equal answers. Times are processor seconds of one core (nothing here uses more than
one), so that other work on the machine does not enter; `wall_s` is the clock. Each side runs in a process of
its own, ours a second time so that compiled code comes from the cache; memory is the peak of our process.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cc3d
import nibabel
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from medspatial.geometry import Measured
from medspatial.volume import Affine, MaskSet

SHAPE = (512, 512, 400)
EXTENT_MM = (380.0, 320.0, 400.0)
SAMPLE_PAIRS = 24


def upsampled(path: Path, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Labels of a segmentation on a finer grid, with smooth borders (each label linear, cut at 0.5)."""
    image = nibabel.as_closest_canonical(nibabel.load(path))
    coarse = np.asarray(image.dataobj).astype(np.int32)
    step = np.array(coarse.shape) / np.array(shape)
    fine = np.zeros(shape, dtype=np.uint8, order="F")
    values = [v for v in np.unique(coarse) if v]
    boxes = ndimage.find_objects(coarse)
    for number, value in enumerate(values, 1):
        low = np.array([max(0, s.start - 1) for s in boxes[value - 1]])
        high = np.array([min(n, s.stop + 1) for s, n in zip(boxes[value - 1], coarse.shape, strict=True)])
        part = (coarse[tuple(map(slice, low, high))] == value).astype(np.float32)
        first = np.floor((low + 0.5) / step - 0.5).clip(0).astype(int)
        last = np.minimum(np.ceil((high + 0.5) / step - 0.5).astype(int), shape)
        offset = (first + 0.5) * step - 0.5 - low
        inside = ndimage.affine_transform(part, step, offset, tuple(last - first), order=1, mode="nearest")
        fine[tuple(map(slice, first, last))][inside > 0.5] = number
    affine = image.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ ((step - 1) / 2)
    affine[:3, :3] = affine[:3, :3] * step
    return fine, affine


def procedural(shape: tuple[int, ...], count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Ellipsoids of random place and size; later ones cover earlier ones."""
    rng = np.random.default_rng(seed)
    spacing = np.array(EXTENT_MM) / shape
    labels = np.zeros(shape, dtype=np.uint8, order="F")
    for value in range(1, count + 1):
        centre = rng.uniform(0.1, 0.9, 3) * EXTENT_MM
        radii = rng.uniform(8, 55, 3)
        low = np.maximum(0, np.floor((centre - radii) / spacing)).astype(int)
        high = np.minimum(shape, np.ceil((centre + radii) / spacing) + 1).astype(int)
        axes = np.ogrid[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
        reach = sum(((x * d - c) / r) ** 2 for x, d, c, r in zip(axes, spacing, centre, radii, strict=True))
        labels[tuple(map(slice, low, high))][reach <= 1] = value
    return labels, np.diag([*spacing, 1.0])


def cut_in_two(labels: np.ndarray, count: int) -> np.ndarray:
    """More labels: the largest ones are cut through their centroid until there are `count`."""
    while int(labels.max()) < count:
        sizes = np.bincount(labels.ravel(order="K"))
        sizes[0] = 0
        boxes = ndimage.find_objects(labels)
        for value in np.argsort(-sizes)[: count - int(labels.max())]:
            if not sizes[value]:
                break
            box = boxes[value - 1]
            axis = int(np.argmax([s.stop - s.start for s in box]))
            half = list(box)
            half[axis] = slice((box[axis].start + box[axis].stop) // 2, box[axis].stop)
            part = labels[tuple(half)]
            part[part == value] = labels.max() + 1
    return labels


def timed(work: Callable[[], object]) -> tuple[float, object]:
    begin = time.process_time()
    result = work()
    return time.process_time() - begin, result


def peak_mb() -> float:
    """Peak memory of this process alone; getrusage would count its parent's before the start, too."""
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


def stored(folder: str) -> tuple[np.ndarray, np.ndarray]:
    return np.load(Path(folder) / "labels.npy").T, np.load(Path(folder) / "affine.npy")


def ours(path: str) -> dict[str, object]:
    """Measure a stored volume in this process."""
    labels, affine = stored(path)
    names = {int(v): f"structure_{v}" for v in np.unique(labels[::4, ::4, ::4]) if v}
    before = peak_mb()
    masks = MaskSet([labels], [names], Affine(affine))
    result: dict[str, object] = {"labels": len(masks.names), "rss_before_mb": before}
    started = time.perf_counter()
    result["encode_s"], measured = timed(lambda: Measured(masks))
    assert isinstance(measured, Measured)
    result["statistics_s"], stats = timed(lambda: {n: measured.stats(n) for n in measured.names})
    pairs = list(itertools.combinations(measured.names, 2))
    result["distances_s"], found = timed(lambda: measured.distances(pairs))
    result["wall_s"] = time.perf_counter() - started
    result["contacts_s"], _ = timed(lambda: [measured.contact(*pair) for pair in pairs])
    result["pairs"] = len(pairs)
    result["touching"] = sum(one.touching for one in found.values())
    result["rss_peak_mb"] = peak_mb()
    result["voxels"] = {n: s.voxels + s.stray_voxels for n, s in stats.items()}
    result["mm"] = {f"{a} {b}": d.mm for (a, b), d in found.items()}
    return result


def usual(path: str) -> dict[str, object]:
    """Statistics, components and a sample of distances in the usual ways."""
    labels, affine = stored(path)
    values = [int(v) for v in np.unique(labels[::4, ::4, ::4]) if v]
    few = values[:: max(1, len(values) // 4)]
    loop_s, counts = timed(lambda: {v: _loop_statistics(labels, v) for v in few})
    cc3d_s, _ = timed(lambda: cc3d.statistics(labels))
    pieces_s, _ = timed(lambda: cc3d.connected_components(labels, connectivity=26))
    scipy_s, _ = timed(lambda: [ndimage.label(labels == v, np.ones((3, 3, 3))) for v in few[:2]])
    measured = Measured(MaskSet([labels], [{v: f"structure_{v}" for v in values}], Affine(affine)))
    pairs = list(itertools.combinations(measured.names, 2))
    sample = [pairs[i] for i in np.linspace(0, len(pairs) - 1, SAMPLE_PAIRS).astype(int)]
    surface: dict[str, cKDTree] = {}

    def tree(name: str) -> cKDTree:
        if name not in surface:
            low, high = measured.runs(name).box
            mask = measured.runs(name).crop(low, high)
            edge = mask & ~ndimage.binary_erosion(mask)
            surface[name] = cKDTree((np.argwhere(edge) + low) * measured.spacing)
        return surface[name]

    build_s, _ = timed(lambda: [tree(name) for pair in sample for name in pair])
    build_s *= len(measured.names) / len(surface)
    query_s, mm = timed(lambda: {f"{a} {b}": float(tree(b).query(tree(a).data)[0].min()) for a, b in sample})
    return {
        "loop_s": loop_s * len(values) / len(few),
        "cc3d_statistics_s": cc3d_s,
        "cc3d_components_s": pieces_s,
        "scipy_components_s": scipy_s * len(values) / 2,
        "kdtree_s": build_s + query_s * len(pairs) / len(sample),
        "counts": {f"structure_{v}": int(count) for v, count in counts.items()},
        "mm": mm,
    }


def _loop_statistics(labels: np.ndarray, value: int) -> int:
    where = np.nonzero(labels == value)
    for axis in where:
        axis.mean(), axis.min(), axis.max()
    return where[0].size


def in_process(part: str, path: str) -> dict[str, object]:
    """Run one part alone, so that its peak memory is its own."""
    command = [sys.executable, __file__, "--part", part, "--file", path]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compare(labels: np.ndarray, affine: np.ndarray, with_usual: bool) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "labels.npy", labels.T)
        np.save(Path(folder) / "affine.npy", affine)
        in_process("ours", folder)
        row = in_process("ours", folder)
        if with_usual:
            other = in_process("usual", folder)
            _check(row, other)
            row.update({k: v for k, v in other.items() if k.endswith("_s")})
            row["loop_ratio"] = row["loop_s"] / (row["encode_s"] + row["statistics_s"])
            row["kdtree_ratio"] = row["kdtree_s"] / row["distances_s"]
    return {k: v for k, v in row.items() if k not in ("voxels", "mm")}


def _check(row: dict, other: dict) -> None:
    for name, count in other["counts"].items():
        assert row["voxels"][name] == count, name
    touching = 0
    for pair, mm in other["mm"].items():
        touching += row["mm"][pair] == 0
        assert row["mm"][pair] == 0 or abs(row["mm"][pair] - mm) < 1e-6, (pair, row["mm"][pair], mm)
    row["checked_pairs"] = len(other["mm"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=Path, help="NIfTI segmentation to upsample")
    parser.add_argument("--shape", type=int, nargs=3, default=SHAPE)
    parser.add_argument("--counts", type=int, nargs="*", default=[61, 117])
    parser.add_argument("--ours-only", action="store_true", help="leave out the slow reference ways")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", choices=["ours", "usual"], help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        json.dump({"ours": ours, "usual": usual}[args.part](args.file), sys.stdout)
        return
    shape = tuple(args.shape)
    rows = []
    for count in args.counts:
        labels, affine = upsampled(args.labels, shape) if args.labels else procedural(shape, count)
        labels = cut_in_two(labels, count)
        rows.append(compare(labels, affine, not args.ours_only))
    if args.json:
        json.dump(rows, sys.stdout, indent=1)
        return
    for row in rows:
        print(f"{row['labels']} labels, {row['pairs']} pairs ({row['touching']} touch), shape {shape}")
        for key, value in row.items():
            if isinstance(value, float):
                print(f"  {key:24s} {value:10.2f}")


if __name__ == "__main__":
    main()
