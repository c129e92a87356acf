"""Canaries: what is made of the rows, and the report of a judge that fails them."""

from __future__ import annotations

from collections import Counter

import pytest

from medspatial.records import Prediction
from medspatial.score.judge.canaries import Canary, canaries, canary_report, exchanged_side

KINDS = {"reference", "exchanged", "empty", "verbose", "instruction", "forged"}


@pytest.mark.parametrize(
    ("answer", "exchanged"),
    [
        ("left", "right"),
        ("Right lower lobe", "Left lower lobe"),
        ("LEFT kidney, left side", "RIGHT kidney, right side"),
        ("the left one is right", None),
        ("leftover", None),
        ("spleen", None),
        ("", None),
    ],
)
def test_exchanged_side(answer: str, exchanged: str | None) -> None:
    assert exchanged_side(answer) == exchanged


def test_the_fixed_canaries_cover_all_kinds(rows: list[Prediction]) -> None:
    made = canaries([], 5)
    assert {canary.kind for canary in made} == KINDS
    assert len({canary.item.answer_type for canary in made}) == 5
    for canary in made:
        wanted = ("correct",) if canary.kind in {"reference", "verbose"} else ("incorrect", "unanswered")
        assert set(canary.expected) <= set(wanted)


def test_rows_lend_question_and_reference_whatever_their_order(rows: list[Prediction]) -> None:
    fixed = len(canaries([], 2))
    made = canaries(rows, 2)
    assert made == canaries(list(reversed(rows)), 2)
    own = made[fixed:]
    assert len({canary.item.id for canary in own}) == 2
    assert Counter(canary.kind for canary in own) == {
        "reference": 2, "empty": 2, "instruction": 4, "exchanged": 2, "forged": 2,
    }  # fmt: skip
    assert all(canary.candidate != "secret" for canary in own)


def test_a_reference_without_a_side_has_no_exchanged_canary(rows: list[Prediction]) -> None:
    row = rows[0].model_copy(update={"answer": "spleen"})
    own = canaries([row], 1)[len(canaries([], 1)) :]
    assert {canary.kind for canary in own} == {"reference", "empty", "instruction"}


def test_the_report_counts_by_kind_and_names_what_failed(rows: list[Prediction]) -> None:
    good = Canary("reference", rows[0], "left", ("correct",))
    bad = Canary("exchanged", rows[0], "right", ("incorrect",))
    report = canary_report([(good, "correct"), (bad, "correct"), (bad, "incorrect"), (good, None)])
    assert (report.run, report.passed, report.without_verdict, report.short) == (3, 2, 1, "2/3")
    assert report.kinds == {"exchanged": "1/2", "reference": "1/1"}
    assert report.failed == ("exchanged: 'right' to 'On which side is structure 0?' judged correct",)
    assert report.to_dict()["failed"] == list(report.failed)
