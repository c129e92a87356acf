"""What is drawn: every figure of a chart is a figure of the comparison, and what is missing is not drawn."""

from __future__ import annotations

import pytest

from medspatial.compare import Bin, Confusion, Curve, compare
from medspatial.compare.curve_result import IdealBin, IdealCurve
from medspatial.report.charts import charts, panels
from medspatial.report.figures import ONE_COLUMN, TWO_COLUMNS, question_distribution
from medspatial.report.figures.forest import Estimate, Panel, forest
from medspatial.report.formatting import percent
from medspatial.report.tables import comparison_tables


def drawn(comparison, name, width=TWO_COLUMNS, questions=()):
    return {chart.name: chart for chart in charts(comparison, questions)}[name].draw(width)


def marks(axes):
    """Places of the marks of models, from top to bottom."""
    found = [line for line in axes.lines if line.get_marker() not in ("None", "", None, " ")]
    return [float(line.get_xdata()[0]) for line in found if len(line.get_xdata()) == 1]


def test_the_forest_draws_value_and_interval_of_each_model(study):
    comparison = study.comparison
    (axes,) = drawn(comparison, "forest").axes
    overall = [comparison.result(model).overall for model in comparison.models]
    assert sorted(marks(axes)) == pytest.approx(sorted(100 * one.accuracy for one in overall))
    bars = sorted(
        (min(line.get_xdata()), max(line.get_xdata()))
        for line in axes.lines
        if len(line.get_xdata()) == 2 and line.get_ydata()[0] == line.get_ydata()[1]
    )
    ends = sorted((100 * one.interval.low, 100 * one.interval.high) for one in overall)
    assert bars == [pytest.approx(pair) for pair in ends]
    assert axes.get_xlim() == (0, 100)


def test_the_forest_names_models_in_the_order_of_the_comparison(study):
    comparison = study.comparison
    (axes,) = drawn(comparison, "forest").axes
    ticks = sorted(zip(axes.get_yticks(), axes.get_yticklabels(), strict=True), key=lambda one: one[0])
    rows = [label.get_text() for _, label in ticks]
    first = rows if axes.yaxis_inverted() else rows[::-1]
    assert first[0].replace("\\", "").startswith("oracle")
    assert len(first) == len(comparison.models)


def test_the_forest_writes_the_figures_beside_the_marks(study):
    comparison = study.comparison
    words = " ".join(text.get_text() for text in drawn(comparison, "forest").axes[0].texts)
    for model in comparison.models:
        overall = comparison.result(model).overall
        assert percent(overall.accuracy) in words
        assert percent(overall.interval.low) in words


def test_an_estimate_that_is_not_defined_is_not_drawn_as_zero():
    figure = forest(Panel("All", (Estimate("a", 0.5, 0.4, 0.6), Estimate("b", None))), ONE_COLUMN)
    (axes,) = figure.axes
    assert marks(axes) == [50]
    assert len(axes.get_yticklabels()) == 2


def test_panels_of_categories_share_one_axis(study):
    figure = drawn(study.comparison, "categories")
    titles = [axes.get_title() or axes.get_title(loc="left") for axes in figure.axes]
    assert [title.replace("\n", " ") for title in titles if title] == [
        one.title for one in panels(study.comparison)
    ]
    assert {axes.get_xlim() for axes in figure.axes} == {(0, 100)}


def curves(study, *, ideals=()):
    """Accuracy of both models against size, in two bins with different figures."""
    first, second = (study.comparison.result(model).overall for model in study.comparison.models)
    bins = (Bin(low=0, high=10, accuracy=first), Bin(low=10, high=40, accuracy=second))
    made = tuple(
        Curve(model=model, arm="standard", against="size", unit="ml", bins=bins)
        for model in reversed(study.comparison.models)
    )
    return study.comparison.model_copy(update={"curves": made, "ideals": ideals})


def test_curves_are_drawn_at_the_comparisons_figures_in_the_order_of_models(study):
    comparison = curves(study)
    (axes,) = drawn(comparison, "curve_size").axes
    lines = [
        line for line in axes.lines if len(line.get_xdata()) == 2 and line.get_label() in comparison.models
    ]
    assert [line.get_label() for line in lines] == list(comparison.models)
    wanted = [100 * part.accuracy.accuracy for part in comparison.curves[0].bins]
    for line in lines:
        assert line.get_ydata().tolist() == pytest.approx(wanted)


