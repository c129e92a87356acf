"""A reader's way through a study, and what is kept of it."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from reader_study import READERS, write_study

from medspatial.errors import InputError
from medspatial.readers.answers import Answers
from medspatial.readers.design import read_design
from medspatial.readers.session import ReaderSession, reader_predictions
from medspatial.records import Prediction, read_records


@pytest.fixture
def answers(tmp_path: Path) -> Iterator[Answers]:
    with Answers(tmp_path / "answers.sqlite") as found:
        yield found


def session(tmp_path: Path, answers: Answers, reader: str = "anna", **design: Any) -> ReaderSession:
    return ReaderSession(read_design(write_study(tmp_path, **design)), answers, reader)


def give(one: ReaderSession, request: str, answer: str = "right", **changed: Any) -> bool:
    task = one.show().task
    assert task is not None
    return one.answer(request, task, **{"answer": answer, "confidence": 3, "seconds": 0.0, **changed})


def test_one_after_the_other(tmp_path: Path, answers: Answers) -> None:
    one = session(tmp_path, answers)
    for number in range(6):
        assert one.progress().done == number
        give(one, f"request-{number}")
    assert one.progress().task is None
    rows = reader_predictions(read_design(tmp_path / "readers.yaml"), answers)
    assert {row.model for row in rows} == {"reader:anna"}
    assert len(rows) == 6
    assert rows[0].metadata["confidence"] == 3
    assert [row.metadata["order"] for row in rows] == sorted(row.metadata["order"] for row in rows)


def test_a_request_counts_once(tmp_path: Path, answers: Answers) -> None:
    one = session(tmp_path, answers)
    task = one.show().task
    assert task is not None
    values: dict[str, Any] = {"answer": "right", "confidence": 1, "seconds": 0.0}
    assert one.answer("same-request", task, **values)
    assert not one.answer("same-request", task, **values)
    assert one.progress().done == 1
    with pytest.raises(InputError, match="answered already"):
        one.answer("other-request", task, **values)
    assert one.undo("undo-request")
    assert not one.undo("undo-request")
    assert one.progress().done == 0
    assert one.progress().task == task
    with pytest.raises(InputError, match="no answer to take back"):
        one.undo("undo-again")
    assert not one.answer("same-request", task, **values)  # a late copy does not come back


def test_what_is_no_answer(tmp_path: Path, answers: Answers) -> None:
    one = session(tmp_path, answers)
    for changed, message in (
        ({"answer": "middle"}, "one of the options"),
        ({"answer": " "}, "1 to"),
        ({"answer": "x" * 3000}, "1 to"),
        ({"confidence": None}, "confidence"),
        ({"confidence": 9}, "confidence"),
    ):
        with pytest.raises(InputError, match=message):
            give(one, "request", **changed)
    later = one._blocks[0][3]
    with pytest.raises(InputError, match="another question"):
        one.answer("request", later, answer="right", confidence=1, seconds=1)


def test_time_is_not_more_than_passed(tmp_path: Path, answers: Answers) -> None:
    one = session(tmp_path, answers)
    give(one, "request-1", seconds=9999.0)
    give(one, "request-2", seconds=-5.0)
    first, second = answers.all(["anna"])
    assert first.seconds < 60
    assert second.seconds == 0


def test_the_pause_between_conditions(tmp_path: Path, answers: Answers) -> None:
    design = {"conditions": ["alone", "assisted"], "assistant": "helper.jsonl", "washout_days": 7}
    one = session(tmp_path, answers, number=2, **design)
    give(one, "request-1")
    give(one, "request-2")
    assert one.progress().task is None
    assert one.progress().wait_until is not None
    # Eight days later.
    database = sqlite3.connect(tmp_path / "answers.sqlite")
    database.execute("UPDATE events SET given_at = '2020-01-01T00:00:00.000+00:00'")
    database.commit()
    database.close()
    assert one.progress().wait_until is None
    give(one, "request-3")
    give(one, "request-4")
    models = {row.model for row in reader_predictions(read_design(tmp_path / "readers.yaml"), answers)}
    assert models == {"reader:anna", "reader:anna assisted"}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"seed": "2"}, "seed"),
        ({"overlap": 2}, "overlap"),
        ({"readers": ["anna", "ben"]}, "readers"),
        ({"masks": True}, "masks"),
        ({"confidence": 3}, "confidence"),
        ({"count": 5}, "questions"),
        ({"conditions": ["alone", "assisted"], "assistant": "helper.jsonl"}, "conditions"),
    ],
)
def test_a_design_stays_once_answers_are_given(
    tmp_path: Path, answers: Answers, changed: dict[str, Any], field: str
) -> None:
    answers.claim(read_design(write_study(tmp_path, **changed)).facts())
    one = session(tmp_path, answers)  # without an answer another design may come
    answers.claim(read_design(tmp_path / "readers.yaml").facts())
    give(one, "request-1")
    answers.claim(read_design(write_study(tmp_path, title="Another title")).facts())
    with pytest.raises(InputError, match=f"field '{field}' was .* put it back"):
        answers.claim(read_design(write_study(tmp_path, **changed)).facts())


def test_many_at_once(tmp_path: Path, answers: Answers) -> None:
    study = read_design(write_study(tmp_path, 20))

    def read(reader: str) -> None:
        one = ReaderSession(study, answers, reader)
        for number in range(20):
            give(one, f"{reader}-{number:04}")

    threads = [threading.Thread(target=read, args=(reader,)) for reader in READERS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers.all(READERS)) == 60


def test_readers_stand_beside_models(tmp_path: Path, answers: Answers) -> None:
    from medspatial.compare import compare
    from medspatial.report.tables import comparison_tables
    from medspatial.score import metric

    one = session(tmp_path, answers)
    for number in range(6):
        give(one, f"request-{number}", "right" if number % 2 else "left")
    study = read_design(tmp_path / "readers.yaml")
    models = read_records(tmp_path / "helper.jsonl", Prediction).rows
    scores = metric("exact").score([*reader_predictions(study, answers), *models])
    comparison = compare(scores, questions=list(study.questions.values()), resamples=20)
    assert comparison.models == ("reader:anna", "helper")
    (accuracy,) = (table for table in comparison_tables(comparison) if table.name == "accuracy")
    assert [row[0].main for row in accuracy.rows][:2] == ["reader:anna", "helper"]


def test_the_file_is_its_owner_s_alone(tmp_path: Path, answers: Answers) -> None:
    assert stat.S_IMODE((tmp_path / "answers.sqlite").stat().st_mode) == 0o600
    token = answers.token("anna")
    assert token == answers.token("anna") != answers.token("ben")
    (tmp_path / "bad.sqlite").write_text("no database, " * 100)
    with pytest.raises(InputError, match="not a file of answers"):
        Answers(tmp_path / "bad.sqlite")
