"""R10: one figure against the reference, with unit and tolerance."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from medspatial.records import Item
from medspatial.score.structured.commitments import Mention, final_part
from medspatial.score.structured.counts import find_counts, pick_count
from medspatial.score.structured.quantities import Quantity, find_quantities
from medspatial.score.structured.reading import Reading, read
from medspatial.score.structured.units import COUNT, Unit, parse_unit, question_unit
from medspatial.score.structured.verdict import Verdict, decided, refused, unanswered

DEFAULT_RELATIVE_TOLERANCE = 0.25  # where a row states none; the taxonomy's success limit for figures
MRA_LIMITS = tuple(round(0.05 * step, 2) for step in range(1, 11))  # relative errors 0.05 ... 0.50
BANDS = (0.05, 0.10, 0.25, 0.50, 1.00)
_UP_TO_CHARS = 8
_ROUNDING = 1e-9  # relative; keeps 2.3 cm equal to 23 mm

_SMALLEST = re.compile(
    r"\b(?:short(?:est)?[ -]?(?:axis|diameter)?|smallest|minim(?:um|al)|narrowest|width|least|thinnest)\b"
)
_LARGEST = re.compile(
    r"\b(?:longest|largest|greatest|maxim(?:um|al)|long[ -]axis|widest|biggest|major axis|highest|dominant)\b"
)
_DISTANCE = re.compile(r"\b(?:distance|how far|far apart|apart|gap|separat\w+|away)\b")
_AS_DISTANCE = re.compile(
    r"\A\W*(?:away|apart|from|off|distant|to the|distance|above|below|beneath|behind|lateral|anterior|"
    r"posterior|medial|caudal|cranial|superior|inferior|deep)\b"
)
_BEFORE_DISTANCE = re.compile(r"\b(?:distance|gap|separat\w+|apart)\b")
_FORMER = re.compile(
    r"\b(?:previous(?:ly)?|prior|former(?:ly)?|earlier|in the past|last (?:scan|exam\w*|ct|study)|before|"
    r"initially|at baseline|ago|old(?:er)? (?:scan|ct|study)|used to)\b"
)
_TYPICAL = re.compile(r"\b(?:typical(?:ly)?|usual(?:ly)?|general(?:ly)?|on average|commonly|normally)\b")
_OR = re.compile(r"\bor\b|/")


def match_number(text: str, item: Item) -> Verdict:
    """Judge a reply to a question whose answer is a figure."""
    if item.value is None:
        return Verdict("undecided", "R10", "the reference has no figure")
    target = _target(item)
    if target.unit.dimension == "count":
        return _match_count(text, item, target)
    part, cue = final_part(text, _mentions)
    trace = [f"R2: only what follows '{cue}' counts"] if cue else []
    reading = read(part)
    found, other = _relevant(part, reading, target, item.question.lower())
    found = _narrowed(found, part, item.question.lower(), trace)
    if found and reading.refuses() and all(_TYPICAL.search(_around(part.lower(), q)) for q in found):
        return replace(refused(), trace=(*trace, "R7: figures of the usual case are no answer"))
    if not found:
        return replace(_none(part, target, other, reading), trace=tuple(trace))
    return replace(_judge(found, part, item.question.lower(), target, reading), trace=tuple(trace))


@dataclass(frozen=True, slots=True)
class Target:
    """The reference figure in base units, with the absolute error accepted and the unit of bare numbers."""

    value: float
    tolerance: float
    unit: Unit
    bare: Unit


def _target(item: Item) -> Target:
    unit = parse_unit(item.unit)
    value = float(item.value or 0.0) * unit.factor
    asked = question_unit(item.question)
    bare = asked if asked is not None and asked.dimension == unit.dimension else unit
    if item.tolerance is not None:
        tolerance = item.tolerance * unit.factor
    else:
        tolerance = 0.0 if unit.dimension == "count" else DEFAULT_RELATIVE_TOLERANCE * abs(value)
    return Target(value, tolerance, unit, bare)


def _mentions(text: str) -> list[Mention]:
    return [Mention("number", q.start, q.end) for q in find_quantities(text)]


def _relevant(
    text: str, reading: Reading, target: Target, question: str
) -> tuple[list[Quantity], list[Quantity]]:
    """Return affirmed figures of the asked dimension, and those of other dimensions or of things."""
    found, other = [], []
    everything = find_quantities(text)
    spans = [(q.start, q.end) for q in everything]
    for quantity in everything:
        if quantity.thing or (quantity.unit and quantity.unit.dimension != target.unit.dimension):
            other.append(quantity)
            continue
        standing, _ = reading.standing(quantity.start, quantity.end, spans, question)
        if standing in {"affirmed", "compared"} or quantity.bound:
            if standing == "compared" and not quantity.bound:
                continue
            found.append(quantity if quantity.unit else quantity.scaled(target.bare))
    with_unit = [q for q, raw in zip(found, found, strict=True) if _has_unit(raw, everything)]
    return (with_unit or [q for q in found if not q.word] or found), other


def _has_unit(quantity: Quantity, everything: Sequence[Quantity]) -> bool:
    return any(raw.start == quantity.start and raw.unit is not None for raw in everything)


def _narrowed(found: list[Quantity], text: str, question: str, trace: list[str]) -> list[Quantity]:
    """Leave out former figures and those of another attribute, while any other remains."""
    low = text.lower()
    asks_distance = bool(_DISTANCE.search(question))
    stages: list[tuple[str, Callable[[Quantity], bool]]] = [
        ("former figure", lambda q: not _FORMER.search(_around(low, q))),
        ("bound", lambda q: not _only_bound(low, q, question)),
        ("another attribute", lambda q: _is_distance(low, q) == asks_distance),
    ]
    for reason, keep in stages:
        kept = [q for q in found if keep(q)]
        if kept and len(kept) < len(found):
            trace.append(f"R10: {reason} left out")
            found = kept
        elif not kept and reason == "bound":
            return found
    return found


def _only_bound(low: str, quantity: Quantity, question: str) -> bool:
    """Say whether a figure is a bound; "up to 23 mm" is the answer to "how large at most"."""
    if not quantity.bound:
        return False
    up_to = "up to" in low[max(0, quantity.start - _UP_TO_CHARS) : quantity.start]
    return not (up_to and _LARGEST.search(question))


def _around(low: str, quantity: Quantity) -> str:
    start = max(low.rfind(mark, 0, quantity.start) for mark in (",", ";", "(", ". ", " and ", " but "))
    ends = [low.find(mark, quantity.end) for mark in (",", ";", ")", ". ", " and ", " but ")]
    end = min([e for e in ends if e >= 0], default=len(low))
    return low[max(start, 0) : end]


def _is_distance(low: str, quantity: Quantity) -> bool:
    before = low[max(0, quantity.start - 30) : quantity.start]
    return bool(_AS_DISTANCE.match(low[quantity.end :]) or _BEFORE_DISTANCE.search(before))


def _none(text: str, target: Target, other: list[Quantity], reading: Reading) -> Verdict:
    measured = [quantity for quantity in other if quantity.unit or (quantity.thing and quantity.thing.grid)]
    if measured:
        shown = measured[0].written(text)
        kind = f" ({measured[0].unit.dimension})" if measured[0].unit else ""
        why = f"'{shown}' is a figure of another kind{kind}, {target.unit.dimension} was asked"
        return decided(False, "R10", why, shown)
    if reading.refuses():
        return refused()
    if other:
        return unanswered(
            "R10", f"'{other[0].written(text)}' is no figure in a unit of {target.unit.dimension}"
        )
    return unanswered("R7", "names no figure")


def _judge(found: list[Quantity], text: str, question: str, target: Target, reading: Reading) -> Verdict:
    if all(_only_bound(text.lower(), q, question) for q in found):
        return unanswered(
            "R10", "only a bound: neither confirms nor contradicts", text[found[0].start : found[0].end]
        )
    if (
        len(found) > 1
        and _OR.search(reading.text[found[0].end : found[1].start])
        and not _same(found[0].values, found[1].values)
    ):
        return unanswered("R5", "offers several figures and chooses none")
    chosen = _chosen(found, question)
    if chosen is None:
        shown = ", ".join(text[q.start : q.end] for q in found)
        fits = all(_fits(v, target) for q in found for v in q.values)
        return decided(fits, "R10" if fits else "R5", f"gives several figures: {shown}", shown)
    quantity, values = chosen
    fits = all(_fits(value, target) for value in values)
    figure = sum(values) / len(values)
    shown = text[quantity.start : quantity.end]
    verdict = decided(
        fits,
        "R10",
        f"{shown} against {target.value:g} ± {target.tolerance:g} {_base_name(target.unit)}",
        shown,
    )
    return replace(verdict, metadata=accuracy(figure, target.value), unit=_base_name(target.unit) or None)


def _chosen(found: list[Quantity], question: str) -> tuple[Quantity, tuple[float, ...]] | None:
    """Pick one figure: the larger (or smaller) factor of a product; the asked extreme of several."""
    smallest = bool(_SMALLEST.search(question)) and not _LARGEST.search(question)
    pick = min if smallest else max
    reduced = [(q, (pick(q.values),) if q.kind == "product" else q.values) for q in found]
    first = reduced[0]
    if all(_same(values, first[1]) for _, values in reduced):
        return first
    if _LARGEST.search(question) or smallest:
        return pick(reduced, key=lambda pair: pair[1][-1])
    return None


def _same(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return len(first) == len(second) and all(
        abs(a - b) <= 0.06 * max(abs(a), abs(b)) for a, b in zip(first, second, strict=True)
    )


def _fits(value: float, target: Target) -> bool:
    return abs(value - target.value) <= target.tolerance + _ROUNDING * max(1.0, abs(target.value))


def _relative_error(figure: float, reference: float) -> float | None:
    if reference:
        return abs(figure - reference) / abs(reference)
    return 0.0 if figure == 0 else None


def accuracy(figure: float, reference: float) -> dict[str, Any]:
    """Return a figure's graded accuracy beside the verdict.

    Returns
    -------
    dict
        ``figure`` and ``reference`` in base units; ``relative_error``; ``mra``, the mean over the limits
        0.05, 0.10, ..., 0.50 of "relative error below the limit" (mean relative accuracy, Yang et al. 2024,
        "Thinking in Space"); ``band``, the smallest of 5, 10, 25, 50, 100 % that holds the error. With a
        reference of 0 the relative error is 0 or infinite (then None).
    """
    error = _relative_error(figure, reference)
    mra = 0.0 if error is None else sum(error < limit for limit in MRA_LIMITS) / len(MRA_LIMITS)
    band = next(
        (f"within {limit:.0%}" for limit in BANDS if error is not None and error <= limit), "over 100%"
    )
    return {"figure": figure, "reference": reference, "relative_error": error, "mra": mra, "band": band}


def _base_name(unit: Unit) -> str:
    return {"length": "mm", "area": "mm²", "volume": "ml", "density": "HU", "percent": "%", "angle": "°"}.get(
        unit.dimension, ""
    )


def _match_count(text: str, item: Item, target: Target) -> Verdict:
    def find(part: str) -> list[Mention]:
        return [Mention("count", q.start, q.end) for q in find_counts(part, item.question)]

    part, cue = final_part(text, find)
    trace = (f"R2: only what follows '{cue}' counts",) if cue else ()
    reading = read(part)
    verdict = pick_count(part, item.question, reading)
    if isinstance(verdict, Verdict):
        return replace(verdict, trace=trace)
    fits = _fits(verdict, target)
    shown = f"{verdict:g}"
    result = decided(fits, "R10", f"counts {shown}, the reference is {target.value:g}", shown)
    return replace(result, trace=trace, metadata=accuracy(verdict, target.value))


__all__ = ["COUNT", "accuracy", "match_number"]
