"""``medspatial score`` with judges and juries, against a fake server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import medspatial

from medspatial.llm.fake_server import FakeReply, FakeServer, ReceivedRequest
from medspatial.records import Prediction, Score, read_records, write_records


def score(*arguments: object) -> tuple[int, str, str]:
    done = medspatial("score", *arguments)
    return done.returncode, done.stdout, done.stderr


def respond(heard: ReceivedRequest) -> str:
    case = json.loads(heard.text[heard.text.index("{") :])
    word = "correct" if case["reference_answer"] in case["candidate_answer"] else "incorrect"
    return json.dumps({"reason": "r", "extracted_answer": "x", "verdict": word})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeServer(respond) as server:
        yield server


@pytest.fixture
def predictions(tmp_path: Path) -> Path:
    texts = ["left", "right", "the left side"]
    rows = [
        Prediction(
            id=f"q{n}",
            case_id="c",
            question=f"Which side, {n}?",
            answer="left",
            answer_type="side",
            prediction=text,
        )
        for n, text in enumerate(texts)
    ]
    return write_records(tmp_path / "m.jsonl", rows)


def test_a_judge_prints_canaries_agreement_and_spend(
    server: FakeServer, predictions: Path, tmp_path: Path
) -> None:
    model = ["--model", "openai:m-1", "--set", f"base_url={server.openai_url}", "--prices", "1,2"]
    arguments = ["-p", predictions, "-m", "judge", *model, "-o", tmp_path / "scores"]
    code, out, err = score(*arguments)
    assert code == 0
    assert err.splitlines()[-1].startswith("judge:openai:m-1, m.jsonl: 3/3 after")
    assert "judge:openai:m-1" in out
    assert "structured against judge:openai:m-1: kappa 1.000" in out
    assert "n = 3" in out
    assert "judge:openai:m-1: canaries " in out
    assert "canary failed: verbose" in out
    assert "served by m-1" in out
    scores = read_records(tmp_path / "scores" / "judge-openai-m-1" / "m.jsonl", Score).rows
    assert [row.correct for row in scores] == [True, False, True]
    calls = server.calls
    code, out, _ = score(*arguments)
    assert (code, server.calls) == (0, calls)
    assert " 0 calls (" in out


def test_json_holds_the_details(server: FakeServer, predictions: Path) -> None:
    code, out, _ = score(
        "-p", predictions, "-m", "judge:openai:m-1", "--set", f"base_url={server.openai_url}", "--json"
    )
    assert code == 0
    details = json.loads(out)[0]["details"]
    assert details["agreement"]["rows"] == 3
    assert details["canaries"]["run"] > 30


def test_a_jury_of_two_models_and_a_file(server: FakeServer, predictions: Path, tmp_path: Path) -> None:
    verdicts = tmp_path / "people.json"
    verdicts.write_text(json.dumps([{"id": f"q{n}", "is_correct": n == 0} for n in range(3)]))
    arguments = ["-p", predictions, "-m", "jury", "--set", f"base_url={server.openai_url}"]
    models = ["--model", "openai:m-1", "--model", "openai:m-2", "--model", verdicts]
    code, out, _ = score(*arguments, *models, "-o", tmp_path / "jury.jsonl")
    assert code == 0
    assert "judge:openai:m-2: canaries" in out
    assert [row.correct for row in read_records(tmp_path / "jury.jsonl", Score)] == [True, False, True]
    assert (tmp_path / "judge-cache.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-m", "judge"], "--metric judge: name its --model"),
        (["-m", "jury"], "jury: needs at least two judges"),
        (
            ["-m", "judge:openai:x", "--prices", "cheap"],
            "--prices: needs figures such as 0.5,1.5, got 'cheap'",
        ),
        (
            ["-m", "judge:openai:x", "--budget", "1", "--set", "base_url=http://127.0.0.1:9/v1"],
            "needs prices",
        ),
    ],
)
def test_wrong_options_are_one_line(predictions: Path, arguments: list[str], message: str) -> None:
    code, _, err = score("-p", predictions, *arguments)
    assert code == 3
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("status", [402, 401])
def test_a_spent_account_ends_the_judging_with_its_cause(
    monkeypatch: pytest.MonkeyPatch, predictions: Path, status: int
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeServer(lambda heard: FakeReply(status=status, error="Insufficient Balance")) as server:
        model = ["--model", "openai:m-1", "--set", f"base_url={server.openai_url}", "--set", "concurrency=1"]
        code, _, err = score("-p", predictions, "-m", "judge", *model)
        assert server.calls == 1
    assert code == 1
    assert "no verdict for 3 rows: no verdict: AccessRefused: openai:m-1" in err
    assert "Insufficient Balance" in err


def test_what_a_judging_takes_is_said_before_the_first_call(server: FakeServer, predictions: Path) -> None:
    model = ["--model", "openai:m-1", "--set", f"base_url={server.openai_url}", "--prices", "1,2"]
    code, _, err = score("-p", predictions, "-m", "judge", *model, "--repeats", "2")
    first = err.splitlines()[0]
    assert code == 0
    assert first.startswith(f"judge:openai:m-1, m.jsonl: at most {server.calls} calls (3 answers x 2, ")
    assert first.split(" out, $")[1][0].isdigit()


def test_seed_and_temperature_are_left_out_where_they_are_null(server: FakeServer, predictions: Path) -> None:
    model = ["--model", "openai:m-1", "--set", f"base_url={server.openai_url}"]
    null = ["--set", "seed=null", "--set", "temperature=null", "--repeats", "2"]
    assert score("-p", predictions, "-m", "judge", *model, *null)[0] == 0
    assert not any({"seed", "temperature"} & heard.body.keys() for heard in server.requests)


def test_verdicts_in_plain_words_take_no_second_call(
    monkeypatch: pytest.MonkeyPatch, predictions: Path
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FakeServer(lambda heard: "**Reason:** it agrees\n\n**Verdict:** Correct") as server:
        place = ["--set", f"base_url={server.openai_url}", "--set", "json_mode=prompt"]
        code, out, err = score("-p", predictions, "-m", "judge:openai:m-1", *place)
        assert f"at most {server.calls} calls" in err
    assert code == 0
    assert "100" in out
