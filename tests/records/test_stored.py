"""Rows that stay in their file: the same as in memory; their places are kept for the next start."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.records import (
    IdSet,
    Prediction,
    Question,
    RowError,
    StoredRecords,
    asked_hash,
    case_ids,
    content_hash,
    read_records,
    stored,
    stored_or_none,
    stored_records,
    write_records,
)


def questions(count: int = 12) -> list[Question]:
    """Questions of three cases, mixed, with letters outside of ASCII."""
    return [
        Question(case_id=f"Fall_{n % 3}", question=f"Größe {n}?", answer="left", options=("left", "right"))
        for n in range(count)
    ]


def written(folder: Path, rows: list[Question], *, end: str = "\n", mark: bool = False) -> Path:
    path = folder / "questions.jsonl"
    text = "".join(row.to_json() + end for row in rows)
    path.write_bytes((b"\xef\xbb\xbf" if mark else b"") + text.encode())
    return path


@pytest.mark.parametrize("mark", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n", "\n   \n"])
def test_rows_are_those_in_memory(tmp_path: Path, end: str, mark: bool) -> None:
    path = written(tmp_path, questions(), end=end, mark=mark)
    found = stored_records(path, Question)
    assert isinstance(found, StoredRecords)
    assert list(found) == read_records(path, Question).rows == questions()
    assert found[3] == questions()[3]
    assert found[-1] == questions()[-1]
    assert list(found[2:7]) == questions()[2:7]
    assert list(found[:1]) == questions()[:1]
    with pytest.raises(IndexError):
        found[12]


def test_groups_follow_the_first_appearance_of_cases_without_what_is_done(tmp_path: Path) -> None:
    rows = questions()
    found = stored_or_none(written(tmp_path, rows), Question)
    assert found is not None
    done = IdSet.of([rows[0], rows[1], rows[4], rows[7], rows[10]])
    groups = dict(found.groups(without=done))
    assert list(groups) == ["Fall_0", "Fall_2"]
    assert groups["Fall_0"] == [rows[3], rows[6], rows[9]]
    assert list(dict(found[2:].groups(without=IdSet.of([])))) == ["Fall_2", "Fall_0", "Fall_1"]
    assert list(found.groups(without=IdSet.of(rows))) == []


@given(st.lists(st.integers(0, 6), min_size=1, max_size=30), st.data())
def test_a_part_is_numbered_by_its_own_first_appearances(
    tmp_path_factory: Any, cases: list[int], data: Any
) -> None:
    rows = [Question(case_id=f"c{case}", question=f"Q{n}?", answer="a") for n, case in enumerate(cases)]
    found = stored_or_none(written(tmp_path_factory.mktemp("part"), rows), Question)
    assert found is not None
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    wanted = [row for row, kept in zip(rows, keep, strict=True) if kept]
    part = found.only(np.flatnonzero(keep))
    assert list(part) == wanted
    assert list(part.cases) == list(dict.fromkeys(row.case_id for row in wanted))
    grouped = [row for _, group in part.groups(without=IdSet.of([])) for row in group]
    assert grouped == sorted(wanted, key=lambda row: part.cases.index(row.case_id))
    for case in part.cases:
        assert part.last_of(case) == [row for row in wanted if row.case_id == case][-1]
    assert asked_hash(part) == asked_hash(wanted)


def test_hash_of_what_is_asked_is_that_of_the_list(tmp_path: Path) -> None:
    rows = questions()
    expected = content_hash([[row.id, row.question, row.answer] for row in rows])
    found = stored_records(written(tmp_path, rows), Question)
    assert asked_hash(rows) == asked_hash(found) == expected
    assert case_ids(found) == case_ids(rows) == {"Fall_0", "Fall_1", "Fall_2"}
    assert asked_hash([]) == content_hash([])


@pytest.mark.parametrize(
    "text",
    [
        '{"case_id": "a", "question": "Q?", "answer": "x"}\n' * 2,  # repeats an earlier row
        '{"id": "1", "case_id": "a", "question": "Q?", "answer": "x"}\r'  # ends a row to a reader of text
        '{"id": "2", "case_id": "a", "question": "R?", "answer": "x"}\n',
        "".join(f'{{"image_path": "{f}/ct.nii.gz", "question": "Q?", "answer": "x"}}\n' for f in "ab"),
    ],
)
def test_what_is_not_plain_is_read_into_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_bytes(text.encode())
    assert stored_or_none(path, Question) is None
    assert stored_records(path, Question) == read_records(path, Question).rows


@pytest.mark.parametrize(
    "line",
    [
        '{"case_id": "a", "question": " ", "answer": "x"}',
        '{"case_id": "a", "question": "Q?", "question": "R?", "answer": "x"}',
        "{",
        '{"id": "same", "case_id": "b", "question": "Q?", "answer": "x"}',
    ],
)
def test_a_bad_row_is_told_as_ever_and_can_be_skipped(tmp_path: Path, line: str) -> None:
    good = '{"id": "same", "case_id": "a", "question": "Q?", "answer": "x"}'
    path = tmp_path / "questions.jsonl"
    path.write_text(f"{good}\n{line}\n")
    with pytest.raises(InputError) as usual:
        read_records(path, Question)
    with pytest.raises(InputError) as told:
        stored_records(path, Question)
    assert str(told.value) == str(usual.value)
    skipped: list[RowError] = []
    assert len(stored_records(path, Question, skipped=skipped)) == 1
    assert [one.line for one in skipped] == [2]


def test_a_missing_file_and_a_folder_are_told_as_ever(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(InputError):
            stored_records(path, Question)


def test_places_are_kept_for_a_large_file_and_used_while_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_LARGE", 1)
    path, beside = written(tmp_path, questions()), tmp_path / "predictions"
    first = stored_records(path, Question, beside=beside)
    kept = list(beside.glob(".places-*"))
    assert len(kept) == 1
    monkeypatch.setattr(stored, "_checked", lambda *_: pytest.fail("was checked again"))
    again = stored_records(path, Question, beside=beside)
    assert list(again) == list(first)
    assert asked_hash(again) == asked_hash(first)
    monkeypatch.undo()
    monkeypatch.setattr(stored, "_LARGE", 1)
    written(tmp_path, questions(13))
    assert len(stored_records(path, Question, beside=beside)) == 13
    assert len(list(beside.glob(".places-*"))) == 1
    assert list(beside.glob(".places-*")) != kept


@pytest.mark.parametrize("cut", [0, 5, 60, -1])
def test_damaged_places_are_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut: int) -> None:
    monkeypatch.setattr(stored, "_LARGE", 1)
    path = written(tmp_path, questions())
    stored_records(path, Question, beside=tmp_path)
    (kept,) = tmp_path.glob(".places-*")
    kept.write_bytes(kept.read_bytes()[:cut])
    assert list(stored_records(path, Question, beside=tmp_path)) == questions()


def test_a_file_that_takes_the_name_changes_nothing_and_one_that_changes_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, questions())
    found = stored_records(path, Question)
    write_records(path, questions(3))  # another file under the name
    assert found[11] == questions()[11]
    path = written(tmp_path, questions())
    found = stored_records(path, Question)
    with path.open("r+b") as stream:
        stream.write(b"x" * 40)
    with pytest.raises(InputError, match="has changed while it was used"):
        found[0]


def test_rows_travel_to_another_process_as_a_path(tmp_path: Path) -> None:
    found = stored_records(written(tmp_path, questions()), Question)
    assert list(pickle.loads(pickle.dumps(found))) == questions()


def test_ids_of_any_kind_are_told_apart() -> None:
    names = ["00000000000000ff", "255", "q_1", "", "ÄÖ", "00000000000000FF", "x" * 300]
    rows = [Question(id=name or "e", case_id="c", question="Q?", answer="a") for name in names]
    done = IdSet.of(rows[:4])
    assert [row.id in done for row in rows] == [True] * 4 + [False] * 3
    assert len(done) == 4
    assert "other" not in IdSet.of([])


def test_arrays_are_counted_in_a_part_too(tmp_path: Path) -> None:
    rows = [
        Question(case_id=f"c{n}", image_path=f"c{n}.{'npy' if n < 2 else 'nii'}", question="Q?", answer="a")
        for n in range(4)
    ]
    found = stored_or_none(written(tmp_path, rows), Question)
    assert found is not None
    assert (found.arrays, found[1:].arrays, found[2:].arrays) == (2, 1, 0)


def test_predictions_can_be_stored(tmp_path: Path) -> None:
    rows = [Prediction(case_id="c", question=f"Q{n}?", answer="a", prediction="left") for n in range(3)]
    path = write_records(tmp_path / "p.jsonl", rows)
    assert list(stored_records(path, Prediction)) == rows
    assert json.loads(path.read_text().splitlines()[0])["prediction"] == "left"


def test_each_row_is_seen_once_while_it_is_checked(tmp_path: Path) -> None:
    seen: list[Question] = []
    path = written(tmp_path, questions())
    assert stored_or_none(path, Question, seen=seen.append) is not None
    assert seen == questions()
    with pytest.raises(ValueError, match="not seen"):
        stored_or_none(path, Question, beside=tmp_path, seen=seen.append)


@pytest.mark.parametrize("before", range(-14, 3))
def test_image_paths_are_found_wherever_blocks_of_the_file_end(tmp_path: Path, before: int) -> None:
    """Rows told apart by the path of their image are not plain, wherever the field stands in the file."""
    rows = [f'{{"image_path": "{folder}/ct.nii.gz", "question": "Q?", "answer": "x"}}\n' for folder in "ab"]
    first = '{"id": "1", "case_id": "c", "question": "Q?", "answer": "'
    end = '"}\n{'
    filler = "x" * ((1 << 20) + before - len(first) - len(end))
    path = tmp_path / "q.jsonl"
    path.write_text(first + filler + end + rows[0][1:] + rows[1])
    assert path.read_bytes().find(b'"image_path"') == (1 << 20) + before
    assert stored_or_none(path, Question) is None
