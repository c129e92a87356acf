"""What a run reports at its end besides its counts: one line per kind of failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from medspatial.predict.output import failures_file, volumes_file
from medspatial.predict.runner import PredictionRun

_SHOWN_CHARS = 300


def failure_lines(run: PredictionRun, *, kept: bool = True) -> list[str]:
    """Say how many questions failed and most often why, and where visible shares could not be had.

    Parameters
    ----------
    kept
        Name the files that hold each error; False where the run's files do not stay.
    """
    lines = []
    if run.failed:
        where = f"; each with its error: {failures_file(run.path)}" if kept else ""
        lines.append(f"{run.failed} of {run.questions} questions failed, {_mostly(run.errors)}{where}")
    if run.unseen:
        where = f"; each with its error: {volumes_file(run.path)}" if kept else ""
        volumes = sum(run.unseen.values())
        lines.append(f"no visible shares for {volumes} volumes, {_mostly(run.unseen)}{where}")
    return lines


def _mostly(errors: Mapping[str, int]) -> str:
    error, times = Counter(errors).most_common(1)[0]
    line = " ".join(error.split())
    short = line if len(line) <= _SHOWN_CHARS else line[: _SHOWN_CHARS - 1] + "…"
    return f"most often ({times} times): {short}"
