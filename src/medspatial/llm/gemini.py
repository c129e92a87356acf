"""Gemini through the google-genai SDK."""

from __future__ import annotations

import os
import weakref
from typing import Any, ClassVar

from medspatial.errors import InputError, require
from medspatial.llm.bounds import bounded_response
from medspatial.llm.errors import AccessRefused, CallFailed, Transient
from medspatial.llm.masking import masked_line
from medspatial.llm.provider import Provider, checked_json_mode, checked_url, read_reply
from medspatial.llm.reply import Reply, Tokens
from medspatial.llm.request import Image, Message, Request
from medspatial.llm.retry import retry_after

KEY_VARIABLES = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
_NO_KEY = "none"
_PASSING = {408, 425, 429}
_FOR_ALL = {401, 402, 403, 404}
_FINISHED = {"STOP": "stop", "MAX_TOKENS": "length"}
_BLOCKED = {
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "MODEL_ARMOR",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
}  # fmt: skip


class Gemini(Provider):
    """Gemini's ``generateContent``.

    Parameters
    ----------
    model
        Such as ``gemini-2.5-flash``.
    base_url
        Another server with the same protocol; the key of Gemini is never sent there.
    api_key_env
        Environment variable with the key: ``GEMINI_API_KEY`` or ``GOOGLE_API_KEY``; with ``base_url`` none.
    timeout_s
        Of one call, in all.
    json_mode
        See `Provider`.
    options
        Further fields of the SDK's ``GenerateContentConfig``, such as ``{"top_p": 0.9}``.
    """

    kind: ClassVar[str] = "gemini"

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key_env: str | None = None,
        timeout_s: float = 120.0,
        json_mode: str = "schema",
        options: dict[str, Any] | None = None,
    ) -> None:
        self._sdk = require("google.genai", extra="judge")
        self._http_errors = _http_errors()
        self.model = model
        self.json_mode = checked_json_mode(json_mode)
        self.options = dict(options or {})
        self.base_url = None if base_url is None else checked_url(base_url)
        self.secret = _key_from(api_key_env, needed=base_url is None)
        self.timeout_s = timeout_s
        types = self._sdk.types
        self._client = self._sdk.Client(
            vertexai=False,
            api_key=self.secret or _NO_KEY,
            http_options=types.HttpOptions(
                base_url=self.base_url,
                timeout=max(1, round(timeout_s * 1000)),
                retry_options=types.HttpRetryOptions(attempts=1),
                headers={"Accept-Encoding": "identity"},
                client_args={"event_hooks": {"response": [bounded_response(timeout_s)]}},
            ),
        )
        weakref.finalize(self, self._client.close)  # connections are not left open by who forgets to close

    def describe(self) -> dict[str, Any]:
        """Return server, JSON mode and options."""
        return {
            "base_url": self.base_url or "Gemini API",
            "json_mode": self.json_mode,
            "options": self.options,
        }

    def send(self, request: Request) -> Reply:
        """Make one call."""
        errors = self._sdk.errors
        try:
            response = self._client.models.generate_content(
                model=self.model,
                contents=[self._turn(message) for message in request.messages],
                config=self._config(request),
            )
        except errors.APIError as error:
            raise self._judged(error) from None
        except self._http_errors as error:
            kind = (
                "timeout"
                if "Timeout" in type(error).__name__
                else f"connection broken: {masked_line(error, self.secret)}"
            )
            raise Transient(kind) from None
        except (errors.UnknownApiResponseError, ValueError, AttributeError, TypeError) as error:
            raise Transient(
                f"the response is not what the protocol says: {masked_line(error, self.secret)}"
            ) from None
        return read_reply(_reply, response)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _turn(self, message: Message) -> Any:
        types = self._sdk.types
        parts = [
            types.Part.from_bytes(data=part.png, mime_type="image/png")
            if isinstance(part, Image)
            else types.Part.from_text(text=part)
            for part in message.parts
        ]
        return types.Content(role="model" if message.role == "assistant" else "user", parts=parts)

    def _config(self, request: Request) -> Any:
        fields: dict[str, Any] = {
            "system_instruction": self.system_text(request) or None,
            "temperature": request.temperature,
            "max_output_tokens": request.max_tokens,
            "seed": request.seed,
        }
        if request.schema is not None and self.json_mode != "prompt":
            fields["response_mime_type"] = "application/json"
        if request.schema is not None and self.json_mode == "schema":
            fields["response_json_schema"] = request.schema
        return self._sdk.types.GenerateContentConfig(**{**fields, **self.options})

    def _judged(self, error: Any) -> Exception:
        status = int(error.code or 0)
        text = f"HTTP {status}: {masked_line(error.message or error, self.secret)}"
        name = f"{self.kind}:{self.model}"
        if status in _PASSING or status >= 500:
            asked = retry_after(getattr(error.response, "headers", None))
            return Transient(text, _asked_in_body(error.details) if asked is None else asked)
        if status in _FOR_ALL or "API key" in text:
            return AccessRefused(f"{name}: {text}")
        return CallFailed(f"{name}: {text}")


def _http_errors() -> tuple[type[Exception], ...]:
    """Return the base errors of the HTTP clients that the SDK may use."""
    import importlib.util

    found = [name for name in ("httpx", "httpx2") if importlib.util.find_spec(name) is not None]
    return tuple(require(name, extra="judge").HTTPError for name in found)


def _key_from(variable: str | None, *, needed: bool) -> str | None:
    names = (variable,) if variable else (KEY_VARIABLES if needed else ())
    for name in names:
        key = os.environ.get(name, "").strip()
        if key:
            return key
    if names:
        raise InputError(
            f"environment variable {' or '.join(names)} is not set: the key is read from it alone"
        )
    return None


def _asked_in_body(details: Any) -> float | None:
    """Return the delay of a ``google.rpc.RetryInfo``, such as ``"3.5s"``."""
    inner = details.get("error", details) if isinstance(details, dict) else {}
    for detail in inner.get("details", ()) if isinstance(inner, dict) else ():
        delay = str(detail.get("retryDelay", "")) if isinstance(detail, dict) else ""
        try:
            return max(0.0, float(delay.removesuffix("s")))
        except ValueError:
            continue
    return None


def _reply(response: Any) -> Reply:
    served, tokens = response.model_version or "", _tokens(response.usage_metadata)
    block = response.prompt_feedback.block_reason if response.prompt_feedback else None
    if block is not None:
        return Reply("", served, tokens, "refusal", f"the prompt was blocked: {_word(block)}")
    if not response.candidates:
        raise Transient("the response is not what the protocol says: no candidates")
    candidate = response.candidates[0]
    parts = (candidate.content.parts if candidate.content else None) or []
    text = "".join(part.text for part in parts if part.text and not part.thought)
    finish = _word(candidate.finish_reason)
    if finish in _BLOCKED:
        return Reply(text, served, tokens, "refusal", f"the answer was blocked: {finish}")
    return Reply(text, served, tokens, _FINISHED.get(finish, finish))


def _word(value: Any) -> str:
    return str(getattr(value, "value", value) or "unknown")


def _tokens(usage: Any) -> Tokens:
    if usage is None:
        return Tokens()
    written = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return Tokens(usage.prompt_token_count or 0, written, usage.cached_content_token_count or 0)
