"""What each corpus in `tests/language/corpus` is read with, in the form in which the files write it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from medspatial.language import in_english, level_of, refuses_whole, sides_said
from medspatial.language.letters import find_letters
from medspatial.language.options import find_options
from medspatial.language.polarity import read_polarity
from medspatial.language.quantities import Quantity, find_quantities
from medspatial.language.relations import find_relations
from medspatial.language.sides import find_sides
from medspatial.language.statements import statements_in
from medspatial.language.structures import find_structures, with_plain_levels
from medspatial.language.unwrap import unwrap

FOLDER = Path(__file__).parents[1] / "language" / "corpus"
BASE_UNITS = {
    "length": "mm", "area": "mm2", "volume": "ml", "density": "HU", "percent": "%", "angle": "deg",
    "mass": "g", "time": "time", "count": "",
}  # fmt: skip
LETTERS = {"C": 0, "T": 7, "L": 19, "S": 24}


def values(mentions: Any) -> list[str]:
    return list(dict.fromkeys(one.value for one in mentions))


def figure(quantity: Quantity) -> str:
    """Write a figure as the corpus has it: in base units, "x" between factors, "-" between ends."""
    joined = {"product": "x", "range": "-"}.get(quantity.kind, "").join(f"{v:g}" for v in quantity.values)
    unit = BASE_UNITS[quantity.unit.dimension] if quantity.unit else ""
    thing = f"[{quantity.thing.name}]" if quantity.thing else ""
    return " ".join(part for part in ("bound" * quantity.bound, joined, unit, thing) if part)


def standings(text: str) -> dict[str, str]:
    read, sides = statements_in(text), find_sides(text)
    spans = [(one.start, one.end) for one in sides]
    return {one.value: read.standing(one.start, one.end, spans)[0] for one in sides}


def level(text: str) -> str | None:
    number = level_of(with_plain_levels(text, ""))
    if number is None:
        return None
    letter = max((one for one in LETTERS if LETTERS[one] < number), key=LETTERS.__getitem__)
    return f"{letter}{number - LETTERS[letter]}"


READERS: dict[str, Callable[..., Any]] = {
    "sides": lambda text: values(find_sides(text)),
    "sides_said": lambda text: sorted(sides_said(text)),
    "quantities": lambda text: [figure(one) for one in find_quantities(text)],
    "structures": lambda text: values(find_structures(text, "")),
    "relations": lambda text: values(find_relations(text)),
    "polarity": lambda question, text: read_polarity(text, question).value,
    "negation": standings,
    "hedges": lambda text: statements_in(text).hedged(len(text) - len(text.lstrip())),
    "refusals": refuses_whole,
    "levels": level,
    "options": lambda options, text: "".join(values(find_options(text, options))),
    "letters": lambda text: "".join(values(find_letters(text, 4))),
    "envelopes": lambda text: unwrap(text).text,
    "foreign": in_english,
}


def corpus(name: str) -> list[list[Any]]:
    """Return the cases of a corpus: what is given, and last what must be read."""
    lines = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]
