"""Sentences and chunks: AlignScore compares chunks of the context with sentences of the claim."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from medspatial.errors import InputError, MissingPackageError, require

WORDS_PER_CHUNK = 350
# A plain splitter for places without Punkt's data; it changes scores, so the score's record names it.
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])|\n+")


class Splitter(NamedTuple):
    """A sentence splitter and its name for the record."""

    name: str
    split: Callable[[str], list[str]]


def sentence_splitter(name: str = "punkt") -> Splitter:
    """Return a sentence splitter.

    Parameters
    ----------
    name
        ``punkt``: nltk's English Punkt, which the published scores use; ``regex``: a plain rule that needs
        no data and gives other scores.

    Raises
    ------
    InputError
        Unknown name.
    MissingPackageError
        nltk or its ``punkt_tab`` data are missing.
    """
    if name == "regex":
        return Splitter("regex", _plain)
    if name != "punkt":
        raise InputError(f"sentence splitter must be 'punkt' or 'regex', got {name!r}")
    tokenize = require("nltk.tokenize", "metrics").sent_tokenize
    try:
        tokenize("One. Two.")
    except LookupError:
        raise MissingPackageError(
            "AlignScore's sentence splitter needs Punkt; run: python -m nltk.downloader punkt_tab  "
            "(or choose splitter='regex', which gives other scores)"
        ) from None
    return Splitter("punkt", lambda text: list(tokenize(text)))


def _plain(text: str) -> list[str]:
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def chunks(context: str, split: Callable[[str], list[str]]) -> list[str]:
    """Cut a context into runs of whole sentences of about 350 words.

    With w words and the sentences S: parts = floor(w / 350) + 1, n = max(floor(len(S) / parts), 1)
    sentences per chunk, joined by one space. A blank context is one empty chunk.

    >>> chunks("One. Two.", lambda text: ["One.", "Two."])
    ['One. Two.']
    """
    sentences = split(context) if context.strip() else []
    sentences = sentences or [""]
    parts = len(context.split()) // WORDS_PER_CHUNK + 1
    size = max(len(sentences) // parts, 1)
    return [" ".join(sentences[start : start + size]) for start in range(0, len(sentences), size)]
