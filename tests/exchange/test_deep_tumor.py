"""Results of DeepTumorVQA's evaluator, joined to its questions by id."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.exchange import read_results
from medspatial.records import Prediction, Question, read_records

SET = {
    "version": "2.0",
    "questions": [
        {
            "qid": f"bench_{n}", "image_id": f"BDMAP_{n // 2:08d}", "question": f"Which organ, {n}?",
            "answer": "liver", "mc_question": f"Which organ, {n}? A: spleen B: liver", "correct_option": "B",
            "question_subtype": "adjacent organ",
        }
        for n in range(4)
    ],
}  # fmt: skip


def _rows(count=4, **more):
    return [
        {"qid": f"bench_{n}", "image_id": "x", "raw_output": "B" if n else "[ERROR] OSError: gone",
         "correct_option": "B", **more}
        for n in range(count)
    ]  # fmt: skip


def _written(path, rows):
    path.write_text(json.dumps({"metrics": {}, "n_processed": len(rows), "results": rows}))
    return path


@pytest.fixture
def files(tmp_path):
    (tmp_path / "test_qa.json").write_text(json.dumps(SET))
    return tmp_path / "test_qa.json", _written(tmp_path / "qwen3vl.json", _rows())


def test_from_their_files_to_a_table(files, tmp_path):
    questions, results = files
    out = tmp_path / "theirs"
    done = CliRunner().invoke(
        app, ["import-results", str(results), "-o", str(out), "--questions", str(questions)]
    )
    assert done.exit_code == 0, done.output
    assert "no verdict per question" in done.output
    rows = read_records(out / "predictions" / "qwen3vl.jsonl", Prediction).rows
    assert [one.status for one in rows] == ["failed", "ok", "ok", "ok"]
    assert rows[1].options == ("spleen", "liver")
    scored = CliRunner().invoke(
        app,
        [
            "score",
            "-p",
            str(out / "predictions/qwen3vl.jsonl"),
            "-m",
            "structured",
            "-o",
            str(tmp_path / "s"),
        ],
    )
    assert scored.exit_code in (0, 1), scored.output  # 1: one prediction failed
    done = CliRunner().invoke(
        app, ["compare", "--scores-dir", str(tmp_path / "s"), "-o", str(tmp_path / "m.csv"), "--json"]
    )
    told = json.loads(done.stdout)
    overall = told["results"][0]["overall"]
    assert (overall["n"], overall["clusters"], overall["correct"], overall["failed"]) == (4, 2, 3.0, 1)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (_rows(5), "results\\[4\\]: field 'qid': 'bench_4' is not a question of the set"),
        (_rows(2) + _rows(1), "results\\[2\\]: field 'qid': 'bench_0' is there twice"),
        (_rows(1, correct_option="A"), "field 'correct_option': 'A', in the questions it is 'B'"),
        (_rows(1, raw_output=None), "field 'raw_output' is required"),
        ([{"raw_output": "B"}], "field 'qid' is required"),
    ],
)
def test_what_cannot_be_joined(files, tmp_path, rows, message):
    from medspatial.datasets.formats import import_questions

    asked = list(import_questions(files[0], "deep-tumor"))
    with pytest.raises(InputError, match=message):
        read_results(_written(tmp_path / "bad.json", rows), questions=asked)


def test_questions_are_needed(files):
    with pytest.raises(InputError, match="name them with --questions"):
        read_results(files[1])
    partly = [Question(id="bench_0", case_id="c", question="Which?", answer="liver")]
    with pytest.raises(InputError, match="'bench_1' is not a question of the set"):
        read_results(files[1], questions=partly)
