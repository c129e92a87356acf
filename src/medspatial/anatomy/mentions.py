"""Find structures with their sides in free text: synonyms, abbreviations, plurals, split and shared sides.

The longest phrase wins, words are compared as wholes, and a side is attached to the noun it belongs to:
``left kidney``, ``kidney on the left``, ``upper lobe of the left lung``, ``right middle and lower lobes``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from medspatial.anatomy.lexicon import (
    BOTH,
    ELLIPTIC,
    FILLERS,
    JOINERS,
    MODIFIERS,
    SIDES,
    TOKEN,
    Lexicon,
    Node,
    Noun,
    base_word,
    lexicon,
)

TextSide = Literal["left", "right", "both"]
_CACHE = 65536
_SHORT = 2  # abbreviations of this length count in capitals only
_SIDE_NOUNS = frozenset({"side", "sided", "hand"})
_LETTERS = {"L": "left", "R": "right"}
_NOT_AFTER_SIDE = frozenset({"of", "to", "than", "from"})


class Mention(NamedTuple):
    """A structure named in a text.

    ``name`` carries the side where the text gives one (``kidney_left``); for both sides or none it is the
    base (``kidney``). ``side`` is ``left``, ``right``, ``both`` or None, also where anatomy implies it
    (lingula: left). ``start`` and ``end`` delimit the characters, words of the side included.
    """

    name: str
    side: TextSide | None
    start: int
    end: int


def find_mentions(text: str) -> list[Mention]:
    """Return the structures that a text names, in its order.

    Examples
    --------
    >>> [(m.name, m.side) for m in find_mentions("Cysts in both kidneys and the RLL")]
    [('cyst', None), ('kidney', 'both'), ('lung_lower_lobe_right', 'right')]
    """
    return list(_scan(text))


@lru_cache(maxsize=_CACHE)
def _scan(text: str) -> tuple[Mention, ...]:
    return tuple(_Scanner(text).mentions())


class _Match(NamedTuple):
    noun: Noun
    end: int  # index of the token after the phrase
    side: str | None
    plural: bool
    parent: Node


_Item = tuple[Noun, int, int]  # noun, first token, token after the last


class _Forms(dict[str, tuple[str, bool, bool]]):
    """A token's base word, whether it is a plural, whether a mention may begin there; looked up once."""

    def __missing__(self, raw: str) -> tuple[str, bool, bool]:
        low, known = raw.lower(), lexicon()
        word, plural = known.forms.get(low) or known.forms.get(base_word(low)) or (low, False)
        form = (word, plural, word in known.root.next or word in ELLIPTIC or low in known.abbreviations)
        if len(self) < _CACHE:
            self[raw] = form
        return form


_FORMS = _Forms()
_written = re.Match.group
_NOTHING: tuple[tuple[()], tuple[()], tuple[()]] = ((), (), ())


