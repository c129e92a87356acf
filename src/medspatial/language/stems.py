"""Content words of a text as stems."""

from __future__ import annotations

import re
from functools import lru_cache

from medspatial.anatomy import find_mentions
from medspatial.language.vocabulary import words

_STOP = words(
    """the a an of to in on at from with and or is are was were be it its this that these those does do did
    lie lies lying located situated positioned found seen there which what where how who patient
    patients relative relation respect by as for side image scan ct one ones here main whole entire
    single than more most very center centre"""
)

# stems of other words for the same thing
_SAME = {
    "fluid": "effusion", "calculu": "ston", "calculi": "ston", "concretion": "ston", "lithiasi": "ston",
    "atelectasi": "collaps", "atelectatic": "collaps", "distension": "dilat", "distend": "dilat",
    "slight": "mild", "massive": "massiv", "dil": "dilat", "metastasi": "metastas", "metastatic": "metastas",
}  # fmt: skip


def content_words(text: str) -> frozenset[str]:
    """Return a text's stems without function words."""
    found = (stem(word) for word in re.findall(r"[a-z]+\d*|\d+", text.lower()) if word not in _STOP)
    return frozenset(_SAME.get(word, word) for word in found)


def role_words(text: str) -> list[tuple[int, frozenset[str]]]:
    """Return (place, keys) of a text's words and structures; "SMA" has the keys of its full name."""
    found = [(m.start(), content_words(m.group())) for m in re.finditer(r"[A-Za-z]+\d*|\d+", text)]
    found += [
        (m.start, frozenset({m.name}) | content_words(m.name.replace("_", " "))) for m in find_mentions(text)
    ]
    return sorted(((place, keys) for place, keys in found if keys), key=lambda one: one[0])


def role_keys(text: str) -> frozenset[str]:
    """Return all keys of a text (see :func:`role_words`)."""
    return frozenset().union(*(keys for _, keys in role_words(text)))


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """Cut plural and common endings, so that "nodules" meets "nodule".

    >>> stem("nodules"), stem("crosses"), stem("crossing")
    ('nodul', 'cros', 'cros')
    """
    for ending in (
        "ically",
        "ations",
        "ation",
        "ities",
        "ing",
        "ies",
        "ied",
        "ed",
        "es",
        "ly",
        "s",
        "e",
        "y",
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
