"""Kill a small study at random moments over all its stages, take it up again, and compare what it ends with.

    python benchmarks/faults.py --kills 200 --seed 1

Each kill is SIGKILL of the whole process. After each series of kills the study is run to its end, and every
file that must not depend on the interruption is compared with an undisturbed run, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

STUDY = """\
title: Faults
cases: {phantom: {count: 4, seed: 3, spacing: 8.0}}
questions: {subtypes: [L1, L5, D2], balance: false}
models: [random, oracle, echo, prior]
arms: [standard, permuted_options]
compare: {resamples: 200}
report: {max_pictures: 6}
"""
# files that hold times or sessions
_TIMES = ("manifest.json", ".volumes.jsonl", "summary.json", "tables/cost.csv", "tables/cost.json")
_LEFT = (".lock", ".torn", ".tmp")
_MAIN = "import sys; from medspatial.cli.app import main; sys.argv[0] = 'medspatial'; main()"


def start(study: Path, folder: Path) -> subprocess.Popen[bytes]:
    """Start a run of the study."""
    arguments = [sys.executable, "-c", _MAIN, "run", str(study), "--out", str(folder)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files that must be the same however often the run was killed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.endswith((*_TIMES, *_LEFT)) and name != "report/index.html":
            found[name] = _without_fingerprint(path) if "/by_case/" in name else path.read_bytes()
    return found


def _without_fingerprint(path: Path) -> bytes:
    """Return a case's questions without the state of its files, which holds times of this very run."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept.pop("of")
    return json.dumps(kept).encode()


def stage(folder: Path) -> str:
    """Say which folder was written last: where a kill hit."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.parent != folder]
    if not files:
        return "start"
    latest = max(files, key=lambda path: path.stat().st_mtime_ns)
    return latest.relative_to(folder).parts[0]


def campaign(kills: int, seed: int, per_series: int = 5) -> dict[str, object]:
    """Kill and resume; return how many kills hit each stage, and every difference and failed resume."""
    random_ = random.Random(seed)
    hit: Counter[str] = Counter()
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        study = root / "study.yaml"
        study.write_text(STUDY, encoding="utf-8")
        began = time.monotonic()
        whole = start(study, root / "whole")
        error = whole.communicate()[1]
        if whole.returncode:
            raise SystemExit(error.decode())
        longest = time.monotonic() - began
        expected = contents(root / "whole")
        series = 0
        while hit.total() < kills:
            series += 1
            folder = root / f"series{series}"
            for _ in range(min(per_series, kills - hit.total())):
                process = start(study, folder)
                try:
                    error = process.communicate(timeout=random_.uniform(0.2, 1.0) * longest)[1]
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.communicate()
                    hit[stage(folder)] += 1
                    continue
                if process.returncode:
                    faults.append(f"series {series}: a resume failed: {error.decode()[-300:]}")
                hit["(ended before)"] += 1
            last = start(study, folder)
            error = last.communicate()[1]
            if last.returncode:
                faults.append(f"series {series}: the last run failed: {error.decode()[-300:]}")
                continue
            found = contents(folder)
            faults += [
                f"series {series}: {name} differs"
                for name in sorted(expected.keys() | found.keys())
                if expected.get(name) != found.get(name)
            ]
    return {"kills": dict(hit), "series": series, "faults": faults}


def main() -> None:
    """Run the campaign and print what fell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    result = campaign(given.kills, given.seed)
    for name, value in result.items():
        print(f"{name}: {value}")
    sys.exit(1 if result["faults"] else 0)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    main()
