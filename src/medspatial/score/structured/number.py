"""R10: one figure against the reference, with unit and tolerance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medspatial.language.commitments import Mention, final_part
from medspatial.language.measures import (
    asked_extreme,
    asks_distance,
    attribute_asked,
    attribute_of,
    best_described,
    is_distance,
    is_former,
    is_spread,
    is_typical,
    offers,
    only_bound,
)
from medspatial.language.quantities import Quantity, find_quantities, other_reading, without_ranges_of
from medspatial.language.shares import as_percent
from medspatial.language.statements import Statements, statements_in
from medspatial.records import Item
from medspatial.score.structured.count import match_count
from medspatial.score.structured.target import Target, accuracy, base_name, target_of
from medspatial.score.structured.verdict import Verdict, decided, refused, unanswered


def match_number(text: str, item: Item) -> Verdict:
    """Judge a reply to a question whose answer is a figure."""
    if item.value is None:
        return Verdict("undecided", "R10", "the reference has no figure")
    target = target_of(item)
    if target.unit.dimension == "count":
        return match_count(text, item, target)
    if target.unit.dimension == "percent":
        text = as_percent(text)
    part, cue = final_part(text, _mentions)
    trace = [f"R2: only what follows '{cue}' counts"] if cue else []
    reading = statements_in(part)
    found, other = _relevant(part, reading, target, item.question.lower())
    found = without_ranges_of(_narrowed(found, part, item.question.lower(), trace))
    if found and reading.refuses() and all(is_typical(part.lower(), q) for q in found):
        return refused()._replace(trace=(*trace, "R7: figures of the usual case are no answer"))
    if not found:
        return _none(part, target, other, reading)._replace(trace=tuple(trace))
    return _judge(found, part, item.question.lower(), target, reading)._replace(trace=tuple(trace))


def _mentions(text: str) -> list[Mention]:
    return [Mention("number", q.start, q.end) for q in find_quantities(text)]


def _relevant(
    text: str, reading: Statements, target: Target, question: str
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
    distance, attribute = asks_distance(question), attribute_asked(question)
    stages: list[tuple[str, Callable[[Quantity], bool]]] = [
        ("former figure", lambda q: not is_former(low, q)),
        ("spread", lambda q: not is_spread(low, q)),
        ("bound", lambda q: not only_bound(low, q, question)),
        ("another attribute", lambda q: is_distance(low, q) == distance),
        ("another attribute", lambda q: attribute is None or attribute_of(low, q) == attribute),
        ("another attribute", lambda q: attribute is None or attribute_of(low, q) is None),
    ]
    for reason, keep in stages:
        kept = [q for q in found if keep(q)]
        if kept and len(kept) < len(found):
            trace.append(f"R10: {reason} left out")
            found = kept
        elif not kept and reason == "bound":
            return found
    return found


def _none(text: str, target: Target, other: list[Quantity], reading: Statements) -> Verdict:
    if reading.refuses():
        return refused()  # "cannot be given; I only have three slices", "its length is 11 cm"
    measured = [quantity for quantity in other if quantity.unit or (quantity.thing and quantity.thing.grid)]
    if measured:
        shown = measured[0].written(text)
        kind = f" ({measured[0].unit.dimension})" if measured[0].unit else ""
        why = f"'{shown}' is a figure of another kind{kind}, {target.unit.dimension} was asked"
        return decided(False, "R10", why, shown)
    if other:
        return unanswered(
            "R10", f"'{other[0].written(text)}' is not a figure in a unit of {target.unit.dimension}"
        )
    return unanswered("R7", "names no figure")


def _judge(found: list[Quantity], text: str, question: str, target: Target, reading: Statements) -> Verdict:
    if all(only_bound(text.lower(), q, question) for q in found):
        return unanswered(
            "R10", "only a bound: neither confirms nor contradicts", text[found[0].start : found[0].end]
        )
    if len(found) > 1 and not offers(reading.text[found[0].end : found[1].start]):
        found = best_described(reading.text, found, question)
    if (
        len(found) > 1
        and offers(reading.text[found[0].end : found[1].start])
        and not _same(found[0].values, found[1].values)
    ):
        return unanswered("R5", "offers several figures and chooses none")
    chosen = _chosen(found, question)
    if chosen is None:
        shown = ", ".join(text[q.start : q.end] for q in found)
        fits = all(target.fits(v) for q in found for v in q.values)
        return decided(fits, "R10" if fits else "R5", f"gives several figures: {shown}", shown)
    quantity, values = chosen
    fits = all(target.fits(value) for value in values)
    figure = sum(values) / len(values)
    shown = text[quantity.start : quantity.end]
    factor = None if fits else other_reading(shown)
    if factor and all(target.fits(value * factor) for value in values):
        why = f"'{shown}' is right or wrong by whether its mark groups thousands or begins the decimals"
        return Verdict("undecided", "R10", why)
    verdict = decided(
        fits,
        "R10",
        f"{shown} against {target.value:g} ± {target.tolerance:g} {base_name(target.unit)}",
        shown,
    )
    return verdict._replace(numeric=accuracy(figure, target.value), unit=base_name(target.unit) or None)


def _chosen(found: list[Quantity], question: str) -> tuple[Quantity, tuple[float, ...]] | None:
    """Pick one figure: the larger (or smaller) factor of a product; the asked extreme of several."""
    extreme = asked_extreme(question)
    pick = min if extreme == "smallest" else max
    reduced = [(q, (pick(q.values),) if q.kind == "product" else q.values) for q in found]
    first = reduced[0]
    if all(_same(values, first[1]) for _, values in reduced):
        return first
    if extreme:
        return pick(reduced, key=lambda pair: pair[1][-1])
    return None


def _same(first: tuple[float, ...], second: tuple[float, ...]) -> bool:
    return len(first) == len(second) and all(
        abs(a - b) <= 0.06 * max(abs(a), abs(b)) for a, b in zip(first, second, strict=True)
    )
