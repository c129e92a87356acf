"""The figures of a comparison's details: their data, not their pixels."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from medspatial.report.figures import (
    ONE_COLUMN,
    TWO_COLUMNS,
    CurvePoint,
    Estimate,
    Panel,
    accuracy_curves,
    answer_lengths,
    category_dots,
    category_radar,
    confusion,
    correctness_map,
    disagreement,
    inline_svg,
    judge_agreement,
)

MODELS = ["oracle", "a $1 model with a very long name indeed", "random"]
PANELS = [
    Panel(
        title,
        tuple(Estimate(m, value, value / 2, value, 0.25) for m, value in zip(MODELS, values, strict=True)),
    )
    for title, values in (
        ("Laterality", (1, 0.5, 0.2)),
        ("Volume & size", (0.9, 0.4, 0.3)),
        ("All", (0.8, 0.6, 0.1)),
    )
]
MATRIX = np.array([[1, 1, 0], [1, 0, 0], [1, np.nan, 1], [1, 1, 0]], dtype=float)
POINTS = [CurvePoint(5, 10, 0.4, (0.3, 0.5)), CurvePoint(10, 20, None), CurvePoint(20, 1499.5, 0.8)]


def words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_radar_closes_each_polygon() -> None:
    (axes,) = category_radar(PANELS).axes
    first = axes.lines[0]
    assert first.get_ydata().tolist() == [100, 90, 80, 100]
    assert len(axes.lines) == len(MODELS)
    with pytest.raises(ValueError, match="at least 3 categories, got 2"):
        category_radar(PANELS[:2])


def test_dots_show_every_value_interval_and_chance() -> None:
    (axes,) = category_dots(PANELS).axes
    drawn = [tuple(line.get_xdata()) for line in axes.lines]
    for panel in PANELS:
        for one in panel.estimates:
            assert (100 * one.value,) in drawn
            assert (100 * one.low, 100 * one.high) in drawn
    assert drawn.count((25.0, 25.0)) == len(PANELS)


def test_dots_keep_a_model_without_figures_in_the_legend() -> None:
    empty = [Panel(panel.title, (*panel.estimates[:2], Estimate("silent", None))) for panel in PANELS]
    assert "silent" in words(category_dots(empty))


def test_disagreement_by_hand() -> None:
    found = disagreement(MATRIX)
    assert found[0].tolist() == pytest.approx([0, 1 / 3, 3 / 4])
    np.testing.assert_allclose(found, found.T)
    apart = np.array([[1, np.nan], [np.nan, 0]])
    assert disagreement(apart)[0, 1] == 1


def test_correctness_map_shows_all_verdicts_with_the_likest_models_together() -> None:
    _, axes = correctness_map(MATRIX, MODELS).axes
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert shown.shape == (3, 4)
    assert np.nansum(shown) == np.nansum(MATRIX)
    assert np.isnan(shown).sum() == 1
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert (
        abs(names.index("oracle") - names.index(next(name for name in names if name.startswith("a $1")))) == 1
    )


def test_correctness_map_of_many_questions_counts_each() -> None:
    values = (np.arange(5000)[:, None] % np.array([2, 3, 5]) == 0).astype(float)
    _, axes = correctness_map(values, MODELS).axes
    shown = np.asarray(axes.images[0].get_array())
    assert shown.shape == (3, 2000)
    assert shown.mean() == pytest.approx(values.mean(), abs=0.02)


def test_correctness_map_of_one_model() -> None:
    assert "oracle" in words(correctness_map(MATRIX[:, :1], ["oracle"]))


def test_correctness_map_refuses_the_wrong_shape() -> None:
    with pytest.raises(ValueError, match=r"needs \(questions, 2 models\), got shape \(4, 3\)"):
        correctness_map(MATRIX, MODELS[:2])


def test_answer_lengths_mark_the_median() -> None:
    figure = answer_lengths({"reference": [1, 2, 3, 4, 100], "silent": [], "empty": [0, 0]})
    (axes,) = figure.axes
    assert {line.get_xdata()[0] for line in axes.lines if line.get_ls() == "None"} == {3.0, 0.5}
    assert {"reference", "silent", "empty", "3"} <= set(words(figure))


def test_confusion_writes_counts_and_colours_by_row() -> None:
    counts = np.array([[8, 2, 0], [0, 0, 0]])
    figure = confusion(counts, ["left", "right"], ["left", "right", "no answer"])
    (axes,) = figure.axes
    np.testing.assert_allclose(axes.collections[0].get_array(), [[0.8, 0.2, 0], [0, 0, 0]])
    assert "<image" not in inline_svg(figure, "c", "sides")
    assert [text.get_text() for text in axes.texts] == ["8", "2"]
    with pytest.raises(ValueError, match=r"needs shape \(1, 3\)"):
        confusion(counts, ["left"], ["a", "b", "c"])


def test_judges_without_common_answers_stay_blank() -> None:
    figure = judge_agreement(np.array([[1, np.nan], [np.nan, 1]]), ["one", "two"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["1.00", "1.00"]
    with pytest.raises(ValueError, match="needs shape"):
        judge_agreement(np.eye(3), ["one"])


def test_curves_leave_gaps_and_name_the_bins() -> None:
    figure = accuracy_curves({"m": POINTS}, "Margin (mm)", chance=0.25)
    (axes,) = figure.axes
    values = axes.lines[0].get_ydata()
    assert values[0] == pytest.approx(40)
    assert np.isnan(values[1])
    assert {"5–10", "10–20", "20–1,500", "Margin (mm)"} <= set(words(figure))
    assert [25.0, 25.0] in [list(line.get_ydata()) for line in axes.lines]


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_all_are_of_the_papers_width_and_legible(width: float) -> None:
    figures = [
        category_radar(PANELS, width),
        category_dots(PANELS, width),
        correctness_map(MATRIX, MODELS, width),
        answer_lengths({"reference": [1, 2, 3], MODELS[1]: [4, 50, 600]}, width),
        confusion(np.eye(2, dtype=int), ["left", "right"], ["left", "right"], width),
        judge_agreement(np.eye(2), ["one", "two"], width),
        accuracy_curves(dict.fromkeys(MODELS, POINTS), "Size (ml)", width=width),
    ]
    for figure in figures:
        assert figure.get_figwidth() == width
        for text in figure.findobj(Text):
            if text.get_text().strip() and text.get_visible():
                assert text.get_fontsize() >= 7, text.get_text()
