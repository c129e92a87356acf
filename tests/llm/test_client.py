"""The client against servers that fail as real ones do, through the real SDKs, in both protocols."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.llm import (
    AccessRefused,
    Budget,
    BudgetExceeded,
    CallFailed,
    MalformedReply,
    Prices,
    Reply,
    ReplyCache,
    Request,
    Retries,
    ServedModelChanged,
    ServerDown,
    Tokens,
    user,
)
from medspatial.llm.fake_server import FakeReply, ReceivedRequest

SCHEMA = {
    "type": "object",
    "properties": {"side": {"type": "string", "enum": ["left", "right"]}},
    "required": ["side"],
}


def ask(text: str, **fields: Any) -> Request:
    return Request((user(text),), **fields)


def many(count: int) -> list[Request]:
    return [ask(f"question {number}") for number in range(count)]


def echo(heard: ReceivedRequest) -> str:
    return f"answer to {heard.text}"


def test_half_a_character_in_a_reply_becomes_a_replacement(serve: Any, client: Any, tmp_path: Path) -> None:
    """As the server sends it, an escape in JSON; from the cache; and inside a structured reply."""
    server = serve(lambda heard: "left \ud83d")
    path = tmp_path / "c.sqlite"
    for cached in (False, True):
        reply = client(server, cache=ReplyCache(path)).ask(ask("which side?"))
        assert (reply.text, reply.from_cache) == ("left \ufffd", cached)
    words = {"type": "object", "properties": {"why": {"type": "string"}}}
    server = serve(lambda heard: r'{"why": "so \ud83d"}')
    assert client(server).ask(ask("which side?", schema=words)).parsed == {"why": "so \ufffd"}


def test_an_answer_with_its_facts(serve: Any, client: Any, protocol: str) -> None:
    server = serve(lambda heard: FakeReply("left", served="m-1-2030-01-01", tokens=(100, 20, 60)))
    llm = client(server, protocol, prices=Prices(1.0, 2.0, 0.5))
    reply = llm.ask(ask("which side?", system="be brief"))
    assert (reply.text, reply.finish, reply.refusal, reply.from_cache) == ("left", "stop", None, False)
    assert reply.served_model == llm.served_model == "m-1-2030-01-01"
    assert reply.tokens == Tokens(100, 20, 60)
    assert reply.cost == pytest.approx((40 * 1 + 60 * 0.5 + 20 * 2) / 1e6)
    assert llm.spent.dollars == pytest.approx(reply.cost)
    assert [(h.text, h.system, h.model) for h in server.requests] == [("which side?", "be brief", "m-1")]


def test_nothing_is_asked_twice(serve: Any, client: Any, protocol: str) -> None:
    server = serve(echo)
    llm = client(server, protocol)
    requests = many(6)
    first = llm.ask_all(requests)
    again = llm.ask_all(requests + requests)
    assert [reply.text for reply in first] == [f"answer to question {n}" for n in range(6)]
    assert [reply.text for reply in again] == [reply.text for reply in first] * 2
    assert all(reply.from_cache for reply in again)
    assert server.calls == llm.spent.calls == 6
    assert llm.spent.known == 12


def test_equal_requests_under_way_share_one_call(serve: Any, client: Any) -> None:
    go = threading.Event()
    server = serve(lambda heard: FakeReply("same", until=go))
    llm = client(server)
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(llm.ask(ask("one")))) for _ in range(5)]
    for thread in threads:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert [reply.text for reply in replies] == ["same"] * 5
    assert server.calls == 1


def test_a_resumed_run_costs_no_calls(serve: Any, client: Any, protocol: str, tmp_path: Path) -> None:
    server = serve(echo)
    path = tmp_path / "cache.sqlite"
    first = client(server, protocol, cache=path).ask_all(many(5))
    resumed = client(server, protocol, cache=path)
    assert [reply.text for reply in resumed.ask_all(many(5))] == [reply.text for reply in first]
    assert server.calls == 5
    assert (resumed.spent.calls, resumed.spent.known) == (0, 5)


@pytest.mark.parametrize(
    "failure",
    [
        FakeReply(status=500),
        FakeReply(status=503, headers={"Retry-After": "0"}),
        FakeReply(status=429),
        FakeReply(status=408),
        FakeReply(hang_up="before"),
        FakeReply("half of it", hang_up="within"),
        FakeReply(raw='{"choices": ['),
        FakeReply(raw="<html>busy</html>", headers={"Content-Type": "text/html"}),
        FakeReply(raw='{"choices": "x", "candidates": 5}'),
        FakeReply(raw='{"choices": [], "candidates": []}'),
        FakeReply(raw="[]"),
        FakeReply("  "),
    ],
    ids=["500", "503", "429", "408", "broken", "within", "cut", "html", "types", "empty", "list", "blank"],
)
def test_what_fails_in_passing_is_asked_again(
    serve: Any, client: Any, protocol: str, once: Any, waits: Any, failure: FakeReply
) -> None:
    server = serve(once(failure, "left"))
    llm = client(server, protocol)
    assert llm.ask(ask("which side?")).text == "left"
    assert server.calls == llm.spent.calls == 2
    assert (llm.spent.retries, llm.spent.failures) == (1, 0)
    assert len(waits.seconds) == 1
    assert 0.5 <= waits.seconds[0] <= 1.0


def test_a_slow_server_is_given_up_and_asked_again(serve: Any, client: Any, protocol: str, once: Any) -> None:
    never = threading.Event()
    server = serve(once(FakeReply("late", until=never), "in time"))
    llm = client(server, protocol, timeout_s=0.3)
    assert llm.ask(ask("which side?")).text == "in time"
    assert server.calls == 2
    never.set()


def test_retry_after_is_kept_by_all_threads(
    serve: Any, client: Any, protocol: str, once: Any, waits: Any
) -> None:
    server = serve(once(FakeReply(status=429, headers={"Retry-After": "7"}), "left"))
    llm = client(server, protocol, concurrency=1)
    assert llm.ask(ask("which side?")).text == "left"
    assert max(waits.seconds) == 7.0
    assert waits.now >= 7.0


def test_gemini_says_the_wait_in_its_body_too(serve: Any, client: Any, once: Any, waits: Any) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "11.5s"}]
    body = {"error": {"code": 429, "message": "quota", "status": "RESOURCE_EXHAUSTED", "details": details}}
    server = serve(once(FakeReply(status=429, raw=json.dumps(body)), "left"))
    assert client(server, "gemini").ask(ask("which side?")).text == "left"
    assert waits.seconds[0] == 11.5


def test_a_wait_that_is_too_long_is_not_waited(serve: Any, client: Any, protocol: str, waits: Any) -> None:
    server = serve(lambda heard: FakeReply(status=429, headers={"Retry-After": "86400"}))
    with pytest.raises(CallFailed, match="asks to wait 86400 s, more than 300 s"):
        client(server, protocol).ask(ask("which side?"))
    assert (server.calls, waits.seconds) == (1, [])


def test_retries_are_capped_and_failures_do_not_stop_the_others(
    serve: Any, client: Any, protocol: str
) -> None:
    server = serve(lambda heard: FakeReply(status=500) if heard.text == "question 1" else "fine")
    llm = client(server, protocol, retries=Retries(count=2, first_s=0.1))
    outcomes = llm.ask_all(many(4))
    assert [type(outcome) for outcome in outcomes] == [Reply, CallFailed, Reply, Reply]
    assert "no answer after 3 calls: HTTP 500" in str(outcomes[1])
    assert server.calls == 3 + 3
    assert llm.spent.failures == 1


def test_a_failure_is_tried_again_by_the_next_asking(serve: Any, client: Any, protocol: str) -> None:
    broken = {"now": True}
    server = serve(lambda heard: FakeReply(status=500) if broken["now"] else "left")
    llm = client(server, protocol, retries=0)
    with pytest.raises(CallFailed):
        llm.ask(ask("which side?"))
    broken["now"] = False
    assert llm.ask(ask("which side?")).text == "left"
    assert server.calls == 2


def test_a_bad_request_fails_alone_and_at_once(serve: Any, client: Any, protocol: str) -> None:
    server = serve(
        lambda heard: FakeReply(status=400, error="context too long") if "1" in heard.text else "fine"
    )
    outcomes = client(server, protocol).ask_all(many(2))
    assert outcomes[0].text == "fine"
    assert "context too long" in str(outcomes[1])
    assert server.calls == 2


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_refusal_of_all_ends_the_run(serve: Any, client: Any, protocol: str, status: int) -> None:
    server = serve(lambda heard: FakeReply(status=status, error="go away"))
    llm = client(server, protocol, concurrency=1)
    outcomes = llm.ask_all(many(5))
    assert all(isinstance(outcome, AccessRefused) for outcome in outcomes)
    assert server.calls == 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (429, "You exceeded your current quota: insufficient_quota"),
        (400, "Your credit balance is too low to access the API"),
        (400, "Billing hard limit has been reached"),
    ],
)
def test_a_spent_account_ends_the_run_under_any_status(
    serve: Any, client: Any, status: int, said: str
) -> None:
    server = serve(lambda heard: FakeReply(status=status, error=said))
    outcomes = client(server, "openai", concurrency=1).ask_all(many(4))
    assert all(isinstance(outcome, AccessRefused) and said in str(outcome) for outcome in outcomes)
    assert server.calls == 1


def test_a_dead_server_ends_the_run(serve: Any, client: Any, protocol: str) -> None:
    server = serve(lambda heard: FakeReply(hang_up="before"))
    llm = client(server, protocol, retries=1, give_up_after=3, concurrency=1)
    outcomes = llm.ask_all(many(9))
    assert [type(o) for o in outcomes[:3]] == [CallFailed, CallFailed, ServerDown]
    assert all(isinstance(o, ServerDown) for o in outcomes[3:])
    assert server.calls == 3 * 2


def test_a_refusal_is_a_reply_with_its_cause(serve: Any, client: Any, protocol: str) -> None:
    finish = "content_filter" if protocol == "openai" else "stop"
    server = serve(lambda heard: FakeReply("", refusal="I cannot", finish=finish))
    reply = client(server, protocol).ask(ask("which side?", schema=SCHEMA))
    assert reply.finish == "refusal"
    assert reply.refusal
    assert reply.parsed is None
    assert server.calls == 1


def test_a_blocked_prompt_of_gemini(serve: Any, client: Any) -> None:
    reply = client(serve(lambda heard: FakeReply(None)), "gemini").ask(ask("which side?"))
    assert reply.refusal == "the prompt was blocked: PROHIBITED_CONTENT"


def test_a_limit_used_up_before_any_text_is_a_failure(serve: Any, client: Any, protocol: str) -> None:
    server = serve(lambda heard: FakeReply("", finish="length"))
    with pytest.raises(CallFailed, match="limit of 64 tokens was used up before any text"):
        client(server, protocol).ask(ask("which side?", max_tokens=64))
    assert server.calls == 1


def test_structure_is_asked_for_and_checked(serve: Any, client: Any, protocol: str) -> None:
    server = serve(lambda heard: '{"side": "left"}')
    assert client(server, protocol).ask(ask("which side?", schema=SCHEMA)).parsed == {"side": "left"}
    body = server.requests[0].body
    sent = (
        body["response_format"]["json_schema"]["schema"]
        if protocol == "openai"
        else body["generationConfig"]["responseJsonSchema"]
    )
    assert sent == SCHEMA


@pytest.mark.parametrize("mode", ["object", "prompt"])
def test_structure_in_other_modes_stands_in_the_system_text(
    serve: Any, client: Any, protocol: str, mode: str
) -> None:
    server = serve(lambda heard: '```json\n{"side": "left"}\n```')
    llm = client(server, protocol, json_mode=mode)
    assert llm.ask(ask("which side?", schema=SCHEMA, system="S")).parsed == {"side": "left"}
    assert json.dumps(SCHEMA) in server.requests[0].system
    body = json.dumps(server.requests[0].body)
    assert ("json_object" in body or "application/json" in body) == (mode == "object")


def test_malformed_structure_is_repaired_once(serve: Any, client: Any, protocol: str, tmp_path: Path) -> None:
    server = serve(lambda heard: '{"side": "left"}' if "not valid" in heard.text else '{"side": "up"}')
    cache = tmp_path / "c.sqlite"
    llm = client(server, protocol, cache=cache)
    reply = llm.ask(ask("which side?", schema=SCHEMA))
    assert (reply.parsed, reply.repaired) == ({"side": "left"}, True)
    assert reply.tokens == Tokens(20, 10, 0)  # both calls were paid
    assert (server.calls, llm.spent.repairs) == (2, 1)
    assert "must be one of ['left', 'right'], got 'up'" in server.requests[1].text
    assert client(server, protocol, cache=cache).ask(ask("which side?", schema=SCHEMA)).parsed == reply.parsed
    assert server.calls == 2


def test_structure_that_stays_malformed_is_a_failure_that_a_resume_tries_again(
    serve: Any, client: Any, protocol: str
) -> None:
    server = serve(lambda heard: "I think left")
    llm = client(server, protocol)
    for calls in (2, 4):
        with pytest.raises(MalformedReply, match="nor does the repaired one: not JSON"):
            llm.ask(ask("which side?", schema=SCHEMA))
        assert server.calls == calls
    assert llm.spent.failures == 2


def test_a_changed_version_ends_the_run_and_keeps_what_is_done(
    serve: Any, client: Any, protocol: str, tmp_path: Path
) -> None:
    server = serve(lambda heard: FakeReply("ok", served="m-1-001" if heard.number <= 2 else "m-1-002"))
    cache = tmp_path / "c.sqlite"
    llm = client(server, protocol, concurrency=1, cache=cache)
    outcomes = llm.ask_all(many(6))
    assert [type(o) for o in outcomes] == [Reply] * 2 + [ServedModelChanged] * 4
    assert server.calls == 3
    with pytest.raises(ServedModelChanged):  # an own new run is bound to the version of the kept answers
        client(server, protocol, cache=cache).ask(ask("another"))
    accepted = client(server, protocol, cache=cache, served_model="m-1-002")
    assert all(isinstance(o, Reply) for o in accepted.ask_all(many(6)))
    assert server.calls == 4 + 5  # the refused reply to question 2 was paid for and is used now


def test_a_silently_exchanged_model_is_refused_also_from_the_cache(
    serve: Any, client: Any, protocol: str, tmp_path: Path
) -> None:
    server = serve(lambda heard: FakeReply("ok", served="newer-2"))
    cache = tmp_path / "c.sqlite"
    with pytest.raises(ServedModelChanged, match="the server answers with 'newer-2'"):
        client(server, protocol, cache=cache).ask(ask("which side?"))
    with pytest.raises(ServedModelChanged):
        client(server, protocol, cache=cache)
    assert client(server, protocol, cache=cache, served_model="newer-2").ask(ask("which side?")).text == "ok"
    assert server.calls == 1


def test_a_run_can_be_bound_to_an_earlier_version(serve: Any, client: Any) -> None:
    llm = client(serve(lambda heard: FakeReply("ok", served="m-1-002")))
    llm.bind("m-1-001")
    with pytest.raises(ServedModelChanged, match="answered by 'm-1-001', now the server runs 'm-1-002'"):
        llm.ask(ask("which side?"))


def test_the_budget_is_kept_and_ends_the_run(serve: Any, client: Any, protocol: str, tmp_path: Path) -> None:
    server = serve(lambda heard: FakeReply("ok", tokens=(200, 1000, 0)))
    budget, prices = Budget(dollars=0.0075), Prices(1.0, 1.0)  # a call costs $0.0012
    cache = tmp_path / "c.sqlite"
    llm = client(server, protocol, budget=budget, prices=prices, concurrency=4, cache=cache)
    outcomes = llm.ask_all([ask(f"question {n}", max_tokens=1000) for n in range(20)])
    done = [o for o in outcomes if isinstance(o, Reply)]
    assert len(done) == server.calls == 6
    assert sum(isinstance(o, BudgetExceeded) for o in outcomes) == 14
    assert llm.spent.dollars == pytest.approx(0.0072)
    resumed = client(server, protocol, cache=cache)
    assert all(
        isinstance(o, Reply)
        for o in resumed.ask_all([ask(f"question {n}", max_tokens=1000) for n in range(20)])
    )
    assert server.calls == 20


def test_what_is_known_is_answered_after_the_budget_is_gone(serve: Any, client: Any) -> None:
    server = serve(echo)
    llm = client(server, budget=Budget(calls=1))
    llm.ask(ask("a"))
    with pytest.raises(BudgetExceeded):
        llm.ask(ask("b"))
    assert llm.ask(ask("a")).from_cache
    assert server.calls == 1


def test_no_more_calls_at_once_than_allowed(serve: Any, client: Any) -> None:
    lock, inside, most = threading.Lock(), [0], [0]
    enough = threading.Semaphore(0)

    def respond(heard: ReceivedRequest) -> str:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            if inside[0] == 3:
                enough.release(3)
        enough.acquire(timeout=0.2)
        with lock:
            inside[0] -= 1
        return "ok"

    client(serve(respond), concurrency=3).ask_all(many(9))
    assert most[0] == 3


def test_the_first_can_go_alone(serve: Any, client: Any) -> None:
    answered: list[int] = []
    begun: list[tuple[int, bool]] = []

    def respond(heard: ReceivedRequest) -> str:
        begun.append((heard.number, bool(answered)))
        return "ok"

    llm = client(serve(respond))
    llm.ask_all(many(4), first_alone=True, each=lambda place, outcome: answered.append(place))
    assert begun[0] == (1, False)
    assert all(late for _, late in begun[1:])
    assert answered[0] == 0
    assert sorted(answered) == [0, 1, 2, 3]


def test_repeats_are_asked_separately_and_sent_alike(serve: Any, client: Any) -> None:
    server = serve(lambda heard: f"draw {heard.number}")
    llm = client(server, concurrency=1)
    texts = [o.text for o in llm.ask_all([ask("a", sample=sample, temperature=0.7) for sample in range(3)])]
    assert texts == ["draw 1", "draw 2", "draw 3"]
    assert server.requests[0].body == server.requests[1].body


def test_pictures_go_over_the_wire_in_order(
    serve: Any, client: Any, protocol: str, png: Callable[[int, int], bytes]
) -> None:
    server = serve(lambda heard: f"{heard.images} pictures")
    reply = client(server, protocol).ask(Request((user("first", png(3, 2), "then", png(4, 2), "last?"),)))
    assert reply.text == "2 pictures"
    body = server.requests[0].body
    parts = body["messages"][-1]["content"] if protocol == "openai" else body["contents"][-1]["parts"]
    assert ["text" in part for part in parts] == [True, False, True, False, True]


def test_a_request_for_another_model_is_refused(serve: Any, client: Any) -> None:
    with pytest.raises(InputError, match="request for model 'm-2' given to a client of 'm-1'"):
        client(serve(echo)).ask(ask("a", model="m-2"))


def test_an_error_of_the_program_is_not_swallowed(serve: Any, client: Any) -> None:
    with pytest.raises(InputError, match="rule 'allOf'"):
        client(serve(echo)).ask_all([ask("a", schema={"allOf": []}), ask("b", schema={"allOf": []})])


def test_an_interrupt_wakes_sleepers_and_asks_nothing_more(
    serve: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = threading.Event()

    def respond(request: ReceivedRequest) -> FakeReply:
        heard.set()
        return FakeReply(status=500)

    def interrupted(jobs: Any) -> None:
        heard.wait(10)
        raise KeyboardInterrupt

    server = serve(respond)
    monkeypatch.setattr("medspatial.llm.client.wait", interrupted)
    llm = client(server, retries=Retries(count=9, first_s=100.0, cap_s=100.0), pause=None, concurrency=1)
    with pytest.raises(KeyboardInterrupt):
        llm.ask_all(many(5))
    assert server.calls == 1  # without the wake-up this would wait for at least 50 seconds


def test_another_session_of_another_version_is_not_bound_to(serve: Any, client: Any) -> None:
    llm = client(serve(echo), served_model="m-1-002")
    llm.bind("m-1-002")
    with pytest.raises(
        ServedModelChanged, match="an earlier session was answered by 'm-1-001', this one is bound"
    ):
        llm.bind("m-1-001")
