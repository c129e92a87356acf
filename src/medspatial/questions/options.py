"""Options of a question: shuffled by hash, distractors without a cue in place, order or length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from medspatial.records import content_hash

LENGTH_FACTORS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Ladder of multiples for lengths; four neighbours that hold 1 are shown."""
VOLUME_FACTORS = (0.25, 0.4, 0.7, 1.0, 1.4, 2.0, 2.8)
"""Ladder of multiples for volumes and shares."""
OPTION_COUNT = 4


def draw(*parts: object) -> int:
    """Return a whole number in [0, 2^64) that depends on the parts alone."""
    return int(content_hash(*parts), 16)


def shuffled(options: Sequence[str], *key: object) -> tuple[str, ...]:
    """Return the options in an order that depends on the key alone, all orders equally likely."""
    order = np.random.default_rng(draw("order", *key)).permutation(len(options))
    return tuple(options[i] for i in order)


def window(count: int, size: int, position: int, *key: object) -> range:
    """Return ``size`` neighbouring places out of ``count`` that hold ``position``.

    Which of the possible windows is chosen depends on the key, so that the true one is not always
    in the middle of the sorted options.
    """
    size = min(size, count)
    first = max(0, position - size + 1)
    last = min(position, count - size)
    start = first + draw("window", *key) % (last - first + 1)
    return range(start, start + size)


def number_options(value: float, factors: Sequence[float], *key: object) -> tuple[tuple[str, ...], str]:
    """Return four multiples of the value (unshuffled) and the true one, all to two significant digits."""
    place = factors.index(1.0)
    chosen = [factors[i] for i in window(len(factors), OPTION_COUNT, place, *key)]
    texts = tuple(two_digits(value * factor) for factor in chosen)
    return texts, two_digits(value)


def integer_options(value: int, low: int, high: int, *key: object) -> tuple[str, ...]:
    """Return four neighbouring whole numbers that hold the value, from ``low`` to ``high`` or beyond it."""
    high = max(high, value + OPTION_COUNT - 1)
    places = window(high - low + 1, OPTION_COUNT, value - low, *key)
    return tuple(str(low + i) for i in places)


def two_digits(value: float) -> str:
    """Write a figure with two significant digits and no exponent: 192.6 → ``190``, 0.0456 → ``0.046``."""
    if value == 0:
        return "0"
    digits = 1 - int(np.floor(np.log10(abs(value)) + 1e-12))
    rounded = round(value, digits)
    return f"{rounded:.{max(digits, 0)}f}"
