"""Accuracy against a figure of the question, of models and of the ideal observers of their inputs."""

from __future__ import annotations

from medspatial.compare.accuracy_result import Accuracy
from medspatial.records import Record


class Bin(Record):
    """Accuracy of the questions whose figure lies in ``[low, high)`` (the last bin includes ``high``)."""

    low: float
    high: float
    accuracy: Accuracy


class Curve(Record):
    """Accuracy against a figure of the question: ``margin``, ``size``, ``contrast`` or ``visible`` share."""

    model: str
    arm: str
    against: str
    unit: str | None = None
    bins: tuple[Bin, ...]


class InputResult(Record):
    """What an input holds of the questions, and what its ideal observer would make of them.

    Attributes
    ----------
    category
        None for all questions together.
    n, lost
        Questions whose evidence was looked for in the input, and those of which it holds next to nothing.
    right
        Expected share of right answers of who sees what the input holds and guesses in the rest.
    """

    input: str
    category: str | None = None
    n: int
    lost: int
    right: float


class IdealBin(Record):
    """Expected share of right answers of the ideal observer of an input, in a bin as `Bin` has it."""

    low: float
    high: float
    n: int
    right: float | None = None


class IdealCurve(Record):
    """The ideal observer of an input against a figure of the question, in the bins of the models' curves."""

    input: str
    against: str
    unit: str | None = None
    bins: tuple[IdealBin, ...]
