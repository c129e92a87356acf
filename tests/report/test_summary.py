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
    [
        (0.6, 0.8, "above guessing"),
        (0.4, 0.8, "not distinguishable from guessing"),
        (0.1, 0.3, "below guessing"),
    ],
)
def test_the_verdict_follows_the_interval(study, low: float, high: float, verdict: str) -> None:
    interval = Interval(low=low, high=high, method="wilson")
    comparison = with_overall(study, interval=interval, guess=0.5, closed=25, n=25, accuracy=0.7)
    assert verdict in summarise(comparison, study.questions).findings[0]


def test_open_questions_alone_get_no_verdict_against_guessing(study) -> None:
    comparison = with_overall(study, guess=0.0, closed=0)
    found = summarise(comparison, study.questions)
    assert "guessing" not in found.findings[0]
    assert "Guessing gives" not in dict(found.figures)


def test_guessing_is_explained_beside_the_key_figure(study) -> None:
    found = summarise(study.comparison, study.questions)
    guess = study.comparison.result("oracle").overall.guess
    assert dict(found.figures)["Guessing gives"] == f"{100 * guess:.1f} %"
    assert "Guessing gives the chance level" in found.reading


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


def test_a_model_that_never_answers_is_said_to_give_no_answer(study) -> None:
    comparison = with_overall(study, n=25, unanswered=25, accuracy=0.0)
    assert "no usable answer to any of the 25" in summarise(comparison, study.questions).findings[0]


def test_what_was_never_judged_is_said_beside_the_claim(study) -> None:
    interval = Interval(low=0.1, high=0.3, method="wilson")
    comparison = with_overall(
        study,
        interval=interval,
        guess=0.5,
        n=25,
        accuracy=0.2,
        accuracy_scored=0.5,
        unscored=12,
        failed=9,
        missing=3,
    )
    found = summarise(comparison, study.questions).findings[0]
    assert found.endswith(
        "below guessing. Counted as not right: 9 failed predictions, 3 answers without a verdict, 3 missing; "
        "of the others 50.0 % are right."
    )
    whole = with_overall(study, interval=interval, guess=0.5, unscored=0, failed=0, missing=0)
    assert "not right" not in summarise(whole, study.questions).findings[0]


def test_a_baseline_is_called_one_and_has_no_sentence_on_the_image_it_never_sees(study) -> None:
    plain = summarise(study.comparison, study.questions).findings
    assert any(line.startswith("oracle: visual grounding") for line in plain)
    told = summarise(study.comparison, study.questions, {"oracle": "baseline, told the answers"}).findings
    assert any(line.startswith("oracle (baseline, told the answers) answers") for line in told)
    assert not any("visual grounding" in line for line in told)
