"""What is asked of a language model: messages of text and pictures, and the form of the reply."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from medspatial.errors import InputError

_PNG_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Image:
    """A picture as PNG bytes; its digest and base64 text are made once, however often it is sent."""

    png: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.png.startswith(_PNG_START):
            raise InputError(f"image must be PNG bytes, got {self.png[:8]!r}")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes, hexadecimal."""
        return hashlib.sha256(self.png).hexdigest()

    @cached_property
    def data_url(self) -> str:
        """The picture as a ``data:`` URL."""
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels, from the PNG header."""
        return int.from_bytes(self.png[16:20], "big"), int.from_bytes(self.png[20:24], "big")


Part = str | Image


@dataclass(frozen=True)
class Message:
    """One turn: who speaks, and text and pictures in order."""

    role: Literal["user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All text of the turn."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def images(self) -> tuple[Image, ...]:
        """All pictures of the turn."""
        return tuple(part for part in self.parts if isinstance(part, Image))


def user(*parts: str | bytes | Image) -> Message:
    """Return a user's turn; bytes are PNG pictures."""
    return Message("user", tuple(Image(part) if isinstance(part, bytes) else part for part in parts))


def assistant(text: str) -> Message:
    """Return a turn that the model spoke before."""
    return Message("assistant", (text,))


@dataclass(frozen=True)
class Request:
    """One request, whole: two equal requests have one answer in the cache.

    Attributes
    ----------
    messages
        Turns in order; the last is the user's.
    model
        Name at the provider; empty for the one that the client was opened with.
    system
        Instruction in front of all turns.
    schema
        JSON schema of the reply (see `medspatial.llm.schema` for the part of the standard that is
        checked), or None for free text.
    temperature
        None leaves it to the server (some reasoning models refuse any value).
    max_tokens
        Most tokens of the reply.
    seed
        Sent where the server takes one.
    sample
        Number of a repeat: not sent, but requests that differ in it are asked separately.
    may_miss
        Fields of the schema without which a reply still says all that matters; not sent.
    """

    messages: tuple[Message, ...]
    model: str = ""
    system: str = ""
    schema: dict[str, Any] | None = None
    temperature: float | None = 0.0
    max_tokens: int = 1024
    seed: int | None = None
    sample: int = 0
    may_miss: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.messages or self.messages[-1].role != "user":
            raise InputError("a request must end with a user's message")
        if self.max_tokens < 1:
            raise InputError(f"max_tokens must be at least 1, got {self.max_tokens}")

    @property
    def images(self) -> tuple[Image, ...]:
        """All pictures in order."""
        return tuple(image for message in self.messages for image in message.images)

    def to_dict(self) -> dict[str, Any]:
        """Return everything that makes the request, pictures as ``{"png": digest}``."""
        turns = [
            {
                "role": message.role,
                "parts": [part if isinstance(part, str) else {"png": part.digest} for part in message.parts],
            }
            for message in self.messages
        ]
        return {
            "model": self.model,
            "system": self.system,
            "messages": turns,
            "schema": self.schema,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "sample": self.sample,
        }

    def key(self, provider: str) -> str:
        """Return the SHA-256 of the request and of the provider's identity.

        Key order is kept: in a schema it decides the order in which a model writes the fields.
        """
        text = json.dumps([provider, self.to_dict()], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
