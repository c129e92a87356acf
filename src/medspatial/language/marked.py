"""Replies that go through the options one by one and mark each of them right or wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# words that may open a sentence ("No lesion ...") are marks only where a stop follows
_RIGHT = (
    r"yes(?=\W*(?:\Z|[.,;:!|)(/\n-]|[A-H]\b))|true|correct|right(?! (?!\W)[a-z])|likely|"
    r"selected|chosen|best (?:match|answer|fit|choice)|正确|对(?!照)|richtig|correcto|vrai|"
    r"[✓✔✅☑🗸√🟢👍🟩●◉]|\[[xX✓✔•]\]|\([xX✓✔•]\)"
)
_WRONG = (
    r"no(?=\W*(?:\Z|[.,;:!|)(/\n-]|[A-H]\b))|not (?:correct|right|true|likely)|false|incorrect|wrong|"
    r"unlikely|"
    r"eliminated|ruled out|excluded|rejected|错误|不正确|不对|falsch|incorrecto|faux|"
    r"[✗✘❌✖❎×🔴☒☐👎🟥○◯]|\[[ _-]?\]|\([ _-]?\)"
)
_SHORT_RIGHT, _SHORT_WRONG = r"(?-i:Y|T)|1|\+", r"(?-i:N|F|X)|0|[-−]"
_NEXT = r"\W*(?:\Z|[,;|\n]|[A-H](?:\W?[=:]|\)))"  # behind a short mark: the end, or the next option
_MARK = (
    rf"(?:is\s+|are\s+)?(?:(?P<right>{_RIGHT}|(?:{_SHORT_RIGHT})(?={_NEXT}))"
    rf"|(?P<wrong>{_WRONG}|(?:{_SHORT_WRONG})(?={_NEXT})))(?:(?!\w)|(?<=[^\w\s])|(?<=[^\x00-\u2fff]))"
)
_LEAD = r"[\s\-*•|>#]*(?:\d+[.)]\s+)?"
_GAP = r"[\s|:=\-–—>(*,).\]（：]*?"
_LETTER = r"(?:option\s+|choice\s+)?[(\[*]*(?P<letter>(?-i:[A-H])|(?-i:[a-h])(?=[).:]))(?!\w)[)\].:*]*"
_CHOOSES = re.compile(
    r"\b(?:answer|choose|chosen|conclu\w*|therefore|thus|select\w*|pick|final\w*|hence)\b", re.I
)
_SHARE = re.compile(r"['\"]?\s*[:=(]*\s*(\d{1,3}(?:\.\d+)?\s?%|0?\.\d+|[01]\.0+)")
_SHARED = re.compile(r"\d\s?%|\d\.\d")
_MARKED = re.compile(_MARK, re.I)
_GAP_MARKED = re.compile(_GAP + _MARK, re.I)
_LETTER_MARKED = re.compile(_LETTER + _GAP + _MARK, re.I)
_MARKED_UP_TO = re.compile(rf"{_LEAD}{_MARK}[\s|:\-–—]*", re.I)
_MARKED_LETTER = re.compile(rf"{_LEAD}{_MARK}[\s|:\-–—]*{_LETTER}", re.I)
_BETWEEN = re.compile(r"(?:[\s.,;/|!()）]|\band\b)*", re.I)
_SORTED = re.compile(
    r"\b(?P<wrong>incorrect|wrong|false|not correct)\b|\b(?P<right>correct|right|true)\b", re.I
)
_SORTED_LINE = re.compile(
    r"\W*(?:(?:correct|incorrect|right|wrong|true|false|not correct)(?: (?:options?|answers?|ones?))?\W+"
    r"(?:(?-i:[A-H])(?:\W+|\W+and\W+|\Z))+)+",
    re.I,
)


class Marks(NamedTuple):
    """The options marked right and those marked wrong, by place from 0."""

    right: tuple[int, ...]
    wrong: tuple[int, ...]


def option_marks(text: str, options: Sequence[str]) -> Marks | None:
    """Return what a reply marks right and wrong, where it goes through two or more options one by one.

    None where it does not, where an option is marked both ways, and where a sentence besides chooses.

    >>> option_marks("A ✗\\nB ✓", ("liver", "spleen"))
    Marks(right=(1,), wrong=(0,))
    >>> option_marks("liver: no, spleen: yes", ("liver", "spleen"))
    Marks(right=(1,), wrong=(0,))
    """
    text = text.replace("\ufe0f", "").strip()
    if _SORTED_LINE.fullmatch(text):
        return _sorted_marks(text, len(options))
    if not any(_may_mark(part, options) for part in (text, *text.splitlines())):
        return None
    found = _by_line(text, tuple(options)) or _in_a_row(text, tuple(options))
    if found is None or len(found) < 2:
        return None
    return Marks(
        tuple(place for place in sorted(found) if found[place]),
        tuple(place for place in sorted(found) if not found[place]),
    )


def _sorted_marks(text: str, count: int) -> Marks | None:
    """Read "Correct: B. Incorrect: A, C, D."; None where a letter stands under both, or is none of them."""
    under: dict[int, set[bool]] = {}
    heads = list(_SORTED.finditer(text))
    for head, end in zip(heads, [*(one.start() for one in heads[1:]), len(text)], strict=True):
        for letter in re.findall(r"\b[A-H]\b", text[head.end() : end]):
            under.setdefault(ord(letter) - ord("A"), set()).add(head["right"] is not None)
    if any(place >= count or len(said) > 1 for place, said in under.items()):
        return None
    right = tuple(sorted(place for place, said in under.items() if True in said))
    return Marks(right, tuple(sorted(set(under) - set(right))))


def likeliest(text: str, options: Sequence[str]) -> int | None:
    """Return the option with the largest share, where every option is given one; None in a tie.

    >>> likeliest("A: 0.1, B: 0.7", ("liver", "spleen"))
    1
    >>> likeliest("liver 60 %, spleen 40 %", ("liver", "spleen"))
    0
    """
    if not _SHARED.search(text):
        return None
    shares: dict[int, float] = {}
    for match in _labels(tuple(options)).finditer(text):
        share = _SHARE.match(text, match.end())
        said = match["text"]
        place = (
            ord(match["letter"]) - ord("A")
            if said is None
            else next(i for i, option in enumerate(options) if option.casefold() == said.casefold())
        )
        if share is None and said is None and _labels(tuple(options)).match(text, match.end() + 1):
            continue  # "B) spleen: 0.8": the share stands behind the text
        if share is None or place in shares:
            return None
        shares[place] = float(share.group(1).strip(" %"))
    if set(shares) != set(range(len(options))) or len(options) < 2:
        return None
    best = [place for place, share in shares.items() if share == max(shares.values())]
    return best[0] if len(best) == 1 else None


@lru_cache(maxsize=1024)
def _labels(options: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of an option's letter or text."""
    texts = "|".join(sorted((re.escape(option) for option in options), key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z0-9])(?:(?P<letter>[A-H])[).:]*|(?P<text>(?i:{texts})))(?![A-Za-z0-9])")


