"""OpenAI and every server that speaks its chat completions: vLLM, SGLang, Ollama, ..."""

from __future__ import annotations

import os
import weakref
from typing import Any, ClassVar

from medspatial.errors import InputError, require
from medspatial.llm.bounds import bounded_response
from medspatial.llm.errors import AccessRefused, CallFailed, Transient, says_spent
from medspatial.llm.masking import masked_line
from medspatial.llm.provider import Provider, checked_json_mode, checked_url, read_reply
from medspatial.llm.reply import Reply, Tokens
from medspatial.llm.request import Message, Request
from medspatial.llm.retry import retry_after

KEY_VARIABLE = "OPENAI_API_KEY"
_NO_KEY = "none"  # servers of one's own mostly want none, the SDK wants something
_PASSING = {408, 409, 425, 429}
_FOR_ALL = {401, 402, 403, 404}
_GIVEN_UP = {"abort", "error"}  # what vLLM and SGLang say of a reply that they did not finish


class OpenAIServer(Provider):
    """Chat completions through the official SDK.

    Parameters
    ----------
    model
        Name at the server.
    base_url
        Another server, up to and with ``/v1``. The key of OpenAI is never sent there.
    api_key_env
        Environment variable that holds the key: ``OPENAI_API_KEY``, or with ``base_url`` none.
    timeout_s
        Of one call, in all.
    json_mode
        See `Provider`.
    token_field
        ``max_completion_tokens`` or ``max_tokens``; by default the first at OpenAI, the second elsewhere.
    options
        Further fields of the request's body, such as ``{"reasoning_effort": "low"}``.
    """

    kind: ClassVar[str] = "openai"

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key_env: str | None = None,
        timeout_s: float = 120.0,
        json_mode: str = "schema",
        token_field: str | None = None,
        options: dict[str, Any] | None = None,
    ) -> None:
        self._sdk = require("openai", extra="judge")
        self.model = model
        self.json_mode = checked_json_mode(json_mode)
        self.options = dict(options or {})
        variable = api_key_env or (None if base_url else KEY_VARIABLE)
        self.secret = _key_from(variable)
        self.timeout_s = timeout_s
        self._client = self._sdk.OpenAI(
            api_key=self.secret or _NO_KEY,
            base_url=None if base_url is None else checked_url(base_url),
            timeout=timeout_s,
            max_retries=0,
            default_headers={"Accept-Encoding": "identity"},
            http_client=self._sdk.DefaultHttpxClient(
                event_hooks={"response": [bounded_response(timeout_s)]}, timeout=timeout_s
            ),
        )
        weakref.finalize(self, self._client.close)  # connections are not left open by who forgets to close
        self.base_url = checked_url(str(self._client.base_url))
        self.token_field = token_field or ("max_tokens" if base_url else "max_completion_tokens")

    def describe(self) -> dict[str, Any]:
        """Return server, JSON mode and options."""
        return {"base_url": self.base_url, "json_mode": self.json_mode, "options": self.options}

    def send(self, request: Request) -> Reply:
        """Make one call."""
        sdk = self._sdk
        try:
            completion = self._client.chat.completions.create(**self._body(request))
        except sdk.APITimeoutError:
            raise Transient("timeout") from None
        except sdk.APIConnectionError as error:
            raise Transient(
                f"connection broken: {masked_line(error.__cause__ or error, self.secret)}"
            ) from None
        except sdk.APIStatusError as error:
            raise self._judged(error) from None
        except (sdk.APIResponseValidationError, ValueError) as error:
            raise Transient(
                f"the response is not what the protocol says: {masked_line(error, self.secret)}"
            ) from None
        if not isinstance(completion, sdk.types.chat.ChatCompletion) or not completion.choices:
            raise Transient("the response is not what the protocol says: no choices")
        return read_reply(_reply, completion)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _body(self, request: Request) -> dict[str, Any]:
        system = self.system_text(request)
        turns = [{"role": "system", "content": system}] if system else []
        turns += [_turn(message) for message in request.messages]
        body: dict[str, Any] = {"model": self.model, "messages": turns, self.token_field: request.max_tokens}
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.seed is not None:
            body["seed"] = request.seed
        if request.schema is not None and self.json_mode == "schema":
            form = {"name": "reply", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        elif request.schema is not None and self.json_mode == "object":
            body["response_format"] = {"type": "json_object"}
        return {**body, "extra_body": self.options} if self.options else body

    def _judged(self, error: Any) -> Exception:
        """Tell a limit that passes from a request that is wrong and from a refusal of all."""
        status = int(error.status_code)
        said = masked_line(error.message, self.secret)
        if said == f"Error code: {status}":  # the package found no message, so the server's own words follow
            said = masked_line(f"{said}: {error.response.text}", self.secret)
        text = f"HTTP {status}: {said}"
        if says_spent(f"{getattr(error, 'code', '')} {text}"):
            return AccessRefused(f"{self.kind}:{self.model}: {text}")
        if status in _PASSING or status >= 500:
            return Transient(text, retry_after(error.response.headers))
        if status in _FOR_ALL:
            return AccessRefused(f"{self.kind}:{self.model} at {self.base_url}: {text}")
        return CallFailed(f"{self.kind}:{self.model}: {text}{_way_out(text)}")


def _key_from(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(
            f"environment variable {variable} is not set: the key of the server is read from it alone"
        )
    return key


def _way_out(text: str) -> str:
    """Say how to leave out a field that the server names in its refusal."""
    named = next((name for name in ("temperature", "seed") if name in text), None)
    return f" (leave the field out with --set {named}=null)" if named else ""


def _turn(message: Message) -> dict[str, Any]:
    if not message.images:
        return {"role": message.role, "content": message.text}
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": part}
        if isinstance(part, str)
        else {"type": "image_url", "image_url": {"url": part.data_url}}
        for part in message.parts
    ]
    return {"role": message.role, "content": parts}


def _reply(completion: Any) -> Reply:
    choice = completion.choices[0]
    message = choice.message
    refusal = getattr(message, "refusal", None)
    finish = str(choice.finish_reason or "unknown")
    text = message.content or ""
    if finish in _GIVEN_UP:
        raise Transient(f"the server gave the reply up (finish_reason {finish!r})")
    if not text and not refusal and finish != "content_filter" and _reasoning(message):
        raise CallFailed(
            "the reply's content is empty, and reasoning_content holds text: the server puts all of it among "
            "the thoughts; switch its reasoning parser off, or raise max_tokens"
        )
    if finish == "content_filter" or refusal:
        finish, refusal = "refusal", refusal or "blocked by the server's content filter"
    return Reply(
        text=text or (refusal or ""),
        served_model=completion.model or "",
        tokens=_tokens(completion.usage),
        finish=finish,
        refusal=refusal,
    )


def _reasoning(message: Any) -> str:
    """The thoughts that some servers return beside the content."""
    found = [getattr(message, name, None) for name in ("reasoning_content", "reasoning")]
    return next((one for one in found if isinstance(one, str) and one.strip()), "")


def _tokens(usage: Any) -> Tokens:
    if usage is None:
        return Tokens()
    details = getattr(usage, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or 0
    return Tokens(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached)
