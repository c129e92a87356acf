"""Titles and figures say what was measured, and what the test can find."""

from __future__ import annotations

import pytest

from medspatial.compare import Comparison, compare
from medspatial.records import Question, Score
from medspatial.report.charts import charts, panels
from medspatial.report.measured import measured, nothing_to_find, smallest_difference
from medspatial.report.model_card import model_index
from medspatial.report.summary import summarise
from medspatial.report.tables import comparison_tables, to_latex


def _compared(
    metric: str, top: float, patients: int = 8, *, graded: bool = True, models: int = 2
) -> tuple[Comparison, list[Question]]:
    questions, scores = [], []
    for number in range(3 * patients):
        shared = {"case_id": f"c{number % patients}", "answer": "yes", "answer_type": "yes_no"}
        asked = Question(question=f"Is it {number}?", category=["distance", "volume"][number % 2], **shared)
        questions.append(asked)
        for model in range(models):
            value = top * ((number + model) % 4) / 4
            scores.append(
                Score(
                    **{name: getattr(asked, name) for name in ("id", "question", "category")},
                    **shared,
                    model=f"m{model}",
                    metric=metric,
                    score=value if graded else float(value > 0),
                    correct=None if graded else value > 0,
                )
            )
    return compare(scores, questions=questions, resamples=100), questions


@pytest.fixture(scope="module")
def rouge() -> tuple[Comparison, list[Question]]:
    return _compared("rouge:stem", 0.8)


def test_a_graded_metric_is_no_accuracy_anywhere(rouge) -> None:
    comparison, questions = rouge
    for table in comparison_tables(comparison, questions):
        if table.name in ("questions", "failures"):
            continue
        words = f"{table.title} {table.note} {to_latex(table)}".replace("{tab:accuracy}", "")
        assert "ccuracy" not in words, table.name
        assert "percentage" not in words, table.name
        assert "Only first right" not in words
        assert "Guessing" not in words
    for chart in charts(comparison, questions):
        if chart.section != "questions":
            assert "ccuracy" not in chart.caption
    head = summarise(comparison, questions)
    words = " ".join([*(f"{a} {b}" for a, b in head.figures), *head.findings, head.reading])
    assert "ccurac" not in words
    assert "correctly" not in words
    assert "Guessing" not in words
    (entry, *_) = model_index(comparison, "m0", dataset="D")["model-index"][0]["results"]
    assert [one["type"] for one in entry["metrics"]] == ["rouge:stem"] * 3


def test_its_titles_and_axes_name_it(rouge) -> None:
    comparison, _ = rouge
    what = measured(comparison)
    assert what.title == "Mean rouge:stem, times 100"
    assert panels(comparison)[0].axis == "Mean rouge:stem (× 100)"
    assert panels(comparison)[0].limits == (0, 100)
    table = comparison_tables(comparison)[0]
    assert table.title.startswith("Mean rouge:stem, times 100")
    shown = comparison.result(comparison.models[0]).overall.accuracy
    assert table.rows[0][1].main == f"{100 * shown:.1f}"


def test_a_number_of_words_is_not_multiplied() -> None:
    comparison, questions = _compared("length", 40)
    what = measured(comparison)
    assert (what.title, what.axis, what.unit, what.points) == ("Mean length", "Mean length", "", "")
    mean = comparison.result(comparison.models[0]).overall.accuracy
    assert mean > 1
    tables = {table.name: table for table in comparison_tables(comparison, questions)}
    assert tables["accuracy"].rows[0][1].main == f"{mean:.1f}"
    assert tables["pairs"].rows[0][2].main == f"{comparison.pairs[0].difference:.1f}".replace("-", "−")
    low, high = panels(comparison)[0].limits
    assert low <= 0 < mean < high < 100
    assert f"{mean:.1f}" in summarise(comparison, questions).findings[0]


def test_bleu_is_in_hundredths_already_however_small_its_mean() -> None:
    comparison, _ = _compared("bleu", 1.6)
    assert comparison.result(comparison.models[0]).overall.accuracy < 1
    assert measured(comparison).scale == 1
    old = comparison.model_copy(update={"largest": None})
    assert measured(old).scale == 100


def test_verdicts_are_accuracy_in_percent() -> None:
    comparison, _ = _compared("exact", 1.0, graded=False)
    assert measured(comparison).title == "Accuracy in percent"
    assert measured(comparison).differences == "in percentage points"


def test_three_patients_are_told_that_nothing_can_be_found() -> None:
    comparison, questions = _compared("exact", 1.0, patients=3, graded=False)
    words = nothing_to_find(comparison)
    assert "3 patients the test" in words
    assert "below 0.25" in words
    head = summarise(comparison, questions)
    assert dict(head.figures)["Smallest difference likely to be found"] == "none"
    assert words in head.findings
    assert all(words in table.note for table in comparison_tables(comparison) if table.name == "pairs")


def test_many_pairs_are_named_as_the_cause() -> None:
    comparison, _ = _compared("exact", 1.0, patients=7, graded=False, models=4)
    assert "7 patients and 6 pairs (Holm)" in nothing_to_find(comparison)


def test_with_enough_patients_the_difference_is_given() -> None:
    comparison, _ = _compared("exact", 1.0, patients=12, graded=False)
    assert nothing_to_find(comparison) == ""
    assert smallest_difference(comparison).endswith(" points")


def test_one_model_has_no_difference_to_find() -> None:
    comparison, questions = _compared("exact", 1.0, patients=3, graded=False, models=1)
    assert smallest_difference(comparison) == ""
    assert "Smallest" not in str(summarise(comparison, questions).figures)
