"""What calls cost, and a budget that is kept also when several run at once."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from medspatial.errors import InputError
from medspatial.llm.errors import BudgetExceeded
from medspatial.llm.reply import Tokens
from medspatial.llm.request import Request

_PER = 1_000_000  # prices are per million tokens
# Upper estimates: no tokenizer in use takes more tokens per character of English or per pixel.
_CHARACTERS_PER_TOKEN = 2
PIXELS_PER_TOKEN = 750
_TOKENS_PER_PART = 100


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens; they change, so the user states them and they are recorded.

    ``cached_input`` is the price of tokens from the server's prefix cache; that of ``input`` where None.
    """

    input: float
    output: float
    cached_input: float | None = None

    def cost(self, tokens: Tokens) -> float:
        """Return the dollars of a call."""
        cached = self.input if self.cached_input is None else self.cached_input
        fresh = max(tokens.input - tokens.cached, 0)
        return (fresh * self.input + tokens.cached * cached + tokens.output * self.output) / _PER


@dataclass(frozen=True)
class Budget:
    """What one run may use; None is without limit.

    Attributes
    ----------
    dollars
        Needs prices.
    calls
        Requests that are sent, retries included.
    tokens
        Input and output together.
    """

    dollars: float | None = None
    calls: int | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None and value < 0:
                raise InputError(f"budget: {name} must not be negative, got {value}")


@dataclass
class Spent:
    """Counts of one run.

    Attributes
    ----------
    calls
        Requests sent, retries and repairs included.
    replies
        Calls that had a reply.
    known
        Requests answered from the cache.
    retries, repairs, failures
        Calls made again; second attempts at structure; requests that ended without an answer.
    dollars
        None without prices.
    """

    calls: int = 0
    replies: int = 0
    known: int = 0
    retries: int = 0
    repairs: int = 0
    failures: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    dollars: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return all figures by name."""
        return asdict(self)


def largest_use(request: Request) -> Tokens:
    """Return an upper estimate of what a request takes, before it is sent."""
    texts = [request.system, str(request.schema or "")]
    texts += [message.text for message in request.messages]
    pixels = sum(width * height for width, height in (image.size for image in request.images))
    parts = len(request.images) + len(request.messages) + 1
    used = sum(map(len, texts)) // _CHARACTERS_PER_TOKEN + pixels // PIXELS_PER_TOKEN
    return Tokens(input=used + parts * _TOKENS_PER_PART, output=request.max_tokens)


class Ledger:
    """Counts calls and says whether the next one may be made.

    Each call reserves an upper estimate of its use first. Where only the reservations of calls under
    way stand against it, it waits for them; where the money itself is gone, it is refused.

    Raises
    ------
    InputError
        A budget in dollars without prices.
    """

    def __init__(self, budget: Budget, prices: Prices | None) -> None:
        if budget.dollars is not None and prices is None:
            raise InputError(
                "a budget in dollars needs prices: US dollars per million input and output tokens"
            )
        self.budget = budget
        self.prices = prices
        self.spent = Spent(dollars=None if prices is None else 0.0)
        self._input_factor = 1.0
        self._reserved: list[Tokens] = []
        self._free = threading.Condition()

    def cost(self, tokens: Tokens) -> float | None:
        """Return the dollars of tokens, None without prices."""
        return None if self.prices is None else self.prices.cost(tokens)

    @contextmanager
    def call(self, request: Request) -> Iterator[Tokens]:
        """Hold the reservation of one call, and yield its estimate before correction.

        Raises
        ------
        BudgetExceeded
            The call could cost more than is left.
        """
        plain = largest_use(request)
        with self._free:
            while (short := self._short_of(estimate := self._corrected(plain))) is not None:
                if not self._reserved:
                    raise BudgetExceeded(short)
                self._free.wait()
            self._reserved.append(estimate)
            self.spent.calls += 1
        try:
            yield plain
        finally:
            with self._free:
                self._reserved.remove(estimate)
                self._free.notify_all()

    def received(self, tokens: Tokens, estimate: Tokens) -> None:
        """Add what a reply used, to be called while its reservation is held.

        Where a server counts more input than was estimated, later estimates grow in proportion.
        """
        with self._free:
            self._input_factor = max(self._input_factor, tokens.input / max(estimate.input, 1))
            self.spent.replies += 1
            self.spent.tokens += tokens
            if self.prices is not None:
                self.spent.dollars = (self.spent.dollars or 0.0) + self.prices.cost(tokens)

    def count(self, field_name: str) -> None:
        """Add one to a count of `Spent`."""
        with self._free:
            setattr(self.spent, field_name, getattr(self.spent, field_name) + 1)

    def _corrected(self, estimate: Tokens) -> Tokens:
        return Tokens(math.ceil(estimate.input * self._input_factor), estimate.output)

    def _short_of(self, estimate: Tokens) -> str | None:
        """Say which limit the next call would break."""
        limit, held = self.budget, [*self._reserved, estimate]
        if limit.calls is not None and self.spent.calls >= limit.calls:
            return f"budget of {limit.calls} calls is used up"
        if limit.tokens is not None:
            used = self.spent.tokens.input + self.spent.tokens.output
            wanted = sum(tokens.input + tokens.output for tokens in held)
            if used + wanted > limit.tokens:
                return f"budget of {limit.tokens} tokens: {used} used, the next call may take {wanted}"
        if limit.dollars is not None and self.prices is not None:
            spent = self.spent.dollars or 0.0
            wanted_dollars = sum(self.prices.cost(tokens) for tokens in held)
            if spent + wanted_dollars > limit.dollars:
                return (
                    f"budget of ${limit.dollars:g}: ${spent:.4f} spent, next may take ${wanted_dollars:.4f}"
                )
        return None
