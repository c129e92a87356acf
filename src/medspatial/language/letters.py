"""Letters of options in a reply, and repetitions of all options (R11)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from medspatial.language.commitments import Mention
from medspatial.language.options import LETTERS

_ALONE = re.compile(r"\A[\W_]*(?:option|choice|answer|letter)?[\W_]*([A-Za-z])[\W_]*\Z", re.I)
_MARKED = re.compile(
    r"\b(?:option|choice|answer|letter|alternative)s?(?:\s+(?:is|would be|should be|must be|"
    r"are))?\s*[:=]?\s*(?:option\s+|letter\s+)?[(\[\"']?([A-Ja-j])(?![A-Za-z0-9'])"
    r"(?!\s+(?:[a-z]{2,}))"
    r"|[(\[]([A-Ja-j])[)\]]"
)
_LEADING = re.compile(
    r"(?:\A|\n)\s*[\"'(\[]?([A-Ja-j])\s*[)\].:](?=\s|\Z|[A-Z])|(?:\A|\n)\s*([A-J])\s+[-–—]\s"
)
_OPTION_WORD = re.compile(r"\b(?:option|choice|letter|alternative)\s+\(?([A-Ja-j])\b")
_PLACES = {
    place: n
    for n, places in enumerate(("first 1st", "second 2nd", "third 3rd", "fourth 4th", "fifth 5th"))
    for place in places.split()
}
_BY_PLACE = re.compile(rf"\b({'|'.join(_PLACES)}) (?:listed )?(?:option|choice|alternative)\b", re.I)
_BARE = re.compile(r"(?<![A-Za-z0-9'/.-])([B-HJ])(?![A-Za-z0-9'/-])(?!\.[A-Za-z])")
_BARE_A = re.compile(
    r"(?<![A-Za-z0-9'/.-])A(?=\s*(?:[,;:)\]]|\.(?:\s|\Z)|\Z|\s(?:is|and|or|nor|because|since|but|as|was|"
    r"seems|appears|would|can)\b))"
)
_NOTE = re.compile(r"^[ \t]*(?:[-*•] *)?[*_]*\(?([A-Ja-j])[).:]+[*_]*[ \t:]+(?=\S)[^\n]*$", re.M)
_FIGURE = re.compile(
    r"(?<![A-Za-z0-9(])\(?([A-J])\)?(?::| ?=|,)? ?[~≈]?\d+(?:\.\d+)?"
    r"(?: ?(?:mm|cm|m[lL]|cc|cm3|HU|%))?(?![\w.]\w)[,;.]?"
)
_IN_BRACKETS = re.compile(r"(?<=\w) \(\Z")
_ALL = re.compile(r"\ball (?:of )?(?:the )?(?:above|options|choices|four|of them|answers)\b", re.I)
_APPOSITION = re.compile(r"[\s,.:;()\[\]=*-]*(?:(?:is|i\.e\.|the|a|an)\s+)?(?:(?:the|a|an)\s+)?")
_NOT_LETTER = re.compile(
    r"\b(?:hepatitis|vitamin|type|grade|stage|class|group|category|segment|child(?:-pugh)?|zone|level|"
    r"lesion|structure|point|mass|nodule|series|phase|part|panel|figure|organ)\s+\(?[A-J]\b(?!\))",
    re.I,
)


def find_letters(text: str, count: int) -> list[Mention]:
    """Return the option letters that a reply names, in order; the article "A" is none.

    Parameters
    ----------
    count
        Number of options; a bare capital beyond them is no letter unless it is marked as one.

    >>> [m.value for m in find_letters("A mass in the stomach: option C, not (B).", 4)]
    ['C', 'B']
    """
    alone = _ALONE.match(text)
    if alone:
        return [Mention(alone.group(1).upper(), alone.start(1), alone.end(1))]
    spans: dict[int, Mention] = {}
    for pattern in (_MARKED, _LEADING, _OPTION_WORD):
        for match in pattern.finditer(text):
            group = 1 if match.group(1) else 2
            spans[match.start(group)] = Mention(
                match.group(group).upper(), match.start(group), match.end(group)
            )
    for match in _BY_PLACE.finditer(text):
        spans[match.start()] = Mention(LETTERS[_PLACES[match[1].lower()]], match.start(), match.end())
    hidden = [(m.start(), m.end()) for m in _NOT_LETTER.finditer(text)]
    for pattern in (_BARE, _BARE_A):
        for match in pattern.finditer(text):
            if match.group()[0] in LETTERS[:count] and not any(a <= match.start() < b for a, b in hidden):
                spans.setdefault(match.start(), Mention(match.group()[0], match.start(), match.start() + 1))
    return [_with_words(spans[start], text) for start in sorted(spans)]


def _with_words(letter: Mention, text: str) -> Mention:
    """Let a letter in brackets stand with the words in front: "not the kidney (C)" denies C."""
    words = _IN_BRACKETS.search(text, 0, letter.start)
    return letter._replace(start=words.start()) if words else letter


def merged(letters: list[Mention], texts: list[Mention], text: str) -> list[Mention]:
    """Letters and texts in order; "C, the pancreas" is one mention, a letter inside a text is part of it."""
    kept = [m for m in letters if not any(t.start <= m.start and m.end <= t.end for t in texts)]
    merged: list[Mention] = []
    for mention in sorted([*kept, *texts], key=lambda m: m.start):
        last = merged[-1] if merged else None
        if last and last.value == mention.value and _APPOSITION.fullmatch(text, last.end, mention.start):
            merged[-1] = Mention(last.value, last.start, mention.end)
        else:
            merged.append(mention)
    return merged


def without_labels(letters: list[Mention], texts: list[Mention]) -> list[Mention]:
    """Leave out letters behind their option's text ("the spleen (D)"), while another letter stands."""
    ends = {(mention.value, mention.end) for mention in texts}
    chosen = [m for m in letters if (m.value, m.start) not in ends or m.end == m.start + 1]
    return chosen or letters


def without_notes(text: str, count: int) -> str:
    """Take out a list with a note on every option, where a letter besides chooses: "D. A: far, D: near"."""
    for pattern, least in ((_NOTE, count), (_FIGURE, 2)):
        noted = {note[1].upper() for note in pattern.finditer(text)}
        if len(noted) < max(least, 2) or not noted <= set(LETTERS[:count]):
            continue
        rest = pattern.sub("\n", text).strip()
        if len({mention.value for mention in find_letters(rest, count)}) == 1:
            return rest
    return text


@lru_cache(maxsize=16_384)
def _listing(options: tuple[str, ...]) -> re.Pattern[str]:
    gap = r"[\s,;|/]*"
    lines = [rf"[(\[]?{LETTERS[i]}[)\].:]\s*{re.escape(option)}[.]?" for i, option in enumerate(options)]
    return re.compile(r"(?:(?:options|choices)\s*:?\s*)?" + gap.join(lines), re.I)


def without_listing(text: str, options: Sequence[str]) -> str:
    """Take out a verbatim repetition of all lettered options (R1)."""
    if len(options) < 2 or len(options) > len(LETTERS) or len(text) < sum(map(len, options)):
        return text
    lowered = text.lower()
    if text.isascii() and any(one.isascii() and one.lower() not in lowered for one in options):
        return text.strip()  # the pattern, which costs much to build, would find nothing
    return _listing(tuple(options)).sub(" ", text).strip()


def names_all(text: str) -> bool:
    """Say whether a reply names all options at once ("all of the above")."""
    return bool(_ALL.search(text))
