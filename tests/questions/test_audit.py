"""The audit's guessers on made-up questions whose best guess is known."""

from __future__ import annotations

import pytest

from medspatial.questions import audit, balance_cohort
from medspatial.questions.options import draw, shuffled
from medspatial.records import Evidence, Question

PATIENTS = 120


def question(
    patient: int, answer: str, options=("yes", "no"), text="Does A touch B?", subtype="D4", **fields
):
    row = f"{subtype} {patient} {text}"
    return Question(
        id=row,
        case_id=f"case {patient}",
        patient_id=f"patient {patient}",
        question=text,
        answer=answer,
        options=shuffled(options, row),
        answer_type="choice",
        category="distance",
        subtype=subtype,
        evidence=Evidence(structures=("a", "b")),
        **fields,
    )


def coin(patient: int, *salt: object, sides: int = 2) -> int:
    return draw("coin", patient, *salt) % sides


def row_of(questions, subtype="D4"):
    (row,) = [row for row in audit(questions).rows if row.subtype == subtype]
    return row


def test_fair_questions_pass():
    row = row_of(
        [question(p, ("yes", "no")[p % 2], text=f"Question {coin(p, 'text', sides=5)}?") for p in range(400)]
    )
    assert row.verdict == "ok"
    assert row.chance == 50


def test_a_majority_is_found():
    row = row_of([question(p, "yes" if p % 5 else "no") for p in range(PATIENTS)])
    assert row.majority == 80
    assert row.verdict == "flagged"


def test_the_same_text_elsewhere_is_found_although_answers_are_balanced():
    rows = [question(p, "yes" if p % 2 else "no", text=f"Is it the {p % 2}?") for p in range(PATIENTS)]
    row = row_of(rows)
    assert row.same_text == 100
    assert row.worst == "same text"
    assert row.verdict == "flagged"


def test_rows_of_one_patient_teach_nothing_about_each_other():
    rows = [question(p, ("yes", "no")[coin(p)], text=f"Text {p}?") for p in range(PATIENTS)]
    twins = [q.model_copy(update={"id": q.id + "m", "case_id": q.case_id + "m"}) for q in rows]
    assert row_of([*rows, *twins]).same_text < 58


def test_the_longest_option_is_found():
    rows = [
        question(p, ("a much longer one", "short")[p % 10 == 0], options=("a much longer one", "short"))
        for p in range(PATIENTS)
    ]
    assert row_of(rows).longest == 90


def test_a_fixed_place_is_found():
    rows = [question(p, ("yes", "no")[coin(p)]) for p in range(PATIENTS)]
    rows = [
        q.model_copy(update={"options": (q.answer, *(o for o in q.options if o != q.answer))}) for q in rows
    ]
    row = row_of(rows)
    assert row.first == 100
    assert row.letters == {"A": 100, "B": 0}
    assert audit(rows).letter_skew == 50


def test_a_favourite_rank_among_figures_is_found():
    rows = []
    for p in range(PATIENTS):
        value = 10 + coin(p, "v", sides=50)
        options = tuple(f"{value * factor} mm" for factor in (1, 2, 4, 8))
        rows.append(question(p, options[1], options=options, subtype="D2", value=float(value * 2), unit="mm"))
    row = row_of(rows, "D2")
    assert row.rank == 100
    assert row.verdict == "flagged"


def test_few_questions_are_not_judged():
    assert row_of([question(p, "yes") for p in range(20)]).verdict == "few"


def test_memory_sees_through_other_words():
    rows = [question(p, "yes", text=f"Wording {p}?") for p in range(PATIENTS)]
    assert row_of(rows).memory == 100


def test_open_questions_are_counted_apart():
    row = Question(
        case_id="c",
        question="How far?",
        answer="3 mm",
        value=3,
        unit="mm",
        answer_type="number",
        subtype="D2",
    )
    report = audit([row])
    assert report.rows == ()
    assert report.open_questions == {"D2": 1}
    assert report.letter_skew == 0


def test_what_is_not_audited_is_told():
    untold = [question(p, "yes", subtype=None) for p in range(10)]
    free = [Question(case_id="c", question=f"How far {n}?", answer="far") for n in range(3)]
    report = audit([*untold, *free])
    assert [row.subtype for row in report.rows] == ["(no subtype)"]
    assert report.not_audited() == [
        "not audited: 3 of 13 questions are open, without options there is no chance level to compare with "
        "((no subtype) 3)",
        "not judged: fewer than 50 questions or 20 patients in (no subtype)",
    ]
    assert audit([]).not_audited() == ["no questions, nothing to audit"]
    assert audit([question(p, ("yes", "no")[p % 2]) for p in range(PATIENTS)]).not_audited() == []


def test_report_is_data_and_a_table():
    report = audit([question(p, "yes" if p % 5 else "no") for p in range(PATIENTS)])
    assert report.flagged == ("D4",)
    assert report.to_dict()["rows"][0]["subtype"] == "D4"
    assert "| D4 | 120 | 50.0 | 80.0 |" in report.to_markdown()


@pytest.fixture
def skewed():
    return [
        question(p, "yes" if p % 5 else "no", text=f"Text {coin(p, 'text', sides=3)}?") for p in range(300)
    ]


def test_balance_brings_guessers_down(skewed):
    assert audit(skewed).flagged == ("D4",)
    kept, drops = balance_cohort(skewed)
    assert audit(kept).flagged == ()
    assert len(kept) + len(drops) == 300
    assert 80 <= len(kept) <= 140
    assert {entry.rule for entry in drops} == {"cohort_balance"}
    assert sum(q.answer == "no" for q in kept) >= 35  # of 60: mostly the common answer is left out


def test_balance_does_not_depend_on_the_order(skewed):
    forward, _ = balance_cohort(skewed)
    backward, _ = balance_cohort(skewed[::-1])
    assert {q.id for q in forward} == {q.id for q in backward}


def test_balance_leaves_small_and_open_sets_alone():
    rows = [question(p, ("yes", "no")[p % 3 == 0]) for p in range(20)]
    assert balance_cohort(rows) == (rows, [])


def test_fair_questions_stay():
    rows = [question(p, ("yes", "no")[p % 2], text=f"Text {p}?") for p in range(PATIENTS)]
    kept, _ = balance_cohort(rows)
    assert len(kept) > 0.9 * PATIENTS


def test_phantom_questions_give_no_cue(cohort):
    """On six patients only what needs no statistics per subtype: place and letters over all of them."""
    questions = [q for result in cohort for q in result.questions]
    report = audit(questions)
    closed = [q for q in questions if q.options]
    assert len(closed) > 200
    assert report.letter_skew < 8  # three standard errors of 250 questions
    chance = sum(1 / len(q.options) for q in closed) / len(closed)
    first = sum(q.options[0] == q.answer for q in closed) / len(closed)
    assert abs(first - chance) < 0.09
    assert report.flagged == ()
