"""Repeated sampling: the standard arm asked again, each question with another draw."""

from __future__ import annotations

import re

from medspatial.arms.arm import Arm

_NAME = re.compile(r"standard-epoch-([2-9]|[1-9]\d+)")


def epoch_names(epochs: int) -> tuple[str, ...]:
    """Return the names of the repeats of ``epochs`` runs; the first run is the arm ``standard``.

    >>> epoch_names(3)
    ('standard-epoch-2', 'standard-epoch-3')
    """
    return tuple(f"standard-epoch-{number}" for number in range(2, epochs + 1))


def epoch_arm(name: str) -> Arm | None:
    """Return a repeat by its name; None for any other name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    number = int(found.group(1))
    return Arm(name, f"Nothing is changed, sampled again ({number})", sample=number - 1)
