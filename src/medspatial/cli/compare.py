"""``medspatial compare``: scores of several models against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def compare_command(
    scores_dir: Annotated[Path, typer.Option("--scores-dir", "--reports-dir", help="Folder of score files.")],
    pattern: Annotated[str, typer.Option(help="Which files in it.")] = "**/*.jsonl",
    questions: Annotated[
        Path | None, typer.Option(help="All questions asked, so that those nobody answered count as missing.")
    ] = None,
    metric: Annotated[str | None, typer.Option(help="Which metric, where the files hold several.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Correctness matrix (CSV).")] = Path(
        "correctness_matrix.csv"
    ),
    summary: Annotated[Path | None, typer.Option(help="Also write the whole comparison as JSON.")] = None,
    confidence: Annotated[float, typer.Option(min=0.5, max=0.9999)] = 0.95,
    resamples: Annotated[int, typer.Option(min=1)] = 10_000,
    seed: Annotated[int, typer.Option()] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Compare models: accuracy with intervals by patient, paired tests, the correctness matrix.

    Example: `medspatial compare --scores-dir scores/structured --questions questions.jsonl`
    """
    from medspatial.cli.rows import load_rows
    from medspatial.cli.show import report_table
    from medspatial.compare import CorrectnessMatrix, compare, scores_from_reports
    from medspatial.records import Question
    from medspatial.report.tables import accuracy_table, pairs_table

    scores = scores_from_reports(scores_dir, pattern, metric=metric)
    asked = load_rows(questions, Question) if questions else None
    found = compare(
        scores, questions=asked, metric=metric, confidence=confidence, resamples=resamples, seed=seed
    )
    CorrectnessMatrix.from_scores(scores, questions=asked, metric=found.metric).write(output)
    text = json.dumps(found.model_dump(mode="json"), indent=1)
    if summary:
        summary.write_text(text + "\n", encoding="utf-8")
    if as_json:
        typer.echo(text)
    else:
        report_table(accuracy_table(found))
        if found.pairs:
            typer.echo()
            report_table(pairs_table(found))
    typer.echo(f"Correctness matrix: {output}", err=True)