class _Scanner:
    """One pass over the tokens of a text."""

    def __init__(self, text: str) -> None:
        self.lexicon: Lexicon = lexicon()
        self.tokens = list(TOKEN.finditer(text))
        self.raw: list[str] = list(map(_written, self.tokens))
        self.count = len(self.raw)
        words, plural, begins = zip(*map(_FORMS.__getitem__, self.raw), strict=True) if self.raw else _NOTHING
        self.words: tuple[str, ...] = words
        self.plural: tuple[bool, ...] = plural
        self.begins = [at for at, begins_here in enumerate(begins) if begins_here]
        self.used: set[int] = set()

    def mentions(self) -> list[Mention]:
        found: list[Mention] = []
        resume = 0
        for index in self.begins:  # most words begin nothing: this is the hot path of scoring
            if index >= resume:
                new, resume = self._at(index)
                found += new
        return found

    def _at(self, index: int) -> tuple[list[Mention], int]:
        """Return the mentions that begin at a token, and where to go on."""
        word = self.words[index]
        if word in ELLIPTIC:
            listed = self._ellipsis(index)
            if listed is not None:
                return listed
        match = self._longest(index)
        if match is None:
            short = self._abbreviation(index)
            if short is None:
                return [], index + 1
            match = _Match(short[0], index + 1, short[1], False, self.lexicon.root)
        items = self._siblings(match, index)
        if not match.noun.sided:
            return [self._mention(noun, None, first, end) for noun, first, end in items], items[-1][2]
        return self._with_side(match, items)

    def _with_side(self, match: _Match, items: list[_Item]) -> tuple[list[Mention], int]:
        """Attach the side that stands before, inside or after the phrase to all its items."""
        before = self._before if match.side is None else self._same_before(match.side)
        sides, first = before(items[0][1])
        end = items[-1][2]
        if not sides:
            after, end = self._after(end)
            sides = [after] if after else ["both"] if match.plural and match.noun.implied_side is None else []
        found = []
        for place, (noun, start, stop) in enumerate(items):
            begin = first if place == 0 else start
            finish = end if place == len(items) - 1 else stop
            found += [self._mention(noun, side, begin, finish) for side in sides]
            if not sides:
                found.append(self._mention(noun, None, begin, finish))
        return found, end

    def _same_before(self, side: str) -> Callable[[int], tuple[list[str], int]]:
        """Take ``left`` before ``left lower lobe of the left lung`` into the mention."""

        def before(index: int) -> tuple[list[str], int]:
            sides, first = self._before(index)
            return [side], first if sides == [side] else index

        return before

    def _mention(self, noun: Noun, side: str | None, first: int, end: int) -> Mention:
        side = side or noun.implied_side
        start, stop = self.tokens[first].start(), self.tokens[end - 1].end()
        return Mention(noun.named(side), side, start, stop)  # type: ignore[arg-type]

    def _longest(self, index: int, resume: int | None = None) -> _Match | None:
        """Match the longest phrase from a token on; ``resume`` is where its second token is looked for."""
        node = self.lexicon.root.next.get(self.words[index])
        if node is None:
            return None
        side: str | None = None
        plural, parent = self.plural[index], self.lexicon.root
        at = index + 1 if resume is None else resume
        best = _Match(node.noun, index + 1, None, plural, parent) if node.noun and resume is None else None
        seen: list[int] = []
        while at < self.count and node.next:
            child = node.next.get(self.words[at])
            if child is not None:
                node, parent, plural = child, node, plural or self.plural[at]
                at += 1
                if node.noun:
                    best = _Match(node.noun, at, side, plural, parent)
                    self.used.update(seen)
                continue
            here = self._side(at)
            if here is not None and side in (None, here):
                side = here
                seen.append(at)
            elif self.words[at] not in FILLERS and not self._comma_before_part(at, node):
                break
            at += 1
        return best

    def _comma_before_part(self, at: int, node: Node) -> bool:
        """Whether a comma joins whole and part: ``right lung, lower lobe``."""
        follows = self.words[at + 1] if at + 1 < self.count else ""
        return self.words[at] == "," and follows in ELLIPTIC and follows in node.next

    def _abbreviation(self, index: int) -> tuple[Noun, str | None] | None:
        raw = self.raw[index]
        found = self.lexicon.abbreviations.get(raw.lower())
        if found is None or (not raw.isupper() and len(raw) <= _SHORT):
            return None
        return found

    def _ellipsis(self, index: int) -> tuple[list[Mention], int] | None:
        """Read ``upper and lower lobes``, ``right 5th and left 7th ribs``: several adjectives, one noun."""
        heads = [index]
        sides: list[str | None] = [None]
        at = index + 1
        while at < self.count and self.words[at] in JOINERS:
            side = None
            while at < self.count and (self.words[at] in JOINERS or self._side(at)):
                side = self._side(at) or side
                at += 1
            if at >= self.count or self.words[at] not in ELLIPTIC:
                return None
            heads.append(at)
            sides.append(side)
            at += 1
        if len(heads) == 1:
            return None
        matches = [self._longest(head, resume=at) for head in heads]
        if any(match is None for match in matches):
            return None
        return self._listed(heads, sides, [match for match in matches if match])

    def _listed(
        self, heads: list[int], sides: list[str | None], matches: list[_Match]
    ) -> tuple[list[Mention], int]:
        before, first = self._before(heads[0])
        last = matches[-1]
        after, end = (None, last.end) if before or last.side else self._after(last.end)
        shared: str | None = before[0] if before else last.side or after
        if shared is None and last.plural and not any(sides):
            shared = "both"
        found = []
        for place, (head, match) in enumerate(zip(heads, matches, strict=True)):
            shared = sides[place] or shared
            side = shared if match.noun.implied_side is None or shared != "both" else None
            start = first if place == 0 else head
            found.append(self._mention(match.noun, side, start, end if place == len(heads) - 1 else head + 1))
        self.used.update(at for at in range(heads[0], heads[-1]) if self._side(at))
        return found, end

    def _siblings(self, match: _Match, index: int) -> list[_Item]:
        """Go on with ``segments 5 and 6``, ``renal artery and vein``: a further last word of the phrase."""
        items, end = [(match.noun, index, match.end)], match.end
        if match.parent is self.lexicon.root:
            return items
        while end + 1 < self.count and self.words[end] in JOINERS:
            node = match.parent.next.get(self.words[end + 1])
            alone = self.lexicon.root.next.get(self.words[end + 1])
            if node is None or node.noun is None or (alone is not None and alone.noun is not None):
                break
            items.append((node.noun, end + 1, end + 2))
            end += 2
        return items

    def _before(self, index: int) -> tuple[list[str], int]:
        """Return the sides that stand before a noun, and the first token of the whole."""
        at = index - 1
        while at >= 0 and self.words[at] in MODIFIERS and index - at < 4:
            at -= 1
        if at > 0 and self.words[at] == "." and self.words[at - 1] in ("lt", "rt"):
            at -= 1
        if at < 0 or at in self.used:
            return [], index
        if self.words[at] in BOTH:
            self.used.add(at)
            return ["both"], at
        side = self._side(at) or (
            {"l": "left", "r": "right"}.get(self.words[at]) if at == index - 1 else None
        )
        if side is None:
            return [], index
        self.used.add(at)
        return self._shared(side, at)

    def _shared(self, side: str, at: int) -> tuple[list[str], int]:
        """Widen ``right kidney`` to ``left and right kidney`` (both) or ``left or right kidney`` (each)."""
        first = self._side(at - 2) if at >= 2 and self.words[at - 1] in JOINERS else None
        if first is None or first == side or at - 2 in self.used:
            return [side], at
        self.used.add(at - 2)
        return ([first, side] if self.words[at - 1] == "or" else ["both"]), at - 2

    def _after(self, end: int) -> tuple[str | None, int]:
        """Return the side after a noun (``kidney on the left``, ``kidney (left)``), and where it ends."""
        at = end
        if at < self.count and self.words[at] in (",", "(", ":"):
            at += 1
        if at < self.count and self.words[at] in ("on", "of", "at", "in"):
            at += 1
        if at < self.count and self.words[at] in ("the", "patient", "s"):
            at += 1
        if at >= self.count or at in self.used:
            return None, end
        side = "both" if self.words[at] in BOTH else self._side(at)
        if side is None and at > end:
            side = _LETTERS.get(self.raw[at])  # "kidney (R)", "lower lobe, L"
        if side is None:
            return None, end
        stop = at + 1
        if stop < self.count and self.words[stop] in _SIDE_NOUNS:
            stop += 1
        elif stop < self.count and self._claimed(stop):
            return None, end
        if self.words[end] == "(" and stop < self.count and self.words[stop] == ")":
            stop += 1
        self.used.add(at)
        return side, stop

    def _claimed(self, at: int) -> bool:
        """Whether a side before this token belongs to what follows, or is a relation (``left of``)."""
        word = self.words[at]
        if word in _NOT_AFTER_SIDE or word in MODIFIERS:
            return True
        return word in self.lexicon.root.next or self._abbreviation(at) is not None

    def _side(self, at: int) -> str | None:
        return SIDES.get(self.words[at])
