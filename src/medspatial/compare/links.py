"""Which question of one arm belongs to which question of another, and whether two answers agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.score_rows import MISSING, UNSCORED
from medspatial.compare.table import ArmTable
from medspatial.language import find_refusals, plain, read_answer, reading
from medspatial.records import Item, Reading, Score, Standing

_SIDES = ("left", "right", "both")


@dataclass(frozen=True)
class Link:
    """A question of the reference arm and its twin: indices into the items of two tables."""

    index: int
    twin: int


def links_to(reference: ArmTable, arm: ArmTable) -> list[Link]:
    """Link each question of ``arm`` to the one of ``reference`` that it was made from.

    By the same id; else by an id named in the metadata (``linked_id``); else by an equal ``pair_id``.
    A question with no counterpart is left out.
    """
    by_key = {name: number for number, name in enumerate(reference.items.ids)}
    by_pair = _by_pair(reference)
    found = []
    for twin, (name, pair) in enumerate(zip(arm.items.ids, arm.items.pairs, strict=True)):
        keys = (name, *arm.items.linked.get(twin, ()))
        numbers = [by_key[key] for key in keys if key in by_key] or by_pair.get(pair or "", [])
        if numbers and (numbers[0] in (by_key.get(name),) or len(numbers) == 1):
            found.append(Link(numbers[0], twin))
    return found


def links_within(table: ArmTable) -> list[Link]:
    """Link the two questions of one table that share a ``pair_id``; larger groups are left out."""
    return [Link(*numbers) for numbers in _by_pair(table).values() if len(numbers) == 2]


def _by_pair(table: ArmTable) -> dict[str, list[int]]:
    """Return the questions of each ``pair_id``."""
    found: dict[str, list[int]] = {}
    for number, pair in enumerate(table.items.pairs):
        if pair:
            found.setdefault(pair, []).append(number)
    return found


def has_verdict(table: ArmTable, questions: Sequence[int], model: str) -> NDArray[np.bool_]:
    """True where the model's reply was judged: neither missing nor unscored."""
    states = table.states[np.asarray(questions, dtype=np.intp), table.models.index(model)]
    return np.asarray((states != MISSING) & (states != UNSCORED), dtype=np.bool_)


def reading_of(score: Score) -> Reading:
    """Return what a score's reply commits to.

    As the metric recorded it; where it recorded none (a judge, a file of an earlier version) what it
    extracted is read, and where it extracted nothing the reply itself.
    """
    if score.reading is not None:
        return score.reading
    if score.status == "scored":
        return reading(score.extracted or score.prediction or "", score.options)
    return reading(score.extracted or "", score.options, _standing(score))


def _standing(score: Score) -> Standing:
    """Say why a reply has no usable answer, where the metric did not record it."""
    if score.rule == "R5":
        return "several"
    return "refused" if find_refusals(score.prediction or "") else "none"


def given_answer(score: Score | None) -> str | None:
    """Return the answer a model gave, as comparable text; None when there is none.

    The option that was chosen; else what the metric extracted; where it extracts nothing, the reply itself.
    Equal choices stay equal when the options change places.
    """
    if score is None:
        return None
    text = score.extracted or (score.prediction if score.status == "scored" else None)
    return plain(reading_of(score).option or text) if text else None


def fits(given: str | None, reference: str, *, closed: bool) -> bool:
    """True when an answer says what a reference says: the same text or, in open answers, the same sides.

    The same rule for every reference, so that it favours neither of two that differ in their side.
    """
    if given is None:
        return False
    if given == plain(reference):
        return True
    side = read_answer(reference).side
    return not closed and side in _SIDES and read_answer(given).side == side


def turns(reference: Item, twin: Item) -> bool:
    """True when the two questions have different reference answers."""
    return plain(reference.answer) != plain(twin.answer)
