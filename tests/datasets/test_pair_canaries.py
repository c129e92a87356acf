"""A judge of pairs is given pairs whose verdicts are known."""

from __future__ import annotations

import json

import pytest

from medspatial.datasets.judgment import CRITERIA
from medspatial.datasets.pair_canaries import judge_canaries, pair_canaries
from medspatial.llm import open_llm
from medspatial.llm.fake_server import FakeReply, FakeServer
from medspatial.report_questions.evidence import check_pair


def _reply(rows):
    listed = [
        {"number": number, **{name: row.get(name, True) for name in CRITERIA}}
        | {f"{name}_reason": "because" for name in CRITERIA}
        for number, row in rows
    ]
    return json.dumps({"verdicts": listed})


def _judge(respond, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with (
        FakeServer(respond) as server,
        open_llm("openai:judge", base_url=server.openai_url, retries=0) as llm,
    ):
        (result,) = judge_canaries([llm])
        assert server.calls >= 1
    return result


def _expected():
    return [(number, one.expected) for number, one in enumerate(pair_canaries()[1], start=1)]


def test_sound_judge_sees_the_report_and_passes(monkeypatch):
    report, pairs = pair_canaries()

    def respond(heard):
        assert report.findings in heard.text
        assert all(f"Q: {one.question}" in heard.text for one in pairs)
        return _reply(_expected())

    result = _judge(respond, monkeypatch)
    assert result.sound
    assert (result.judge, result.run, result.passed) == ("openai:judge", len(pairs), len(pairs))
    assert result.to_dict()["failed"] == []


def test_judge_that_says_yes_to_all_is_named(monkeypatch):
    pairs = pair_canaries()[1]
    result = _judge(lambda heard: _reply([(n, {}) for n in range(1, len(pairs) + 1)]), monkeypatch)
    assert not result.sound
    assert result.passed == sum(all(one.expected.values()) for one in pairs) == 2
    kinds = {line.split(":")[0] for line in result.failed}
    assert kinds == {one.kind for one in pairs} - {"sound"}
    assert "absence: spatial judged true: 'Are the lymph nodes of the mediastinum enlarged?'" in result.failed


@pytest.mark.parametrize("kind", ["exchanged side", "instruction", "repeated"])
def test_one_wrong_verdict_is_one_failure(kind, monkeypatch):
    rows = [
        (number, {} if pair_canaries()[1][number - 1].kind == kind else row) for number, row in _expected()
    ]
    result = _judge(lambda heard: _reply(rows), monkeypatch)
    assert result.passed == result.run - 1
    assert len(result.failed) == 1
    assert result.failed[0].startswith(f"{kind}: ")


def test_left_out_and_failed_replies_are_no_pass(monkeypatch):
    result = _judge(lambda heard: _reply(_expected()[:-1]), monkeypatch)
    assert (result.without_verdict, result.passed, result.failed) == (1, result.run, ())
    assert not result.sound
    result = _judge(lambda heard: "no JSON", monkeypatch)
    assert (result.run, result.passed, result.without_verdict) == (0, 0, len(pair_canaries()[1]))
    assert not result.sound


def test_wrong_key_leaves_all_without_a_verdict(monkeypatch):
    result = _judge(lambda heard: FakeReply(status=401, error="bad key"), monkeypatch)
    assert result.without_verdict == len(pair_canaries()[1])


def test_canaries_test_every_criterion_both_ways_and_fit_their_report():
    report, pairs = pair_canaries()
    for name in CRITERIA:
        assert {one.expected.get(name) for one in pairs} >= {True, False}, name
    exchanged = next(one for one in pairs if one.kind == "exchanged side")
    assert "effusion on the left" in report.findings
    quote = "There is a small pleural effusion on the left."
    refusal = check_pair(report, exchanged.question, exchanged.answer, quote)
    assert refusal is not None
    assert refusal.rule == "side"
    assert check_pair(report, exchanged.question, "left", quote) is None
