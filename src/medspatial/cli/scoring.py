"""What ``medspatial score`` does around a metric: its options, where scores go, the report."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from medspatial.cli.options import read_options
from medspatial.cli.show import listing
from medspatial.errors import InputError
from medspatial.files import write_text
from medspatial.progress import Progress
from medspatial.records import Prediction, Score
from medspatial.report.formatting import MISSING, count, percent
from medspatial.report.tables import Cell, Column, Table
from medspatial.score import Aggregate

if TYPE_CHECKING:
    from medspatial.pool import Place
    from medspatial.score import Metric

_COSTLY_ROWS = 128  # rows that a judge or model takes at once: progress is seen after each


def taken(name: str, pairs: Sequence[str]) -> dict[str, Any]:
    """Return the ``KEY=VALUE`` options for a metric.

    Raises
    ------
    InputError
        The metric does not know one of them.
    """
    from medspatial.score import metric_class

    options = read_options(list(pairs))
    known = inspect.signature(metric_class(name.partition(":")[0])).parameters
    unknown = [key for key in options if key not in known]
    if unknown:
        raise InputError(
            f"metric '{name}': unknown option {unknown[0]!r}; it takes: {', '.join(known) or 'none'}"
        )
    return options


def list_all(*, as_json: bool) -> None:
    """List the metrics, and the package that each is of."""
    from medspatial.score import metric_names
    from medspatial.score.registry import outside_metrics

    origins = outside_metrics()
    rows = [
        {"metric": name, "of": origins[name].package if name in origins else "medspatial"}
        for name in metric_names()
    ]
    listing(rows, as_json=as_json)


def tell_alone(metrics: Iterable[Metric], workers: int, place: Place | None) -> None:
    """Name the metrics that judge in one process, whatever was asked for."""
    alone = [metric.name for metric in metrics if not metric.in_workers]
    if (workers > 1 or place) and alone:
        option = "--engine ray" if place else "--workers"
        typer.echo(f"{option}: {', '.join(alone)} works in one process", err=True)


def scored(
    judge: Metric,
    answers: Iterable[Prediction],
    target: Path | None,
    progress: Progress,
    workers: int = 1,
    place: Place | None = None,
) -> Iterator[Score]:
    """Yield the scores of answers; where they go to a file, those it holds for the same answers are kept."""
    from medspatial.score import score_file, score_stream

    if target is None:
        for score in score_stream(answers, [judge], workers=workers, place=place):
            progress.advance(1)
            yield score
    else:
        yield from score_file(
            judge, answers, target, progress=progress, workers=workers, place=place
        ).scores()


def score_table(
    results: Sequence[tuple[Sequence[str], Aggregate]], warnings: Iterable[tuple[str, str | None]]
) -> Table:
    """Tabulate the figures of files and metrics.

    Parameters
    ----------
    results
        The models of a file, and the figures of one metric over its rows.
    warnings
        Metrics, and where each misleads.
    """
    graded = any(found.accuracy is None and found.mean is not None for _, found in results)
    shares = any(found.accuracy is not None for _, found in results)
    heads = [*(["Accuracy (%)"] if shares else []), *(["Mean"] if graded else [])]
    rows = []
    for models, found in results:
        mean = None if found.accuracy is not None else found.mean
        figures = [*([percent(found.accuracy)] if shares else []), *([_mean(mean)] if graded else [])]
        counts = (found.rows, found.unanswered, found.unscored)
        rows.append(
            (Cell(", ".join(models)), Cell(found.metric), *map(Cell, figures), *map(Cell, map(count, counts)))
        )
    misleading = dict.fromkeys(f"{name}: {words}." for name, words in warnings if words)
    left_out = "Rows without a verdict are left out of the figure, unanswered ones count as wrong or zero."
    return Table(
        name="scores",
        title="Scores",
        columns=(
            Column("Model", "left"),
            Column("Metric", "left"),
            *map(Column, (*heads, "Rows", "Unanswered", "No verdict")),
        ),
        rows=tuple(rows),
        records=(),
        note="\n".join([left_out, *misleading]),
    )


def detail_lines(found: Aggregate) -> list[str]:
    """Return the further figures of a metric, one line per group of them."""
    lines, details = [], dict(found.details)
    if details.get("mean_answered") == details.get("mean"):
        details.pop("mean_answered", None)
    if details.get("corpus_answered") == details.get("corpus"):
        details.pop("corpus_answered", None)
    for name, value in details.items():
        if isinstance(value, dict):
            words = ", ".join(f"{key.replace('_', ' ')} {_mean(one)}" for key, one in value.items())
        else:
            words = _mean(value)
        lines.append(f"{found.metric}, {name.replace('_', ' ')}: {words}")
    return lines


def _mean(value: Any) -> str:
    """Write a figure of any range with four digits; what is none as it is."""
    if isinstance(value, float):
        return f"{value:.4f}" if abs(value) < 1 else f"{value:.2f}"
    return MISSING if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def tell_mismatches(scores: Iterable[Score]) -> None:
    """Print wrong answers on standard error, each beside its reference and with the reason."""
    for score in scores:
        typer.echo(
            f"{score.metric}: {score.question}\n  reference: {score.answer}\n"
            f"  answer:    {score.prediction}\n  {score.rule or ''} {score.reason or ''}",
            err=True,
        )


def write_report(path: Path, figures: Sequence[dict[str, Any]], mistakes: Sequence[Score]) -> None:
    """Write the figures of every file and metric, and each wrong answer with its reason, as JSON."""
    rows = [score.model_dump(mode="json", exclude_defaults=True) for score in mistakes]
    facts = {"figures": list(figures), "mismatches": rows}
    write_text(path, json.dumps(facts, indent=1, ensure_ascii=False, default=str) + "\n")
