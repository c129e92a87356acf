"""Control arms and grounding: made answerers must be seen for what they are."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.anatomy import OTHER_SIDE
from medspatial.arms import ARMS
from medspatial.compare import compare
from medspatial.compare.controls import difference_interval
from medspatial.compare.links import fits, given_answer
from medspatial.records import Item, Question, Score

BLIND = ("text_only", "blank", "wrong_patient")


def _cohort(patients=40):
    """Per patient two side questions (the answer turns) and two volume questions (it stands)."""
    questions = []
    for patient in range(patients):
        for number in range(4):
            rng = np.random.default_rng([patient, number])
            side = number < 2
            options = list(OTHER_SIDE) if side else ["spleen", "pancreas", "bladder"]
            rng.shuffle(options)
            questions.append(
                Question(
                    id=f"p{patient}-{number}",
                    case_id=f"p{patient}",
                    question=f"question of kind {number}",
                    answer=str(rng.choice(options)),
                    options=tuple(options),
                    category="laterality" if side else "volume",
                    answer_type="side" if side else "anatomy",
                )
            )
    return questions


def _scores(questions, name, answer, arms=("standard", "mirrored", *BLIND)):
    """Scores of an answerer: ``answer(question of the arm, arm, generator) -> text``."""
    scores = []
    for arm in arms:
        for number, question in enumerate(ARMS[arm].questions(questions)):
            given = answer(question, arm, np.random.default_rng([number, len(arm), len(name)]))
            facts = question.model_dump(exclude=set(Question.model_fields) - set(Item.model_fields))
            correct = given == question.answer
            scores.append(
                Score(
                    **facts,
                    model=name,
                    arm=arm,
                    metric="exact",
                    correct=correct,
                    score=correct,
                    extracted=given,
                )
            )
    return scores


def _seeing(question, arm, rng):
    if arm in BLIND:
        return str(rng.choice(question.options))
    return question.answer


def _mirror_reading(question, arm, rng):
    return OTHER_SIDE.get(_seeing(question, arm, rng), _seeing(question, arm, rng))


def _one(scores, questions):
    (found,) = compare(scores, questions=questions, resamples=200).grounding
    return found


def test_the_oracle_is_one_even_if_it_answers_blind_questions_too():
    questions = _cohort()
    found = _one(_scores(questions, "oracle", lambda q, arm, rng: q.answer), questions)
    assert found.value == 1
    assert found.interval.low > 0.8
    assert found.interval.low < 1
    assert found.verdict == "grounded"


def test_a_model_that_sees_is_one():
    questions = _cohort()
    found = _one(_scores(questions, "seeing", _seeing), questions)
    assert found.value == pytest.approx(1)
    assert (found.turning, found.gain) == (1, pytest.approx(1))
    assert (found.turning_n, found.gain_n) == (80, 80)
    assert found.blind_arms == BLIND


@pytest.mark.parametrize(
    "ignoring",
    [
        lambda q, arm, rng: str(rng.choice(q.options)),
        lambda q, arm, rng: "left" if "left" in q.options else "spleen",
        lambda q, arm, rng: q.options[0],
        lambda q, arm, rng: sorted(q.options)[len(q.question) % 2],
        lambda q, arm, rng: "left" if "left" in q.options and rng.random() < 0.8 else q.options[-1],
    ],
    ids=["random", "always left", "first option", "by words", "mostly left"],
)
def test_who_ignores_the_image_has_zero_within_the_interval(ignoring):
    questions = _cohort(60)
    found = _one(_scores(questions, "blind", ignoring), questions)
    assert found.interval.low <= 0 <= found.interval.high
    assert found.verdict == "not shown"
    assert found.interval.high - found.interval.low < 0.8


def test_a_mirrored_reader_is_found_out():
    questions = _cohort()
    comparison = compare(_scores(questions, "mirror", _mirror_reading), questions=questions, resamples=200)
    (found,) = comparison.grounding
    assert found.verdict == "mirrored"
    assert found.turning == -1
    assert found.turning_interval.high < 0
    assert found.value < 0.1
    turning = next(row for row in comparison.consistency if row.arm == "mirrored" and row.kind == "turning")
    assert turning.inverted == 1
    assert turning.both_right == 0


def test_a_crash_in_a_blind_arm_is_no_evidence(make_scores):
    questions = _cohort(10)
    scores = [
        score.model_copy(update={"status": "unscored", "correct": None, "score": None, "extracted": None})
        if score.arm in BLIND
        else score
        for score in _scores(questions, "m", _seeing)
    ]
    comparison = compare(scores, questions=questions)
    assert comparison.grounding[0].gain is None
    assert {row.arm for row in comparison.contrasts} == {"mirrored"}


def test_refusing_without_an_image_counts_as_chance():
    questions = [question for question in _cohort() if question.category == "volume"]
    arms = ("standard", "text_only")
    guesser = _scores(questions, "guesser", lambda q, arm, rng: str(rng.choice(q.options)), arms)
    refusing = [
        score.model_copy(update={"status": "unanswered", "correct": False, "extracted": None})
        if score.arm == "text_only"
        else score
        for score in guesser
    ]
    (found,) = compare(refusing, questions=questions).grounding
    assert found.interval.low <= 0 <= found.interval.high


def test_words_that_tell_the_side_are_no_turning_question():
    question = Question(
        id="q", case_id="a", question="Is it near the left kidney?", answer="left", options=("left", "right")
    )
    both = [question, question.model_copy(update={"id": "r", "case_id": "b", "patient_id": "b"})]
    comparison = compare(
        _scores(both, "m", lambda q, arm, rng: q.answer, ("standard", "mirrored")), questions=both
    )
    assert comparison.grounding == ()
    assert [row.kind for row in comparison.consistency] == ["turning"]


def test_gain_over_text_only():
    questions = _cohort()
    comparison = compare(_scores(questions, "seeing", _seeing), questions=questions, resamples=500)
    row = next(row for row in comparison.contrasts if row.arm == "text_only")
    assert row.reference_accuracy == 1
    assert row.gain == pytest.approx(1 - row.arm_accuracy)
    assert row.interval.low > 0.3
    assert row.p < 0.01
    assert row.n == 160


def test_option_order():
    questions = _cohort()
    first = _scores(questions, "first", lambda q, arm, rng: q.options[0], ("standard", "permuted_options"))
    firm = _scores(questions, "firm", lambda q, arm, rng: min(q.options), ("standard", "permuted_options"))
    rows = {row.model: row for row in compare(first + firm, questions=questions).consistency}
    assert rows["firm"].same_answer == 1
    assert rows["firm"].consistent == 1
    assert rows["first"].same_answer == 0
    assert rows["first"].both_right == 0
    assert rows["first"].kind == "standing"
    assert rows["first"].inverted is None


def test_letters_are_read_as_their_options():
    questions = _cohort(5)
    scores = [
        score.model_copy(update={"extracted": "ABC"[score.options.index(score.extracted)]})
        for score in _scores(
            questions, "m", lambda q, arm, rng: min(q.options), ("standard", "permuted_options")
        )
    ]
    assert compare(scores, questions=questions).consistency[0].same_answer == 1


def test_mirrored_cases_inside_the_standard_arm_are_linked_by_pair():
    pairs = []
    for number in range(10):
        for case, answer in ((f"c{number}", "left"), (f"c{number}-mirrored", "right")):
            pairs.append(
                Question(
                    id=f"{case}-q",
                    case_id=case,
                    patient_id=f"c{number}",
                    question="On which side?",
                    answer=answer,
                    pair_id=f"pair{number}",
                )
            )
    comparison = compare(
        _scores(pairs, "seeing", lambda q, arm, rng: q.answer, ("standard",)), questions=pairs
    )
    (row,) = comparison.consistency
    assert (row.arm, row.kind, row.both_right, row.n, row.clusters) == ("mirrored_case", "turning", 1, 10, 10)
    assert comparison.grounding[0].turning == 1


def test_difference_interval_is_never_of_width_zero():
    assert difference_interval(1.0, 0.0, 10, 0.95).low == pytest.approx(0.025 ** (1 / 10))
    assert difference_interval(0.0, 0.0, 10, 0.95).high > 0
    assert (difference_interval(0.3, 0.0, 1, 0.95).low, difference_interval(0.3, 0, 1, 0.95).high) == (-1, 1)
    assert difference_interval(0.9, 0.2, 10, 0.95).high == 1


def test_an_answer_written_with_its_letter_is_the_options_text(make_scores):
    options = ("left kidney", "right kidney")
    for extracted, wanted in [
        ("B: right kidney", "right kidney"),
        ("B", "right kidney"),
        ("(a)", "left kidney"),
        ("C", "c"),
        ("a word", "a word"),
        (None, "left"),
    ]:
        (score,) = make_scores(
            {"m": [1]}, answer=options[0], options=options, extracted=extracted, prediction="left"
        )
        assert given_answer(score) == wanted
    (silent,) = make_scores({"m": ["?"]}, prediction="I cannot tell")
    assert given_answer(silent) is None


def test_open_answers_fit_by_their_sides():
    assert fits("left", "the left kidney", closed=False)
    assert not fits("left", "the right kidney", closed=False)
    assert not fits("both left and right", "the left kidney", closed=False)
    assert not fits("left", "the left kidney", closed=True), "options are compared whole"
    assert not fits(None, "left", closed=False)


def test_letters_before_answers_do_not_hide_who_ignores_the_image():
    """The metric's own form of an answer must not make a guesser look as if it saw."""
    questions = _cohort(60)
    scores = []
    for score in _scores(questions, "guesser", lambda q, arm, rng: str(rng.choice(q.options))):
        letter = "ABC"[score.options.index(score.extracted)]
        scores.append(score.model_copy(update={"extracted": f"{letter}: {score.extracted}"}))
    found = _one(scores, questions)
    assert found.turning_interval.low <= 0 <= found.turning_interval.high


def test_who_never_answers_is_at_zero():
    questions = _cohort()
    silent = [
        score.model_copy(update={"status": "unanswered", "correct": False, "score": 0.0, "extracted": None})
        for score in _scores(questions, "silent", lambda q, arm, rng: "")
    ]
    found = _one(silent, questions)
    assert (found.value, found.gain, found.verdict) == (0, 0, "not shown")
