"""Which question of one arm belongs to which question of another, and whether two answers agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.table import MISSING, UNSCORED, ArmTable
from medspatial.records import Item, Score

_LETTERED = re.compile(r"\(?(?P<letter>[a-z])\)?(?:\s*[:.)]\s*(?P<text>.+))?", re.DOTALL)
_SIDE = re.compile(r"\b(?:left|right)\b")
_LINK_FIELDS = ("linked_id", "original_id", "reference_id")  # in the metadata of a question or score


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
    by_key = {item.id: number for number, item in enumerate(reference.items)}
    by_pair: dict[str, list[int]] = {}
    for number, item in enumerate(reference.items):
        if pair := pair_of(item):
            by_pair.setdefault(pair, []).append(number)
    found = []
    for twin, item in enumerate(arm.items):
        numbers = [by_key[key] for key in _keys(item) if key in by_key] or by_pair.get(
            pair_of(item) or "", []
        )
        if numbers and (numbers[0] in (by_key.get(item.id),) or len(numbers) == 1):
            found.append(Link(numbers[0], twin))
    return found


def links_within(table: ArmTable) -> list[Link]:
    """Link the two questions of one table that share a ``pair_id``; larger groups are left out."""
    by_pair: dict[str, list[int]] = {}
    for number, item in enumerate(table.items):
        if pair := pair_of(item):
            by_pair.setdefault(pair, []).append(number)
    return [Link(*numbers) for numbers in by_pair.values() if len(numbers) == 2]


def pair_of(item: Item) -> str | None:
    """Return the pair that a question belongs to: its field, or ``pair_id`` in the metadata of a score."""
    pair = getattr(item, "pair_id", None) or _metadata(item).get("pair_id")
    return str(pair) if pair else None


def _keys(item: Item) -> Iterator[str]:
    yield item.id
    for name in _LINK_FIELDS:
        if value := _metadata(item).get(name):
            yield str(value)


def _metadata(item: Item) -> dict[str, object]:
    return getattr(item, "metadata", {})


def has_verdict(table: ArmTable, questions: Sequence[int], model: str) -> NDArray[np.bool_]:
    """True where the model's reply was judged: neither missing nor unscored."""
    states = table.states[np.asarray(questions, dtype=np.intp), table.models.index(model)]
    return np.asarray((states != MISSING) & (states != UNSCORED), dtype=np.bool_)


def given_answer(score: Score | None) -> str | None:
    """Return the answer a model gave, as comparable text; None when there is none.

    What the metric extracted; where it extracts nothing, the reply itself. An option's letter, alone
    (``B``) or before its text (``B: left kidney``), gives way to the option's text, so that equal answers
    stay equal when the options change places.
    """
    if score is None:
        return None
    text = score.extracted or (score.prediction if score.status == "scored" else None)
    if not text:
        return None
    return _option(plain(text), [plain(option) for option in score.options])


def _option(text: str, options: Sequence[str]) -> str:
    found = _LETTERED.fullmatch(text)
    if found is None or text in options:
        return text
    behind, number = found["text"], ord(found["letter"]) - ord("a")
    if behind is not None:
        return plain(behind) if plain(behind) in options else text
    return options[number] if number < len(options) else text


def fits(given: str | None, reference: str, *, closed: bool) -> bool:
    """True when an answer says what a reference says: the same text or, in open answers, the same sides.

    The same rule for every reference, so that it favours neither of two that differ in their side.
    """
    if given is None:
        return False
    wanted = plain(reference)
    if given == wanted:
        return True
    sides = set(_SIDE.findall(wanted))
    return not closed and bool(sides) and set(_SIDE.findall(given)) == sides


@lru_cache(maxsize=65_536)
def plain(text: str) -> str:
    """Lower case, single blanks, no punctuation at the ends: for comparing short answers."""
    return re.sub(r"\s+", " ", text.casefold().replace("_", " ")).strip(" .,;:!?()[]\"'")


def turns(reference: Item, twin: Item) -> bool:
    """True when the two questions have different reference answers."""
    return plain(reference.answer) != plain(twin.answer)
