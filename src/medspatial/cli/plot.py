"""``medspatial plot``: single figures from files, for papers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from medspatial.report.plots import Draw

app = typer.Typer(
    no_args_is_help=True, help="Draw a figure from files: accuracy, categories, matrix, judges, lengths."
)

_Comparison = Annotated[
    Path, typer.Argument(help="comparison.json, as `medspatial compare --summary` or a study writes it.")
]
_Output = Annotated[
    Path, typer.Option("--output", "-o", help="File; its ending is the format: svg, png, pdf.")
]
_Width = Annotated[
    float, typer.Option(min=2.0, max=20.0, help="Inches: 3.5 for one column of a paper, 7 for two.")
]


@app.command("answer-lengths")
def answer_lengths_command(
    dataset_json: Annotated[Path, typer.Option("--dataset-json", help="Questions with reference answers.")],
    predictions_dir: Annotated[Path, typer.Option("--predictions-dir", help="Folder of prediction files.")],
    pred_glob: Annotated[str, typer.Option("--pred-glob", help="Which files in it.")] = "*.jsonl",
    output: _Output = Path("answer_lengths.png"),
    width: _Width = 3.5,
) -> None:
    """Words per answer: the references beside every model.

    Example: `medspatial plot answer-lengths --dataset-json questions.jsonl --predictions-dir predictions`
    """
    from functools import partial

    from medspatial.predict import VOLUMES_ENDING
    from medspatial.report.answers import answer_words
    from medspatial.report.figures import answer_lengths

    found = answer_words(dataset_json, predictions_dir, pred_glob, aside=(VOLUMES_ENDING,))
    for model, number in found.failed.items():
        typer.echo(f"{model}: {number} failed rows left out", err=True)
    for model, number in found.foreign.items():
        typer.echo(f"{model}: {number} rows are about no question of {dataset_json}, left out", err=True)
    _save(partial(answer_lengths, found.by_group), output, width)


@app.command("forest")
def forest_command(
    comparison: _Comparison, output: _Output = Path("forest.png"), width: _Width = 3.5
) -> None:
    """Accuracy of every model with its interval."""
    from medspatial.compare import read_comparison
    from medspatial.report.plots import draw_forest

    _save(draw_forest(read_comparison(comparison)), output, width)


@app.command("categories")
def categories_command(
    comparison: _Comparison,
    kind: Annotated[str, typer.Option(help="panels, dots or radar.")] = "dots",
    output: _Output = Path("categories.png"),
    width: _Width = 3.5,
) -> None:
    """Accuracy per category: panels, dots with intervals, or the radar chart."""
    from medspatial.compare import read_comparison
    from medspatial.report.plots import draw_categories

    _save(draw_categories(read_comparison(comparison), kind), output, width)


@app.command("radar")
def radar_command(comparison: _Comparison, output: _Output = Path("radar.png"), width: _Width = 3.5) -> None:
    """Accuracy per category as a radar chart (`dots` shows the same with intervals)."""
    categories_command(comparison, "radar", output, width)


@app.command("dots")
def dots_command(comparison: _Comparison, output: _Output = Path("dots.png"), width: _Width = 3.5) -> None:
    """Accuracy per category as points with intervals on one scale."""
    categories_command(comparison, "dots", output, width)


@app.command("matrix")
def matrix_command(
    matrix: Annotated[Path, typer.Argument(help="Correctness matrix (CSV, plain or gzip).")],
    output: _Output = Path("matrix.png"),
    width: _Width = 7.0,
) -> None:
    """Questions by models, with a dendrogram of the models."""
    from medspatial.compare import CorrectnessMatrix
    from medspatial.report.plots import draw_matrix

    _save(draw_matrix(CorrectnessMatrix.read(matrix)), output, width)


@app.command("agreement")
def agreement_command(
    matrix: Annotated[
        Path | None, typer.Argument(help="CSV of questions by judges, 0 or 1; instead of --reports-dir.")
    ] = None,
    reports_dir: Annotated[
        Path | None, typer.Option("--reports-dir", help="Folder of judgment files.")
    ] = None,
    pattern: Annotated[
        str | None,
        typer.Option(help="Which files in it; * is the judge. Default: *.json*.", show_default=False),
    ] = None,
    output: _Output = Path("agreement.png"),
    width: _Width = 3.5,
) -> None:
    """Agreement of judges: Cohen's kappa of each two."""
    from medspatial.cli.options import refuse_idle
    from medspatial.compare import CorrectnessMatrix, matrix_from_reports
    from medspatial.errors import InputError
    from medspatial.report.plots import draw_agreement

    if (matrix is None) == (reports_dir is None):
        raise InputError("name either a matrix (CSV) or --reports-dir")
    if matrix:
        refuse_idle({"--pattern": pattern}, "is for --reports-dir")
        found = CorrectnessMatrix.read(matrix)
    else:
        found = matrix_from_reports(str(reports_dir), pattern or "*.json*")
    _save(draw_agreement(found), output, width)


@app.command("confusion")
def confusion_command(
    comparison: _Comparison,
    kind: Annotated[str, typer.Option(help="side, structure or level.")] = "side",
    model: Annotated[str | None, typer.Option(help="Which model; the first without it.")] = None,
    output: _Output = Path("confusion.png"),
    width: _Width = 3.5,
) -> None:
    """Reference answers against given answers."""
    from medspatial.compare import read_comparison
    from medspatial.report.plots import draw_confusion

    _save(draw_confusion(read_comparison(comparison), kind, model), output, width)


@app.command("curve")
def curve_command(
    comparison: _Comparison,
    against: Annotated[str, typer.Option(help="margin, size or visible.")] = "margin",
    output: _Output = Path("curve.png"),
    width: _Width = 3.5,
) -> None:
    """Accuracy against how clear a question is, how large its structure, or how much of it is visible."""
    from medspatial.compare import read_comparison
    from medspatial.report.plots import draw_chart

    _save(draw_chart(read_comparison(comparison), f"curve_{against}"), output, width)


@app.command("controls")
def controls_command(
    comparison: _Comparison,
    kind: Annotated[str, typer.Option(help="grounding or arms.")] = "grounding",
    output: _Output = Path("controls.png"),
    width: _Width = 3.5,
) -> None:
    """Control arms: visual grounding of each model, or the gain over each arm."""
    from medspatial.compare import read_comparison
    from medspatial.report.plots import draw_chart

    _save(draw_chart(read_comparison(comparison), kind), output, width)


def _save(draw: Draw, output: Path, width: float) -> None:
    from medspatial.report.plots import save

    typer.echo(f"Figure: {save(draw, output, width)}")
