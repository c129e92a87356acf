"""What came back: text, structured value, tokens, cost, and which model served it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

from medspatial.records import encodable, plain_data


@dataclass(frozen=True)
class Tokens:
    """Token counts of a call as the server reports them.

    Attributes
    ----------
    input
        All tokens of the prompt, those from the server's prefix cache included.
    output
        All tokens produced, hidden reasoning included.
    cached
        The part of ``input`` that came from the server's prefix cache.
    """

    input: int = 0
    output: int = 0
    cached: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.input + other.input, self.output + other.output, self.cached + other.cached)


@dataclass(frozen=True)
class Reply:
    """The answer to one request; its text can be written as UTF-8, also where it was cut inside a character.

    Attributes
    ----------
    text
        What the model wrote; empty where it was blocked.
    parsed
        The value that fits the request's schema; None without a schema or after a refusal.
    served_model
        Name and version that the server says it ran; empty where it says none.
    finish
        ``stop``, ``length``, ``refusal`` or the server's own word.
    refusal
        Why there is no answer: the model's refusal or the server's block; None otherwise.
    cost
        US dollars; None without prices.
    repaired
        Whether the structure was right only at the second attempt.
    from_cache
        Whether this call cost nothing because the answer was known.
    """

    text: str
    served_model: str = ""
    tokens: Tokens = field(default_factory=Tokens)
    finish: str = "stop"
    refusal: str | None = None
    parsed: Any = None
    cost: float | None = None
    repaired: bool = False
    from_cache: bool = False

    def __post_init__(self) -> None:
        for name in ("text", "served_model", "finish"):
            object.__setattr__(self, name, encodable(getattr(self, name)))
        if self.refusal is not None:
            object.__setattr__(self, "refusal", encodable(self.refusal))
        object.__setattr__(self, "parsed", plain_data(self.parsed, "parsed"))

    def cached(self) -> Self:
        """Return the same reply as one that cost nothing now."""
        return replace(self, from_cache=True)

    def to_dict(self) -> dict[str, Any]:
        """Return what the cache keeps."""
        return {
            "text": self.text,
            "served_model": self.served_model,
            "tokens": [self.tokens.input, self.tokens.output, self.tokens.cached],
            "finish": self.finish,
            "refusal": self.refusal,
            "parsed": self.parsed,
            "cost": self.cost,
            "repaired": self.repaired,
        }

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Reply:
        """Rebuild a reply that the cache kept."""
        return cls(**{**fields, "tokens": Tokens(*fields["tokens"])})
