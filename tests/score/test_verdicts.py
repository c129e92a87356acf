from __future__ import annotations

import gzip
import json

import pytest

from medspatial.errors import InputError
from medspatial.score.verdicts import RecordedVerdicts, jury, read_verdicts


def write(path, rows):
    path.write_text(json.dumps(rows))
    return path


def test_verdicts_are_joined_by_identity_not_by_row(tmp_path, row):
    path = write(
        tmp_path / "gpt_eval.json", [{"id": "b", "is_correct": True}, {"id": "a", "is_correct": False}]
    )
    judged = RecordedVerdicts(path=path)
    scores = judged.score([row("x", id="a"), row("x", id="b"), row("x", id="c")])
    assert [score.correct for score in scores] == [False, True, None]
    assert scores[2].status == "unscored"
    assert "gpt_eval.json has no verdict" in scores[2].reason
    assert judged.name == "verdicts:gpt_eval"


def test_rows_without_id_are_joined_by_case_question_answer_and_prediction(tmp_path, row):
    rows = [
        {
            "case_id": "v1.nii.gz",
            "question": "q?",
            "answer": "a",
            "prediction": "p",
            "is_correct": True,
            "reasoning": "r",
        },
        {"case_id": "v2.nii.gz", "question": "q?", "answer": "a", "prediction": "p", "is_correct": False},
    ]
    judged = RecordedVerdicts(path=write(tmp_path / "j.json", rows), judge="gpt")
    fields = {"question": "q?", "answer": "a"}
    scores = judged.score([row("p", case_id="v2", **fields), row("p ", case_id="v1", **fields)])
    assert [score.correct for score in scores] == [False, True]
    assert scores[1].reason == "r"
    assert judged.name == "verdicts:gpt"


def test_equal_rows_of_a_file_without_cases_keep_the_files_order(tmp_path, row):
    same = {"case_id": None, "question": "q?", "answer": "a", "prediction": "p"}
    path = write(tmp_path / "j.json", [{**same, "is_correct": value} for value in (True, False)])
    given = [row("p", case_id=case, question="q?", answer="a") for case in ("v1", "v2")]
    assert [score.correct for score in RecordedVerdicts(path=path).score(given)] == [True, False]


def test_a_null_verdict_is_unscored(tmp_path, row):
    path = write(tmp_path / "j.json", [{"id": "a", "is_correct": None}])
    score = RecordedVerdicts(path=path).score([row("x", id="a")])[0]
    assert (score.status, score.reason) == ("unscored", "the judge gave no verdict")


def test_jsonl_gzip_and_words_are_read(tmp_path):
    path = tmp_path / "j.jsonl.gz"
    with gzip.open(path, "wt") as stream:
        stream.write('{"id": "a", "verdict": "Correct"}\n{"id": "b", "label": "incorrect"}\n')
    assert [verdict.correct for verdict in read_verdicts(path)] == [True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "not a JSON list or JSONL"),
        ('[{"id": "a"}]', "row 1: needs one of is_correct"),
        ('[{"is_correct": true, "question": "q"}]', "lacks answer, prediction"),
        ('[{"id": "a", "is_correct": "perhaps"}]', "field 'is_correct' must be a verdict, got 'perhaps'"),
        ("[3]", "must be an object, got int"),
    ],
)
def test_bad_files_name_the_row_and_the_rule(tmp_path, text, message):
    path = tmp_path / "j.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_verdicts(path)


def test_a_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_verdicts(tmp_path / "none.json")


def test_a_jury_needs_more_than_half(tmp_path, row):
    scores = []
    for judge, values in {
        "a": (True, True, None),
        "b": (True, False, None),
        "c": (False, False, True),
    }.items():
        rows = [{"id": str(n), "is_correct": value} for n, value in enumerate(values)]
        judged = RecordedVerdicts(path=write(tmp_path / f"{judge}.json", rows), judge=judge)
        scores += judged.score([row("x", id=str(n)) for n in range(3)])
    votes = jury(scores)
    assert [vote.correct for vote in votes] == [True, False, None]
    assert votes[0].score == pytest.approx(2 / 3)
    assert votes[0].votes == {
        "verdicts:a": "correct",
        "verdicts:b": "correct",
        "verdicts:c": "incorrect",
    }
    assert votes[2].status == "unscored"
    assert jury(scores, minimum=1)[2].correct is True


def test_a_tied_jury_is_not_correct(tmp_path, row):
    scores = []
    for judge, value in (("a", True), ("b", False)):
        path = write(tmp_path / f"{judge}.json", [{"id": "1", "is_correct": value}])
        scores += RecordedVerdicts(path=path, judge=judge).score([row("x", id="1")])
    assert jury(scores)[0].correct is False
