"""Figures of a passport against values worked out by hand, at the edges too: one patient, one question."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from medspatial.passport.guessing import guess
from medspatial.passport.people import DISCORDANCE, ICCS, patient_alarms, patients_from, power
from medspatial.passport.reading import VqaSet
from medspatial.passport.repeats import repeat_alarms
from medspatial.passport.result import Alarm, Guessers, Kind, alarm
from medspatial.passport.words import answer_alarms, letter_shares
from medspatial.records import Case, Question


def question(patient: str, text: str = "Which side?", answer: str = "left", **more: object) -> Question:
    facts = {"case_id": f"case-{patient}", "patient_id": patient, "question": text, "answer": answer}
    return Question.model_validate({**facts, **more})


def of_sizes(*sizes: int) -> list[Question]:
    return [question(f"p{n}", f"Q{k}?") for n, size in enumerate(sizes) for k in range(size)]


def held(rows: list[Question], *, stated: bool = False, parts: list[str] | None = None) -> VqaSet:
    published = [{"patient_id": one.patient_id} if stated else {} for one in rows]
    return VqaSet("s", "medspatial", rows, published, parts or [])


def kinds(found: list[Alarm]) -> dict[Kind, int]:
    return {one.kind: one.count for one in found}


def test_power_of_unequal_patients_by_hand() -> None:
    """Sizes 1, 2 and 5: a question shares its patient with (1 + 4 + 25) / 8 = 3.75 questions on average."""
    found = power(of_sizes(1, 2, 5))
    assert [one.icc for one in found] == list(ICCS)
    for one in found:
        effect = 1 + 2.75 * one.icc
        assert one.design_effect == pytest.approx(effect)
        assert one.effective_n == pytest.approx(8 / effect)
    assert all(one.smallest_difference is None for one in found), "three patients show none at 5 %"


def test_the_smallest_difference_is_that_of_the_paired_test_with_students_t() -> None:
    found = power(of_sizes(*[4] * 40))
    for one in found:
        error = math.sqrt(DISCORDANCE / one.effective_n)
        assert one.smallest_difference is not None
        normal = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) * error
        students = (stats.t.ppf(0.975, 39) + stats.t.ppf(0.8, 39)) * error
        assert normal * 0.99 <= one.smallest_difference <= students * 1.02
    differences = [one.smallest_difference for one in found]
    assert differences == sorted(differences), "the more alike the questions of a patient, the less is found"


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30))
def test_likeness_never_adds_questions(sizes: list[int]) -> None:
    for one in power(of_sizes(*sizes)):
        assert one.design_effect >= 1 - 1e-12
        assert one.effective_n <= sum(sizes) + 1e-9


def test_one_question_each_costs_nothing_and_one_patient_shows_nothing() -> None:
    assert all(one.design_effect == 1 and one.effective_n == 7 for one in power(of_sizes(*[1] * 7)))
    (single,) = {one.effective_n for one in power(of_sizes(1))}
    assert single == 1
    assert all(one.smallest_difference is None for one in power(of_sizes(50)))


@pytest.mark.parametrize(
    ("answers", "share"),
    [
        (["left", "left", "left", "left"], 100.0),
        (["left", "left", "left", "right"], 75.0),
        # Each side's commonest answer among the others is the other side: 1 of 1 wrong twice.
        (["left", "right"], 0.0),
        # Two against two: without one's own, the other side leads 2 to 1.
        (["left", "left", "right", "right"], 0.0),
        (["left"], 0.0),
    ],
)
def test_open_questions_by_the_commonest_answer_of_other_patients(answers: list[str], share: float) -> None:
    found, alarms = guess([question(f"p{n}", answer=one) for n, one in enumerate(answers)])
    assert found.open == share
    assert (found.chance, found.closed, found.best, alarms) == (None, {}, None, [])


def test_ties_are_drawn() -> None:
    """The fifth patient sees left twice and right twice: half a right answer; the others never lead."""
    rows = [question(f"p{n}", answer=one) for n, one in enumerate(("left", "left", "right", "right", "left"))]
    # Left without one's own: 2 of 4 for the three lefts -> tied with right 2: 3 x 0.5; rights see left lead.
    assert guess(rows)[0].open == 30.0


def test_a_patients_own_answers_teach_nothing() -> None:
    rows = [question("p", f"Q{n}?", answer="left") for n in range(5)]
    assert guess(rows)[0].open == 0.0
    assert guess([*rows, question("q", "Q0?", answer="left")])[0].open == 100.0


def test_the_same_words_go_before_the_subtype() -> None:
    rows = [
        question("a", "On which side is the liver?", "right", subtype="L1"),
        question("b", "on which side is the LIVER", "right", subtype="L1"),
        *(question(name, f"Where is {name}?", "left", subtype="L1") for name in "cdefg"),
    ]
    assert guess(rows)[0].open == 100.0


def test_closed_questions_alone_leave_the_open_ones_unsaid() -> None:
    rows = [question(f"p{n}", options=("left", "right")) for n in range(4)]
    found, _ = guess(rows)
    assert (found.open, found.chance) == (None, 50.0)
    assert found.closed["majority"] == 100.0
    assert found.best == ("majority", 100.0)
    assert guess([])[0] == Guessers()


def test_chance_is_weighed_by_the_questions() -> None:
    """Three questions of two options and one of four: (3 x 50 + 25) / 4."""
    rows = [question(f"p{n}", options=("left", "right"), subtype="L1") for n in range(3)]
    rows.append(question("p9", options=("left", "right", "both", "none"), subtype="L2"))
    assert guess(rows)[0].chance == pytest.approx(43.8, abs=0.06)


def lettered(places: list[int], size: int = 4) -> list[Question]:
    options = tuple(f"option {n}" for n in range(size))
    return [
        question(f"p{n}", f"Q{n}?", options[place], options=options, answer_type="choice")
        for n, place in enumerate(places)
    ]


def test_shares_of_letters_are_those_of_the_right_answers() -> None:
    assert letter_shares(lettered([0, 0, 0, 1])) == {"A": 75.0, "B": 25.0}
    assert letter_shares([question("p")]) == {}


def test_more_options_than_letters_in_a_row_of_eight() -> None:
    rows = lettered([9, 9, 0], size=10)
    assert letter_shares(rows) == {"A": 33.3, "J": 66.7}
    (found,) = [one for one in answer_alarms(lettered([9] * 60, size=10)) if one.kind is Kind.LETTER_SKEW]
    assert found.examples == ("J in 60 of 60 questions with 10 options",)


@pytest.mark.parametrize(
    ("places", "told"),
    [
        ([0] * 50, True),
        ([0] * 49, False),  # too few to say
        ([0, 1, 2, 3] * 20, False),
        # 27 of 60 is 1.8 times a quarter, chi-square 12.8, p 0.005: not below 0.001.
        ([0] * 27 + [1] * 11 + [2] * 11 + [3] * 11, False),
        # 33 of 60 is 2.2 times a quarter, p far below.
        ([0] * 33 + [1] * 9 + [2] * 9 + [3] * 9, True),
        # 35 % of 2000 is p < 0.001, and 1.4 times a quarter: under the factor.
        ([0] * 700 + [1] * 434 + [2] * 433 + [3] * 433, False),
    ],
)
def test_a_letter_is_skewed_by_factor_and_by_chi_square(places: list[int], told: bool) -> None:
    counts = [places.count(n) for n in range(4)]
    p = stats.chisquare(counts).pvalue
    assert told is bool(len(places) >= 50 and p < 0.001 and max(counts) > 1.5 * len(places) / 4)
    assert (Kind.LETTER_SKEW in kinds(answer_alarms(lettered(places)))) is told


def test_yes_and_no_have_no_letters_to_skew() -> None:
    rows = [question(f"p{n}", answer="yes", options=("yes", "no", "unclear")) for n in range(60)]
    assert Kind.LETTER_SKEW not in kinds(answer_alarms(rows))


@pytest.mark.parametrize(
    ("right", "count", "skewed"), [(9, 9, False), (10, 10, True), (8, 10, False), (9, 10, True)]
)
def test_an_answer_is_skewed_above_four_of_five_in_ten_or_more(right: int, count: int, skewed: bool) -> None:
    answers = ["Left."] * right + ["right"] * (count - right)
    rows = [question(f"p{n}", answer=one, subtype="L1") for n, one in enumerate(answers)]
    found = [one for one in answer_alarms(rows) if one.kind is Kind.SKEWED]
    assert [one.examples for one in found] == ([(f"L1: 'left' in {right} of {count}",)] if skewed else [])


def test_numbers_are_no_answers_to_be_skewed() -> None:
    rows = [question(f"p{n}", answer="12 mm", answer_type="number", value=12, unit="mm") for n in range(20)]
    assert answer_alarms(rows) == []


CASES = {f"case-{name}": Case(case_id=f"case-{name}", patient_id=of) for name, of in (("a", "x"), ("b", "x"))}


def test_patients_are_from_where_they_are_said_first() -> None:
    rows = [question("a"), question("b")]
    assert patients_from(held(rows, stated=True), {}) == "stated"
    assert patients_from(held(rows, stated=True), CASES) == "stated"
    assert patients_from(held(rows), CASES) == "cases"
    assert patients_from(held(rows), {"case-a": CASES["case-a"]}) == "each case one"
    names = [Question(case_id=f"valid_{n}_a_1", question="Q?", answer="a") for n in range(2)]
    assert patients_from(held(names), {}) == "names of CT-RATE"
    half = VqaSet("s", "f", rows, [{"patient": "x"}, {"patient": " "}])
    assert patients_from(half, {}) == "each case one", "an empty cell states nobody"


def test_patients_that_nobody_states_are_counted_by_question() -> None:
    rows = [question("a"), question("b"), question("c")]
    assert kinds(patient_alarms(held(rows), {})) == {Kind.PATIENTS_UNKNOWN: 3}
    assert patient_alarms(held(rows, stated=True), {}) == []


def test_a_patient_that_contradicts_is_named_by_case_list_and_split() -> None:
    twice = [question("a"), question("b", case_id="case-a")]
    (one,) = patient_alarms(held(twice, stated=True), {})
    assert (one.kind, one.examples) == (Kind.PATIENTS_DIFFER, ("case case-a: patients a, b",))
    (one,) = patient_alarms(held([question("a")], stated=True), CASES)
    assert one.examples == ("case case-a: patient a in the questions, x in the cases",)
    rows = [question("a", "Q1?"), question("a", "Q2?"), question("b", "Q1?")]
    (one,) = patient_alarms(held(rows, stated=True, parts=["test", "train", "test"]), {})
    assert one.examples == ("patient a: splits test, train",)
    assert patient_alarms(held(rows, stated=True, parts=["test", "test", "test"]), {}) == []


def test_repeats_within_a_case_are_counted_by_group_and_answer() -> None:
    rows = [
        question("a", "On which side is the liver?", "right", id="1"),
        question("a", "on which side is the liver", "Right.", id="2"),
        question("a", "Is there a cyst?", "yes", id="3"),
        question("a", "Is there a cyst?", "no", id="4"),
        question("b", "On which side is the liver?", "right", id="5"),
    ]
    alarms, counts = repeat_alarms(rows)
    assert kinds(alarms) == {Kind.REPEATED: 1, Kind.CONTRADICTED: 1}
    assert alarms[0].examples == ("1, 2: On which side is the liver?",)
    assert alarms[1].examples == ("3, 4: Is there a cyst?",)
    assert counts == {
        "same words in one case": 2,
        "nearly the same in one case": 0,
        "same words in several cases": 1,
    }


def test_other_options_or_another_case_are_another_question() -> None:
    rows = [
        question("a", "Which?", "left", id="1", options=("left", "right")),
        question("a", "Which?", "left", id="2", options=("left", "both")),
        question("a", "Which?", "left", id="3", options=("right", "left"), case_id="other"),
    ]
    assert repeat_alarms(rows)[0] == []
    again = question("a", "Which?", "left", id="4", options=("right", "left"))
    assert kinds(repeat_alarms([*rows, again])[0]) == {Kind.REPEATED: 1}, "in another order they are the same"


@pytest.mark.parametrize(
    ("second", "answer", "near"),
    [
        (("seen", "shown"), "left", True),
        (("upper", "lower"), "left", False),
        (("kidney", "spleen"), "left", False),
        (("30", "40"), "left", False),
        (("seen", "shown"), "right", False),
    ],
)
def test_nearly_the_same_is_about_the_same_structures_directions_and_answer(
    second: tuple[str, str], answer: str, near: bool
) -> None:
    first = (
        "In this scan with contrast medium, taken about 30 seconds after the start of the injection while "
        "the breath was held, on which side does the upper pole of the kidney seem to be seen?"
    )
    other = question("a", first.replace(*second), answer, id="2")
    alarms, counts = repeat_alarms([question("a", first, id="1"), other])
    assert (Kind.NEARLY_REPEATED in kinds(alarms)) is near
    assert counts["nearly the same in one case"] == near


def test_an_alarm_has_five_examples_and_the_whole_count() -> None:
    assert alarm(Kind.TOLD, "t", []) == []
    (one,) = alarm(Kind.TOLD, "t", [str(n) for n in range(9)])
    assert (one.count, one.examples) == (9, ("0", "1", "2", "3", "4"))