def test_an_ideal_observer_stands_beside_curves_of_the_same_bins_only(study):
    def ideal(name, against, count):
        bins = tuple(IdealBin(low=10 * n, high=10 * n + 10, n=5, right=0.9) for n in range(count))
        return IdealCurve(input=name, against=against, unit="ml", bins=bins)

    comparison = curves(
        study, ideals=(ideal("slices", "size", 2), ideal("whole", "size", 3), ideal("other", "margin", 2))
    )
    chart = {one.name: one for one in charts(comparison, [])}["curve_size"]
    assert chart.caption.endswith("Dashed: who sees all that an input holds and guesses in the rest.")
    figure = chart.draw(TWO_COLUMNS)
    names = {line.get_label() for axes in figure.axes for line in axes.lines}
    assert "input: slices" in names
    assert not {"input: whole", "input: other"} & names
    assert "Dashed" not in {one.name: one for one in charts(curves(study), [])}["curve_size"].caption


def test_confusions_of_sides_are_one_chart_per_model_of_the_reference_arm(study):
    def of(model, arm, kind="side"):
        return Confusion(
            model=model, arm=arm, kind=kind, labels=("left", "right"),
            columns=("left", "right", "other", "no answer"), counts=((3, 1, 0, 0), (0, 2, 0, 2)),
        )  # fmt: skip

    found = (of("oracle", "standard"), of("x", "blank"), of("x", "standard", "level"), of("y", "standard"))
    made = [
        chart
        for chart in charts(study.comparison.model_copy(update={"confusions": found}), [])
        if chart.name.startswith("sides_")
    ]
    assert [chart.name for chart in made] == ["sides_1", "sides_2"]
    assert [chart.caption.partition(":")[0] for chart in made] == ["oracle", "y"]
    (axes,) = made[0].draw(ONE_COLUMN).axes
    assert axes.collections[0].get_array().tolist() == [[0.75, 0.25, 0, 0], [0, 0.5, 0, 0.5]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["left", "right"]


def test_the_question_set_is_drawn_with_its_counts(study):
    figure = drawn(study.comparison, "questions", questions=study.questions)
    widths = sorted({round(bar.get_width(), 6) for axes in figure.axes for bar in axes.patches})
    assert {12, 13} <= set(widths)
    counted = question_distribution(
        {"a": 3, "b": 7}, {"a": [("yes", 3)], "b": [("left", 4), ("right", 3)]}, TWO_COLUMNS
    )
    bars = [bar.get_width() for bar in counted.axes[0].patches]
    assert sorted(bars) == [3, 7]
    shares = [bar.get_width() for bar in counted.axes[1].patches]
    assert sorted(shares) == pytest.approx(sorted([100, 400 / 7, 300 / 7]))


@pytest.fixture(scope="module")
def unscored(study):
    """One model, none of whose answers has a verdict."""
    rows = [
        one.model_copy(update={"status": "unscored", "correct": None, "score": None, "reason": "no reader"})
        for one in study.scores
        if one.model == "oracle" and one.arm == "standard"
    ]
    return compare(rows, questions=study.questions, resamples=50)


def test_a_comparison_without_any_verdict_is_told_and_drawn(unscored, study):
    tables = {table.name: table for table in comparison_tables(unscored, study.questions)}
    titles = [column.title for column in tables["accuracy"].columns]
    cells = dict(zip(titles, (cell.main for cell in tables["accuracy"].rows[0]), strict=True))
    assert cells["No verdict"] == "25"
    assert cells["Failed predictions"] == "0"
    for chart in charts(unscored, study.questions):
        assert chart.draw(ONE_COLUMN).axes


def test_one_model_alone_has_a_forest_and_no_controls(study):
    rows = [one for one in study.scores if one.model == "oracle" and one.arm == "standard"]
    alone = compare(rows, resamples=50)
    assert [chart.name for chart in charts(alone, [])] == ["forest", "categories"]
    (axes,) = drawn(alone, "forest").axes
    assert marks(axes) == [100]