def _may_mark(part: str, options: Sequence[str]) -> bool:
    """Say False only where no marked option can stand at the start of a text: patterns cost much to build."""
    if not _MARKED.search(part):
        return False
    plain = part.isascii() and all(one.isascii() and one[:1].isalnum() for one in options)
    if not plain or _LETTER_MARKED.search(part) or _MARKED_LETTER.match(part):
        return True
    lowered = part.lower()
    for option in options:
        at = lowered.find(option.lower())
        while at >= 0:
            front = at - 4 if lowered[:at].endswith("the ") else at
            if (
                _GAP_MARKED.match(part, at + len(option))
                or _MARKED_UP_TO.fullmatch(part, 0, at)
                or _MARKED_UP_TO.fullmatch(part, 0, front)
            ):
                return True
            at = lowered.find(option.lower(), at + 1)
    return False


@lru_cache(maxsize=1024)
def _forms(options: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return the patterns of one marked option: the mark behind it, and in front of it."""
    texts = "|".join(sorted((re.escape(option) for option in options), key=len, reverse=True))
    label = rf"(?:{_LETTER}(?:[\s|:=\-–—(]*(?:the )?(?:{texts})(?!\w))?|(?:the )?(?P<text>{texts})(?!\w))"
    return (
        re.compile(rf"{_LEAD}{label}{_GAP}{_MARK}", re.I),
        re.compile(rf"{_LEAD}{_MARK}[\s|:\-–—]*{label}", re.I),
    )


def _by_line(text: str, options: tuple[str, ...]) -> dict[int, bool] | None:
    """Read one option a line; words behind a mark explain it."""
    found: dict[int, bool] = {}
    for line in text.splitlines():
        match = next((m for form in _forms(options) if (m := form.match(line))), None)
        if match is None:
            if _CHOOSES.search(line):
                return None
            continue
        if not _noted(found, match, options) or _item(line[match.end() :], options):
            return None
    return found if len(found) > 1 else None


def _item(rest: str, options: tuple[str, ...]) -> bool:
    """Say whether another marked option stands in the same line."""
    return any(form.match(_BETWEEN.sub("", rest, count=1)) for form in _forms(options))


def _in_a_row(text: str, options: tuple[str, ...]) -> dict[int, bool] | None:
    """Read options that follow each other with nothing but separators between."""
    for form in _forms(options):
        found: dict[int, bool] = {}
        at = 0
        while at < len(text):
            match = form.match(text, at)
            if match is None or not _noted(found, match, options):
                break
            between = _BETWEEN.match(text, match.end())
            at = between.end() if between else match.end()
        if at >= len(text):
            return found
    return None


def _noted(found: dict[int, bool], match: re.Match[str], options: tuple[str, ...]) -> bool:
    """Note one mark; False where its option is none, or is marked the other way already."""
    letter = match.group("letter")
    if letter:
        place = ord(letter.upper()) - ord("A")
    else:
        said = match.group("text").casefold()
        place = next((i for i, option in enumerate(options) if option.casefold() == said), len(options))
    right = match.group("right") is not None
    return place < len(options) and found.setdefault(place, right) == right
