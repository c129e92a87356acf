"""Which single questions stand behind the evidence arms' figures."""

from __future__ import annotations

from medspatial.arms import ABSTAIN
from medspatial.compare import compare
from medspatial.records import Score
from medspatial.report.tables import cause_cases_table, ungrounded_table

SIDES = ("left", "right")


def score(number: int, arm: str, given: str | None, answer: str = "left", **more: object) -> Score:
    facts = {"options": SIDES, "status": "scored" if given else "unanswered", **more}
    right = given == answer
    return Score(
        id=f"q{number}",
        case_id=f"c{number}",
        question=f"On which side, {number}?",
        answer=answer,
        model="m",
        arm=arm,
        metric="exact",
        prediction=given or "I cannot tell",
        extracted=given,
        score=float(right),
        correct=right,
        **facts,  # type: ignore[arg-type]
    )


def kinds(scores: list[Score]) -> dict[str, tuple[str, ...]]:
    found = compare(scores, resamples=50).causes
    assert found is not None
    return {one.kind: one.ids for one in found.cases}


STANDARD = [score(0, "standard", "left"), score(1, "standard", "left"), score(2, "standard", "right")]


def test_right_again_without_the_evidence_and_no_longer_without_something_else() -> None:
    removed = [score(0, "evidence_removed", "left"), score(1, "evidence_removed", "right")]
    other = [score(0, "irrelevant_removed", "left"), score(1, "irrelevant_removed", None)]
    found = kinds([*STANDARD, *removed, *other])
    assert found == {"right_without_evidence": ("q0",), "lost_with_irrelevant": ("q1",)}


def test_an_answer_that_stays_when_the_lesion_moved_is_told_from_another_error() -> None:
    moved = [score(0, "evidence_moved", "left", "right"), score(1, "evidence_moved", None, "right")]
    assert kinds([*STANDARD, *moved]) == {"kept_after_move": ("q0",)}


def test_answers_to_what_nobody_could_know_and_needless_declining() -> None:
    options = (*SIDES, ABSTAIN)
    false = [
        score(0, "false_premise", "left", ABSTAIN, options=options),
        score(1, "false_premise", ABSTAIN, ABSTAIN, options=options),
        score(2, "false_premise", None, ABSTAIN, options=options),
    ]
    offered = [
        score(0, "abstain_offered", ABSTAIN, options=options),
        score(1, "abstain_offered", "left", options=options),
    ]
    assert kinds([*STANDARD, *false, *offered]) == {"false_answer": ("q0",), "declined_needlessly": ("q0",)}


def test_tables_name_them() -> None:
    removed = [score(0, "evidence_removed", "left"), score(1, "evidence_removed", "left")]
    found = compare([*STANDARD, *removed], resamples=50)
    (row,) = cause_cases_table(found).rows
    assert [cell.text for cell in row] == ["m", "right, also without the evidence", "2", "q0, q1"]
    assert found.causes is not None
    assert found.causes.ungrounded == ("q0", "q1")
    assert ungrounded_table(found).rows == ()  # without the questions there are no words to show
