"""Juries of models and of recorded verdicts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.records import Prediction
from medspatial.score import metric


def by_number(pattern: str) -> Any:
    def opinion(case: dict[str, Any]) -> str:
        number = case["question"].rstrip("?").rpartition(" ")[2]
        return "correct" if number.isdigit() and pattern[int(number)] == "+" else "incorrect"

    return opinion


@pytest.fixture
def verdict_file(tmp_path: Path) -> Any:
    def write(name: str, pattern: str) -> str:
        path = tmp_path / f"{name}.json"
        words = {"+": True, "-": False, "?": None}
        path.write_text(
            json.dumps([{"id": f"q{n}", "is_correct": words[sign]} for n, sign in enumerate(pattern)])
        )
        return str(path)

    return write


@pytest.fixture
def answered(rows: list[Prediction]) -> list[Prediction]:
    return [row.model_copy(update={"prediction": row.prediction or "left"}) for row in rows]


def outcomes(scores: list[Any]) -> list[bool | None]:
    return [score.correct for score in scores]


def test_files_and_a_model_vote(opinionated: Any, quick: Any, verdict_file: Any, answered: Any) -> None:
    server = opinionated(by_number("++---"))
    files = [verdict_file("a", "+-+--"), verdict_file("b", "+--++")]
    judges = ["openai:m-1", *files]
    jury = metric("jury", judges=judges, base_url=server.openai_url, canary_rows=0, **quick)
    scores = jury.score(answered)
    assert outcomes(scores) == [True, False, False, False, False]
    assert [score.score for score in scores] == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert scores[0].reason == "3 of 3 judges say correct"
    assert set(scores[0].votes or {}) == {"judge:openai:m-1", "verdicts:a", "verdicts:b"}
    details = jury.aggregate(scores).details
    assert details["judges"]["judge:openai:m-1"]["canaries"]["run"] > 0
    assert details["judges"]["verdicts:a"]["verdicts"] == 5
    assert details["agreement"]["rows"] == 5


def test_the_mean_keeps_the_share(verdict_file: Any, answered: Any) -> None:
    files = [verdict_file("a", "++-+-"), verdict_file("b", "+--+-"), verdict_file("c", "+----")]
    scores = metric("jury:mean", judges=files).score(answered)
    assert [score.score for score in scores] == pytest.approx([1.0, 1 / 3, 0.0, 2 / 3, 0.0])
    assert outcomes(scores) == [True, False, False, True, False]
    assert scores[0].metric == "jury:mean"


def test_a_tie_is_no_majority(verdict_file: Any, answered: Any) -> None:
    files = [verdict_file("a", "+++--"), verdict_file("b", "+--+-")]
    scores = metric("jury", judges=files).score(answered)
    assert outcomes(scores) == [True, None, None, None, False]
    assert (scores[1].status, scores[1].rule) == ("unscored", "tie")


def test_too_few_verdicts_leave_a_row_unscored(verdict_file: Any, answered: Any) -> None:
    files = [verdict_file("a", "+?+--"), verdict_file("b", "?-?--"), verdict_file("c", "?+?--")]
    scores = metric("jury", judges=files).score(answered)
    assert outcomes(scores) == [None, None, None, False, False]
    assert scores[0].reason == "1 of 3 judges gave a verdict, 2 are needed"
    assert outcomes(metric("jury", judges=files, minimum=1).score(answered))[0] is True


def test_metrics_that_decide_can_be_judges(verdict_file: Any, answered: Any) -> None:
    jury = metric("jury", judges=[metric("structured"), metric("exact"), verdict_file("a", "+++--")])
    assert outcomes(jury.score(answered))[:2] == [True, False]
    assert [facts["metric"] for facts in jury.describe()["judges"]] == ["structured", "exact", "verdicts:a"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"judges": []}, "needs at least two judges of different names, got none"),
        (
            {"judges": ["no-such-file.json"]},
            "a judge is PROVIDER:MODEL .* or a file of verdicts, got 'no-such",
        ),
        ({"judges": [], "rule": "best"}, "rule must be majority or mean, got 'best'"),
    ],
)
def test_wrong_juries(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        metric("jury", **options)


def test_one_judge_twice_is_no_jury(verdict_file: Any) -> None:
    path = verdict_file("a", "+")
    with pytest.raises(InputError, match="different names, got verdicts:a, verdicts:a"):
        metric("jury", judges=[path, path])
    with pytest.raises(InputError, match=r"minimum must lie in 1\.\.2, got 3"):
        metric("jury", judges=[path, verdict_file("b", "+")], minimum=3)
