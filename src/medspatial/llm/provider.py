"""The interface of a provider: one request in, one reply out, errors by their kind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Literal

from medspatial.errors import InputError
from medspatial.llm.errors import Transient
from medspatial.llm.reply import Reply
from medspatial.llm.request import Request
from medspatial.llm.schema import schema_in_words

JsonMode = Literal["schema", "object", "prompt"]
JSON_MODES: tuple[JsonMode, ...] = ("schema", "object", "prompt")


class Provider(ABC):
    """A way to reach one model; makes single calls and never retries.

    Attributes
    ----------
    kind
        Word before the colon in `open_llm`.
    model
        Name of the model there.
    json_mode
        How structure is asked for: by the server's own ``schema`` mode, by its JSON ``object`` mode, or
        in the ``prompt`` alone; in the last two the schema stands in the system text.
    serial
        True where calls cannot overlap.
    secret
        The key, which must stand in no reply; None where there is none.
    timeout_s
        What one call may take in all; None without a bound (a model on this machine).
    """

    kind: ClassVar[str]
    serial: ClassVar[bool] = False
    model: str
    json_mode: JsonMode = "schema"
    secret: str | None = None
    timeout_s: float | None = None

    @abstractmethod
    def send(self, request: Request) -> Reply:
        """Make one call.

        Raises
        ------
        Transient
            It may work later.
        CallFailed
            The server rejects this request.
        AccessRefused
            The server rejects every request.
        """

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Return all that changes answers besides the request: server, options. Never a key."""

    def close(self) -> None:  # noqa: B027 (a hook)
        """Free connections or memory."""

    def system_text(self, request: Request) -> str:
        """Return the system text, with the schema in words where the server is not given it."""
        if request.schema is None or self.json_mode == "schema":
            return request.system
        return "\n\n".join(filter(None, (request.system, schema_in_words(request.schema))))


def read_reply(read: Callable[[Any], Reply], response: Any) -> Reply:
    """Read a response that a server may have filled with anything.

    Raises
    ------
    Transient
        It is not what the protocol says.
    """
    try:
        return read(response)
    except (AttributeError, TypeError, ValueError, LookupError) as error:
        raise Transient(f"the response is not what the protocol says: {error}") from None


def checked_json_mode(mode: str) -> JsonMode:
    """Return the mode, or raise InputError with those there are."""
    for known in JSON_MODES:
        if mode == known:
            return known
    raise InputError(f"json_mode must be one of {', '.join(JSON_MODES)}, got {mode!r}")


def checked_url(base_url: str) -> str:
    """Return a server's address without a trailing slash; credentials in it are refused.

    Raises
    ------
    InputError
        Not http(s), or with user, password or query: addresses are written into manifests.
    """
    from urllib.parse import urlsplit

    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"base_url must begin with http:// or https://, got {base_url!r}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InputError("base_url must not carry user, password or query: keys come from the environment")
    return base_url.rstrip("/")
