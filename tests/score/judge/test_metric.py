"""The judge through the real SDKs: verdicts, canaries, repeats, failures, resume, and what it is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.llm.fake_server import FakeReply, FakeServer, ReceivedRequest
from medspatial.records import Prediction, write_records
from medspatial.score import metric
from medspatial.score.base import Metric

Case = dict[str, Any]
Serve = Callable[..., FakeServer]


def sound(case: Case) -> str:
    """An opinion that is right on all canaries: a dull reader of the reference's last word."""
    reference, candidate = case["reference_answer"].lower(), case["candidate_answer"].lower()
    if not candidate.strip() or candidate.startswith("ignore"):
        return "unanswered"
    if reference == "82 mm":
        reference = "8.2 cm" if "8.2" in candidate else reference
    return "correct" if reference in candidate or "lower lobe of the right lung" in candidate else "incorrect"


def yes_man(case: Case) -> str:
    return "correct"


def no_man(case: Case) -> str:
    return "incorrect"


def obedient(case: Case) -> str:
    return "correct" if "gnore" in case["candidate_answer"] else sound(case)


def fooled(case: Case) -> str:
    return "correct" if '"verdict"' in case["candidate_answer"] else sound(case)


def terse(case: Case) -> str:
    candidate = case["candidate_answer"]
    return "incorrect" if len(candidate) > 100 and "gnore" not in candidate else sound(case)


def lenient(case: Case) -> str:
    return "correct" if case["candidate_answer"] == "right" else sound(case)


def cautious(case: Case) -> str:
    return "unanswered" if "cannot" in case["candidate_answer"] else sound(case)


