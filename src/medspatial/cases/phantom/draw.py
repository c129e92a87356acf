"""Seeded choices by name: adding one choice never changes another, and cohorts come out balanced."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")


@dataclass(frozen=True)
class Draw:
    """All random choices of one phantom.

    Each choice has a name and its own generator, seeded by the phantom's seed and that name.
    """

    seed: int

    def rng(self, name: str) -> np.random.Generator:
        """Return the generator of one named choice."""
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())])

    def uniform(self, name: str, low: float, high: float) -> float:
        """Return a number between low and high."""
        return float(self.rng(name).uniform(low, high))

    def jitter(self, name: str, *spread: float) -> tuple[float, ...]:
        """Return one number per spread, each between minus and plus that spread."""
        draws = self.rng(name).uniform(-1.0, 1.0, len(spread))
        return tuple(float(d) * s for d, s in zip(draws, spread, strict=True))

    def balanced(self, name: str, options: Sequence[T]) -> T:
        """Return one option, such that each block of ``len(options)`` seeds holds every option once."""
        block, place = divmod(self.seed, len(options))
        order = np.random.default_rng([block, len(options), zlib.crc32(name.encode())])
        return options[int(order.permutation(len(options))[place])]

    def pair(self, name: str, most: float = 1.6) -> tuple[float, float]:
        """Return volume factors (left, right) of a pair: a third each left larger, right larger, equal.

        The ratio of an unequal pair lies between 1.18 and ``most``, of an equal pair under 1.03.
        """
        larger = self.balanced(f"{name} larger", ("left", "right", "equal"))
        if larger == "equal":
            ratio = self.uniform(f"{name} ratio", 1.0, 1.03)
            larger = self.balanced(f"{name} barely larger", ("left", "right"))
        else:
            ratio = self.uniform(f"{name} ratio", 1.18, most)
        small, large = ratio**-0.5, ratio**0.5
        return (large, small) if larger == "left" else (small, large)
