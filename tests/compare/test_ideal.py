"""The ideal observer of inputs beside the models: losses, curves, contrast."""

from __future__ import annotations

import pytest

from medspatial.compare import compare
from medspatial.errors import InputError
from medspatial.records import Sight
from medspatial.report.charts import charts
from medspatial.report.tables import inputs_table


def sight(number: int, name: str = "m", **more: float) -> Sight:
    facts = {"d": 20.0, "seen": 1.0, "contrast": 10.0 * (number + 1), **more}
    return Sight(id=f"q{number}", input=name, structure="nodule#1", **facts)


@pytest.fixture
def scores(make_scores):
    return make_scores({"m": [1, 0, 1, 0], "k": [1, 1, 1, 1]}, options=("left", "right"), category="volume")


def test_lost_questions_are_counted_and_guessed_by_the_ideal_observer(scores) -> None:
    found = compare(scores, resamples=50, sights=[sight(0, d=0.0, seen=0.0), sight(1, seen=0.5), sight(2)])
    overall, volume = found.inputs
    assert (overall.input, overall.category, overall.n, overall.lost) == ("m", None, 3, 1)
    assert overall.right == pytest.approx((0.5 + 0.75 + 1.0) / 3)
    assert (volume.category, volume.right) == ("volume", overall.right)
    assert [cell.text for cell in inputs_table(found).rows[0]] == ["m", "All", "3", "1", "33.3", "75.0"]


def test_its_curve_stands_in_the_bins_of_the_models(scores) -> None:
    found = compare(scores, resamples=50, sights=[sight(n, seen=n / 3) for n in range(4)])
    model = next(one for one in found.curves if one.against == "contrast" and one.model == "m")
    (ideal,) = (one for one in found.ideals if one.against == "contrast")
    assert (ideal.unit, model.unit) == ("HU", "HU")
    assert [(one.low, one.high) for one in ideal.bins] == [(one.low, one.high) for one in model.bins]
    assert [one.n for one in ideal.bins] == [one.accuracy.n for one in model.bins]
    assert ideal.bins[0].right == pytest.approx(0.5)
    assert ideal.bins[-1].right == 1.0
    chart = next(one for one in charts(found, []) if one.name == "curve_contrast")
    assert "Dashed" in chart.caption
    labels = [text.get_text() for text in chart.draw(4.0).legends[0].get_texts()]
    assert "input: m" in labels


def test_against_the_visible_share_stands_the_own_input_alone(scores) -> None:
    joined = [one.model_copy(update={"visible_share": 0.5}) for one in scores]
    found = compare(joined, resamples=50, sights=[sight(0), sight(0, "other")])
    assert [one.input for one in found.ideals if one.against == "visible"] == ["m"]


def test_without_sights_a_comparison_is_as_before(scores) -> None:
    data = compare(scores, resamples=50).model_dump(mode="json")
    assert not {"inputs", "ideals", "causes"} & set(data)


def test_sights_that_contradict_or_belong_elsewhere_are_refused(scores) -> None:
    with pytest.raises(InputError, match="question 'q0' stands twice for input 'm'"):
        compare(scores, resamples=50, sights=[sight(0), sight(0)])
    with pytest.raises(InputError, match="none of the 1 sights belongs to a question"):
        compare(scores, resamples=50, sights=[sight(9)])
