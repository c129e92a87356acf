from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.cases import CaseData
from medspatial.errors import InputError
from medspatial.records import Question
from medspatial.report.illustrate import illustrate, spread


def plain(number: int, subtype: str = "L5", case: str = "c") -> Question:
    return Question(case_id=case, question=f"Q{number}?", answer="yes", subtype=subtype)


def test_no_cases_at_hand_is_said_of_every_question(tmp_path: Path, study) -> None:
    done = illustrate(study.questions, tmp_path, None, most=None)
    assert done.drawn == 0
    assert {picture["absent"] for picture in done.by_question.values()} == {
        "No picture: the report was made without the cases' images."
    }


def test_each_case_is_read_once_and_named(tmp_path: Path, study, load) -> None:
    read: list[str] = []
    named: list[str] = []

    def counting(case_id: str) -> CaseData:
        read.append(case_id)
        return load(case_id)

    done = illustrate(study.questions, tmp_path, counting, most=None, progress=named.append)
    assert read == named == [f"case_{number}" for number in range(1, 8)]
    assert done.drawn == len(study.questions) == len(done.by_question)
    assert not done.failures


@pytest.mark.parametrize("error", [InputError("case_2: truncated"), FileNotFoundError("gone")])
def test_a_case_that_cannot_be_read_is_told_and_the_others_are_drawn(
    tmp_path: Path, study, load, error: Exception
) -> None:
    def failing(case_id: str) -> CaseData:
        if case_id == "case_2":
            raise error
        return load(case_id)

    done = illustrate(study.questions, tmp_path, failing, most=None)
    assert done.failures == {"case_2": str(error)}
    absent = [q.case_id for q in study.questions if "absent" in done.by_question[q.id]]
    assert set(absent) == {"case_2"}


def test_a_mistake_in_the_program_is_not_hidden(tmp_path: Path, study) -> None:
    def broken(case_id: str) -> CaseData:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        illustrate(study.questions, tmp_path, broken, most=None)


def test_the_limit_is_kept_and_said(tmp_path: Path, study, load) -> None:
    done = illustrate(study.questions, tmp_path, load, most=4)
    assert done.drawn == 4
    assert "No picture: this report draws 4 of 25 questions." in {
        picture.get("absent") for picture in done.by_question.values()
    }


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=5), most=st.integers(0, 60))
def test_pictures_are_spread_evenly_over_subtypes(sizes: list[int], most: int) -> None:
    questions = [plain(n, f"S{kind}") for kind, size in enumerate(sizes) for n in range(size)]
    questions = [q.model_copy(update={"id": f"{q.subtype}-{q.id}"}) for q in questions]
    chosen = spread(questions, most)
    assert len(chosen) == min(most, len(questions))
    got = Counter(question.subtype for question in questions if question.id in chosen)
    for kind, size in enumerate(sizes):
        if got[f"S{kind}"] < size:  # a subtype that could give more has as many as any other, but one
            assert max(got.values(), default=0) - got[f"S{kind}"] <= 1


def test_spread_does_not_depend_on_the_order() -> None:
    questions = [plain(number, f"S{number % 3}") for number in range(30)]
    assert spread(questions, 7) == spread(questions[::-1], 7)
