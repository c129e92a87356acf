"""Questions that stay in their file: their columns, and whole ones read again."""

from __future__ import annotations

import gc
import math
from pathlib import Path

import numpy as np
import pytest

from medspatial.compare.item_rows import ItemColumns, ItemRows, categories_of, chance_level, questions_of_file
from medspatial.errors import InputError
from medspatial.records import Question, write_records


def question(number: int, **fields: object) -> Question:
    facts: dict[str, object] = {
        "id": f"q{number}", "case_id": f"case_{number // 2}", "question": f"Is it {number}?", "answer": "yes",
        "answer_type": "yes_no", "category": ("laterality", "distance")[number % 2],
    }  # fmt: skip
    return Question.model_validate({**facts, **fields})


QUESTIONS = [question(number) for number in range(6)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "questions.jsonl"
    write_records(path, QUESTIONS)
    return path


def test_a_file_gives_its_questions_in_order_and_by_number(file: Path) -> None:
    rows = questions_of_file(file)
    assert list(rows) == QUESTIONS
    assert (rows[4], len(rows)) == (QUESTIONS[4], 6)
    assert rows.ids == tuple(one.id for one in QUESTIONS)
    assert list(rows.cases) == [one.case_id for one in QUESTIONS]
    assert list(rows.categories) == [(one.category,) for one in QUESTIONS]


def test_whole_questions_are_not_kept(file: Path) -> None:
    rows = questions_of_file(file)
    for _ in rows:
        pass
    gc.collect()
    alive = [one for one in gc.get_objects() if isinstance(one, Question) and one.id.startswith("q")]
    assert len([one for one in alive if all(one is not known for known in QUESTIONS)]) <= 1


def test_a_part_joins_and_reads_as_the_whole_does(file: Path) -> None:
    rows = questions_of_file(file)
    part = rows.only(np.array([True, False, False, True, False, True]))
    assert list(part) == [QUESTIONS[0], QUESTIONS[3], QUESTIONS[5]] == list(ItemRows.of(list(part)))
    assert list(rows[2:4]) == QUESTIONS[2:4]
    assert list(rows.only(np.array([5, 0]))) == [QUESTIONS[5], QUESTIONS[0]]


def test_links_follow_their_questions_into_a_part() -> None:
    linked = question(1, metadata={"linked_id": "q0", "reference_id": "q5"})
    rows = ItemRows.of([QUESTIONS[0], linked, QUESTIONS[2]])
    assert rows.linked == {1: ("q0", "q5")}
    assert rows.only(np.array([1])).linked == {0: ("q0", "q5")}


def test_rows_that_are_rows_already_stay_as_they_are() -> None:
    rows = ItemRows.of(QUESTIONS)
    assert ItemRows.of(rows) is rows


def test_columns_of_other_questions_are_refused() -> None:
    columns = ItemColumns()
    columns.add(QUESTIONS[0])
    with pytest.raises(ValueError, match="2 questions, columns of 1"):
        columns.rows(QUESTIONS[:2])


def test_a_bad_line_is_named(file: Path) -> None:
    file.write_text(file.read_text() + '{"id": "q9"}\n')
    with pytest.raises(InputError, match=r"questions\.jsonl:7"):
        questions_of_file(file)


@pytest.mark.parametrize(
    ("fields", "chance"),
    [
        ({}, 0.5),
        ({"answer_type": "side", "answer": "left"}, 0.5),
        ({"answer_type": "side", "answer": "both"}, math.nan),
        ({"answer_type": "choice", "answer": "a", "options": ("a", "b", "c", "d")}, 0.25),
        ({"answer_type": "anatomy", "answer": "liver"}, math.nan),
    ],
)
def test_the_chance_of_guessing(fields: dict[str, object], chance: float) -> None:
    assert chance_level(question(0, **fields)) == pytest.approx(chance, nan_ok=True)


def test_tags_count_where_there_is_no_category() -> None:
    assert categories_of(question(0, category=None, tags=("x", "y"))) == ("x", "y")
    assert categories_of(question(0, tags=("x",))) == ("laterality",)
