from __future__ import annotations

from collections import Counter

import pytest

from medspatial.cases.ct_rate import one_per_scan, read_reports
from medspatial.questions.audit import audit
from medspatial.records import Question
from medspatial.report_questions import questions_from_reports
from medspatial.report_questions.balanced import CATEGORIES, balanced_set, by_category


def _many(
    answers, *, patients=200, category="laterality", subtype="report-side",
    options=("left", "right", "both sides"), text="Where is finding {}?",
):  # fmt: skip
    return [
        Question(
            case_id=f"valid_{at % patients}_a_1", question=text.format(at), answer=answer,
            options=options, category=category, subtype=subtype,
        )
        for at, answer in enumerate(answers)
    ]  # fmt: skip


def test_the_commonest_answer_is_thinned():
    rows = _many(["both sides"] * 300 + ["left"] * 60 + ["right"] * 60)
    chosen = balanced_set(rows).questions
    counts = Counter(one.answer for one in chosen)
    assert max(counts.values()) <= 0.4 * len(chosen)
    assert len(chosen) > 100


def test_a_patient_gives_few_and_the_order_does_not_matter():
    rows = _many(["left", "right", "both sides"] * 40, patients=6)
    chosen = balanced_set(rows, per_patient=5)
    assert max(Counter(one.patient_id for one in chosen.questions).values()) <= 5
    again = balanced_set(list(reversed(rows)), per_patient=5)
    assert [one.id for one in again.questions] == [one.id for one in chosen.questions]
    assert len(chosen.questions) + len(chosen.drops) == len(rows)


def test_a_full_set_takes_equal_parts_of_the_categories():
    rows = [one for name in CATEGORIES for one in _many(["left", "right", "both sides"] * 30, category=name)]
    found = balanced_set(rows, size=100).categories()
    assert max(found.values()) - min(found.values()) <= 5


def test_a_category_is_no_easier_than_its_subtypes():
    # even in each subtype; together the right answer to the two-way question is known from the three-way one
    three = _many(["left"] * 34 + ["right"] * 33 + ["both sides"] * 33, patients=100)
    kinds = ["left"] * 22 + ["right"] * 22
    words = "On which side is the finding?"
    both = [
        row
        for subtype, answers in (("report-side", ["both sides"] * 44), ("report-side-single", kinds))
        for row in _many(
            answers, subtype=subtype, text=words,
            options=("left", "right", "both sides") if subtype == "report-side" else ("left", "right"),
        )
    ]  # fmt: skip
    rows = [*three, *both]
    worst = max(_excess(audit(by_category(rows))))
    assert worst > 5
    chosen = balanced_set(rows).questions
    assert len(chosen) > 50
    assert max(_excess(audit(by_category(chosen)))) <= 5


def test_a_small_subtype_is_guarded_too():
    rows = _many(["left"] * 12 + ["right"] * 4, options=("left", "right"), text="Is the upper one there?")
    rows += _many(["left"] * 4 + ["right"] * 12, options=("left", "right"), text="Is the lower one there?")
    assert max(_excess(audit(rows))) > 20  # evenly answered; the words tell which
    assert audit(rows).flagged == ()
    chosen = balanced_set(rows).questions
    assert 10 <= len(chosen) < 32
    assert len(chosen) < 15 or max(_excess(audit(chosen))) <= 5


def test_two_answers_may_be_half_each_while_they_are_too_few_to_judge():
    few = balanced_set(_many(["left"] * 100 + ["right"] * 20, options=("left", "right"))).questions
    assert 36 <= len(few) < 50
    assert Counter(one.answer for one in few)["right"] >= 17


def _excess(found):
    for row in found.rows:
        guesses = (row.majority, row.same_text, row.longest, row.first, row.names)
        yield max(guesses) - row.chance


@pytest.mark.slow
def test_real_reports_give_a_thousand(shared):
    reports = one_per_scan(read_reports(shared / "data" / "ct_spatialvqa" / "reports.json.gz"))
    chosen = balanced_set(one for made in questions_from_reports(reports) for one in made.questions)
    assert len(chosen.questions) >= 1000
    assert min(chosen.categories().values()) >= 150
    assert max(Counter(one.patient_id for one in chosen.questions).values()) <= 10
    found = audit(chosen.questions)
    assert found.flagged == ()
    whole = audit(by_category(chosen.questions))
    assert {row.verdict for row in whole.rows} == {"ok"}
    assert max(_excess(whole)) <= 5
    answers = Counter((one.subtype, one.answer) for one in chosen.questions if one.options)
    for row in found.rows:
        if row.questions >= 50:
            most = max(count for (name, _), count in answers.items() if name == row.subtype)
            assert most <= 0.4 * row.questions
