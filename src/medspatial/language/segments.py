"""Cutting a text into tokens, and tokens into statements."""

from __future__ import annotations

import re
from typing import NamedTuple

from medspatial.language.words import COMPARATIVES, CONTRAST, FINITE_VERBS, PART_NOUNS

_TOKEN = re.compile(
    r"[a-z]+(?:'[a-z]+)?\d*[a-z]*|\d+(?:[.,]\d+)*[a-z0-9]*|[.;!?\n():,<>/=+]|—|(?<=\s)-(?=\s)"
)
_DOTTED = re.compile(
    r"\b(?:e\.g|i\.e|approx|vs|dr|lt|rt|ca|cf|fig|no|seg|art|inf|sup|ant|post|lat|med|resp|max|min|"
    r"incl)\.(?=\s*\S)"
)
_STRONG = frozenset(".;!?\n()—-")  # these end a sentence; a comma only ends a segment
_OPENERS = CONTRAST | {"and", "with"}
_NAME = 4  # tokens that a name may have
_AHEAD = 14  # tokens looked at for the verb of a statement that "and" may start


class Token(NamedTuple):
    """A word or mark with its place in the text."""

    word: str
    start: int
    end: int


class Segment(NamedTuple):
    """A stretch between commas, full stops, contrasts, and "and" before a new statement."""

    first: int  # token indices, end exclusive
    last: int
    start: int  # character offsets
    end: int
    sentence: int


def lowered(text: str) -> str:
    """Lower-case a text without changing its length."""
    low = text.lower()
    return low if len(low) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def blank(text: str, pattern: re.Pattern[str]) -> str:
    """Replace all matches by as many spaces, so that offsets stay."""
    return pattern.sub(lambda match: " " * len(match.group()), text)


def without_dots(text: str) -> str:
    """Blank the dots of abbreviations ("e.g.", "vs."), which end no sentence."""
    if text.find(".") in {-1, len(text) - 1}:
        return text
    return _DOTTED.sub(lambda match: match.group()[:-1].replace(".", " ") + " ", text)


def tokens_of(text: str) -> list[Token]:
    """Return words, numbers and marks of a lower-case text in order."""
    return [tuple.__new__(Token, (m.group(), *m.span())) for m in _TOKEN.finditer(text)]  # the fast way


def segments_of(tokens: list[Token]) -> list[Segment]:
    """Return the segments of a text; an empty text has one empty segment."""
    segments: list[Segment] = []
    first, sentence = 0, 0
    for index, token in enumerate(tokens):
        if token.word in _STRONG:
            _close(segments, tokens, first, index + 1, sentence)
            first, sentence = index + 1, sentence + 1
        elif token.word == "," or _starts_statement(tokens, index, first):
            cut = index + 1 if token.word == "," else index
            _close(segments, tokens, first, cut, sentence)
            first = cut
            if token.word in CONTRAST:
                sentence += 1
    _close(segments, tokens, first, len(tokens), sentence)
    return segments or [Segment(0, 0, 0, 0, 0)]


def _close(segments: list[Segment], tokens: list[Token], first: int, last: int, sentence: int) -> None:
    if last > first:
        segments.append(Segment(first, last, tokens[first].start, tokens[last - 1].end, sentence))


def _starts_statement(tokens: list[Token], index: int, first: int) -> bool:
    """A contrast word, or "and" followed by a clause of its own (a verb or a comparative)."""
    word = tokens[index].word
    if index == first or word not in _OPENERS:
        return False
    if word == "and" and (_joins_pair(tokens, index, first) or _joins_subjects(tokens, index, first)):
        return False
    return word in CONTRAST or _verb_ahead(tokens, index)


def _joins_pair(tokens: list[Token], index: int, first: int) -> bool:
    """ "between the liver and the kidney is ...": this "and" joins two names."""
    words = [token.word for token in tokens[first:index]]
    return "between" in words and "and" not in words[words.index("between") :]


def _joins_subjects(tokens: list[Token], index: int, first: int) -> bool:
    """ "the spleen and left kidney are ...": a plural verb has both as its subjects."""
    if not 0 < index - first <= _NAME or any(t.word in FINITE_VERBS for t in tokens[first:index]):
        return False
    ahead = [token.word for token in tokens[index + 1 : index + 2 + _NAME]]
    verb = next((place for place, word in enumerate(ahead) if word in {"are", "were", "lie", "have"}), 0)
    return verb > 0 and not ahead[verb - 1].endswith("s")


def _verb_ahead(tokens: list[Token], index: int) -> bool:
    """Say whether what follows "and" has a verb, or what follows "and" or "with" a comparative."""
    for place in range(index + 1, min(index + _AHEAD, len(tokens))):
        later = tokens[place]
        if later.word in _STRONG or later.word in CONTRAST or later.word in {",", "and"}:
            return False
        if later.word in FINITE_VERBS:
            return tokens[index].word == "and"
        if is_comparative(tokens, place):
            return True
    return False


def is_comparative(tokens: list[Token], index: int) -> bool:
    """ "lower" compares in "lower than"; in "lower lobe" it names a part."""
    word = tokens[index].word
    if word not in COMPARATIVES:
        return False
    following = tokens[index + 1].word if index + 1 < len(tokens) else ""
    return following not in PART_NOUNS or word not in {"lower", "upper", "higher"}
