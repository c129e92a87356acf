"""A short answer as typed values: side, structures, figure, polarity, and the option that it is.

Short answers are what a matcher took out of a reply, a reference, or an option; a whole reply is no short
answer.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from medspatial.anatomy import find_mentions
from medspatial.language.sides import sides_said
from medspatial.records import Reading, ReadSide, Standing, normal_text

_LETTERED = re.compile(r"\(?(?P<letter>[a-z])\)?(?:\s*[:.)]\s*(?P<text>.+))?", re.DOTALL)
_NUMBERED = re.compile(r"#(?P<number>\d+):\s*(?P<text>.+)", re.DOTALL)
_FIGURE = re.compile(r"(?P<number>[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?)\s*(?P<unit>[^\d\s]*[23]?)")
_POLARITY = {"yes": True, "true": True, "no": False, "false": False}
_SIDES: dict[str, ReadSide] = {
    "left": "left", "right": "right", "both": "both", "bilateral": "both", "midline": "midline",
    "neither": "neither",
}  # fmt: skip
_NEITHER = re.compile(r"(?:neither|none of)\b")
_LEVEL = re.compile(r"vertebrae_([CTLS])(\d{1,2})")
_LEVEL_START = {"C": 0, "T": 7, "L": 19, "S": 24}
_LEVEL_CHARS = 24  # a longer text merely mentions a level
_JOINING = frozenset({"the", "a", "an", "of", "in", "group"})
_EMPTY_WORDS = frozenset({
    "this", "that", "there", "which", "what", "where", "with", "from", "have", "does", "image", "answer",
    "patient", "scan",
})  # fmt: skip
_CACHE = 65_536


class Answer(NamedTuple):
    """The typed values of a short answer; None or empty where it has none of the kind.

    ``figure`` and ``unit`` are as written. ``one_structure`` says that it is the name of one structure and
    nothing else.
    """

    side: ReadSide | None = None
    structures: tuple[str, ...] = ()
    figure: float | None = None
    unit: str | None = None
    polarity: bool | None = None
    one_structure: bool = False


@lru_cache(maxsize=_CACHE)
def plain(text: str) -> str:
    """Lower case, single blanks, no punctuation at the ends: for comparing short answers."""
    return normal_text(text.replace("_", " ")).strip(" .,;:!?()[]\"'")


@lru_cache(maxsize=_CACHE)
def read_answer(text: str) -> Answer:
    """Read a short answer.

    >>> read_answer("left kidney")[:2]
    ('left', ('kidney_left',))
    >>> read_answer("4.5 cm").figure, read_answer("no").polarity, read_answer("not left").side
    (4.5, False, None)
    """
    said = plain(text)
    figure = _FIGURE.fullmatch(said)
    if figure:
        return Answer(figure=float(figure["number"].replace(",", ".")), unit=figure["unit"] or None)
    polarity = _POLARITY.get(said.split(" ", 1)[0].strip(",.;:"))
    if said.startswith("not "):
        return Answer(polarity=False)
    mentions = find_mentions(text)
    return Answer(
        side="neither" if _NEITHER.match(said) else _SIDES.get(said) or _side(text),
        structures=tuple(dict.fromkeys(mention.name for mention in mentions)),
        polarity=polarity,
        one_structure=len(mentions) > 0 and _whole(text),
    )


def _side(text: str) -> ReadSide | None:
    said = sides_said(text)
    return "both" if len(said) > 1 else next(iter(said), None)


def _whole(text: str) -> bool:
    """Say whether nothing but the name of a structure stands in a text, and not of both sides."""
    mentions, rest = find_mentions(text), text.casefold()
    for mention in mentions:
        rest = rest[: mention.start] + " " * (mention.end - mention.start) + rest[mention.end :]
    return set(rest.split()) <= _JOINING and all(mention.side != "both" for mention in mentions)


@lru_cache(maxsize=_CACHE)
def option_of(text: str, options: tuple[str, ...]) -> str | None:
    """Return the option that a short answer is, by its text, its letter, or both.

    >>> option_of("B: Left kidney", ("liver", "left kidney")), option_of("b", ("liver", "spleen"))
    ('left kidney', 'spleen')
    """
    offered = {plain(option): option for option in options}
    said = plain(text)
    if said in offered:
        return offered[said]
    lettered = _LETTERED.fullmatch(said) or _NUMBERED.fullmatch(text)
    if lettered is None:
        return None
    if lettered["text"] is not None:
        return offered.get(plain(lettered["text"]))
    number = ord(lettered["letter"]) - ord("a")
    return options[number] if number < len(options) else None


@lru_cache(maxsize=_CACHE)
def reading(text: str, options: tuple[str, ...] = (), standing: Standing = "committed") -> Reading:
    """Return a short answer as a record, read by the option that it is where it is one.

    >>> reading("B: left kidney", ("liver", "left kidney")).structures
    ('kidney_left',)
    """
    if not text:
        return Reading(standing=standing)
    option = option_of(text, options) if options else None
    answer = read_answer(option or text)
    return Reading(
        standing=standing,
        side=answer.side,
        figure=answer.figure,
        unit=answer.unit,
        option=option,
        structures=answer.structures,
        polarity=answer.polarity,
    )


def level_of(text: str) -> int | None:
    """Return the number of a vertebral level counted from C1 = 1 (T1 = 8, L1 = 20, S1 = 25), else None.

    A side or structure that merely mentions a level is no level: the text must be short.

    >>> level_of("L1 vertebra"), level_of("a lesion at the level of T12 or L1")
    (20, None)
    """
    if len(text) > _LEVEL_CHARS:
        return None
    levels = [_LEVEL.fullmatch(name) for name in read_answer(text).structures]
    level = next((one for one in levels if one), None)
    return _LEVEL_START[level[1]] + int(level[2]) if level else None


def shared_words(first: str, second: str) -> bool:
    """Say whether two texts share a word of four letters or more that carries meaning."""
    return bool(_words(first) & _words(second))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{4,}", text.casefold())) - _EMPTY_WORDS


def says_number(text: str) -> bool:
    """Say whether a text holds a number written in digits."""
    return any(char.isdigit() for char in text)
