"""vLLM and SGLang over the wire: bodies with the fields that they really send, and their ways to fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from medspatial.llm import Pause, Retries, open_llm, user
from medspatial.llm.errors import AccessRefused, CallFailed
from medspatial.llm.fake_server import FakeReply, FakeServer, ReceivedRequest
from medspatial.llm.request import Request

SCHEMA = {
    "type": "object",
    "properties": {"side": {"type": "string", "enum": ["left", "right"]}},
    "required": ["side"],
    "additionalProperties": False,
}


def vllm(content: str | None, finish: str = "stop", **message: Any) -> str:
    """A chat completion of vLLM: many fields beside the protocol's, usage without details."""
    turn = {
        "role": "assistant", "content": content, "refusal": None, "annotations": None, "audio": None,
        "function_call": None, "tool_calls": [], "reasoning_content": None, "reasoning": None,
    }  # fmt: skip
    choice = {
        "index": 0, "message": {**turn, **message}, "logprobs": None, "finish_reason": finish,
        "stop_reason": None, "token_ids": [1234, 2],
    }  # fmt: skip
    usage = {"prompt_tokens": 11, "total_tokens": 13, "completion_tokens": 2, "prompt_tokens_details": None}
    return json.dumps(
        {
            "id": "chatcmpl-7", "object": "chat.completion", "created": 1764400000, "model": "org/m",
            "choices": [choice], "service_tier": None, "system_fingerprint": None, "usage": usage,
            "prompt_logprobs": None, "prompt_token_ids": [1, 2, 3], "kv_transfer_params": None,
        }
    )  # fmt: skip


def sglang(content: str | None, finish: str = "stop", **message: Any) -> str:
    """A chat completion of SGLang: no refusal, tool calls null, what stopped it, weights' version."""
    turn = {"role": "assistant", "content": content, "reasoning_content": None, "tool_calls": None}
    choice = {
        "index": 0, "message": {**turn, **message}, "logprobs": None, "finish_reason": finish,
        "matched_stop": 151645,
    }  # fmt: skip
    usage = {
        "prompt_tokens": 11, "total_tokens": 13, "completion_tokens": 2, "prompt_tokens_details": None,
        "reasoning_tokens": 0,
    }  # fmt: skip
    return json.dumps(
        {
            "id": "a1b2", "object": "chat.completion", "created": 1764400000, "model": "org/m",
            "choices": [choice], "usage": usage, "metadata": {"weight_version": "default"},
        }
    )  # fmt: skip


@pytest.fixture(params=[vllm, sglang], ids=["vllm", "sglang"])
def body(request: pytest.FixtureRequest) -> Callable[..., str]:
    found: Callable[..., str] = request.param
    return found


def ask(
    respond: Callable[[ReceivedRequest], FakeReply], request: Request | None = None, **options: Any
) -> Any:
    """One question to a server; returns the reply and what the server got."""
    with FakeServer(respond) as server:
        llm = open_llm(
            "openai:org/m",
            base_url=server.openai_url,
            retries=Retries(count=2, first_s=0.01),
            pause=Pause(lambda seconds: None),
            **options,
        )
        try:
            return llm.ask(request or Request((user("Which side?"),))), server.requests
        finally:
            llm.close()


def test_extra_fields_do_not_disturb_a_reply(body: Callable[..., str]) -> None:
    reply, _ = ask(lambda heard: FakeReply(raw=body("left")))
    assert (reply.text, reply.finish, reply.refusal, reply.served_model) == ("left", "stop", None, "org/m")
    assert (reply.tokens.input, reply.tokens.output, reply.tokens.cached) == (11, 2, 0)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_beside_the_content_are_no_answer(body: Callable[..., str], field: str) -> None:
    reply, _ = ask(lambda heard: FakeReply(raw=body("left", **{field: "It could be right."})))
    assert reply.text == "left"
    with pytest.raises(CallFailed, match="reasoning_content holds text"):
        ask(lambda heard: FakeReply(raw=body(None, "length", **{field: "It could be right, or"})))


def test_a_reply_that_was_cut_says_so(body: Callable[..., str]) -> None:
    reply, _ = ask(lambda heard: FakeReply(raw=body("The lesion lies on the", "length")))
    assert reply.finish == "length"


@pytest.mark.parametrize("finish", ["abort", "error"])
def test_a_reply_that_the_engine_gave_up_is_asked_again(body: Callable[..., str], finish: str) -> None:
    reply, heard = ask(
        lambda heard: FakeReply(raw=body("The les", finish) if heard.number == 1 else body("left"))
    )
    assert (reply.text, len(heard)) == ("left", 2)


def test_guided_decoding_goes_over_the_wire(body: Callable[..., str]) -> None:
    request = Request((user("Which side?"),), schema=SCHEMA)
    reply, heard = ask(lambda heard: FakeReply(raw=body('{"side": "left"}')), request)
    assert reply.parsed == {"side": "left"}
    form = heard[0].body["response_format"]
    assert (form["type"], form["json_schema"]["schema"]) == ("json_schema", SCHEMA)
    extras = {
        "structured_outputs": {"choice": ["left", "right"]},  # vLLM
        "regex": "(left|right)",  # SGLang
        "chat_template_kwargs": {"enable_thinking": False},
        "separate_reasoning": False,
        "return_token_ids": True,
    }
    _, heard = ask(lambda heard: FakeReply(raw=body("left")), options=extras)
    assert {name: heard[0].body[name] for name in extras} == extras
    assert "max_tokens" in heard[0].body
    assert "max_completion_tokens" not in heard[0].body


@pytest.mark.parametrize(
    ("status", "error", "raised"),
    [
        (400, {"object": "error", "message": "This model's maximum context length is 4096 tokens.",
               "type": "BadRequestError", "param": None, "code": 400}, CallFailed),
        (400, {"error": {"message": "This model's maximum context length is 4096 tokens.",
               "type": "BadRequestError", "param": None, "code": 400}}, CallFailed),
        (404, {"object": "error", "message": "The model `org/m` does not exist.", "type": "NotFoundError",
               "param": None, "code": 404}, AccessRefused),
    ],
)  # fmt: skip
def test_errors_in_either_form_keep_their_words(status: int, error: dict[str, Any], raised: type) -> None:
    words = (error.get("error") or error)["message"].split(".")[0]
    with pytest.raises(raised, match=words[:20]):
        ask(lambda heard: FakeReply(status=status, raw=json.dumps(error)))
