"""``medspatial score``: what predictions are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.show import listing


def score_command(
    predictions: Annotated[
        list[Path] | None, typer.Option("--predictions", "-p", help="A file of predictions; repeatable.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", "-m", help="Name of a metric; repeatable.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="File for the scores of one file and metric; else a folder for all."
        ),
    ] = None,
    model_name: Annotated[
        str | None,
        typer.Option(
            help="Name of the model, for one file. Without it: the rows' field 'model', "
            "where that is missing the file's name without its ending."
        ),
    ] = None,
    show_mismatches: Annotated[int, typer.Option(min=0, help="Print the first N wrong answers.")] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Write figures and all wrong answers of every metric as JSON.")
    ] = None,
    list_metrics: Annotated[bool, typer.Option("--list", help="List the metrics and end.")] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(help="Judge: openai:MODEL, gemini:MODEL, local:FOLDER; a jury takes verdict files too."),
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Judge: times that each answer is judged.")] = 1,
    budget: Annotated[
        float | None, typer.Option(min=0, help="Judge: most US dollars of this run; needs --prices.")
    ] = None,
    prices: Annotated[
        str | None,
        typer.Option(help="Judge: US dollars per million tokens, INPUT,OUTPUT or INPUT,OUTPUT,CACHED."),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(help="Judge: file of replies. Default: judge-cache.sqlite beside --output.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="An option of the metrics or judges, such as checkpoint=F; repeatable.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score predictions by one or several metrics.

    Example: `medspatial score -p predictions/random.jsonl -m structured -m exact -o scores`

    AlignScore: `medspatial score -p answers.jsonl -m alignscore --set checkpoint=F --set backbone=F`

    Judge: `medspatial score -p predictions/random.jsonl -m judge --model openai:gpt-x -o scores`
    """
    from medspatial.cli.answers import read_answers
    from medspatial.cli.judging import judge_lines, judges, options_of_judges
    from medspatial.cli.scoring import scored, taken, write_report
    from medspatial.compare import with_visible_shares
    from medspatial.errors import InputError
    from medspatial.records import write_records
    from medspatial.score import metric as make
    from medspatial.score import metric_names

    if list_metrics:
        listing([{"metric": name} for name in metric_names()], as_json=as_json)
        return
    if not predictions:
        raise InputError("--predictions: name at least one file of predictions")
    if model_name is not None and len(predictions) > 1:
        raise InputError(f"--model-name: names the model of one file, got {len(predictions)} files")
    options = options_of_judges(
        repeats=repeats, budget=budget, prices=prices, cache=cache, output=output, pairs=set_ or []
    )
    own = [] if model else set_ or []  # beside judges, further options are theirs
    metrics = [
        made
        for name in metric or ["structured"]
        for made in judges(name, model or [], options) or [make(name, **taken(name, own))]
    ]
    if output:
        _check_targets(output, predictions, [judge.name for judge in metrics])
    rows, figures, notes, mistakes = [], [], list[str](), []
    for path in predictions:
        answers = read_answers(path, model_name)
        for judge in metrics:
            target = _target(output, path, judge.name) if output else None
            scores = with_visible_shares(scored(judge, answers, target), answers)
            if target:
                write_records(target, scores)
            found = judge.aggregate(scores)
            rows.append({"file": path.name, **asdict(found)})
            figures.append(dict(rows[-1]))
            if (lines := judge_lines(found)) and not as_json:
                rows[-1]["details"] = "below"
                notes += [f"{path.name}, {line}" for line in lines]
            wrong = [score for score in scores if score.correct is False]
            mistakes += wrong
            for score in wrong[:show_mismatches]:
                typer.echo(
                    f"{judge.name}: {score.question}\n  reference: {score.answer}\n"
                    f"  answer:    {score.prediction}\n  {score.rule or ''} {score.reason or ''}",
                    err=True,
                )
    for judge in metrics:
        judge.close()
    if report:
        write_report(report, figures, mistakes)
    listing(rows, as_json=as_json)
    for note in notes:
        typer.echo(note)


def _target(output: Path, predictions: Path, metric: str) -> Path:
    if output.suffix == ".jsonl":
        return output
    name = predictions.name
    if predictions.suffix.lower() == ".csv":  # scores are JSONL, whatever the predictions are
        name = f"{predictions.stem}.jsonl"
    return output / metric.replace(":", "-") / name


def _check_targets(output: Path, predictions: Sequence[Path], metrics: Sequence[str]) -> None:
    """Refuse an output where the scores of one file and metric would overwrite those of another."""
    from medspatial.errors import InputError

    sources: dict[Path, str] = {}
    for path in predictions:
        for metric in metrics:
            source, target = f"{path} by {metric}", _target(output, path, metric)
            if target in sources:
                raise InputError(
                    f"--output: {target} would hold the scores of {sources[target]} and of {source}; "
                    "name a folder, and files of predictions with different names"
                )
            sources[target] = source
