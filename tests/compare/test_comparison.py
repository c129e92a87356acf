from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest

from medspatial.compare import Comparison, compare
from medspatial.compare.item_rows import chance_level
from medspatial.errors import InputError
from medspatial.records import Question

PATIENTS = ["a", "a", "b", "b", "c", "c", "d", "d"]


def _questions(number, **fields):
    return [
        Question(
            id=f"q{index}",
            case_id=PATIENTS[index % 8],
            question=f"question {index}",
            answer="left",
            **{name: value[index] for name, value in fields.items()},
        )
        for index in range(number)
    ]


def test_accuracy_counts_what_was_not_answered(make_scores):
    scores = make_scores({"m": [1, 1, 0, "?", None, "-", 1, 0]}, PATIENTS)
    overall = compare(scores, questions=_questions(8)).result("m").overall
    assert (overall.n, overall.correct) == (8, 3)
    assert (overall.scored, overall.unanswered, overall.unscored, overall.missing) == (5, 1, 1, 1)
    assert overall.accuracy == 3 / 8
    assert overall.accuracy_scored == 3 / 6
    assert overall.clusters == 4


def test_the_union_of_models_is_the_denominator_without_questions(make_scores):
    result = compare(make_scores({"m": [1, 0, "-"], "k": [1, "-", 1]}))
    for model in ("m", "k"):
        assert result.result(model).overall.n == 3
        assert result.result(model).overall.missing == 1


def test_the_order_of_rows_does_not_matter(make_scores):
    scores = make_scores({"m": [1, 0, 1, 1, 0, 0, 1, 0], "k": [0, 0, 1, 0, 1, 0, 1, 1]}, PATIENTS)
    questions = _questions(8)
    expected = compare(scores, questions=questions, resamples=200)
    random.Random(1).shuffle(scores)
    shuffled = compare(scores, questions=questions, resamples=200)
    for model in ("m", "k"):
        assert shuffled.result(model) == expected.result(model)
    assert shuffled.pairs == expected.pairs


def test_same_seed_same_result_and_json_keeps_it(make_scores):
    scores = make_scores({"m": [1, 0, 1, 1, 0, 0, 1, 0], "k": [0] * 8}, PATIENTS)
    first, second = compare(scores, seed=3, resamples=300), compare(scores, seed=3, resamples=300)
    assert first == second
    assert Comparison.model_validate_json(first.to_json()) == first


def test_models_are_ordered_by_accuracy(make_scores):
    result = compare(make_scores({"low": [0, 0, 1], "high": [1, 1, 1], "mid": [1, 0, 1]}))
    assert result.models == ("high", "mid", "low")
    assert [rank.rank for rank in result.ranks] == [1, 2, 3]
    assert (result.pairs[0].first, result.pairs[0].second) == ("high", "mid")


def test_groups_and_their_order(make_scores):
    questions = _questions(
        4,
        category=["volume", "laterality", "other", "volume"],
        subtype=["V10", "L2", None, "V2"],
        answer_type=["side", "side", "free", "free"],
    )
    result = compare(make_scores({"m": [1, 0, 1, 0]}, PATIENTS), questions=questions)
    assert result.categories == ("laterality", "volume", "other")
    found = result.result("m")
    assert list(found.by_subtype) == ["L2", "V2", "V10"]
    assert found.by_category["volume"].accuracy == 0.5
    assert found.by_answer_type["free"].n == 2


def test_foreign_ids_are_joined_by_volume_and_text(make_scores):
    scores = [
        score.model_copy(update={"id": f"x{number}", "case_id": f"{score.case_id}.nii.gz"})
        for number, score in enumerate(make_scores({"m": [1, 0, 1]}, PATIENTS))
    ]
    result = compare(reversed(scores), questions=_questions(3)).result("m")
    assert (result.overall.correct, result.overall.missing) == (2, 0)


def _renamed(scores, **fields):
    return [
        score.model_copy(update={"id": f"x-{score.id}", "case_id": f"{score.case_id}.nii.gz", **fields})
        for score in scores
    ]


def test_without_questions_foreign_ids_of_a_model_meet_those_of_the_others(make_scores):
    """Files of one benchmark with and without suffixes in ``case_id`` once counted each question twice."""
    own = make_scores({"m": [1, 0, 1, "-"]}, PATIENTS)
    foreign = _renamed(make_scores({"k": ["-", 1, 1, 1], "l": [0, 0, 0, 0]}, PATIENTS))
    for scores in (own + foreign, foreign[::-1] + own[::-1]):
        found = compare(scores)
        assert found.n_questions == 4
        counts = [
            (found.result(model).overall.correct, found.result(model).overall.missing) for model in "mkl"
        ]
        assert counts == [(2, 1), (3, 1), (0, 0)]


def test_foreign_ids_stand_for_the_same_question_in_control_arms(make_scores):
    standard = [*make_scores({"m": [1, 1]}, PATIENTS), *_renamed(make_scores({"k": [1, 1]}, PATIENTS))]
    blank = _renamed(make_scores({"k": [0, 1]}, PATIENTS), arm="blank", question="changed")
    (contrast,) = (row for row in compare(standard + blank).contrasts if row.model == "k")
    assert (contrast.n, contrast.gain) == (2, 0.5)


