"""Time and memory of all questions of one large case, reading included, against the naive way.

    python benchmarks/questions.py --labels CASE/seg.nii.gz --ct CASE/ct.nii.gz

The case is a real segmentation and its CT on a finer grid (512 x 512 x 400; labels with smooth borders,
CT linear with noise of 10 HU so that gzip has real work). Beyond the labels of the segmentation the largest
ones are cut until there are as many as asked for. Ours runs in a fresh process, a second time, so that
compiled code comes from the cache: files are read, measured and asked. The naive way, in the same run, reads
both files as nibabel gives them, loops over labels with numpy and scipy, takes one distance transform for
each structure that ours measured from and a minimum for each pair; what would take minutes is done for a few
and scaled (`*_scaled_s`). Times are processor seconds; memory is the peak of each process alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

from measure import SHAPE, cut_in_two, peak_mb, upsampled

FEW = 3
NOISE_HU = 10.0
WITNESSES = {"liver", "spleen", "heart", "stomach", "gallbladder", "aorta", "inferior_vena_cava"}
"""Structures whose side tells a wrong affine: a part of something else must not get such a name."""


def write_case(folder: Path, labels_path: Path, ct_path: Path, count: int, shape: tuple[int, ...]) -> None:
    """Write ct.nii.gz, seg.nii.gz, labels.json and cases.jsonl of a large case."""
    from medspatial.anatomy import load_label_map, structures, swap_side
    from medspatial.records import Case, write_records

    coarse = np.unique(np.asarray(nibabel.load(labels_path).dataobj).astype(np.int32))
    table = load_label_map("totalsegmentator_v2").labels
    names = [table[int(value)] for value in coarse if value]
    labels, affine = upsampled(labels_path, shape)
    labels = cut_in_two(labels, count)
    known = [s.name for s in structures() if s.kind == "organ" and s.side != "right" and s.group != "spine"]
    fresh = [name for name in known if name not in {*names, *WITNESSES} and swap_side(name) not in names]
    names += fresh[: int(labels.max()) - len(names)]
    image = nibabel.as_closest_canonical(nibabel.load(ct_path))
    ct = np.asarray(image.dataobj).astype(np.float32)
    step = np.array(ct.shape) / np.array(shape)
    fine = ndimage.affine_transform(ct, step, (step - 1) / 2, tuple(shape), order=1, mode="nearest")
    fine += np.random.default_rng(0).normal(0.0, NOISE_HU, fine.shape).astype(np.float32)
    nibabel.save(nibabel.Nifti1Image(np.rint(fine).astype(np.int16), affine), folder / "ct.nii.gz")
    nibabel.save(nibabel.Nifti1Image(labels, affine), folder / "seg.nii.gz")
    table_text = json.dumps({str(number): name for number, name in enumerate(names, 1)})
    (folder / "labels.json").write_text(table_text, encoding="utf-8")
    masks = [{"path": "seg.nii.gz", "label_map": "labels.json"}]
    case = Case.model_validate(
        {"case_id": "large", "patient_id": "large", "image_path": "ct.nii.gz", "masks": masks}
    )
    write_records(folder / "cases.jsonl", [case])


def ours(folder: Path) -> dict[str, object]:
    """Read, measure and ask in this process."""
    from medspatial.cases import load_case, read_cases
    from medspatial.geometry import Measured
    from medspatial.questions import Plan, questions_of
    from medspatial.questions.build import listed_structures

    measured_pairs: list[str] = []
    plain = Measured._surface
    Measured._surface = lambda self, *key: measured_pairs.append(key[0]) or plain(self, *key)  # type: ignore[method-assign]
    (case,) = read_cases(folder / "cases.jsonl")
    before = peak_mb()
    wall, begin = time.perf_counter(), time.process_time()
    data = load_case(case, folder)
    read_s = time.process_time() - begin
    found = questions_of(data, Plan(), listed=listed_structures(case, folder))
    total = time.process_time() - begin
    return {
        "questions": len(found.questions),
        "drops": len(found.drops),
        "unusable": [entry.note for entry in found.drops if entry.rule in {"refused", "failed"}],
        "pairs_measured": len(measured_pairs),
        "structures_measured_from": len(set(measured_pairs)),
        "read_s": read_s,
        "ask_s": total - read_s,
        "total_s": total,
        "wall_s": time.perf_counter() - wall,
        "rss_before_mb": before,
        "rss_peak_mb": peak_mb(),
    }


def naive(folder: Path, pairs: int, sources: int) -> dict[str, object]:
    """Read as floats, loop over labels, one distance transform per structure and a minimum per pair."""
    begin = time.process_time()
    labels = np.asanyarray(nibabel.load(folder / "seg.nii.gz").dataobj)
    nibabel.load(folder / "ct.nii.gz").get_fdata()
    read_s = time.process_time() - begin
    values = [int(v) for v in np.unique(labels[::4, ::4, ::4]) if v]
    sides = nibabel.load(folder / "seg.nii.gz").header.get_zooms()
    begin = time.process_time()
    for value in values[:: max(1, len(values) // FEW)][:FEW]:
        mask = labels == value
        where = np.nonzero(mask)
        [(axis.mean(), axis.min(), axis.max()) for axis in where]
        ndimage.label(mask, np.ones((3, 3, 3)))
    label_s = (time.process_time() - begin) * len(values) / FEW
    begin = time.process_time()
    field = ndimage.distance_transform_edt(labels != values[0], sampling=sides)
    field_s = time.process_time() - begin
    begin = time.process_time()
    float(field[labels == values[-1]].min())
    pair_s = time.process_time() - begin
    distance_s = field_s * sources + pair_s * pairs
    return {
        "naive_read_s": read_s,
        "naive_labels_scaled_s": label_s,
        "naive_distances_scaled_s": distance_s,
        "naive_total_scaled_s": read_s + label_s + distance_s,
        "naive_rss_peak_mb": peak_mb(),
    }


def cohort(count: int) -> dict[str, object]:
    """Balance made-up closed questions of a cohort: time and memory of the compact table alone."""
    from medspatial.questions.balance import kept_places
    from medspatial.questions.guess import Gathering
    from medspatial.records import Evidence, Question

    rng = np.random.default_rng(0)
    names = [f"structure {n}" for n in range(100)]
    before, begin, gathering = peak_mb(), time.process_time(), Gathering()
    for number in range(count):
        chosen = [names[i] for i in rng.choice(100, 4, replace=False)]
        fields = {
            "id": f"{number:016x}",
            "patient_id": f"patient {number // 40}",
            "question": f"Which of these structures lies nearest to the {names[number % 97]}?",
            "options": tuple(chosen),
            "answer": min(chosen) if number % 3 else chosen[0],
            "subtype": f"D{number % 20}",
            "evidence": Evidence(structures=tuple(chosen)),
            "tags": (),
            "metadata": {},
            "value": None,
        }
        gathering.add(Question.model_construct(**fields))
    added = time.process_time() - begin
    table, seen = gathering.table(), gathering.seen
    del gathering
    kept = kept_places(table, seen)
    return {
        "closed_questions": count,
        "kept": int(kept.sum()),
        "gather_s": added,
        "balance_s": time.process_time() - begin - added,
        "rss_before_mb": before,
        "rss_peak_mb": peak_mb(),
    }


def in_process(part: str, folder: Path, pairs: int = 0, sources: int = 0) -> dict[str, object]:
    command = [sys.executable, __file__, "--part", part, "--folder", str(folder)]
    command += ["--pairs", str(pairs), "--sources", str(sources)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--labels", type=Path, help="segmentation (NIfTI, TotalSegmentator v2 labels)")
    parser.add_argument("--ct", type=Path, help="its CT (NIfTI)")
    parser.add_argument("--shape", type=int, nargs=3, default=SHAPE)
    parser.add_argument("--counts", type=int, nargs="*", default=[61, 117])
    parser.add_argument("--ours-only", action="store_true", help="leave out the naive way")
    parser.add_argument("--keep", type=Path, help="write the cases into this folder and keep them")
    parser.add_argument("--cohort", type=int, help="balance this many made-up closed questions instead")
    parser.add_argument("--part", choices=["ours", "naive"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--pairs", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--sources", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        result = ours(args.folder) if args.part == "ours" else naive(args.folder, args.pairs, args.sources)
        json.dump(result, sys.stdout)
        return
    if args.cohort:
        _show("cohort", cohort(args.cohort))
        return
    if not args.labels or not args.ct:
        parser.error("--labels and --ct, or --cohort, are needed")
    for count in args.counts:
        with tempfile.TemporaryDirectory() as temporary:
            folder = args.keep / str(count) if args.keep else Path(temporary)
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / "cases.jsonl").exists():
                write_case(folder, args.labels, args.ct, count, tuple(args.shape))
            in_process("ours", folder)
            row = in_process("ours", folder)
            if not args.ours_only:
                row.update(
                    in_process("naive", folder, row["pairs_measured"], row["structures_measured_from"])
                )
                row["ratio"] = row["naive_total_scaled_s"] / row["total_s"]
        _show(f"{count} labels, {args.shape}", row)


def _show(title: str, row: dict[str, object]) -> None:
    print(title)
    for key, value in row.items():
        print(f"  {key:28s} {value:.2f}" if isinstance(value, float) else f"  {key:28s} {value}")


if __name__ == "__main__":
    main()
