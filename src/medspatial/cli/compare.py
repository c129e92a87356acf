"""``medspatial compare``: scores of several models against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.options import ModelNames


def compare_command(
    scores_dir: Annotated[Path, typer.Option("--scores-dir", "--reports-dir", help="Folder of score files.")],
    pattern: Annotated[str, typer.Option(help="Which files in it.")] = "**/*.jsonl",
    questions: Annotated[
        Path | None, typer.Option(help="All questions asked, so that those nobody answered count as missing.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Which metric, where the files hold several.")] = None,
    names: ModelNames = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Correctness matrix (CSV).")] = Path(
        "correctness_matrix.csv"
    ),
    summary: Annotated[Path | None, typer.Option(help="Also write the whole comparison as JSON.")] = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.9999, help="Of the intervals.")] = 0.95,
    resamples: Annotated[int, typer.Option(min=1, help="Draws of patients for the bootstrap.")] = 10_000,
    seed: Annotated[int, typer.Option(help="Of these draws.")] = 0,
    sights: Annotated[
        Path | None,
        typer.Option(help="What inputs hold of the questions, as `medspatial acuity --questions` writes it."),
    ] = None,
    grounded: Annotated[
        bool,
        typer.Option(
            "--only-grounded",
            help="Leave out questions that every model answers rightly with and without the evidence.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Compare models: accuracy with intervals by patient, paired tests, the correctness matrix.

    Example: `medspatial compare --scores-dir scores/structured --questions questions.jsonl`
    """
    from medspatial.cli.rows import load_rows
    from medspatial.cli.show import report_table
    from medspatial.compare import CorrectnessMatrix, compare, only_grounded, scores_from_reports
    from medspatial.compare.item_rows import questions_of_file
    from medspatial.compare.names import read_model_names, with_names
    from medspatial.files import write_text
    from medspatial.records import Sight
    from medspatial.report.tables import (
        abstention_table,
        accuracy_table,
        causes_table,
        epochs_table,
        inputs_table,
        pairs_table,
    )

    scores = scores_from_reports(scores_dir, pattern, metric=metric)
    scores = with_names(scores, read_model_names(names or []))
    asked = questions_of_file(questions) if questions else None
    if grounded:
        scores, asked, left_out = only_grounded(scores, asked, metric=metric)
        typer.echo(
            f"Left out, right without the evidence for every model: {len(left_out)} questions", err=True
        )
    found = compare(
        scores,
        questions=asked,
        metric=metric,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        sights=load_rows(sights, Sight) if sights else (),
    )
    CorrectnessMatrix.from_scores(scores, questions=asked, metric=found.metric).write(output)
    text = json.dumps(found.model_dump(mode="json"), indent=1)
    if summary:
        write_text(summary, text + "\n")
    if as_json:
        typer.echo(text)
    else:
        report_table(accuracy_table(found))
        if found.pairs:
            typer.echo()
            report_table(pairs_table(found))
        for table in (
            causes_table(found),
            abstention_table(found),
            inputs_table(found),
            epochs_table(found),
        ):
            if table.rows:
                typer.echo()
                report_table(table)
    typer.echo(f"Correctness matrix: {output}", err=True)
