"""How a model writes its answers, as the user chooses it: the same options for every native model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from medspatial.models.option_values import flag, positive, whole

# Choices that None leaves to the checkpoint or to the default.
LEFT_OPEN = ("temperature", "top_p", "top_k", "repetition_penalty")
RULES: dict[str, Callable[[Any, str], Any]] = {
    "max_new_tokens": partial(whole, least=1),
    "do_sample": flag,
    "temperature": positive,
    "top_p": partial(positive, most=1),
    "top_k": partial(whole, least=0),
    "repetition_penalty": positive,
    "seed": whole,
}


@dataclass(frozen=True)
class Generation:
    """What the user chooses of the generation; greedy by default.

    Attributes
    ----------
    max_new_tokens
        Of one answer; models have defaults of their own.
    do_sample
        Whether to sample.
    temperature, top_p, top_k
        Of sampling; None leaves them to the checkpoint, and a ``top_k`` of 0 is no limit.
    repetition_penalty
        Over generated tokens, for greedy answers too; None leaves it to the checkpoint.
    seed
        Of sampling; each question has a generator of its own.

    Raises
    ------
    InputError
        A value of a wrong type or out of its range; the message names option, rule and value.
    """

    max_new_tokens: int = 256
    do_sample: bool = False
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    repetition_penalty: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value is not None or name not in LEFT_OPEN:
                object.__setattr__(self, name, RULES[name](value, name))

    def stated(self) -> dict[str, Any]:
        """Return what is not left open, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}
