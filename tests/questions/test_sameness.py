"""Subtypes that always say the same, and facts asked once per case."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.questions import CaseQuestions, Drop, balance_cohort, write_questions
from medspatial.questions.once import asked_once
from medspatial.questions.options import draw
from medspatial.records import Evidence, Question, read_records


def question(number, answer, subtype="V7", structures=("nodule",), **fields):
    return Question(
        id=f"{subtype} {number}", case_id=f"c{number}", patient_id=f"p{number}", question="How many?",
        answer=answer, subtype=subtype, evidence=Evidence(structures=structures), **fields,
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("1112"), max_size=40))
def test_no_answer_has_more_than_four_fifths_of_ten(answers):
    rows = [question(n, answer) for n, answer in enumerate(answers)]
    kept, drops = balance_cohort(rows)
    common = max((answers.count(one) for one in set(answers)), default=0)
    if len(answers) < 10 or common <= 0.8 * len(answers):
        assert kept == rows
    else:
        assert len(kept) == 2 * (len(answers) - common)
        assert {entry.rule for entry in drops} == {"same_answer"}


@pytest.mark.parametrize(("others", "kept", "words"), [(0, 0, "left out"), (2, 4, "2 of them kept")])
def test_the_summary_and_the_ledger_say_so(tmp_path, others, kept, words):
    rows = [question(n, "1" if n >= others else "2") for n in range(20)]
    summary = write_questions([CaseQuestions(row.case_id, (row,)) for row in rows], tmp_path)
    (line,) = summary.troubles()
    assert line.startswith("subtype V7: ")
    assert words in line
    assert line.removeprefix("subtype ") in summary.to_markdown()
    assert summary.questions == kept
    assert summary.dropped["same_answer"] == 20 - kept
    ledger = read_records(tmp_path / "dropped.jsonl", Drop).rows
    assert {entry.rule for entry in ledger} == {"same_answer"}
    untouched = write_questions([CaseQuestions(r.case_id, (r,)) for r in rows], tmp_path, balance=False)
    assert untouched.questions == 20


def of_case(*rows):
    return asked_once([one.model_copy(update={"case_id": "c"}) for one in rows], draw)


def test_the_place_of_a_lesion_is_asked_once():
    rows = [
        question(1, "left kidney", "A1", ("kidney_tumor#1", "kidney_left")),
        question(2, "the left kidney", "L2", ("kidney_tumor", "kidney_left", "kidney_right")),
        question(3, "only the left side", "L3", ("kidney_tumor",)),
        question(4, "left", "L1", ("kidney_tumor#1",)),
        question(5, "right", "L1", ("liver",)),
        question(6, "1", "V7", ("kidney_tumor",)),
    ]
    kept, drops = of_case(*rows)
    assert len(kept) == 3
    assert {"L1 5", "V7 6"} < {row.id for row in kept}
    assert {entry.rule for entry in drops} == {"same_fact"}
    assert of_case(*rows) == (kept, drops)


def test_several_lesions_and_other_kinds_are_other_facts():
    rows = [
        question(1, "upper lobe", "A1", ("nodule#1", "lung_upper_lobe_left")),
        question(2, "lower lobe", "A1", ("nodule#2", "lung_lower_lobe_left")),
        question(3, "only the left side", "L3", ("kidney_tumor",)),
    ]
    assert of_case(*rows) == (tuple(r.model_copy(update={"case_id": "c"}) for r in rows), [])


def test_left_of_and_the_larger_of_a_pair_are_asked_once():
    rows = [
        question(1, "yes", "L5", ("spleen", "liver")),
        question(2, "right", "A5", ("liver", "spleen")),
        question(3, "superior", "A5", ("heart", "liver")),
        question(4, "left kidney", "V1", ("kidney_right", "kidney_left")),
        question(5, "the left one is larger", "M1", ("kidney_left", "kidney_right")),
    ]
    kept, drops = of_case(*rows)
    assert len(kept) == 3
    assert len(drops) == 2
    assert "A5 3" in {row.id for row in kept}


def test_a_case_asks_no_fact_twice(cohort):
    for result in cohort:
        kinds = {}
        for row in result.questions:
            name = row.evidence.structures[0]
            if row.subtype in {"L2", "L3", "A1"}:
                kinds.setdefault(name.partition("#")[0], set()).add(row.subtype)
        assert all(len(asking) == 1 for asking in kinds.values())
