"""Put a kidney under the name of the organ over it, or that organ under its name, and count what is said.

    python benchmarks/merged_organs.py [--first 60000] [--count 80]

The phantoms have seeds of their own; none set a limit of `medspatial.cases.examination.merged`. Exit code 1
where a merger passes without a word.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from medspatial.cases import CaseData, examine, make_phantom
from medspatial.cases.phantom import Phantom
from medspatial.records import Case
from medspatial.volume import MaskSet

BESIDE = {"kidney_left": "spleen", "kidney_right": "liver"}
SPACINGS = (4.0, 5.0, 6.0)
REGIONS = ("torso", "abdomen", "chest", "slab")


def renamed(masks: MaskSet, lost: str, kept: str) -> MaskSet:
    """Return masks in which two structures carry one name."""
    layers, tables = [], []
    for layer, table in zip(masks.layers, masks.tables(), strict=True):
        values = {name: value for value, name in table.items()}
        changed = layer.copy()
        if lost in values and kept in values:
            changed[layer == values[lost]] = values[kept]
        layers.append(changed)
        tables.append({value: name for value, name in table.items() if name != lost})
    return MaskSet(layers, tables, masks.affine)


def outcome(made: Phantom, lost: str, kept: str) -> str:
    """Return what the examination says of two organs under one name."""
    data = CaseData(Case(case_id="p", patient_id="p"), made.ct, renamed(made.masks, lost, kept))
    found = examine(data)
    if found.problems or kept in found.set_aside:
        return "set aside" if kept in found.set_aside else "refused"
    return "said" if any(one.startswith(f"{lost} is missing") for one in found.assumptions) else "passes"


def main() -> int:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--first", type=int, default=60000)
    parser.add_argument("--count", type=int, default=80)
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    for seed in range(options.first, options.first + options.count):
        region = REGIONS[seed % len(REGIONS)]
        made = make_phantom(seed, spacing=SPACINGS[seed % len(SPACINGS)], region=region)
        for kidney, neighbour in BESIDE.items():
            if kidney not in made.masks or neighbour not in made.masks:
                continue
            for lost, kept in ((kidney, neighbour), (neighbour, kidney)):
                what = outcome(made, lost, kept)
                counts[what] += 1
                if what == "passes":
                    print(f"seed {seed} {region}: {lost} under the name {kept} passes", flush=True)
    print(f"{counts.total()} mergers: {dict(counts)}")
    return 1 if counts["passes"] else 0


if __name__ == "__main__":
    sys.exit(main())
