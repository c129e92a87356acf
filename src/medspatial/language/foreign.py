"""Short answers in other languages, word by word; what the small tables do not hold is said to be unread."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

from medspatial.language.vocabulary import words_in

_SCRIPT = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0900-\u097f\u0e00-\u0e7f"
    r"\u0590-\u05ff\u0370-\u03ff]"
)
_ARTICLE = re.compile(r"\A\s*[AEO](?=\s+[^\W\d_]{2})")  # Portuguese and Italian: no letter of an option
_SI = re.compile(r"\A\s*si(?=\s*(?:[,.!]|\Z))", re.I)
_WORD = re.compile(r"[^\W\d_]+")
_NOT_OR_NO = re.compile(r"\W*(?:no|não|nie)\s+\w", re.I)  # one word for "no" and for "not"
_UNIT = re.compile(r"mm|cm|ml|HU|hu|l|m")
_LATIN_REST = re.compile(r"[^\x00-\x7f°µμ²³±×≤≥≈]+")
_LONG, _LONG_SCRIPT = 14, 60  # words, characters: longer texts in another language are not read


@dataclass(frozen=True)
class _Tables:
    """What ``data/other_languages.json`` holds.

    ``words``: each word of another language in English; ``certain``: words that English does not have;
    ``stops``: these and words that no short English answer consists of; ``phrases``: patterns of other
    scripts in the order in which they are put into English.
    """

    words: dict[str, str]
    certain: frozenset[str]
    stops: frozenset[str]
    foreign: frozenset[str]
    english: frozenset[str]
    phrases: tuple[tuple[re.Pattern[str], str], ...]
    denied: re.Pattern[str]
    scripts: tuple[tuple[str, re.Pattern[str]], ...]


@cache
def _tables() -> _Tables:
    file = resources.files("medspatial.language").joinpath("data", "other_languages.json")
    data = json.loads(file.read_text(encoding="utf-8"))
    certain = frozenset(data["certain"].split())
    words = {word: english for english, words in data["words"].items() for word in words.split()}
    stops = certain | frozenset(data["shared"].split())
    return _Tables(
        words=words,
        certain=certain,
        stops=stops,
        foreign=stops | words.keys(),
        english=frozenset(data["english"].split()),
        phrases=tuple((re.compile(pattern, re.I), f" {english} ") for pattern, english in data["phrases"]),
        denied=re.compile(data["denials"]),
        scripts=tuple((name, re.compile(pattern)) for name, pattern in data["scripts"]),
    )


@lru_cache(maxsize=16_384)
def other_language(text: str) -> str | None:
    """Return what language or script a text is in where it is not English, in words; None for English.

    A text without words ("B", "45 mm") is English; so is one with more English words than others.

    >>> other_language("Die Milz."), other_language("左侧"), other_language("The spleen, 45 mm")
    ('another European language', 'Chinese or Japanese', None)
    """
    if not text.isascii():
        letters = sum(char.isalpha() for char in text)
        if letters and 2 * len(_SCRIPT.findall(text)) > letters:
            return next(
                (name for name, pattern in _tables().scripts if pattern.search(text)), "another script"
            )
    tables = _tables()
    if text.isascii() and tables.foreign.isdisjoint(words_in(text.lower())) and not _SI.match(text):
        return None
    words = _words(text)
    if tables.foreign.isdisjoint(words):
        return None
    english = sum(word in tables.english for word in words)
    certain = sum(word in tables.certain or (word in tables.words and not word.isascii()) for word in words)
    foreign = sum(word in tables.stops or (word in tables.words and not word.isdigit()) for word in words)
    short = len(words) <= 3 and all(
        word in tables.words or word in tables.stops or len(word) == 1 or _UNIT.fullmatch(word)
        for word in words
    )
    told = (
        short
        and any(word in tables.words for word in words)
        and not all(word in tables.english for word in words)
    )
    if told or (certain and foreign > english) or (foreign >= 2 and foreign > 2 * english and certain):
        return "another European language"
    return "another European language" if foreign >= 3 and not english and 2 * foreign >= len(words) else None


def in_english(text: str) -> str | None:
    """Return what the small tables read of an answer in another language, in English words; None for nothing.

    Letters, figures and units stay; words that the tables do not hold are left out.

    >>> in_english("nicht links, sondern rechts"), in_english("左侧"), in_english("肺门")
    ('not left, but right', 'left', None)
    """
    if other_language(text) is None:
        return None
    if _SCRIPT.search(text):
        return _by_script(text)
    words = _words(text)
    if len(words) > _LONG:
        return None
    said = _ARTICLE.sub("", _normal(text))
    glossed = re.sub(r"[^\W\d_]+", lambda match: _word(match.group()), said)
    return _tidy(_polar(glossed, words, said))


def _word(word: str) -> str:
    if (len(word) == 1 and word.isupper() and word.isascii()) or _UNIT.fullmatch(word):
        return word
    low = word.casefold()
    return _tables().words.get(low, low if low == "no" else "").strip()


def _polar(glossed: str, words: list[str], normal: str) -> str:
    """Take a leading yes or no for the answer; "no se tocan", "sie berühren sich nicht" deny as a whole."""
    if _NOT_OR_NO.match(normal) and "touch" not in glossed and not re.sub(r"[\W_]|no", "", glossed):
        return ""  # "no se puede determinar": its "no" denies a word that is not read
    said = glossed.split()
    first = re.sub(r"\W", "", said[0]) if said else ""
    if first in {"yes", "no"} and words and (_tables().words.get(words[0], words[0]) in {"yes", "no"}):
        return f"{first}."
    if "touch" in glossed and len(words) <= 8:
        denials = len(re.findall(r"\b(?:not|no)\b", glossed))
        return "no." if denials == 1 else "" if denials else "yes."
    return glossed


def _by_script(text: str) -> str | None:
    text = unicodedata.normalize("NFKC", text)
    if len(text) > _LONG_SCRIPT:
        return None
    glossed = text
    for pattern, english in _tables().phrases:
        glossed = pattern.sub(english, glossed)
    left = "".join(_SCRIPT.findall(glossed))
    first = re.match(r"\W*(yes|no|touch)\b", glossed)
    if first and not re.search(r"\b(?:left|right)\b", glossed):
        said = first.group(1)
        if said == "touch":
            return None if _tables().denied.search(left) else "yes."
        return f"{said}."
    if _tables().denied.search(left):
        return None  # something is denied that the tables do not hold
    glossed = re.sub(r"(?<![A-Za-z])是(?=\s*(?:left|right))", " ", glossed)
    return _tidy(_LATIN_REST.sub(" ", glossed))


def _tidy(text: str) -> str | None:
    text = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(text.split())).strip(" ,;:!?-'")
    return text if re.search(r"[A-Za-z0-9]", text) else None


def _words(text: str) -> list[str]:
    return _WORD.findall(_normal(text).casefold())


def _normal(text: str) -> str:
    """Composed letters; "si" is a yes only where it stands by itself."""
    text = text if text.isascii() else unicodedata.normalize("NFC", text)
    return _SI.sub("sí", text)
