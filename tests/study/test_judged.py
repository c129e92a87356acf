"""A study whose compared metric is a language model as judge, over a fake server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.llm.fake_server import FakeServer, ReceivedRequest
from medspatial.records import Question, write_records
from medspatial.study import StudyConfig, run_study


def respond(heard: ReceivedRequest) -> str:
    case = json.loads(heard.text[heard.text.index("{") :])
    word = "correct" if case["reference_answer"] in case["candidate_answer"] else "incorrect"
    return json.dumps({"reason": "r", "extracted_answer": "x", "verdict": word})


def test_a_judge_can_be_the_metric_compared_and_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    questions = [
        Question(case_id=f"c{i}", question=f"Which side in {i}?", answer="left", answer_type="side")
        for i in range(6)
    ]
    write_records(tmp_path / "questions.jsonl", questions)
    with FakeServer(respond) as server:
        judge = {"name": "judge:openai:m-1", "base_url": server.openai_url}
        config = StudyConfig.model_validate(
            {
                "title": "Judged",
                "cases": {"phantom": {"count": 1, "spacing": 8}},
                "questions": {"path": str(tmp_path / "questions.jsonl")},
                "models": ["oracle", "echo"],
                "metrics": [judge, "structured"],
                "compare": {"metric": "judge:openai:m-1", "resamples": 50},
                "report": {"max_pictures": 0, "figures": []},
            }
        )
        first = run_study(config, tmp_path / "out")
        asked = server.calls
        again = run_study(config, tmp_path / "out")
        assert asked > 0
        assert server.calls == asked
    assert again.comparison == first.comparison
    assert first.comparison.result("oracle").overall.accuracy == 1.0
    assert first.comparison.result("echo").overall.accuracy == 0.0
    assert (tmp_path / "out" / "scores" / "judge-openai-m-1" / "oracle.jsonl").exists()
