"""Option texts that carry their own letters: "B. spleen" means B, wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_uppercase

_LETTER = re.compile(
    r"\A\s*(?:(?:option|choice)\s+)?(?:\(([A-Za-z])\)|\[([A-Za-z])\]|([A-Za-z])\s*[.):]|([A-Z])\s+[-–—]\s)\s*(?=\S)",
    re.I,
)


def lettered(options: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return (letter, text) of options in the order given; letters written in the texts are the letters.

    Texts whose first letter is beyond the number of options ("E. coli" of two) carry none.

    Raises
    ------
    ValueError
        Letters in some texts that contradict the places of others, or that come twice.

    >>> lettered(("B. spleen", "A. liver")), lettered(("liver", "spleen"))
    ((('B', 'spleen'), ('A', 'liver')), (('A', 'liver'), ('B', 'spleen')))
    """
    return _lettered(tuple(options))


@lru_cache(maxsize=16_384)
def _lettered(options: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    places = ascii_uppercase[: len(options)]
    plain = tuple(zip(ascii_uppercase, options, strict=False))
    found = [_own(option, places) for option in options]
    if not any(found):
        return plain
    bare = tuple(own or pair for own, pair in zip(found, plain, strict=False))
    letters = [letter for letter, _ in bare]
    if sorted(letters) == list(places) and (all(found) or letters == list(places)):
        return bare
    shown = ", ".join(repr(option) for option in options)
    raise ValueError(f"options: letters in the texts must be those of all options, each once, got {shown}")


def _own(option: str, places: str) -> tuple[str, str] | None:
    match = _LETTER.match(option)
    letter = next((group for group in match.groups() if group), "").upper() if match else ""
    return (letter, option[match.end() :]) if match and letter in places else None
