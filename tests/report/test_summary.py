from __future__ import annotations

import pytest

from medspatial.compare import Interval
from medspatial.report.summary import summarise


def with_overall(study, **changes: object):
    """The comparison with one figure of the first model changed."""
    comparison = study.comparison
    first = comparison.results[0]
    overall = first.overall.model_copy(update=changes)
    results = (first.model_copy(update={"overall": overall}), *comparison.results[1:])
    return comparison.model_copy(update={"results": results})


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.6, 0.8, "above chance"), (0.4, 0.8, "not distinguishable from chance"), (0.1, 0.3, "below chance")],
)
def test_the_verdict_follows_the_interval(study, low: float, high: float, verdict: str) -> None:
    interval = Interval(low=low, high=high, method="wilson")
    comparison = with_overall(study, interval=interval, chance=0.5, closed=25, n=25, accuracy=0.7)
    assert verdict in summarise(comparison, study.questions).findings[0]


def test_open_questions_get_no_verdict_against_chance(study) -> None:
    comparison = with_overall(study, closed=3)
    assert "chance" not in summarise(comparison, study.questions).findings[0]


def test_a_model_without_questions_gets_no_figure(study) -> None:
    comparison = with_overall(study, accuracy=None, interval=None)
    assert summarise(comparison, study.questions).findings[0].endswith(": no questions.")


def test_no_interval_is_said(study) -> None:
    comparison = with_overall(study, interval=None)
    assert "no interval can be given" in summarise(comparison, study.questions).findings[0]


def test_key_figures_count_what_was_compared(study) -> None:
    figures = dict(summarise(study.comparison, study.questions).figures)
    assert figures["Questions"] == "25"
    assert figures["Patients"] == figures["Cases"] == "7"
    assert figures["Models"] == "2"
    assert "clustered by patient" in summarise(study.comparison, []).reading
    assert "Cases" not in dict(summarise(study.comparison, []).figures)