def test_without_questions_equal_words_under_ids_of_one_model_stay_apart(make_scores):
    """Two findings of a case may be asked for in the same words; a model's own ids keep them apart."""
    twins = {"question": "Where is it?", "case_id": "a"}
    scores = [score.model_copy(update=twins) for score in make_scores({"m": [1, 0], "k": [1, "-"]})]
    assert compare(scores).n_questions == 2
    foreign = _renamed(make_scores({"l": [1]}), **twins)
    with pytest.raises(InputError, match=r"unknown id 'x-q0' and fits several questions: 'q0', 'q1'"):
        compare(scores + foreign)
    told_apart = [score.model_copy(update={"answer": score.id}) for score in scores]
    foreign = [foreign[0].model_copy(update={"answer": "q1"})]
    assert compare(told_apart + foreign).result("l").overall.missing == 1


def test_cases_of_one_name_in_different_folders_are_not_joined(make_scores):
    first = make_scores({"m": [1, 0]}, ["site_a/1", "site_b/1"], question="Where?")
    second = make_scores({"k": [1, 0]}, ["site_a/1.nii.gz", "site_b/1.nii.gz"], question="Where?")
    second = [score.model_copy(update={"id": f"x{score.id}"}) for score in second]
    found = compare(first + second)
    assert found.n_questions == 2
    assert [found.result(model).overall.correct for model in "mk"] == [1, 1]


def test_models_without_a_common_question_are_refused(make_scores):
    one = make_scores({"m": [1, 0], "k": [1, 1]})
    other = make_scores({"l": ["-", "-", 1, 1]})
    message = (
        r"models 'm' and 'l' have no question in common.*'m' has 2, such as question 'question 0' of case "
        r"'p0' \(id 'q0'\).*'l' has 2, such as question 'question 2'.*--questions"
    )
    with pytest.raises(InputError, match=message):
        compare(one + other)
    assert compare(one + other, questions=_questions(4)).result("l").overall.missing == 2
    bridge = make_scores({"b": ["-", 0, 0, "-"]})
    assert compare(one + other + bridge).n_questions == 4


def test_ambiguous_foreign_rows_are_refused(make_scores):
    twin = Question(id="other", case_id="a", question="question 0", answer="left")
    scores = [make_scores({"m": [1]}, PATIENTS)[0].model_copy(update={"id": "x"})]
    with pytest.raises(InputError, match=r"fits several questions: 'q0', 'other'"):
        compare(scores, questions=[*_questions(1), twin])


def test_a_question_scored_twice_names_both(make_scores):
    first = make_scores({"m": [1]}, prediction="left")
    second = make_scores({"m": [0]}, prediction="right")
    with pytest.raises(InputError, match=r"scored twice for model 'm'.*'left'.*'right'.*--model-name"):
        compare(first + second)


def test_bad_input_has_one_clear_message(make_scores):
    scores = make_scores({"m": [1, 0]})
    with pytest.raises(InputError, match="no scores to compare"):
        compare([])
    with pytest.raises(InputError, match="hold 2 metrics, name one of them: exact, other"):
        compare(scores + make_scores({"m": [1]}, metric="other"))
    with pytest.raises(InputError, match="no scores of metric 'bleu'; there are: exact"):
        compare(scores, metric="bleu")
    with pytest.raises(InputError, match="reference arm 'standard'; arms: blank"):
        compare(make_scores({"m": [1]}, arm="blank"))
    with pytest.raises(InputError, match=r"'question 1' of case 'p1' \(id 'q1'\) is not among the questions"):
        compare(scores, questions=_questions(1))
    with pytest.raises(InputError, match="confidence must lie between 0 and 1, got 95"):
        compare(scores, confidence=95)
    with pytest.raises(InputError, match="resamples must be at least 1, got 0"):
        compare(scores, resamples=0)
    with pytest.raises(InputError, match="two questions have id 'q0'"):
        compare(scores, questions=[*_questions(2), *_questions(1)])
    with pytest.raises(KeyError, match="no result of model 'x'"):
        compare(scores).result("x")


def test_one_metric_of_several_is_picked(make_scores):
    scores = make_scores({"m": [1, 0]}) + make_scores({"m": [1, 1]}, metric="judge")
    assert compare(scores, metric="judge").result("m").overall.accuracy == 1


def test_all_right_keeps_a_width(make_scores):
    overall = compare(make_scores({"m": [1] * 8}, PATIENTS)).result("m").overall
    assert overall.accuracy == 1
    assert overall.interval.low < 0.8
    assert overall.note is not None
    assert overall.design_effect is None


def test_one_patient(make_scores):
    result = compare(make_scores({"m": [1, 0, 1], "k": [1, 1, 1]}, ["a", "a", "a"]))
    overall = result.result("m").overall
    assert overall.interval.method == "wilson"
    assert (overall.cluster_t, overall.bootstrap, overall.se) == (None, None, None)
    assert result.pairs[0].p == 1.0
    assert result.pairs[0].interval is None
    assert not result.pairs[0].significant


