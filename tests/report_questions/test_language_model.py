"""The generator with a language model, end to end: the real SDKs against a local server."""

from __future__ import annotations

import json

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.errors import InputError
from medspatial.llm import Retries, open_llm
from medspatial.llm.fake_server import FakeReply, FakeServer
from medspatial.questions.prompt import load_prompt, prompt_names
from medspatial.report_questions.language_model import generate, most_tokens

NODULE = "A 5 mm nodule is observed in the lower lobe of the left lung."
STONES = "Stones are observed in both kidneys, the largest of which is 7 mm in the left kidney."
REPORTS = [
    Report("valid_1_a_1", f"Heart size is normal. {NODULE}", "Nodule on the left."),
    Report("valid_2_a_1", "Effusion is observed on the right side.", ""),
]


def _pair(**changes):
    pair = {
        "question": "On which side is the nodule?",
        "answer": "left",
        "category": "laterality",
        "quote": NODULE,
    }
    return {**pair, **changes}


def _open(server, protocol, tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("GEMINI_API_KEY", "key")
    return open_llm(
        f"{protocol}:writer",
        base_url=server.url(protocol),
        cache=tmp_path / "replies.sqlite",
        retries=Retries(count=2, first_s=0.001, longest_s=1.0),
    )


def _say(*pairs):
    return json.dumps({"pairs": list(pairs)})


@pytest.mark.parametrize("protocol", ["openai", "gemini"])
def test_good_and_hostile_pairs(protocol, tmp_path, monkeypatch):
    hostile = [
        _pair(question="Where is the cavity?", quote="A cavity is observed in the right lung."),
        _pair(question="Which side is it on?", answer="right"),
        _pair(question="How large is the nodule?", answer="5 cm", category="volume"),
        _pair(question="Is the heart enlarged?", answer="It is normal.", quote=NODULE),
    ]

    def respond(heard):
        assert "never conclude" in heard.system.lower() or "Never conclude" in heard.system
        if "Effusion" in heard.text:
            return _say()
        good = _pair(question="How does the nodule compare with 1 cm?", answer="5 mm", category="volume")
        return _say(_pair(), good, *hostile)

    with FakeServer(respond) as server, _open(server, protocol, tmp_path, monkeypatch) as llm:
        run = generate(REPORTS, llm)
    first, second = run.results
    assert [one.answer for one in first.questions] == ["left", "5 mm"]
    assert [one.rule for one in first.refused] == ["quote_not_in_report", "side", "number", "silence"]
    assert (second.status, second.questions) == ("ok", [])
    size = first.questions[1]
    assert (size.answer_type, size.value, size.unit) == ("number", 5.0, "mm")
    assert size.evidence.details == {"section": "findings", "start": 22, "end": 22 + len(NODULE)}
    assert size.metadata["prompt_sha256"] == load_prompt("generate-free-2").digest
    assert run.summary()["refused"] == {"number": 1, "quote_not_in_report": 1, "side": 1, "silence": 1}


def test_resume_costs_no_call(tmp_path, monkeypatch):
    with FakeServer(lambda heard: _say(_pair())) as server:
        with _open(server, "openai", tmp_path, monkeypatch) as llm:
            first = generate(REPORTS, llm)
        calls = server.calls
        with _open(server, "openai", tmp_path, monkeypatch) as llm:
            again = generate(REPORTS, llm)
        assert server.calls == calls == 2
    assert [q.to_json() for q in first.questions] == [q.to_json() for q in again.questions]
    assert all(one.from_cache for one in again.results)


def test_broken_structure_is_repaired_once_then_failed(tmp_path, monkeypatch):
    def respond(heard):
        if "valid JSON" in heard.text or "That was not valid" in heard.text:
            return _say(_pair()) if "nodule" in json.dumps(heard.body) else "still { broken"
        return '{"pairs": [{"question": "On which'

    with FakeServer(respond) as server, _open(server, "openai", tmp_path, monkeypatch) as llm:
        run = generate(REPORTS, llm)
    assert (run.results[0].status, run.results[0].repaired) == ("ok", True)
    assert run.results[1].status == "failed"
    assert "does not fit the schema" in run.results[1].error
    assert run.summary()["status"] == {"ok": 1, "failed": 1}


def test_wrong_category_is_not_accepted(tmp_path, monkeypatch):
    with (
        FakeServer(lambda heard: _say(_pair(category="vibes"))) as server,
        _open(server, "openai", tmp_path, monkeypatch) as llm,
    ):
        run = generate(REPORTS[:1], llm)
    assert run.results[0].status == "failed"


@pytest.mark.parametrize("protocol", ["openai", "gemini"])
def test_refusal_and_passing_failure(protocol, tmp_path, monkeypatch):
    seen = []

    def respond(heard):
        if "Effusion" in heard.text:
            return FakeReply(text="" if protocol == "openai" else None, refusal="I cannot help with that")
        seen.append(heard)
        return FakeReply(status=429, error="slow down") if len(seen) == 1 else _say(_pair())

    with FakeServer(respond) as server, _open(server, protocol, tmp_path, monkeypatch) as llm:
        run = generate(REPORTS, llm)
    assert [one.status for one in run.results] == ["ok", "refused"]
    assert len(seen) == 2


def test_wrong_key_ends_the_run_and_keeps_what_there_is(tmp_path, monkeypatch):
    with (
        FakeServer(lambda heard: FakeReply(status=401, error="bad key")) as server,
        _open(server, "openai", tmp_path, monkeypatch) as llm,
    ):
        run = generate(REPORTS, llm)
    assert run.stopped is not None
    assert {one.status for one in run.results} == {"not_asked"}


def test_templates_make_the_questions(tmp_path, monkeypatch):
    facts = [
        {"template": "side", "finding": "nodule", "answer": "left", "quote": NODULE},
        {"template": "largest", "finding": "stones", "answer": "left kidney", "quote": STONES},
        {"template": "largest", "finding": "kidney stones", "answer": "right kidney", "quote": STONES},
        {"template": "location", "finding": "nodules", "answer": "right lung", "quote": NODULE},
    ]
    report = Report("valid_3_a_1", f"{NODULE} {STONES}", "")
    with (
        FakeServer(lambda heard: json.dumps({"facts": facts})) as server,
        _open(server, "openai", tmp_path, monkeypatch) as llm,
    ):
        run = generate([report], llm, generator="templates")
    assert {one.question: one.answer for one in run.questions} == {
        "On which side is the nodule?": "left",
        "Where is the largest of the stones?": "left kidney",
    }
    refused = {one.question: one.rule for one in run.results[0].refused}
    assert refused == {
        "Where is the largest of the kidney stones?": "reader_side",
        "Where are the nodules located?": "side",
    }
    assert run.summary()["refused"] == {"reader_side": 1, "side": 1}
    most = most_tokens(REPORTS[:1], generator="templates")
    assert most.input > 100
    assert most.output == 2048
    with pytest.raises(InputError, match="unknown generator 'x'; known: free, templates"):
        generate(REPORTS, None, generator="x")


def test_prompt_files(tmp_path):
    assert prompt_names() == ("generate-free-2", "generate-templates-2", "judge-2")
    own = tmp_path / "own-2.md"
    own.write_text("System.\n---\nReport: $findings")
    with pytest.raises(InputError, match=r"own-2.json: the schema of prompt own-2.md is missing"):
        load_prompt(str(own))
    own.with_suffix(".json").write_text('{"type": "object"}')
    prompt = load_prompt(str(own))
    assert (prompt.system, prompt.fill(findings="x")) == ("System.", "Report: x")
    assert len(prompt.digest) == 64
    with pytest.raises(InputError, match="unknown prompt 'nope'"):
        load_prompt("nope")
