"""Finding an option's text in a reply, verbatim or by what it means."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from medspatial.score.structured.commitments import Mention
from medspatial.score.structured.side import find_sides

_LETTERS = "ABCDEFGHIJ"
_ARTICLES = re.compile(r"\A(?:the|a|an|in|on|at|to)\s+", re.I)


@lru_cache(maxsize=4096)
def _pattern(option: str) -> re.Pattern[str]:
    """Match the option's words in order, whatever stands between them of blanks, commas and hyphens."""
    words = re.findall(r"[^\W_]+(?:[.,]\d+)*|[<>≥≤%+]", _ARTICLES.sub("", option.strip()))
    body = r"[\s,\-'/()]*".join(re.escape(word) for word in words) if words else re.escape(option)
    return re.compile(rf"(?<![^\W_])(?<!\d\.){body}(?:s|es)?(?![^\W_])(?!\.\d)", re.I)


def find_options(text: str, options: Sequence[str]) -> list[Mention]:
    """Return the options named in a reply as mentions whose value is the letter.

    Longer options hide shorter ones inside them. Where no text is found verbatim, the meaning decides:
    a side that only one option has.
    """
    found: list[Mention] = []
    for index in sorted(range(len(options)), key=lambda i: -len(options[i])):
        for match in _pattern(options[index]).finditer(text):
            if not any(m.start < match.end() and match.start() < m.end for m in found):
                found.append(Mention(_LETTERS[index], match.start(), match.end()))
    return sorted(found or _by_side(text, options), key=lambda mention: mention.start)


def _by_side(text: str, options: Sequence[str]) -> list[Mention]:
    owner: dict[str, str] = {}
    for index, option in enumerate(options):
        sides = {m.value for m in find_sides(option)}
        if len(sides) != 1 or (side := sides.pop()) in owner:
            continue
        owner[side] = _LETTERS[index]
    if len(owner) < 2:
        return []
    return [Mention(owner[m.value], m.start, m.end) for m in find_sides(text) if m.value in owner]
