from __future__ import annotations

import numpy as np
import pytest

from medspatial.compare import Bin, Confusion, Curve
from medspatial.report.charts import charts, panels
from medspatial.report.figures import ONE_COLUMN, TWO_COLUMNS


def test_panels_hold_the_comparisons_figures(study) -> None:
    comparison = study.comparison
    everything, *groups = panels(comparison)
    assert [panel.title for panel in groups] == ["Laterality", "Distance & proximity"]
    for estimate in everything.estimates:
        overall = comparison.result(estimate.model).overall
        assert (estimate.value, estimate.low, estimate.high) == (
            overall.accuracy, overall.interval.low, overall.interval.high,
        )  # fmt: skip
    for panel, name in zip(groups, comparison.categories, strict=True):
        for estimate in panel.estimates:
            assert estimate.value == comparison.result(estimate.model).by_category[name].accuracy
            assert estimate.chance == comparison.result(estimate.model).by_category[name].guess


def test_curves_and_confusions_are_drawn_from_the_reference_arm(study) -> None:
    overall = study.comparison.results[0].overall
    bins = (Bin(low=0, high=10, accuracy=overall), Bin(low=10, high=20, accuracy=overall))
    comparison = study.comparison.model_copy(
        update={
            "curves": (
                Curve(model="oracle", arm="standard", against="size", unit="ml", bins=bins),
                Curve(model="oracle", arm="blank", against="margin", bins=bins),
            ),
            "confusions": (
                Confusion(
                    model="oracle", arm="standard", kind="side", labels=("left", "right"),
                    columns=("left", "right", "other", "no answer"), counts=((3, 1, 0, 0), (0, 4, 0, 0)),
                ),
            ),
        }
    )  # fmt: skip
    made = {chart.name: chart for chart in charts(comparison, [])}
    assert list(made) == ["forest", "categories", "grounding", "arms", "curve_size", "sides_1"]
    (axes,) = made["curve_size"].draw(ONE_COLUMN).axes
    assert axes.get_xlabel() == "Volume (ml)"
    assert axes.lines[0].get_ydata().tolist() == pytest.approx([100 * overall.accuracy] * 2)
    (axes,) = made["sides_1"].draw(ONE_COLUMN).axes
    np.testing.assert_allclose(axes.collections[0].get_array()[0], [0.75, 0.25, 0, 0])


def test_every_chart_has_a_caption_and_both_widths(study) -> None:
    for chart in charts(study.comparison, study.questions):
        assert chart.caption.endswith(".")
        for width in (ONE_COLUMN, TWO_COLUMNS):
            assert chart.draw(width).get_figwidth() == width


def test_control_arms_are_drawn_with_their_figures(study) -> None:
    comparison = study.comparison
    made = {chart.name: chart for chart in charts(comparison, [])}
    (axes,) = made["grounding"].draw(ONE_COLUMN).axes
    assert len(axes.texts) == len(comparison.grounding)
    assert axes.get_xlim() == (-1, 1)
    panels = made["arms"].draw(TWO_COLUMNS).axes
    arms = list(dict.fromkeys(one.arm for one in comparison.contrasts))
    assert [axes.get_title() or axes.get_title(loc="left") for axes in panels] == (
        [arm.replace("_", " ") for arm in arms] if len(arms) > 1 else [""]
    )
