from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from medspatial.errors import InputError
from medspatial.report.figures import (
    ONE_COLUMN,
    TWO_COLUMNS,
    Estimate,
    Panel,
    category_panels,
    forest,
    inline_svg,
    question_distribution,
    save_figure,
)
from medspatial.report.figures.forest import short_name
from medspatial.report.palette import MODEL_COLOURS, model_style, structure_colour

PANEL = Panel(
    "All",
    (
        Estimate("oracle", 1.0, 0.9, 1.0, 0.25),
        Estimate("m$1_&<b>", 0.5, 0.4, 0.62, 0.25),
        Estimate("nothing asked", None),
    ),
)
COUNTS = {"L5": 10, "D2": 12}
ANSWERS = {"L5": [("yes", 5), ("no", 5)], "D2": [(f"{n} mm", 1) for n in range(12)]}


def drawn(width: float) -> dict[str, Figure]:
    return {
        "forest": forest(PANEL, width),
        "categories": category_panels([PANEL, Panel("Multi-organ comparison", PANEL.estimates)] * 3, width),
        "questions": question_distribution(COUNTS, ANSWERS, width),
    }


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]


def test_forest_draws_each_interval_and_the_chance_level() -> None:
    (axes,) = forest(PANEL).axes
    lines = {tuple(map(float, line.get_xdata())) for line in axes.lines}
    assert {(90.0, 100.0), (40.0, 62.0), (100.0,), (50.0,), (25.0, 25.0)} <= lines
    assert axes.get_ylim()[0] > axes.get_ylim()[1]  # the first model is on top


def test_forest_names_every_model_and_says_the_figures() -> None:
    words = [text.get_text() for text in texts(forest(PANEL))]
    assert "oracle" in words
    assert "50.0 (40.0–62.0)" in words
    assert "–" in words  # the model without questions has no figure, not a zero


def test_category_panels_hold_one_axes_per_group() -> None:
    figure = category_panels([PANEL] * 6, TWO_COLUMNS)
    assert sum(axes.get_visible() for axes in figure.axes) == 6
    assert figure.axes[0].get_yticklabels()[0].get_text() == "oracle"
    assert category_panels([PANEL] * 3, ONE_COLUMN).axes[3].get_visible() is False


def test_question_distribution_bars_are_the_counts() -> None:
    left, right = question_distribution(COUNTS, ANSWERS).axes
    assert [bar.get_width() for bar in left.patches] == [10, 12]
    rows = {
        row: sum(bar.get_width() for bar in right.patches if round(bar.get_y() + 0.35) == row)
        for row in (0, 1)
    }
    assert rows == pytest.approx({0: 100, 1: 100})
    assert "7 others" in [text.get_text() for text in right.texts]


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
@pytest.mark.parametrize("name", ["forest", "categories", "questions"])
def test_text_is_legible_and_inside_the_figure(width: float, name: str) -> None:
    figure = drawn(width)[name]
    assert figure.get_figwidth() == width
    for text in texts(figure):
        assert text.get_fontsize() >= 7
        box = text.get_window_extent()
        if text.get_text().strip() and text.axes is not None and text in text.axes.texts:
            assert box.x1 <= figure.bbox.x1 + 1, text.get_text()


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_panel_titles_do_not_run_into_each_other(width: float) -> None:
    figure = drawn(width)["categories"]
    boxes = [axes.title.get_window_extent() if axes.title.get_text() else axes._left_title.get_window_extent()
             for axes in figure.axes if axes.get_visible()]  # fmt: skip
    assert not any(a.overlaps(b) for place, a in enumerate(boxes) for b in boxes[:place])


def test_saved_figures_are_the_same_every_time(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        save_figure(forest(PANEL), tmp_path / folder / "f", ["svg", "png", "pdf"])
    for kind in ("svg", "png", "pdf"):
        first, second = ((tmp_path / folder / f"f.{kind}").read_bytes() for folder in ("one", "two"))
        assert first == second
        assert len(first) > 1000


def test_unknown_figure_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be one of svg, png, pdf; got 'gif'"):
        save_figure(forest(PANEL), tmp_path / "f", ["gif"])


def test_inline_svg_is_well_formed_escaped_and_takes_the_pages_colours() -> None:
    svg = inline_svg(forest(PANEL), "f1", 'Accuracy <b>"all"</b>')
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'Accuracy <b>"all"</b>'
    assert "var(--ink)" in svg
    assert "<b>" not in svg
    assert "<metadata" not in svg
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert all(one.startswith("f1-") for one in ids)


def test_long_names_keep_both_ends() -> None:
    assert short_name("short") == "short"
    name = short_name("A-very-long-model-name-with-its-size-70B-instruct")
    assert len(name) <= 22
    assert name.startswith("A-very")
    assert name.endswith("B-instruct")


def test_no_two_models_look_alike() -> None:
    assert len({model_style(place) for place in range(24)}) == 24
    assert len({structure_colour(place) for place in range(6)}) == 6
    assert len(set(MODEL_COLOURS)) == 6


def test_long_titles_of_categories_break_no_word_and_make_more_rows() -> None:
    titles = ("Longitudinal (Vertical) Position", "Medial-Lateral Orientation (Centricity)")
    panels = [PANEL, *(Panel(title, PANEL.estimates) for title in titles * 4)]
    for width, most in ((TWO_COLUMNS, 6), (ONE_COLUMN, 2)):
        axes = category_panels(panels, width).axes
        shown = [one.get_title(loc="left") or one.get_title() for one in axes if one.get_visible()]
        assert [" ".join(title.split()) for title in shown] == [panel.title for panel in panels]
        assert max(title.count("\n") for title in shown) <= 2
        assert 1 < len({round(one.get_position().x0, 2) for one in axes}) <= most