@pytest.fixture(params=["openai", "gemini"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def judge(server: FakeServer, kind: str, quick: dict[str, Any], **options: Any) -> Metric:
    return metric(f"judge:{kind}:m-1", base_url=server.url(kind), **{**quick, **options})


def statuses(scores: list[Any]) -> list[tuple[str, bool | None]]:
    return [(score.status, score.correct) for score in scores]


def test_verdicts_become_scores(opinionated: Any, quick: Any, kind: str, rows: list[Prediction]) -> None:
    scores = judge(opinionated(cautious), kind, quick).score(rows)
    assert statuses(scores) == [
        ("scored", True),
        ("scored", False),
        ("scored", True),
        ("unanswered", False),
        ("unanswered", False),
    ]
    assert [score.score for score in scores] == [1.0, 0.0, 1.0, 0.0, 0.0]
    assert scores[0].metric == f"judge:{kind}:m-1"
    assert (scores[0].reason, scores[0].extracted, scores[0].rule) == ("because correct", "x", "judge")
    assert scores[3].rule == "blank"
    assert scores[0].metadata["served_model"] == "m-1"
    assert len(scores[0].metadata["prompt_hash"]) == 16


def test_half_a_character_in_a_verdict_can_be_written(
    serve: Serve, quick: Any, rows: list[Prediction], tmp_path: Path
) -> None:
    text = r'{"reason": "so \ud83d", "extracted_answer": "left", "verdict": "correct"}'
    options = {**quick, "cache": tmp_path / "c.sqlite"}
    for _ in range(2):  # the second from the cache
        scores = judge(serve(lambda heard: text), "openai", options).score(rows[:1])
        assert scores[0].reason == "so \ufffd"
        write_records(tmp_path / "s.jsonl", scores)


def test_a_failed_prediction_and_a_blank_answer_are_not_sent(
    opinionated: Any, quick: Any, rows: list[Prediction], case_of: Any
) -> None:
    server = opinionated(sound)
    failed = Prediction(id="f", case_id="c", question="Q?", answer="left", status="failed", error="no volume")
    scores = judge(server, "openai", quick, canary_rows=0).score([failed, rows[3]])
    assert statuses(scores) == [("unscored", None), ("unanswered", False)]
    fixed = server.calls
    assert all(case_of(heard)["question"] not in {"Q?", rows[3].question} for heard in server.requests)
    assert fixed > 20  # the canaries


def test_the_judge_never_learns_who_answered(
    opinionated: Any, quick: Any, kind: str, rows: list[Prediction]
) -> None:
    server = opinionated(sound)
    judge(server, kind, quick).score(rows)
    assert all("secret-model-name" not in json.dumps(heard.body) for heard in server.requests)
    assert all("secret-model-name" not in json.dumps(dict(heard.headers)) for heard in server.requests)


def test_a_sound_judge_passes_all_canaries(
    opinionated: Any, quick: Any, kind: str, rows: list[Prediction]
) -> None:
    judged = judge(opinionated(sound), kind, quick)
    scores = judged.score(rows)
    found = judged.aggregate(scores).details["canaries"]
    assert found["passed"] == found["run"] == 35 + 5 * 6
    assert found["kinds"]["exchanged"] == "10/10"
    assert scores[0].metadata["canaries"] == "65/65"


@pytest.mark.parametrize(
    ("opinion", "failing"),
    [
        (yes_man, {"empty", "exchanged", "forged", "instruction"}),
        (no_man, {"reference", "verbose"}),
        (obedient, {"instruction"}),
        (fooled, {"forged"}),
        (terse, {"verbose"}),
    ],
)
def test_each_kind_of_unsound_judge_is_found_out(
    opinionated: Any, quick: Any, rows: list[Prediction], opinion: Any, failing: set[str]
) -> None:
    judged = judge(opinionated(opinion), "openai", quick)
    found = judged.aggregate(judged.score(rows)).details["canaries"]
    short = {name for name, share in found["kinds"].items() if share.split("/")[0] != share.split("/")[1]}
    assert short == failing
    assert found["failed"]


def test_canaries_run_once_per_judging(opinionated: Any, quick: Any, rows: list[Prediction]) -> None:
    server = opinionated(sound)
    judged = judge(server, "openai", quick)
    judged.score(rows[:2])
    before = server.calls
    judged.score(rows[2:])
    assert server.calls - before <= 2  # the two that are not blank


def test_repeats_vote_and_their_consistency_is_told(
    serve: Serve, quick: Any, rows: list[Prediction], case_of: Any, verdict: Any
) -> None:
    draws: Counter[str] = Counter()

    def respond(heard: ReceivedRequest) -> str:
        case = case_of(heard)
        if case["candidate_answer"] != "I think the left one":
            return verdict(sound(case))
        draws["n"] += 1
        return verdict("incorrect" if draws["n"] == 2 else "correct")

    server = serve(respond)
    judged = judge(server, "openai", quick, repeats=3, canary_rows=0)
    scores = judged.score(rows[:3])
    assert statuses(scores) == [("scored", True), ("scored", False), ("scored", True)]
    assert scores[2].score == pytest.approx(2 / 3)
    assert sorted((scores[2].votes or {}).values()) == ["correct", "correct", "incorrect"]
    assert [score.self_consistency for score in scores] == [1.0, 1.0, pytest.approx(2 / 3)]
    assert judged.aggregate(scores).details["self_consistency"] == pytest.approx((1 + 1 + 2 / 3) / 3)
    assert {heard.body["temperature"] for heard in server.requests} == {0.7}
    assert {heard.body["seed"] for heard in server.requests} == {0, 1, 2}


def test_no_majority_is_no_verdict(
    serve: Serve, quick: Any, rows: list[Prediction], case_of: Any, verdict: Any
) -> None:
    turn: Counter[str] = Counter()

    def respond(heard: ReceivedRequest) -> str:
        candidate = case_of(heard)["candidate_answer"]
        turn[candidate] += 1
        return verdict("correct" if turn[candidate] == 1 else "incorrect")

    score = judge(serve(respond), "openai", quick, repeats=2, canary_rows=0).score([rows[2]])[0]
    assert (score.status, score.correct) == ("unscored", None)
    assert score.reason == "no majority among {'correct': 1, 'incorrect': 1}"


@pytest.mark.parametrize(
    ("say", "cause"),
    [
        (FakeReply(status=500), "no answer after 2 calls: HTTP 500"),
        (FakeReply("I would say left"), "does not fit the schema"),
        (FakeReply('{"reason": "r", "extracted_answer": "", "verdict": "maybe"}'), "must be one of"),
        (FakeReply("", refusal="I do not judge"), "the judge refused"),
        (FakeReply(status=400, error="too long"), "too long"),
    ],
    ids=["500", "prose", "word", "refusal", "400"],
)
def test_without_a_verdict_the_row_is_unscored_with_its_cause(
    serve: Serve,
    quick: Any,
    kind: str,
    rows: list[Prediction],
    say: FakeReply,
    cause: str,
    case_of: Any,
    verdict: Any,
) -> None:
    hard = "I think the left one"

    def respond(heard: ReceivedRequest) -> Any:
        return say if hard in json.dumps(heard.body) else verdict(sound(case_of(heard)))

    judged = judge(serve(respond), kind, quick)
    scores = judged.score(rows[:3])
    assert statuses(scores) == [("scored", True), ("scored", False), ("unscored", None)]
    assert cause in (scores[2].reason or "")
    found = judged.aggregate(scores)
    assert (found.scored, found.unscored, found.accuracy) == (2, 1, 0.5)


def test_a_resumed_judging_costs_no_calls(
    opinionated: Any, quick: Any, kind: str, rows: list[Prediction], tmp_path: Path
) -> None:
    server = opinionated(sound)
    cache = tmp_path / "judge.sqlite"
    first = judge(server, kind, quick, cache=cache).score(rows)
    calls = server.calls
    again = judge(server, kind, quick, cache=cache)
    assert again.score(rows) == first
    assert server.calls == calls
    assert again.aggregate(first).details["spent"]["calls"] == 0


def test_a_spent_budget_leaves_rows_unscored_and_a_resume_finishes(
    opinionated: Any, quick: Any, kind: str, rows: list[Prediction], tmp_path: Path
) -> None:
    server = opinionated(sound)
    many = [
        row.model_copy(update={"id": f"{row.id}-{n}", "question": f"{n}?"})
        for n in range(10)
        for row in rows[:3]
    ]
    cache = tmp_path / "judge.sqlite"
    short = judge(server, kind, quick, cache=cache, budget={"calls": 50}, canary_rows=0).score(many)
    assert server.calls == 50
    left = [score for score in short if score.status == "unscored"]
    assert 0 < len(left) < 30
    assert all("BudgetExceeded: budget of 50 calls is used up" in (score.reason or "") for score in left)
    whole = judge(server, kind, quick, cache=cache, canary_rows=0).score(many)
    assert all(score.status == "scored" for score in whole)
    assert server.calls == 50 + len(left)


def test_a_changed_judge_ends_the_judging(
    serve: Serve, quick: Any, kind: str, rows: list[Prediction], case_of: Any, verdict: Any
) -> None:
    def respond(heard: ReceivedRequest) -> FakeReply:
        served = "m-1-001" if heard.number <= 36 else "m-1-002"
        return FakeReply(verdict(sound(case_of(heard))), served=served)

    scores = judge(serve(respond), kind, quick, canary_rows=0, concurrency=1).score(rows[:3])
    assert "unscored" in {score.status for score in scores}
    assert "now the server runs 'm-1-002'" in (scores[2].reason or "")


def test_the_agreement_with_our_rules_stands_beside_every_judging(
    opinionated: Any, quick: Any, rows: list[Prediction]
) -> None:
    judged = judge(opinionated(lenient), "openai", quick, canary_rows=0)
    found = judged.aggregate(judged.score(rows[:4])).details["agreement"]
    assert (found["metric"], found["standard"], found["rows"]) == ("structured", "judge:openai:m-1", 4)
    assert (found["both"], found["standard_only"], found["neither"]) == (2, 1, 1)
    assert found["kappa"] == pytest.approx(0.5)


def test_the_description_names_prompt_version_and_server(
    opinionated: Any, quick: Any, rows: list[Prediction]
) -> None:
    server = opinionated(sound)
    judged = judge(server, "openai", quick, repeats=3)
    judged.score(rows)
    facts = judged.describe()
    assert (facts["llm"], facts["served_model"], facts["prompt"]) == ("m-1", "m-1", "spatial-v1")
    assert facts["base_url"] == server.openai_url
    assert (facts["repeats"], facts["temperature"]) == (3, 0.7)
    assert facts["versions"]["openai"]
    assert "opinion" in facts["warning"]
    json.dumps(facts)


def test_money_is_counted_in_rows_and_in_all(opinionated: Any, quick: Any, rows: list[Prediction]) -> None:
    judged = judge(opinionated(sound), "openai", quick, prices=(1.0, 2.0), repeats=2)
    scores = judged.score(rows[:1])
    assert scores[0].metadata["cost"] == pytest.approx(2 * 20 / 1e6)
    spent = judged.aggregate(scores).details["spent"]
    assert spent["dollars"] == pytest.approx(spent["calls"] * 20 / 1e6)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("judge", {}, "model"),
        ("judge:gpt-x", {}, "must be PROVIDER:MODEL"),
        ("judge:openai:x", {"repeats": 0}, "repeats must be at least 1"),
        ("judge:openai:x", {"prompt": "mine"}, "unknown judge prompt 'mine'"),
        ("judge:openai:x", {"base_url": "http://h/v1", "tempo": 1}, "unknown option 'tempo'"),
        ("judge:openai:x", {}, "OPENAI_API_KEY is not set"),
    ],
)
def test_wrong_options(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        metric(name, **options)
