"""Option texts that carry their own letters: "B. spleen" means B, wherever it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_uppercase

_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii")
_FIGURE = r"\d{1,2}|iv|v?i{1,3}|v"
_NUMBER = re.compile(
    rf"\A\s*(?:(?:option|choice)\s+)?(?:\(({_FIGURE})\)|\[({_FIGURE})\]|({_FIGURE})\s*[.):])\s+(?=\S)", re.I
)
_NUMBER_REPLY = re.compile(
    rf"\W*(?:(?:the|final|correct|best|answer|option|choice|number|is)\b\W*)*({_FIGURE})\W*", re.I
)
_BOLD = re.compile(r"\A\s*(\*\*|__)(.{1,6}?)\1\s*")
_BLANK = re.compile(r"\A\s*([A-Z])\s+(?=\S)")
_LETTER = re.compile(
    r"\A\s*(?:(?:option|choice)\s+)?(?:\(([A-Za-z])\)|\[([A-Za-z])\]|([A-Za-z])\s*[.):、，]|([A-Z])\s+[-–—]\s)\s*(?=\S)",
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
        bare = tuple((m[1], o[m.end() :]) for o in options if (m := _BLANK.match(o)))  # "B spleen"
        if len(options) > 1 and sorted(letter for letter, _ in bare) == list(places):
            return bare
        beyond = [own[0] for option in options if (own := _own(option, ascii_uppercase))]
        run = "".join(sorted(beyond))
        if len(options) > 1 and len(beyond) == len(options) and run in ascii_uppercase:
            raise ValueError(_strange(options))
        return plain
    bare = tuple(own or pair for own, pair in zip(found, plain, strict=False))
    letters = [letter for letter, _ in bare]
    if sorted(letters) == list(places) and (all(found) or letters == list(places)):
        return bare
    raise ValueError(_strange(options))


def _strange(options: tuple[str, ...]) -> str:
    shown = ", ".join(repr(option) for option in options)
    return f"options: letters in the texts must be those of all options, each once, got {shown}"


def numbered(reply: str, options: Sequence[str]) -> str | None:
    """Return the option whose own number a reply gives, where all options carry one, each once.

    >>> numbered("2", ("2. spleen", "1. liver")), numbered("2", ("spleen", "liver"))
    ('2. spleen', None)
    >>> numbered("(ii)", ("i. liver", "ii. spleen"))
    'ii. spleen'
    """
    said = _NUMBER_REPLY.fullmatch(reply)
    if said is None:
        return None
    found = [_NUMBER.match(option) for option in options]
    marks = [next(filter(None, one.groups())).lower() for one in found if one]
    if not _counts(marks, len(options)):
        return None
    return options[marks.index(said[1].lower())] if said[1].lower() in marks else None


def _counts(marks: list[str], count: int) -> bool:
    """Say whether marks count options, each once: from 1, from 0, or in Roman numbers."""
    if set(marks) == set(_ROMAN[:count]) and len(marks) == count:
        return True
    numbers = sorted(int(mark) for mark in marks if mark.isdigit())
    return numbers in (list(range(1, count + 1)), list(range(count)))


def _own(option: str, places: str) -> tuple[str, str] | None:
    option = _BOLD.sub(r"\2 ", unicodedata.normalize("NFKC", option))
    match = _LETTER.match(option)
    letter = next((group for group in match.groups() if group), "").upper() if match else ""
    return (letter, option[match.end() :]) if match and letter in places else None
