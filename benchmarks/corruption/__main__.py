"""Corrupt phantoms and real cases in every way, and count what comes out silently wrong.

From the repository's root, with real cases where a folder of them is given:

    PYTHONPATH=benchmarks python -m corruption --real FOLDER --label-map kits=kits23 -o corruption.json
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from corruption.kinds import KINDS, Kind
from corruption.outcome import OUTCOMES, Outcome, Reading, judge, read
from corruption.patient import Patient, phantom, real_patients
from medspatial.cases import AFFINE_ONLY, MASKS_ALONE

SAID_OF_AXES = {"x": AFFINE_ONLY, "y": "front and back: affine only", "z": "head and feet: affine only"}
PHANTOMS = ((3, 5.0, "torso"), (8, 5.0, "chest"), (14, 4.0, "abdomen"), (21, 4.0, "slab"))


def run(patient: Patient, kind: Kind, true: Reading, folder: Path) -> Outcome | None:
    """Alter, write, read and judge one patient; None where the kind does not apply."""
    altered = kind.change(patient)
    if altered is None:
        return None
    home = folder / "altered"
    shutil.rmtree(home, ignore_errors=True)
    image_only = altered.ct is not patient.ct and altered.seg is patient.seg and not kind.lawful
    return judge(true, read(altered.write(home)), lawful=kind.lawful, image_only=image_only)


def untouched(patient: Patient, folder: Path) -> Reading:
    """The true patient through the same chain."""
    home = folder / "true"
    shutil.rmtree(home, ignore_errors=True)
    return read(patient.write(home))


def table(rows: list[dict[str, str]]) -> str:
    """A Markdown table, one line per kind."""
    lines = [f"| kind | cases | {' | '.join(OUTCOMES)} |", "|---|---:|" + "---:|" * len(OUTCOMES)]
    for one in KINDS:
        counts = Counter(row["verdict"] for row in rows if row["kind"] == one.name)
        if counts:
            figures = " | ".join(str(counts[name]) for name in OUTCOMES)
            lines.append(f"| {one.group}: {one.name} | {sum(counts.values())} | {figures} |")
    return "\n".join(lines)


def said_before(kind: Kind, true: Reading) -> str:
    """Return what every question of the untouched patient says is assumed, and this change breaks."""
    needed = [SAID_OF_AXES[letter] for letter in kind.name.rpartition("-")[2] if kind.group == "axes"]
    if kind.needs_ct or kind.group in ("axes", "slices", "scale"):
        needed.append(MASKS_ALONE)
    return next((one for one in needed if one in true.said), "")


def main() -> int:
    """Run the campaign; exit code 1 when an answer is silently wrong where somebody could tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--real", type=Path, help="folder of real cases")
    parser.add_argument("--label-map", action="append", default=[], metavar="START=MAP")
    parser.add_argument("--only", help="kinds whose name holds this")
    parser.add_argument("--output", "-o", type=Path)
    options = parser.parse_args()
    patients = [phantom(*settings) for settings in PHANTOMS]
    if options.real:
        stated = dict(one.split("=", 1) for one in options.label_map)
        patients += real_patients(options.real, stated)
    rows: list[dict[str, str]] = []
    alarms = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for patient in patients:
            started = time.monotonic()
            true = untouched(patient, folder)
            if true.refused and patient.seg is not None:
                alarms.append(f"{patient.name}: {true.refused}")
                continue
            for one in KINDS:
                if options.only and options.only not in one.name:
                    continue
                outcome = run(patient, one, true, folder)
                if outcome is not None:
                    row = {
                        "patient": patient.name,
                        "kind": one.name,
                        "untold": one.untold or said_before(one, true),
                    }
                    rows.append(row | {"verdict": outcome.verdict, "because": outcome.because})
            print(
                f"{patient.name}: {len(true.questions)} questions, {time.monotonic() - started:.0f} s",
                flush=True,
            )
            if options.output:
                options.output.write_text(json.dumps({"rows": rows, "false_alarms": alarms}, indent=1))
    silent = [row for row in rows if row["verdict"] == "silently wrong"]
    print(table(rows))
    for row in silent:
        nobody = f" ({row['untold']})" if row["untold"] else ""
        print(f"SILENT {row['kind']} {row['patient']}: {row['because']}{nobody}")
    for alarm in alarms:
        print(f"FALSE ALARM {alarm}")
    print(f"{len(KINDS)} kinds, {len(rows)} altered patients, {len(silent)} silently wrong")
    return 1 if alarms or any(not row["untold"] for row in silent) else 0


if __name__ == "__main__":
    sys.exit(main())
