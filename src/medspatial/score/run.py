"""The scoring loop of studies, command line and Python: batch by batch into a file, resumable.

``NAME.jsonl``           scores in the order of the predictions, each with the hash of the row it judges
``NAME.manifest.json``   the metric with its settings, code and versions
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json

from medspatial.errors import InputError
from medspatial.files import locked, whole_file
from medspatial.manifest import new_manifest, read_manifest, write_manifest
from medspatial.pool import Place
from medspatial.progress import Progress, Silent
from medspatial.records import Prediction, RecordAppender, Score
from medspatial.score.base import Metric
from medspatial.score.identity import metric_facts, row_hash
from medspatial.score.workers import judged

BATCH_ROWS = 256


@dataclass(frozen=True)
class ScoringRun:
    """How a scoring ended: rows in all, scores kept from before, rows scored now."""

    path: Path
    rows: int
    kept: int
    scored: int

    def scores(self) -> Iterator[Score]:
        """Yield the scores, in the order of the predictions."""
        with self.path.open("rb") as stream:
            for line in stream:
                yield Score.model_validate_json(line)


def score_file(
    metric: Metric,
    predictions: Iterable[Prediction],
    output: str | Path,
    *,
    batch: int = BATCH_ROWS,
    progress: Progress | None = None,
    workers: int = 1,
    place: Place | None = None,
) -> ScoringRun:
    """Score predictions into a file, keeping what it holds already.

    A score is kept while the row it judged and all that decides the metric's figures (settings, versions,
    code) are the same; an unscored row is tried again. Each batch is on disk before the next one starts:
    a killed run goes on where it was and ends in the same file. Memory holds a hash and a place per row.

    Parameters
    ----------
    metric
        From `medspatial.score.metric`.
    predictions
        Any iterable; read once.
    output
        The ``.jsonl`` file of the scores.
    batch
        Rows that are judged together.
    progress
        Advanced by each row.
    workers
        Processes that judge, for metrics that may run in several; the file is the same.
    place
        Makes the workers in place of this many processes, such as actors of a Ray cluster.

    Raises
    ------
    InputError
        The output is a folder, or another run is writing it.
    """
    path, report = Path(output), progress or Silent()
    if path.is_dir():
        raise InputError(f"{path}: is a folder, the name of a file is needed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path):
        _start(path, metric)
        known = {mark for mark, (_, final) in _places(path).items() if final}
        order, asked = array("Q"), set[int]()

        def open_rows() -> Iterator[tuple[list[int], list[Prediction]]]:
            marks, rows = list[int](), list[Prediction]()
            for row in predictions:
                mark = int(row_hash(row), 16)
                order.append(mark)
                if mark not in known and mark not in asked:
                    asked.add(mark)
                    marks.append(mark)
                    rows.append(row)
                    if len(rows) >= batch:
                        yield marks, rows
                        marks, rows = [], []
                report.advance()
            if rows:
                yield marks, rows

        with RecordAppender(path) as out:
            for marks, scores in judged(metric, open_rows(), workers, place):
                out.append(
                    *(
                        score.model_copy(update={"row_hash": f"{mark:016x}"})
                        for mark, score in zip(marks, scores, strict=True)
                    )
                )
        _put_in_order(path, order)
    return ScoringRun(path, len(order), len(order) - len(asked), len(asked))


def _start(path: Path, metric: Metric) -> None:
    """Remove scores that this metric as it is now would not give; end the file with a whole line."""
    facts = metric_facts(metric) if metric.resumable else None
    manifest = new_manifest("score", facts or {"settings": metric.identity()}, {})
    place = path.with_name(path.stem + ".manifest.json")
    old = read_manifest(place)
    if facts is None or old is None or old.configuration_hash != manifest.configuration_hash:
        path.unlink(missing_ok=True)
        write_manifest(place, manifest)
    elif path.exists():
        _cut_torn_line(path)


def _cut_torn_line(path: Path) -> None:
    end = 0
    with path.open("rb+") as stream:
        for line in stream:
            if line.endswith(b"\n"):
                end += len(line)
        stream.truncate(end)


def _places(path: Path) -> dict[int, tuple[int, bool]]:
    """Return the place of the last line on each row, by the row's hash, and whether it is final."""
    found: dict[int, tuple[int, bool]] = {}
    place = 0
    if path.exists():
        with path.open("rb") as stream:
            for line in stream:
                try:
                    row = from_json(line)
                    found[int(row["row_hash"], 16)] = (place, row.get("status") != "unscored")
                except (ValueError, KeyError, TypeError):
                    pass  # a damaged line: its row is scored again
                place += len(line)
    return found


def _put_in_order(path: Path, order: array[int]) -> None:
    """Leave one line per row, in the rows' order."""
    places = _places(path)
    wanted = [places[mark][0] for mark in order]
    with path.open("rb") as lines:
        place = 0
        for at in wanted:
            if at != place:
                break
            place += len(lines.readline())
        else:
            if place == os.fstat(lines.fileno()).st_size:
                return
        with whole_file(path) as unfinished, unfinished.open("wb") as out:
            for at in wanted:
                lines.seek(at)
                out.write(lines.readline())
