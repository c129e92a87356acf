"""``medspatial score``: what predictions are worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.bare_options import BareOptions
from medspatial.cli.options import ModelNames
from medspatial.cli.show import listing


class ScoreCommand(BareOptions):
    """``score``, in which ``--show-mismatches`` needs no number."""

    bare = {"--show-mismatches": "20"}  # noqa: RUF012


def score_command(
    predictions: Annotated[
        list[Path] | None,
        typer.Option("--predictions", "-p", help="A file of predictions, or a folder of them; repeatable."),
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            "--metric",
            "-m",
            help="Name of a metric; repeatable. Without one: judge where --model names one, else exact.",
        ),
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
    names: ModelNames = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OURS=THEIRS",
            help="Name of a field in predictions of other tools (question, answer, prediction, model, "
            "category, options); repeatable. Reads JSON, JSONL, CSV and Excel with any column names.",
        ),
    ] = None,
    patient_field: Annotated[
        str | None, typer.Option(help="With --field: the field that names the patient.")
    ] = None,
    show_mismatches: Annotated[
        int, typer.Option(min=0, help="Print the first wrong answers, as many as given, or 20.")
    ] = 0,
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
    workers: Annotated[
        int,
        typer.Option(min=1, help="Processes that judge by rules or count words; the scores are the same."),
    ] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score predictions by one or several metrics.

    Example: `medspatial score -p predictions/random.jsonl -m structured -m exact -o scores`

    AlignScore: `medspatial score -p answers.jsonl -m alignscore --set checkpoint=F --set backbone=F`

    Others' predictions: `medspatial score -p theirs.csv --field question=frage --field prediction=antwort`

    Judge: `medspatial score -p predictions/random.jsonl -m judge --model openai:gpt-x -o scores`
    """
    from medspatial.cli.answers import read_files
    from medspatial.cli.judging import (
        judge_lines,
        judges,
        lost_verdicts,
        options_of_judges,
        refuse_idle,
        tell_estimate,
        tell_lost,
    )
    from medspatial.cli.options import read_names
    from medspatial.cli.scoring import (
        detail_lines,
        list_all,
        score_table,
        scored,
        taken,
        tell_alone,
        tell_mismatches,
        write_report,
    )
    from medspatial.cli.show import report_table
    from medspatial.progress import progress
    from medspatial.records import Score
    from medspatial.score import metric as make

    if list_metrics:
        list_all(as_json=as_json)
        return
    predictions = _files(predictions or (), model_name)
    wanted = metric or (["judge"] if model else ["exact"])
    refuse_idle(wanted, model=model, repeats=repeats, budget=budget, prices=prices, cache=cache)
    options = options_of_judges(
        repeats=repeats, budget=budget, prices=prices, cache=cache, output=output, pairs=set_ or []
    )
    metrics = [  # beside judges, further options are theirs
        made
        for name in wanted
        for made in judges(name, model or [], options)
        or [make(name, **taken(name, [] if model else set_ or []))]
    ]
    tell_alone(metrics, workers)
    if output:
        _check_targets(output, predictions, [judge.name for judge in metrics])
    files = read_files(
        predictions, model_name, names or [], read_names(field or [], "--field"), patient_field
    )
    results, figures, notes, mistakes, lost = [], [], list[str](), [], Counter[str]()
    for path, answers in files.items():
        for judge in metrics:
            target = _target(output, path, judge.name) if output else None
            tell_estimate(judge, path.name, answers)
            tally, wrong = judge.tally(), list[Score]()
            with progress(f"{judge.name}, {path.name}", len(answers)) as bar:
                for score in scored(judge, answers, target, bar, workers):
                    tally.add(score)
                    lost += lost_verdicts(judge.name, [score])
                    if score.correct is False and (report or len(wrong) < show_mismatches):
                        wrong.append(score)
            found = tally.result()
            results.append((answers.models, found))
            figures.append({"file": path.name, **asdict(found)})
            notes += [f"{path.name}, {line}" for line in judge_lines(found) or detail_lines(found)]
            mistakes += wrong
            tell_mismatches(wrong[:show_mismatches])
    for judge in metrics:
        judge.close()
    if report:
        write_report(report, figures, mistakes)
    if as_json:
        listing(figures, as_json=True)
    else:
        report_table(score_table(results, [(judge.name, judge.warning) for judge in metrics]))
    tell_lost([] if as_json else notes, lost)


def _files(places: Sequence[Path], model_name: str | None) -> list[Path]:
    """Return the files that are to be scored, those of folders among them."""
    from medspatial.errors import InputError
    from medspatial.predict import prediction_files

    found = [file for place in places for file in prediction_files(place)]
    if not found:
        raise InputError("--predictions: name at least one file of predictions")
    if model_name is not None and len(found) > 1:
        raise InputError(f"--model-name: names the model of one file, got {len(found)} files")
    return found


def _target(output: Path, predictions: Path, metric: str) -> Path:
    from medspatial.files import path_part
    from medspatial.records import unpacked

    if output.suffix == ".jsonl":
        return output
    name = f"{unpacked(predictions).stem}.jsonl"  # scores are JSONL, whatever the predictions are
    return output / path_part(metric) / name


def _check_targets(output: Path, predictions: Sequence[Path], metrics: Sequence[str]) -> None:
    """Refuse an output where the scores of one file and metric would overwrite those of another."""
    from medspatial.errors import InputError

    sources: dict[Path, str] = {}
    read = {path.resolve() for path in predictions}
    for path in predictions:
        for metric in metrics:
            if _target(output, path, metric).resolve() in read:
                raise InputError(f"--output: {_target(output, path, metric)} is a file of predictions")
            source, target = f"{path} by {metric}", _target(output, path, metric)
            if target in sources:
                raise InputError(
                    f"--output: {target} would hold the scores of {sources[target]} and of {source}; "
                    "name a folder, and files of predictions with different names"
                )
            sources[target] = source
