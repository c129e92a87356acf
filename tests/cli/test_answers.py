"""Plain files of predictions: whose answers they are, and rows that come twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from medspatial.cli.answers import read_answers
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.records import Prediction, RecordAppender, Score, read_records, write_records

PLAIN = {
    "image_path": "valid_1_a_1.nii.gz",
    "question": "Which side?",
    "answer": "left",
    "prediction": "left",
}


def _file(path: Path, *rows: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _score(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["score", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_rows_without_a_model_are_named_after_the_file(tmp_path: Path) -> None:
    stated = {**PLAIN, "question": "Where?", "model": "radfm"}
    path = _file(tmp_path / "m3d.v2.jsonl", PLAIN, stated, {**PLAIN, "question": "Why?", "model": ""})
    assert [row.model for row in read_answers(path)] == ["m3d.v2", "radfm", "m3d.v2"]


def test_failures_are_named_and_kept(tmp_path: Path) -> None:
    path = _file(tmp_path / "m3d.jsonl", PLAIN)
    failed = Prediction(case_id="c", question="Where?", answer="left", status="failed", error="out of memory")
    with RecordAppender(tmp_path / "m3d.failures.jsonl") as file:
        file.append(failed)
    assert [(row.model, row.status) for row in read_answers(path)] == [("m3d", "ok"), ("m3d", "failed")]


def test_a_model_name_holds_for_all_rows_of_one_model(tmp_path: Path) -> None:
    path = _file(tmp_path / "m.jsonl", PLAIN, {**PLAIN, "question": "Where?", "model": "radfm"})
    assert {row.model for row in read_answers(path, "mine")} == {"mine"}
    with pytest.raises(InputError, match="--model-name: must not be blank"):
        read_answers(path, " ")
    _file(path, {**PLAIN, "model": "a"}, {**PLAIN, "model": "b"})
    with pytest.raises(InputError, match=r"--model-name: .*m.jsonl holds rows of 2 models \(a, b\)"):
        read_answers(path, "mine")


def test_a_repeated_row_counts_once_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = {**PLAIN, "question": "Where?"}
    rows = read_answers(_file(tmp_path / "m.jsonl", PLAIN, other, PLAIN, other, PLAIN))
    assert [row.question for row in rows] == ["Which side?", "Where?"]
    told = capsys.readouterr().err
    assert "m.jsonl: 3 rows repeat case, question, model and prediction of an earlier row" in told
    assert "line 3 (as line 1), line 4 (as line 2), line 5 (as line 1)" in told


def test_another_answer_to_the_same_question_is_kept_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = {**PLAIN, "prediction": "right"}
    rows = read_answers(_file(tmp_path / "m.jsonl", PLAIN, changed, PLAIN, changed))
    assert [row.prediction for row in rows] == ["left", "right"]
    told = capsys.readouterr().err
    assert "2 rows repeat" in told
    assert "1 rows answer an earlier row's question in other words" in told
    assert "line 2 (as line 1)" in told


def test_rows_of_two_models_are_no_repeats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _file(tmp_path / "m.jsonl", {**PLAIN, "model": "a"}, {**PLAIN, "model": "b"})
    assert len(read_answers(path)) == 2
    assert capsys.readouterr().err == ""


def test_long_lists_of_repeats_are_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    read_answers(_file(tmp_path / "m.jsonl", *[PLAIN] * 9))
    assert capsys.readouterr().err.endswith("line 6 (as line 1), 3 more\n")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.jsonl").write_text(text)
    with pytest.raises(InputError, match=r"m\.jsonl: holds no predictions"):
        read_answers(tmp_path / "m.jsonl")


def test_a_file_of_failures_alone_is_not_empty(tmp_path: Path) -> None:
    failed = Prediction(case_id="c", question="Where?", answer="left", status="failed", error="e")
    write_records(tmp_path / "m.failures.jsonl", [failed])
    (tmp_path / "m.jsonl").touch()
    assert len(read_answers(tmp_path / "m.jsonl")) == 1


def test_plain_files_of_two_models_are_scored_and_compared(tmp_path: Path) -> None:
    wrong = {**PLAIN, "case_id": "valid_1_a_1.nii.gz", "prediction": "right"}
    _file(tmp_path / "p" / "m3d.jsonl", PLAIN, PLAIN)
    _file(tmp_path / "p" / "radfm.jsonl", wrong)
    files = [f"-p{tmp_path / 'p' / name}.jsonl" for name in ("m3d", "radfm")]
    told = _score(*files, "-m", "exact", "-o", tmp_path / "s")
    assert "1 rows repeat" in told
    scores = [read_records(tmp_path / f"s/exact/{name}.jsonl", Score).rows for name in ("m3d", "radfm")]
    assert [[row.model for row in rows] for rows in scores] == [["m3d"], ["radfm"]]
    command = ["compare", "--reports-dir", str(tmp_path / "s"), "-o", str(tmp_path / "m.csv"), "--json"]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    found = json.loads(done.stdout)
    assert (found["n_questions"], sorted(found["models"])) == (1, ["m3d", "radfm"])


def test_scores_are_never_written_over_each_other(tmp_path: Path) -> None:
    paths = [_file(tmp_path / name / "m.jsonl", PLAIN) for name in "ab"]
    with pytest.raises(
        InputError, match=r"--output: .*m\.jsonl would hold the scores of .*a.m\.jsonl by exact"
    ):
        _score("-p", paths[0], "-p", paths[1], "-m", "exact", "-o", tmp_path / "s")
    with pytest.raises(InputError, match=r"--output: .*one\.jsonl would hold the scores"):
        _score("-p", paths[0], "-m", "exact", "-m", "structured", "-o", tmp_path / "one.jsonl")
    with pytest.raises(InputError, match="--model-name: names the model of one file, got 2 files"):
        _score("-p", paths[0], "-p", paths[1], "-m", "exact", "--model-name", "x")
    _score("-p", paths[0], "-m", "exact", "--model-name", "x", "-o", tmp_path / "s.jsonl")
    assert read_records(tmp_path / "s.jsonl", Score).rows[0].model == "x"


def test_scores_of_a_csv_are_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("image_path,question,answer,prediction\na.nii.gz,Which side?,left,left\n")
    _score("-p", path, "-m", "exact", "-o", tmp_path / "s")
    assert read_records(tmp_path / "s" / "exact" / "m.jsonl", Score).rows[0].correct is True


def test_what_a_model_could_not_see_reaches_the_comparison_from_files(tmp_path: Path) -> None:
    seen = {"oracle": 1.0, "blind": 0.1}
    for model, share in seen.items():
        rows = [
            Prediction(
                case_id=f"c{n}",
                question="Which side?",
                answer="left",
                options=("left", "right"),
                answer_type="side",
                model=model,
                prediction="left" if model == "oracle" else "right",
                metadata={"visible_share": share},
            )
            for n in range(3)
        ]
        write_records(tmp_path / f"{model}.jsonl", rows)
    files = [part for model in seen for part in ("-p", str(tmp_path / f"{model}.jsonl"))]
    assert CliRunner().invoke(app, ["score", *files, "-o", str(tmp_path / "s")]).exit_code == 0
    command = ["compare", "--scores-dir", str(tmp_path / "s"), "-o", str(tmp_path / "m.csv"), "--json"]
    found = json.loads(CliRunner().invoke(app, [*command, "--resamples", "50"]).stdout)
    counts = {(one["model"], one["failure"]): one["count"] for one in found["failures"]}
    assert counts == {("blind", "not_visible"): 3}
