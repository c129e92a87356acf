from __future__ import annotations

import json

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.datasets.judge import judge_pairs
from medspatial.datasets.judgment import CRITERIA, Judgment, majority, read_judgments
from medspatial.errors import InputError
from medspatial.llm import open_llm
from medspatial.llm.fake_server import FakeReply, FakeServer
from medspatial.records import Question, write_records

PAIRS = [
    Question(
        case_id="valid_1_a_1", question="Where is the nodule?", answer="left lung", source="llm:openai:a"
    ),
    Question(case_id="valid_1_a_1", question="Is the heart normal?", answer="yes"),
    Question(case_id="valid_2_a_1", question="Where is the effusion?", answer="right"),
]
REPORTS = {"valid_1_a_1": Report("valid_1_a_1", "Nodule in the left lung.")}


def _verdicts(count, *, spatial=lambda n: True, skip=()):
    rows = []
    for number in range(1, count + 1):
        if number not in skip:
            row = {"number": number}
            for name in CRITERIA:
                row |= {name: spatial(number) if name == "spatial" else True, f"{name}_reason": "because"}
            rows.append(row)
    return json.dumps({"verdicts": rows})


def _open(server, name, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    return open_llm(f"openai:{name}", base_url=server.openai_url, retries=0)


def test_verdicts_with_reasons_and_warning(monkeypatch):
    def respond(heard):
        assert "Q: " in heard.text
        return _verdicts(heard.text.count("Q: "), spatial=lambda n: n == 1)

    with FakeServer(respond) as server, _open(server, "a", monkeypatch) as llm:
        judgments, stopped = judge_pairs(PAIRS, REPORTS, [llm])
    assert stopped is None
    assert [one.verdicts["spatial"] for one in judgments] == [True, False, True]
    assert judgments[0].reasons["needs_image"] == "because"
    assert [one.warning is None for one in judgments] == [False, True, True]
    assert server.calls == 2  # one per case


def test_majority_of_three(monkeypatch):
    with FakeServer(
        lambda heard: _verdicts(heard.text.count("Q: "), spatial=lambda n: heard.model != "c")
    ) as server:
        llms = [_open(server, name, monkeypatch) for name in "abc"]
        judgments, _ = judge_pairs(PAIRS, REPORTS, llms)
        for llm in llms:
            llm.close()
    assert len(judgments) == 9
    verdict = majority(judgments)[judgments[0].key]
    assert verdict.votes["spatial"] == (2, 3)
    assert (verdict.spatial, verdict.relevant) == (True, True)


def test_reply_that_leaves_a_pair_out(monkeypatch):
    def respond(heard):
        return _verdicts(heard.text.count("Q: "), skip=(2,))

    with FakeServer(respond) as server, _open(server, "a", monkeypatch) as llm:
        judgments, _ = judge_pairs(PAIRS, REPORTS, [llm])
    assert [one.status for one in judgments] == ["ok", "failed", "ok"]
    assert judgments[1].error == "the reply holds 0 verdicts for this pair"
    assert judgments[1].key not in majority(judgments)


def test_refusal_and_broken_reply(monkeypatch):
    def respond(heard):
        return FakeReply(text="", refusal="no") if "nodule" in heard.text else "not json"

    with FakeServer(respond) as server, _open(server, "a", monkeypatch) as llm:
        judgments, _ = judge_pairs(PAIRS, REPORTS, [llm])
    assert {one.status for one in judgments} == {"failed"}
    assert "refused" in judgments[0].error


def test_tie_does_not_hold_and_later_verdict_replaces():
    def one(judge, yes):
        return Judgment(case_id="c", question="q", answer="a", judge=judge, verdicts={"spatial": yes})

    (verdict,) = majority([one("a", True), one("b", False)]).values()
    assert verdict.spatial is False
    assert verdict.relevant is None
    (verdict,) = majority([one("a", False), one("a", True)]).values()
    assert verdict.spatial is True


def test_three_forms_of_files(tmp_path):
    ours = write_records(
        tmp_path / "j.jsonl",
        [Judgment(case_id="v", question="q", answer="a", judge="x", verdicts={"spatial": True})],
    )
    assert read_judgments(ours)[0].verdicts == {"spatial": True}
    flat = tmp_path / "gemini.json"
    flat.write_text(
        '[{"case_id": "v.nii.gz", "question": "q", "answer": "a", "is_spatial": true, "is_relevant": null}]'
    )
    (row,) = read_judgments(flat)
    assert (row.judge, row.verdicts, row.key) == ("gemini", {"spatial": True}, ("v", "q", "a"))
    nested = tmp_path / "n.json"
    nested.write_text('{"v.nii.gz": {"qa_pairs": [{"question": "q", "answer": "a", "is_spatial": false}]}}')
    assert read_judgments(nested)[0].verdicts == {"spatial": False}


def test_bad_files(tmp_path):
    path = tmp_path / "j.jsonl"
    path.write_text('{"case_id": "v", "question": "q", "answer": "a", "judge": "x", "verdicts": 3}\n')
    with pytest.raises(InputError, match=r"j.jsonl: row 1: field 'verdicts'"):
        read_judgments(path)
    path.write_text("{\n")
    with pytest.raises(InputError, match=r"j.jsonl:1: not JSON"):
        read_judgments(path)
    with pytest.raises(InputError, match="no such file"):
        read_judgments(tmp_path / "absent")
