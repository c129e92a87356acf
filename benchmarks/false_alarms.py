"""Examine patients that nothing was done to, and count every claim of a fault.

    python benchmarks/false_alarms.py [--first 5000] [--count 120] [--real FOLDER --label-map kits19=kits19]

Each phantom has a seed of its own, and a spacing, orientation, tilt, region and field of view drawn from it.
A claim is a refusal, a structure set aside, a note of the examination, or an organ said to be missing that
the phantom has; what is only assumed (an axis that nothing confirms, masks without an image) is none, nor is
what is said of the files. Exit code 1 where there is a claim.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np

from medspatial.cases import find_cases, make_phantom, read_cases
from medspatial.cases.discovery import Discovery
from medspatial.cases.doctor import Consultation, consult
from medspatial.cases.phantom import Phantom
from medspatial.volume import AXIS_CODES

SPACINGS = (3.0, 4.0, 5.0, 6.0, 7.0, (2.0, 2.0, 5.0), (2.5, 2.5, 8.0), (3.0, 3.0, 2.0), (1.6, 1.6, 5.0),
            (2.5, 2.5, 9.0), (3.0, 3.0, 10.0))  # fmt: skip
REGIONS = ("torso", "chest", "abdomen", "slab")
# Height and width in mm of what is left in the picture; None leaves all.
HEIGHTS, WIDTHS = (None, None, 120.0, 200.0, 300.0), (None, None, 280.0, 340.0)


@dataclass(frozen=True)
class Looked:
    """A patient that nothing was done to, what the examination says of it, and the organs that it lacks."""

    name: str
    found: Consultation
    absent: frozenset[str] = frozenset()


def phantoms(first: int, count: int) -> Iterator[Looked]:
    """Write, find, read and examine this many phantoms, each named by its settings."""
    for seed in range(first, first + count):
        draw = random.Random(seed)
        spacing, region = draw.choice(SPACINGS), REGIONS[seed % len(REGIONS)]
        codes = draw.choice(AXIS_CODES)
        tilt = [round(draw.uniform(-12, 12)) for _ in range(3)] if draw.random() < 0.3 else [0, 0, 0]
        made = make_phantom(seed, spacing=spacing, axcodes=codes, region=region, tilt=tilt)
        height, width = draw.choice(HEIGHTS), draw.choice(WIDTHS)
        with tempfile.TemporaryDirectory() as name:
            write_part(made, Path(name) / "p", field_of_view(made, draw, height, width))
            (found,) = consult(find_cases(name), name)
        name = f"seed {seed} {region} {spacing} {codes} tilt {tilt} {height} by {width}"
        yield Looked(name, found, frozenset(made.truth["absent"]))


def field_of_view(
    made: Phantom, draw: random.Random, height: float | None, width: float | None
) -> tuple[slice, ...]:
    """Return what a smaller scan would show: any part of the height, the middle across."""
    window = []
    for size, step, code in zip(made.ct.shape, made.ct.spacing, made.ct.axcodes, strict=True):
        upright = code in "IS"
        wanted = height if upright else width
        keep = size if wanted is None else min(size, round(wanted / step))
        start = draw.randint(0, size - keep) if upright else (size - keep) // 2
        window.append(slice(start, start + keep))
    return tuple(window)


def write_part(made: Phantom, home: Path, part: tuple[slice, ...]) -> None:
    """Write a part of a phantom as a case: CT, label volume, and the names of its values."""
    home.mkdir()
    labels = np.zeros(made.masks.shape, np.uint16)
    names = {name: value for value, name in enumerate(made.masks.names, start=1)}
    for name, value in names.items():
        labels[made.masks.mask(name)] = value
    matrix = made.ct.affine.matrix.copy()
    matrix[:3, 3] += matrix[:3, :3] @ [one.start for one in part]
    for file, voxels in (("ct.nii", np.asarray(made.ct.voxels)), ("seg.nii", labels)):
        nibabel.save(nibabel.Nifti1Image(np.ascontiguousarray(voxels[part]), matrix), home / file)
    (home / "dataset.json").write_text(json.dumps({"labels": {"background": 0, **names}}), encoding="utf-8")


def real_cases(root: Path, label_maps: dict[str, str]) -> Iterator[Looked]:
    """Examine the cases of a folder; label maps by the beginning of a case's id, where a case states none."""
    for case in read_cases(root):
        stated = next((one for start, one in label_maps.items() if case.case_id.startswith(start)), None)
        change = {} if stated is None else {"label_map": stated}
        masks = tuple(one.model_copy(update=change) for one in case.masks)
        (found,) = consult(Discovery([case.model_copy(update={"masks": masks})], root), root)
        yield Looked(case.case_id, found)


def claims(looked: Looked) -> list[str]:
    """Return every sentence that claims a fault."""
    found, data = looked.found.diagnosis, looked.found.data
    missing = [
        one for one in found.assumptions if " is missing " in one and one.split()[0] not in looked.absent
    ]
    refused = [f"refused: {one}" for one in found.problems]
    aside = [f"set aside: {text}" for text in found.set_aside.values()]
    of_files = () if data is None else data.notes
    return [*refused, *aside, *(one for one in found.notes if one not in of_files), *missing]


def main() -> int:
    """Print each claim, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--first", type=int, default=5000)
    parser.add_argument("--count", type=int, default=120)
    parser.add_argument("--real", type=Path, help="folder of real cases")
    parser.add_argument("--label-map", action="append", default=[], metavar="START=MAP")
    options = parser.parse_args()
    cases = list[Iterator[Looked]]([phantoms(options.first, options.count)])
    if options.real:
        cases.append(real_cases(options.real, dict(one.split("=", 1) for one in options.label_map)))
    looked = wrong = 0
    for several in cases:
        for one in several:
            looked += 1
            said = claims(one)
            wrong += bool(said)
            for text in said:
                print(f"{one.name}: {text}", flush=True)
    print(f"{looked} untouched patients, {wrong} with a claim of a fault")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
