"""The two normalisations that exact match knows: a careful one, and the naive rule of the field."""

from __future__ import annotations

import re
import string
import unicodedata
from functools import lru_cache

from medspatial.language.vocabulary import CACHED_TEXTS

NORMALISE_CONVENTION = (
    "Unicode NFKC, casefold, minus sign U+2212 to '-'; punctuation (categories P*) becomes a space, except "
    "'%', "
    "'.' and ',' between two digits, and '-' before a digit at the start or after white space; white space "
    "collapsed"
)
NAIVE_CONVENTION = "ASCII lower case, ASCII punctuation deleted, white space collapsed"

# the same rule for plain ASCII, in one pass: all of P* but '%', and the three exceptions
_ASCII_PUNCTUATION = re.compile(r"""[!"#&'()*/:;?@\[\\\]_{}]|(?<!\d)[.,]|[.,](?!\d)|-(?!\d)|(?<=\S)-""")
_PLAIN = re.compile(r"[a-z0-9 %]*\Z")
_DIGIT = re.compile("[0-9]")
_ASCII_SPACE = str.maketrans(
    {mark: " " for mark in string.punctuation if mark not in "$%+<=>^`|~"}
)  # no digits
_ASCII_DELETE = str.maketrans("", "", string.punctuation)
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


@lru_cache(maxsize=4096)
def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character).startswith("P")


@lru_cache(maxsize=CACHED_TEXTS)
def normalise(text: str) -> str:
    """Return text as exact match and token F1 compare it.

    >>> normalise("Right-sided: −850 HU (2.3 cm)!")
    'right sided -850 hu 2.3 cm'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u2212", "-")
    text = text.casefold()
    if text.isascii():
        text = _ASCII_PUNCTUATION.sub(" ", text) if _DIGIT.search(text) else text.translate(_ASCII_SPACE)
    elif not _PLAIN.match(text):
        text = "".join(_kept(text, index) for index in range(len(text)))
    return " ".join(text.split())


def _kept(text: str, index: int) -> str:
    character = text[index]
    if character == "%" or not _is_punctuation(character):
        return character
    before = text[index - 1] if index else " "
    after = text[index + 1] if index + 1 < len(text) else " "
    between_digits = character in ".," and before.isdigit() and after.isdigit()
    sign = character == "-" and after.isdigit() and before.isspace()
    return character if between_digits or sign else " "


def normalise_naive(text: str) -> str:
    """Return text by the rule often used, which makes '2.3 cm' equal to '23 cm'.

    >>> normalise_naive("2.3 cm") == normalise_naive("23 cm")
    True
    """
    return " ".join(text.translate(_ASCII_LOWER).translate(_ASCII_DELETE).split())
