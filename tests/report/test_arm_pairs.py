"""The letters by which the page finds questions: as many of each as the comparison's figures say."""

from __future__ import annotations

import random

import pytest

from medspatial.compare import compare
from medspatial.records import Item, Question, Score
from medspatial.report.arm_pairs import ArmPairs, arm_pairs
from medspatial.report.tables import arms_table, consistency_table, grounding_table

SIDES = ("left", "right")
TURNED = {"left": "right", "right": "left"}
WANTED = {
    "both": "b",
    "equal": "bn",
    "one": "lw",
    "neither": "n",
    "judged": "blwn",
    "before": "bl",
    "after": "bw",
}


def question(case: int, number: int) -> Question:
    side = number % 2 == 0
    options = SIDES if side else ("12 mm", "40 mm")
    return Question(
        case_id=f"case_{case}", patient_id=f"patient_{case}", question=f"Question {number}?", options=options,
        answer=options[(case + number) % 2], answer_type="choice", category="laterality", subtype="L1",
    )  # fmt: skip


def score(item: Question, model: str, arm: str, text: str | None) -> Score:
    """A verdict; no text is a prediction that failed."""
    shared = item.model_dump(include=set(Item.model_fields))
    state = "scored" if text else "unscored"
    right = text == item.answer if text else None
    return Score(
        **shared, model=model, arm=arm, metric="exact", prediction=text, extracted=text, status=state,
        correct=right, score=None if right is None else float(right),
    )  # fmt: skip


QUESTIONS = [question(case, number) for case in range(8) for number in range(6)]
_RANDOM = random.Random(5)


def said(item: Question) -> str | None:
    return _RANDOM.choice([*item.options, None])


def mirrored(item: Question) -> Question:
    return item.model_copy(update={"answer": TURNED.get(item.answer, item.answer)})


SCORES = [
    score(asked, model, arm, said(item))
    for item in QUESTIONS
    for model in ("first", "second")
    for arm, asked in (("standard", item), ("mirrored", mirrored(item)), ("blank", item))
]
COMPARISON = compare(SCORES, questions=QUESTIONS, resamples=50)


@pytest.fixture(scope="module")
def found() -> ArmPairs:
    return arm_pairs(COMPARISON, QUESTIONS, SCORES)


def counted(found: ArmPairs, cell: dict[str, str]) -> int:
    """How many questions a cell's filters leave, as the page's script filters them."""
    place = COMPARISON.models.index(cell["model"])
    if "part" in cell:
        parts = {"both": "tg", "turning": "t", "gain": "g"}[cell["part"]]
        return sum(letters[place] in parts for letters in found.grounding.values())
    kinds = cell.get("kind", "turning standing")
    return sum(
        letters[place + 1] in WANTED[cell["pair"]] and any(one[0] == letters[0] for one in kinds.split())
        for letters in found.pairs[cell["arm"]].values()
    )


def test_cells_of_arms_lead_to_as_many_questions_as_they_say(found: ArmPairs) -> None:
    rows = arms_table(COMPARISON).rows
    for one, row in zip(COMPARISON.contrasts, rows, strict=True):
        before, after, gain, p, number = (counted(found, dict(cell.find)) for cell in row[2:])
        assert (before, after) == (round(one.reference_accuracy * one.n), round(one.arm_accuracy * one.n))
        assert number == one.n
        assert gain == p >= abs(before - after)
    assert len(rows) == 4


def test_cells_of_consistency_lead_to_as_many_questions_as_they_say(found: ArmPairs) -> None:
    rows = consistency_table(COMPARISON).rows
    kinds = set()
    for one, row in zip(COMPARISON.consistency, rows, strict=True):
        both, equal, apart, neither, *whole = (
            counted(found, dict(cell.find)) for cell in row[3:] if cell.find
        )
        shares = (one.both_right, one.consistent, one.exactly_one, one.neither)
        assert [both, equal, apart, neither] == [round(share * one.n) for share in shares]
        assert set(whole) == {one.n}
        kinds.add((one.arm, one.kind))
    assert kinds == {("mirrored", "turning"), ("mirrored", "standing"), ("blank", "standing")}


def test_cells_of_grounding_lead_to_as_many_questions_as_they_rest_on(found: ArmPairs) -> None:
    for one, row in zip(COMPARISON.grounding, grounding_table(COMPARISON).rows, strict=True):
        whole, turning, gain = (counted(found, dict(cell.find)) for cell in row[1:4])
        assert (turning, gain, whole) == (one.turning_n, one.gain_n, one.turning_n + one.gain_n)
        assert min(turning, gain) > 0


def test_a_pair_within_the_reference_arm_is_found_under_its_first_question() -> None:
    pair = [
        QUESTIONS[0].model_copy(update={"id": "a", "pair_id": "p"}),
        QUESTIONS[0].model_copy(update={"id": "b", "pair_id": "p", "case_id": "mirror", "answer": "right"}),
    ]
    assert pair[0].answer == "left"
    scores = [score(item, "reads", "standard", item.answer) for item in pair]
    comparison = compare(scores, questions=pair, resamples=10)
    found = arm_pairs(comparison, pair, scores)
    assert found == ArmPairs({"mirrored_case": {"a": "tb"}}, {"a": "t"})


def test_a_graded_metric_has_no_right_and_wrong() -> None:
    scores = [
        score(item, "m", arm, "left").model_copy(update={"correct": None, "score": 0.5, "metric": "rouge"})
        for item in QUESTIONS[:4]
        for arm in ("standard", "blank")
    ]
    comparison = compare(scores, questions=QUESTIONS[:4], resamples=10)
    found = arm_pairs(comparison, QUESTIONS[:4], scores)
    assert set(found.pairs["blank"].values()) == {"sg"}
    row = arms_table(comparison).rows[0]
    assert {dict(cell.find)["pair"] for cell in row[2:]} == {"judged"}


def test_without_scores_or_arms_there_is_nothing() -> None:
    assert arm_pairs(COMPARISON, QUESTIONS, []) == ArmPairs()
    alone = [one for one in SCORES if one.arm == "standard"]
    assert arm_pairs(COMPARISON, QUESTIONS, alone) == ArmPairs()
