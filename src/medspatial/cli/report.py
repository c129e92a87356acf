"""``medspatial report``: tables, figures and the page from files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.options import CASES_HELP, ModelNames


def report_command(
    questions: Annotated[Path, typer.Option(help="Questions (.jsonl or .csv).")],
    scores_dir: Annotated[Path, typer.Option("--scores-dir", "--reports-dir", help="Folder of score files.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the report.")] = Path("report"),
    cases: Annotated[str | None, typer.Option(help=f"For pictures. {CASES_HELP}")] = None,
    pattern: Annotated[str, typer.Option(help="Which score files.")] = "**/*.jsonl",
    metric: Annotated[str | None, typer.Option(help="Which metric, where the files hold several.")] = None,
    names: ModelNames = None,
    title: Annotated[str, typer.Option(help="Of the page.")] = "Spatial questions on CT",
    max_pictures: Annotated[int, typer.Option(min=0, help="Questions that get pictures.")] = 300,
    figures: Annotated[
        str, typer.Option(help="Formats for papers: svg, png, pdf; none: no figure is drawn.")
    ] = "svg,png",
    resamples: Annotated[int, typer.Option(min=1, help="Draws of patients for the bootstrap.")] = 10_000,
) -> None:
    """Write the static page, with the tables as Markdown, CSV, LaTeX and JSON.

    Example: `medspatial report --questions questions.jsonl --scores-dir scores/structured --cases data`
    """
    from medspatial.compare import compare, scores_from_reports
    from medspatial.compare.item_rows import questions_of_file
    from medspatial.compare.names import read_model_names, with_names
    from medspatial.questions import subtypes
    from medspatial.report import write_report
    from medspatial.study import case_loader
    from medspatial.study.table_source import source_line

    asked = questions_of_file(questions)
    scores = scores_from_reports(scores_dir, pattern, metric=metric)
    scores = with_names(scores, read_model_names(names or []))
    found = compare(scores, questions=asked, metric=metric, resamples=resamples)
    page = write_report(
        output,
        title=title,
        questions=asked,
        predictions=(),
        scores=scores.only(scores.metrics.among({found.metric})),
        comparison=found,
        load=case_loader(cases).data if cases else None,
        subtypes={one.id: one.title for one in subtypes()},
        source=source_line(asked.whole, ("scores", scores.judgements())),
        max_pictures=max_pictures,
        figure_formats=() if figures == "none" else [one.strip() for one in figures.split(",")],
    )
    typer.echo(f"Report: {page.resolve().as_uri()}")
