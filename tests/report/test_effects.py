"""Effects around zero: what is drawn, and what is refused."""

from __future__ import annotations

import pytest
from matplotlib.colors import to_hex

from medspatial.report.figures import ONE_COLUMN, TWO_COLUMNS, Effect, EffectPanel, effects
from medspatial.report.palette import BLUE, VERMILLION

ROWS = (
    Effect("seer", 0.9, 0.8, 1.0, firm=True),
    Effect("guesser", 0.02, -0.1, 0.14),
    Effect("mirrored reader", -0.8, -0.9, -0.7, firm=True),
    Effect("no interval", 0.0),
)


@pytest.mark.parametrize("width", [ONE_COLUMN, TWO_COLUMNS])
def test_every_effect_has_mark_interval_and_words(width: float) -> None:
    figure = effects([EffectPanel("", ROWS)], "Visual grounding", (-1, 1), width)
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_marker() in {"o", "s"}]
    assert [float(mark.get_xdata()[0]) for mark in marks] == [0.9, 0.02, -0.8, 0.0]
    assert [to_hex(mark.get_markeredgecolor()).upper() for mark in marks] == [BLUE, BLUE, VERMILLION, BLUE]
    hollow = [mark.get_markerfacecolor() != mark.get_markeredgecolor() for mark in marks]
    assert hollow == [False, True, False, True]
    assert [mark.get_marker() for mark in marks][2] == "s", "the sign does not rest on colour alone"
    assert [text.get_text() for text in axes.texts][1] == "0.02 (−0.10 to 0.14)"
    assert [label.get_text() for label in axes.get_yticklabels()] == [one.name for one in ROWS]


def test_words_lie_inside_the_figure() -> None:
    figure = effects([EffectPanel("a", ROWS), EffectPanel("b", ROWS[:1])], "Gain", (-100, 100))
    box = figure.bbox
    for axes in figure.axes:
        for text in axes.texts:
            found = text.get_window_extent()
            assert box.x0 <= found.x0
            assert found.x1 <= box.x1 + 1


@pytest.mark.parametrize("panels", [[], [EffectPanel("a", ())]])
def test_nothing_to_draw_is_refused(panels: list[EffectPanel]) -> None:
    with pytest.raises(ValueError, match="at least one panel"):
        effects(panels, "Gain", (-1, 1))
