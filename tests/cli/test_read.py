"""``medspatial read --results``."""

from __future__ import annotations

from pathlib import Path

from reader_study import READERS, write_study
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.readers.answers import Answers
from medspatial.readers.design import read_design
from medspatial.readers.session import ReaderSession


def test_results_of_answers_so_far(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    runner = CliRunner()
    empty = runner.invoke(app, ["read", str(path), "--results"])
    assert isinstance(empty.exception, InputError)
    assert "no answers yet" in str(empty.exception)
    study = read_design(path)
    with Answers(tmp_path / "readers" / "answers.sqlite") as answers:
        for reader in READERS:
            session = ReaderSession(study, answers, reader)
            for number in range(6):
                task = session.show().task
                assert task is not None
                session.answer(f"{reader}-{number:06}", task, answer="right", confidence=5, seconds=1.0)
    arguments = ["read", str(path), "--results", "--against", str(tmp_path / "helper.jsonl")]
    found = runner.invoke(app, arguments)
    assert found.exit_code == 0, found.output
    assert "reader:anna: 100.0% of 6 right" in found.output
    # All questions are about one patient: no interval can be had, and it is said.
    assert "note: mean alone: needs two readers with two patients each, got 0" in found.output
    assert "helper: 0.0% of 6 right" in found.output
    assert "agreement of readers on 6 questions: equal answers 1.00" in found.output
    assert "accuracy over ten questions: +0.0 points" in found.output
