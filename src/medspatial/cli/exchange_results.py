"""``medspatial export`` and ``medspatial import-results``: our results for others, theirs for us."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.cli.options import refuse_idle
from medspatial.cli.show import tell

if TYPE_CHECKING:
    from medspatial.records import Question

app = typer.Typer(no_args_is_help=True, help="Write results and frozen sets in formats that others read.")

_Scores = Annotated[Path, typer.Argument(help="A file or folder of scores (.jsonl), such as RUN/scores.")]
_Output = Annotated[Path, typer.Option("--output", "-o", help="Folder to write.")]


@app.command("inspect")
def inspect_command(
    scores: _Scores,
    output: _Output,
    questions: Annotated[
        Path | None, typer.Option("--questions", help="The questions, for the evidence in each sample.")
    ] = None,
    task: Annotated[str, typer.Option(help="Name of the task in the logs.")] = "medspatial",
    cases: Annotated[
        Path | None,
        typer.Option("--cases", help="The cases, to show slices beside each question (with --questions)."),
    ] = None,
) -> None:
    """One inspect_ai log per model and arm; `inspect view --log-dir OUTPUT` shows them."""
    from medspatial.exchange.inspect_export import write_inspect_logs
    from medspatial.records import Question, Score, read_records

    if questions is None:
        refuse_idle({"--cases": cases}, "shows slices beside --questions, which is not given")
    asked = list(read_records(questions, Question)) if questions else []
    pictures = None
    if cases is not None:
        from medspatial.cases import find_cases
        from medspatial.exchange.pictures import question_pictures

        found = find_cases(cases)
        pictures, without = question_pictures(asked, found, found.root)
        tell(f"{case}: no slices: {why}" for case, why in without.items())
    files = sorted(scores.rglob("*.jsonl")) if scores.is_dir() else [scores]
    rows = (row for path in files for row in read_records(path, Score))
    for path in write_inspect_logs(output, rows, questions=asked, task=task, pictures=pictures):
        typer.echo(f"written: {path}")


@app.command("every-eval-ever")
def every_eval_ever_command(
    comparison: Annotated[Path, typer.Argument(help="comparison.json, as compare or a study writes it.")],
    output: _Output,
    dataset: Annotated[str, typer.Option(help="Name of the set of questions.")],
    organization: Annotated[str, typer.Option(help="Who ran the evaluation.")],
    url: Annotated[list[str] | None, typer.Option(help="Where the questions are; repeatable.")] = None,
    relationship: Annotated[
        str, typer.Option(help="Evaluator to model: first_party, third_party, collaborative, other.")
    ] = "third_party",
    scores: Annotated[
        Path | None, typer.Option(help="The compared scores, to write the single answers too.")
    ] = None,
) -> None:
    """One file per model in the schema of Every Eval Ever, intervals included; with --scores each answer."""
    from medspatial.compare import read_comparison, scores_from_reports
    from medspatial.exchange.every_eval_ever import write_every_eval_ever

    for path in write_every_eval_ever(
        output,
        read_comparison(comparison),
        dataset=dataset,
        organization=organization,
        urls=tuple(url or ()),
        relationship=relationship,
        scores=scores_from_reports(scores, "**/*.jsonl") if scores else None,
    ):
        typer.echo(f"written: {path}")


@app.command("croissant")
def croissant_command(
    folder: Annotated[Path, typer.Argument(help="A frozen set (`medspatial questions freeze`).")],
    url: Annotated[str, typer.Option(help="Where the set is or will be published.")],
) -> None:
    """Croissant metadata beside a frozen set."""
    from medspatial.exchange.croissant import write_croissant

    typer.echo(f"written: {write_croissant(folder, url=url)}")


@app.command("hf")
def hf_command(
    comparison: Annotated[Path, typer.Argument(help="comparison.json, as compare or a study writes it.")],
    output: _Output,
    dataset_id: Annotated[str, typer.Option(help="The set on the Hub, ORG/NAME.")],
    url: Annotated[str, typer.Option(help="Where the report is; the source of every result.")],
    task_id: Annotated[str, typer.Option(help="The task in the set's eval.yaml.")] = "test",
    revision: Annotated[str | None, typer.Option(help="Commit of the set.")] = None,
    run_on: Annotated[
        str | None, typer.Option("--date", help="Day of the evaluation, such as 2026-11-29.")
    ] = None,
) -> None:
    """Evaluation results for each model's repository on the Hub: MODEL/.eval_results/SET-TASK.yaml."""
    from medspatial.compare import read_comparison
    from medspatial.exchange.hub import write_hub_results

    for path in write_hub_results(
        output,
        read_comparison(comparison),
        dataset_id=dataset_id,
        task_id=task_id,
        url=url,
        revision=revision,
        run_on=run_on,
    ):
        typer.echo(f"written: {path}")


def import_command(
    source: Annotated[Path, typer.Argument(help="A file or folder of another harness' results.")],
    output: _Output,
    format: Annotated[
        str,
        typer.Option(
            "--format", "-f", help="auto, inspect, lm-eval, lmms-eval, vlmevalkit, deep-tumor, table."
        ),
    ] = "auto",
    field: Annotated[
        list[str] | None, typer.Option("--field", help="For tables, OURS=THEIRS; repeatable.")
    ] = None,
    patient: Annotated[
        str | None, typer.Option("--patient-field", help="The field that names the patient.")
    ] = None,
    model_name: Annotated[str | None, typer.Option(help="The model, where the file does not say it.")] = None,
    questions: Annotated[
        Path | None, typer.Option(help="For deep-tumor: its questions, as published or imported.")
    ] = None,
) -> None:
    """Read results of another harness: predictions/ to score, scores/ with its own verdicts to compare.

    Example: `medspatial import-results logs/ -o theirs --patient-field subject`, then
    `medspatial compare --scores-dir theirs/scores`
    """
    from medspatial.cli.options import read_names
    from medspatial.exchange import read_results
    from medspatial.exchange.names import files_of
    from medspatial.records import write_records

    names = read_names(field or [], "--field")
    asked = _questions(questions) if questions else ()
    found = read_results(source, format, fields=names, patient=patient, model=model_name, questions=asked)
    for kind, rows in (("predictions", found.predictions), ("scores", found.scores)):
        for model, place in files_of(output / kind, (row.model for row in rows), ".jsonl").items():
            mine = [row for row in rows if row.model == model]
            path = write_records(place, mine)
            typer.echo(f"written: {path} ({len(mine)} rows)")
    tell(f"{note} ({count} rows)" for note, count in found.notes.items())


def _questions(path: Path) -> list[Question]:
    """Questions of ours, or of the format that the file has."""
    from medspatial.datasets.formats import detect_format, import_questions

    return list(import_questions(path, detect_format(path)))
