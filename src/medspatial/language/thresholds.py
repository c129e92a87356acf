"""Yes or no from a figure, where a question asks whether something exceeds another figure (R13)."""

from __future__ import annotations

import math
import re

from medspatial.language.counts import read_count
from medspatial.language.measures import best_described
from medspatial.language.quantities import Quantity, find_quantities, is_upper_bound
from medspatial.language.statements import statements_in

_UNCOUNTED = re.compile(r"\b(?:innumerable|numerous|countless|too many)\b")
_INCLUSIVE = re.compile(
    r"\b(?:at least|at most|or more|or less|no (?:more|less|larger|smaller) than|within)\b|[≥≤]"
)


def beyond_threshold(text: str, question: str) -> bool | None:
    """Return the answer to "is it larger than 12 cm?" from a figure; None where question or text has none.

    >>> beyond_threshold("It measures 14 cm.", "Is the spleen larger than 12 cm?")
    True
    >>> beyond_threshold("Two lesions.", "Are there more than three lesions?")
    False
    """
    asked = [one for one in find_quantities(question) if one.bound and one.kind == "single"]
    if len(asked) != 1:
        return None
    (limit,) = asked
    values = _counted(text, question) if limit.unit is None else _measured(text, question, limit)
    upper, inclusive = is_upper_bound(question, limit), _INCLUSIVE.search(question.lower()) is not None
    threshold = limit.values[0]
    holds = {inclusive if value == threshold else (value < threshold) == upper for value in values}
    return holds.pop() if len(holds) == 1 else None


def _counted(text: str, question: str) -> list[float]:
    reading = statements_in(text)
    if _UNCOUNTED.search(reading.text):
        return [math.inf]
    least = [
        q.values[0] for q in find_quantities(text) if q.bound and not q.unit and not is_upper_bound(text, q)
    ]
    count = read_count(text, question, reading)
    return least if least and count.value is None else [] if count.value is None else [count.value]


def _measured(text: str, question: str, limit: Quantity) -> list[float]:
    """Return the figures of the asked kind; of a product the larger factor."""
    reading = statements_in(text)
    everything = find_quantities(text)
    spans = [(one.start, one.end) for one in everything]
    found = [
        one
        for one in everything
        if one.unit and limit.unit and one.unit.dimension == limit.unit.dimension and not one.bound
        if reading.standing(one.start, one.end, spans, question.lower())[0] == "affirmed"
    ]
    if not found or reading.refuses():
        return []
    return [max(one.values) for one in best_described(reading.text, found, question)]
