"""What a run found wrong with single questions: right for the wrong reason, inputs without the evidence."""

from __future__ import annotations

from pathlib import Path

from medspatial.compare.result import read_comparison
from medspatial.records import Sight, read_records
from medspatial.report.names import spoken
from medspatial.report.tables import CASE_TITLES

Faults = dict[str, list[tuple[str, str]]]
"""Question id to who (a model, an input) and what."""


def faults_of(folder: Path) -> Faults:
    """Return the faults that a study's folder holds; none where it was not compared yet.

    Raises
    ------
    InputError
        A comparison or sights that cannot be read.
    """
    found: Faults = {}
    path = folder / "compare" / "comparison.json"
    causes = read_comparison(path).causes if path.is_file() else None
    for one in causes.cases if causes else ():
        for name in one.ids:
            found.setdefault(name, []).append((one.model, CASE_TITLES[one.kind]))
    for name in causes.ungrounded if causes else ():
        found.setdefault(name, []).append(("every model", CASE_TITLES["right_without_evidence"]))
    sights = folder / "compare" / "sights"
    for path in sorted(sights.glob("*.jsonl")) if sights.is_dir() else ():
        for sight in read_records(path, Sight).rows:
            if sight.lost:
                words = f"holds next to nothing of: {spoken(sight.structure)}"
                found.setdefault(sight.id, []).append((f"input {sight.input}", words))
    return found
