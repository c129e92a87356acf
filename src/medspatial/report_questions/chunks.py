"""A sentence of a report as chunks: findings, words of place, sizes, and words that decide how it is read.

Every word must be known: a clause with a word that no table has is not read, so that nothing is asked from
half a statement.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from medspatial.report_questions.findings import Finding, findings, plural_phrase
from medspatial.report_questions.language import MEASURE

_TOKEN = re.compile(
    rf"(?P<measure>(?:\d+(?:[.,]\d+)?\s?[-–]\s?)?{MEASURE.pattern})|(?P<word>[A-Za-z]+(?:'s)?)|(?P<code>\b\d{{1,2}}(?:st|nd|rd|th)\b|\d+(?:[.,]\d+)?)"
    r"|(?P<mark>[;:,()?/]|\s[-–]\s)",
    re.IGNORECASE,
)
_VERTEBRA = re.compile(r"\b(?:th|t|d|l|c)[\s-]?(?:1[0-2]|[1-9])\b(?!\s*(?:mm|cm|x))", re.IGNORECASE)
_PARENTHESIS = re.compile(r"\([^()]*(?:\)|$)|\b(?:serial|series)\s*\d+\s*,?\s*image\s*\d+", re.IGNORECASE)
_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
            "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12}  # fmt: skip


class Chunk(NamedTuple):
    """A piece of a sentence: its kind, what it stands for, its offsets.

    Kinds: ``finding``, ``measure``, ``vertebra``, ``number``, the groups of ``words.json`` (``organ``,
    ``station``, ``fissure``, ``zone``, ``part``, ``segment``, ``filler`` and those under ``words``), ``mark``
    and ``unknown``.
    """

    kind: str
    value: str
    start: int
    end: int
    plural: bool = False
    finding: Finding | None = None


def read_chunks(text: str) -> list[Chunk]:
    """Cut a sentence into chunks; parentheses are blanked out first, offsets stay.

    Examples
    --------
    >>> [(c.kind, c.value) for c in read_chunks("A nodule in the left lung") if c.kind != "filler"]
    [('finding', 'nodule'), ('side', 'left'), ('organ', 'lung')]
    """
    text = _PARENTHESIS.sub(lambda found: " " * len(found.group()), text)
    vertebrae = {found.start(): found for found in _VERTEBRA.finditer(text)}
    tokens = list(_TOKEN.finditer(text))
    words = [token.group().lower() for token in tokens]
    found: list[Chunk] = []
    at = 0
    while at < len(tokens):
        start = tokens[at].start()
        if start in vertebrae:
            code = vertebrae[start]
            found.append(Chunk("vertebra", _vertebra(code.group()), start, code.end()))
            while at < len(tokens) and tokens[at].start() < code.end():
                at += 1
            continue
        length, chunk = _at(tokens, words, at)
        found.append(chunk)
        at += length
    return found


def _at(tokens: list[re.Match[str]], words: list[str], at: int) -> tuple[int, Chunk]:
    token = tokens[at]
    start, end = token.span()
    if token.lastgroup == "measure" or token["measure"]:
        return 1, Chunk("measure", token.group(), start, end)
    if token["mark"]:
        return 1, Chunk("mark", token.group().strip(), start, end)
    if token["code"]:
        return 1, Chunk("number", re.sub(r"\D.*", "", token.group()), start, end)
    table = phrase_table()
    for length in sorted(table.get(words[at], {}), reverse=True):
        entry = table[words[at]][length].get(tuple(words[at : at + length]))
        if entry is not None:
            kind, value, plural, finding = entry
            return length, Chunk(kind, value, start, tokens[at + length - 1].end(), plural, finding)
    if words[at] in _NUMBERS:
        return 1, Chunk("number", str(_NUMBERS[words[at]]), start, end)
    return 1, Chunk("unknown", words[at], start, end)


_Entry = tuple[str, str, bool, Finding | None]


@cache
def phrase_table() -> dict[str, dict[int, dict[tuple[str, ...], _Entry]]]:
    """Return all phrases by their first word and their length in words."""
    table: dict[str, dict[int, dict[tuple[str, ...], _Entry]]] = {}

    def add(phrase: str, entry: _Entry) -> None:
        words = tuple(phrase.lower().replace("-", " ").split())
        table.setdefault(words[0], {}).setdefault(len(words), {}).setdefault(words, entry)

    for finding in findings():
        for phrase in finding.phrases:
            several = phrase in ("bullae", "calculi", "bronchiectases", "sequelae")
            add(phrase, ("finding", finding.name, several, finding))
            add(plural_phrase(phrase), ("finding", finding.name, True, finding))
    data = _data()
    for name, phrases in data["words"].items():
        kind, _, value = name.partition(":")
        for phrase in phrases:
            add(phrase, (kind, value or phrase, phrase.endswith("s"), None))
    for kind in ("organ", "station", "fissure", "zone", "segment"):
        for name, listed in data[kind].items():
            for phrase in listed:
                add(phrase, (kind, name, phrase.endswith(("s", "ae", "hila")), None))
    for phrase in data["part"]:
        add(phrase, ("part", phrase, False, None))
    for word in data["filler"]:
        add(word, ("filler", word, False, None))
    return table


@cache
def _data() -> dict[str, Any]:
    text = resources.files("medspatial.report_questions").joinpath("data/words.json").read_text("utf-8")
    return dict(json.loads(text))


def _vertebra(text: str) -> str:
    letters = re.sub(r"[^a-z]", "", text.lower())
    letter = "T" if letters in ("th", "t", "d") else letters.upper()
    return f"{letter}{re.sub(r'[^0-9]', '', text)}"
