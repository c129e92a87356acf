"""`medspatial acuity --questions` and `compare --sights`: what inputs hold, from files to table."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.questions import build_questions, write_questions
from medspatial.records import Question, Score, Sight, read_records, write_records


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one phantom and its questions about sides and volumes."""
    folder: Path = tmp_path_factory.mktemp("sights")
    cases = write_phantoms(folder / "cases", count=1, seed=1, spacing=5.0)
    results = build_questions(cases, folder / "cases", subtypes=("L3", "V1", "A5"), forms=("choice",))
    write_questions(results, folder, balance=False)
    return folder


def test_inputs_are_looked_into_and_set_beside_models(made: Path) -> None:
    asked = read_records(made / "questions.jsonl", Question).rows
    told = run(
        "acuity", "--input", "8_slices", "--input", "whole_volume", "--questions", made / "questions.jsonl",
        "--cases", made / "cases", "-o", made / "held",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "2 inputs of 1 cases to look into" in told.output
    sights = read_records(made / "held" / "sights.jsonl", Sight).rows
    found = {one.id for one in sights}
    assert {(one.id, one.input) for one in sights} == {
        (name, of) for name in found for of in ("8_slices", "whole_volume")
    }
    assert {one.id for one in asked} > found  # one asks about a lesion that is not there
    assert not any(one.lost for one in sights if one.input == "whole_volume")
    assert "Questions whose evidence an input does not hold" in told.output
    score = {"model": "m", "metric": "exact", "score": 1.0, "correct": True}
    shared = ("id", "case_id", "patient_id", "question", "answer", "options", "category", "subtype")
    scores = [Score(**{name: getattr(one, name) for name in shared}, **score) for one in asked]
    write_records(made / "scores" / "m.jsonl", scores)
    told = run(
        "compare", "--scores-dir", made / "scores", "--questions", made / "questions.jsonl", "--sights",
        made / "held" / "sights.jsonl", "--resamples", "50", "-o", made / "matrix.csv", "--summary",
        made / "comparison.json",
    )  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "What inputs hold of the questions" in told.output
    inputs = json.loads((made / "comparison.json").read_text())["inputs"]
    lost = sum(one.lost for one in sights if one.input == "8_slices")
    assert [one["lost"] for one in inputs if one["category"] is None] == [lost, 0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--questions", "q.jsonl"), "--questions and --cases belong together"),
        (("--questions", "q.jsonl", "--cases", "c"), "--questions needs --input"),
        (("--questions", "q.jsonl", "--cases", "c", "--input", "8_slices", "-m", "echo"), "no --model"),
    ],
)
def test_what_does_not_fit_together_is_said(words: tuple[str, ...], message: str) -> None:
    told = run("acuity", *words)
    assert told.exit_code != 0
    assert message in f"{told.output} {told.exception}"
