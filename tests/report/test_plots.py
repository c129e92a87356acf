"""Figures from files: the commands, what they read, and their errors."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cli.plot import app
from medspatial.compare import CorrectnessMatrix, MatrixRow
from medspatial.errors import InputError
from medspatial.report.answers import answer_words
from medspatial.report.plots import draw_agreement


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def comparison(study, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("comparison") / "comparison.json"
    path.write_text(json.dumps(study.comparison.model_dump(mode="json")))
    return path


@pytest.mark.parametrize(
    ("command", "ending"),
    [
        (["forest"], "png"),
        (["categories", "--kind", "panels"], "svg"),
        (["dots"], "pdf"),
    ],
)
def test_a_figure_of_a_comparison(comparison, tmp_path, command, ending) -> None:
    path = tmp_path / "new" / f"figure.{ending}"
    assert f"Figure: {path}" in run(*command, comparison, "--output", path, "--width", "7")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[ending]
    assert path.read_bytes().startswith(start)


def test_what_a_comparison_lacks_is_said_with_what_it_has(comparison) -> None:
    with pytest.raises(InputError, match="nothing for figure 'curve_visible'; it has: forest"):
        run("curve", comparison, "--against", "visible")
    with pytest.raises(InputError, match=r"no confusion of kind 'level' for model 'any'; there is: "):
        run("confusion", comparison, "--kind", "level")
    with pytest.raises(InputError, match="one of svg, png, pdf; got 'gif'"):
        run("forest", comparison, "--output", "figure.gif")
    with pytest.raises(InputError, match="panels, dots or radar; got 'pie'"):
        run("categories", comparison, "--kind", "pie")


def test_no_comparison_at_all(tmp_path) -> None:
    with pytest.raises(InputError, match=r"none\.json: cannot be read"):
        run("forest", tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"metric": "exact"}')
    with pytest.raises(InputError, match=r"other\.json: not a comparison: field 'confidence'"):
        run("forest", tmp_path / "other.json")


def matrix(values: list[list[float]]) -> CorrectnessMatrix:
    rows = tuple(MatrixRow(f"q{number}", f"c{number}") for number in range(len(values)))
    columns = tuple("abcdefghijklmnopqrstuvwxyz"[: len(values[0])])
    return CorrectnessMatrix(rows, columns, np.array(values, dtype=float))


def test_the_matrix_and_the_agreement_of_its_columns(tmp_path) -> None:
    found = matrix([[1, 1, 0], [0, 0, 0], [1, 0, 1], [0, 0, np.nan]])
    path = found.write(tmp_path / "matrix.csv")
    assert "Figure" in run("matrix", path, "-o", tmp_path / "m.png")
    assert "Figure" in run("agreement", path, "-o", tmp_path / "a.svg")
    text = [item.get_text() for item in draw_agreement(found)(3.5).axes[0].texts]
    assert text[:3] == ["1.00", "0.50", "0.40"], "kappa of a with itself, with b (4 rows), with c (3 rows)"


def test_agreement_wants_single_judges(tmp_path) -> None:
    with pytest.raises(InputError, match="single judges"):
        draw_agreement(matrix([[1, 0.66], [0, 1]]))
    with pytest.raises(InputError, match="two judges or more; got a"):
        draw_agreement(matrix([[1], [0]]))
    with pytest.raises(InputError, match="at most 16"):
        draw_agreement(matrix([[1] * 17, [0] * 17]))
    with pytest.raises(InputError, match="either a matrix"):
        run("agreement")


@pytest.fixture
def answers(tmp_path) -> Path:
    """A question file in the field's nested form, and predictions under other paths and in other order."""
    cases = {
        "valid_1_a_1.nii.gz": {"qa_pairs": [{"question": "one", "answer": "the left lung"}]},
        "valid_2_a_1.nii.gz": {"qa_pairs": [{"question": "one", "answer": "no"}]},
    }
    (tmp_path / "questions.json.gz").write_bytes(gzip.compress(json.dumps(cases).encode()))
    rows = [
        {"image_path": "x/valid_2_a_1.npy", "question": "one", "answer": "no", "prediction": "no no"},
        {"image_path": "x/valid_1_a_1.npy", "question": "one", "answer": "the left lung", "prediction": ""},
        {"image_path": "x/valid_1_a_1.npy", "question": "other", "answer": "no", "prediction": "a b c"},
        {"image_path": "x/valid_1_a_1.npy", "question": "one", "answer": "no", "prediction": None},
    ]
    (tmp_path / "m_predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_answer_lengths_are_joined_by_identity(answers) -> None:
    found = answer_words(answers / "questions.json.gz", answers, "*_predictions.jsonl")
    assert found.by_group == {"reference": [3, 1], "m": [2, 0]}
    assert (found.failed, found.foreign) == ({"m": 1}, {"m": 1})


def test_the_command_says_what_it_left_out(answers, tmp_path) -> None:
    output = run(
        "answer-lengths", "--dataset-json", answers / "questions.json.gz", "--predictions-dir", answers,
        "--pred-glob", "*_predictions.jsonl", "--output", tmp_path / "lengths.svg",
    )  # fmt: skip
    assert "m: 1 failed rows left out" in output
    assert "m: 1 rows are about no question" in output
    assert (tmp_path / "lengths.svg").exists()


def test_errors_of_answer_lengths(answers) -> None:
    questions = answers / "questions.json.gz"
    with pytest.raises(InputError, match=r"none\.json: no such file"):
        answer_words(answers / "none.json", answers, "*.jsonl")
    with pytest.raises(InputError, match=r"no file matches '\*\.tsv'"):
        answer_words(questions, answers, "*.tsv")
    (answers / "bad.jsonl").write_text('{"question": "one"}\n')
    with pytest.raises(InputError, match=r"bad\.jsonl:1: needs a field 'prediction'"):
        answer_words(questions, answers, "bad.jsonl")
    (answers / "far.jsonl").write_text('{"case_id": "z", "question": "q", "prediction": "a"}\n')
    with pytest.raises(InputError, match="no prediction is about a question"):
        answer_words(questions, answers, "far.jsonl")
    (answers / "empty.json").write_text('[{"question": "one"}]')
    with pytest.raises(InputError, match=r"empty\.json:1: field 'answer'"):
        answer_words(answers / "empty.json", answers, "*.jsonl")