def test_chance_is_per_question_and_open_questions_have_none(make_scores):
    questions = [
        Question(id="q0", case_id="a", question="question 0", answer="left", options=("left", "right")),
        Question(id="q1", case_id="a", question="question 1", answer="yes", answer_type="yes_no"),
        Question(id="q2", case_id="b", question="question 2", answer="a", options=("a", "b", "c", "d")),
        Question(id="q3", case_id="b", question="question 3", answer="free words"),
    ]
    scores = make_scores({"m": [1, 0, 1, 0]}, ["a", "a", "b", "b"])
    overall = compare(scores, questions=questions).result("m").overall
    assert overall.closed == 3
    assert overall.chance == pytest.approx((0.5 + 0.5 + 0.25) / 3)
    assert overall.chance_corrected == pytest.approx((1 - 1 + 1) / 3)
    assert overall.guess == pytest.approx((0.5 + 0.5 + 0.25 + 0) / 4), "of all questions, open ones included"
    open_only = compare(scores[3:], questions=questions[3:]).result("m").overall
    assert (open_only.closed, open_only.chance, open_only.chance_corrected) == (0, None, None)
    assert open_only.guess == 0


def test_an_open_question_for_left_or_right_can_be_guessed():
    side = Question(id="q", case_id="a", question="which side?", answer="left", answer_type="side")
    assert chance_level(side) == 0.5
    assert np.isnan(chance_level(side.model_copy(update={"answer": "both"})))


def test_importing_the_room_leaves_scipy_alone():
    code = "import sys, medspatial.compare; print([m for m in sys.modules if m.startswith('scipy')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_graded_metrics_have_means_and_no_discordance(make_scores):
    scores = [
        score.model_copy(update={"correct": None, "score": value, "metric": "bleu"})
        for score, value in zip(
            make_scores({"m": [0] * 8, "k": [0] * 8}, PATIENTS), [30.5, 2, 9, 14] * 4, strict=True
        )
    ]
    result = compare(scores)
    assert result.graded
    overall = result.result("m").overall
    assert overall.accuracy == pytest.approx(13.875)
    assert overall.wilson is None
    assert overall.interval.method == "cluster_t"
    assert result.pairs[0].n10 is None
    assert result.cochran_q == ()


def test_a_clear_difference_is_found_and_its_copy_is_not(make_scores):
    patients = [f"p{number // 3}" for number in range(60)]
    good = [1] * 48 + [0] * 12
    bad = [1, 0, 0] * 20
    result = compare(make_scores({"good": good, "bad": bad, "copy": good}, patients), resamples=2000)
    by_names = {frozenset((pair.first, pair.second)): pair for pair in result.pairs}
    assert by_names[frozenset(("good", "bad"))].significant
    same = by_names[frozenset(("good", "copy"))]
    assert (same.difference, same.p, same.significant) == (0, 1, False)
    assert result.mde == pytest.approx(max(pair.mde for pair in result.pairs))
    assert result.ranks[0].p_best == pytest.approx(0.5, abs=0.01)


def test_category_pairs_are_adjusted_within_their_category(make_scores):
    questions = _questions(8, category=["laterality", "volume"] * 4)
    scores = make_scores({"m": [1] * 8, "k": [0] * 8, "l": [1, 0] * 4}, PATIENTS)
    result = compare(scores, questions=questions)
    assert {pair.category for pair in result.category_pairs} == {"laterality", "volume"}
    for name in ("laterality", "volume"):
        rows = [pair for pair in result.category_pairs if pair.category == name]
        assert len(rows) == 3
        assert max(row.p_holm for row in rows) <= min(1.0, 3 * max(row.p for row in rows))
        assert all(row.p_exact and row.n == 4 for row in rows)


def test_missing_answers_count_as_wrong_in_pairs(make_scores):
    pair = compare(make_scores({"m": [1, 1, 1, 1], "k": [1, 1, "-", None]}, PATIENTS)).pairs[0]
    assert pair.difference == 0.5
    assert (pair.n11, pair.n10, pair.n01, pair.n00) == (2, 2, 0, 0)


def test_tags_are_the_categories_of_questions_without_one(make_scores):
    tags = [("front",), ("front", "rear"), ("rear",), ()] * 2
    scores = make_scores({"m": [1, 0, 1, 1, 0, 0, 1, 0], "k": [0] * 8}, PATIENTS)
    found = compare(scores, questions=_questions(8, tags=tags), resamples=50)
    assert found.categories == ("front", "rear")
    by_category = found.result("m").by_category
    assert {name: (one.n, one.correct) for name, one in by_category.items()} == {
        "front": (4, 1),
        "rear": (4, 2),
    }
    assert {pair.category for pair in found.category_pairs} == {"front", "rear"}


def test_a_category_comes_before_tags(make_scores):
    questions = _questions(2, tags=[("front",), ("front",)], category=["distance", None])
    found = compare(make_scores({"m": [1, 0]}), questions=questions, resamples=50)
    assert found.categories == ("distance", "front")
