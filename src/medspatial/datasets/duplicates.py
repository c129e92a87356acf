"""Questions that say the same: within a case and across cases, word for word and nearly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from medspatial.records import Question, bare_words

NEAR = 0.8
"""Share of word pairs in common (Jaccard) from which on two texts are nearly the same."""

_EMPTY = frozenset({"a", "an", "the", "is", "are", "was", "were", "of", "in", "on", "there", "any"})


@dataclass(frozen=True)
class DuplicateGroup:
    """Rows that ask the same.

    Attributes
    ----------
    kind
        ``exact`` (same words, case and punctuation aside) or ``near``.
    within
        Whether all rows are of one case.
    same_answer
        Whether their answers agree, compared in the same way.
    ids
        Row ids, in the order of the file.
    """

    kind: Literal["exact", "near"]
    within: bool
    same_answer: bool
    ids: tuple[str, ...]
    text: str


def find_duplicates(questions: Sequence[Question], *, near: float = NEAR) -> list[DuplicateGroup]:
    """Return groups of rows whose questions agree, exact ones first, in the order of their first row.

    Exact groups are over all cases; near ones are looked for within each case, and across cases among texts
    that are not exact. ``near`` is the least share of common word pairs (Jaccard index of bigrams).
    """
    exact: dict[str, list[Question]] = defaultdict(list)
    for one in questions:
        exact[bare_words(one.question)].append(one)
    groups: list[DuplicateGroup] = []
    for rows in exact.values():
        by_case: dict[str, list[Question]] = defaultdict(list)
        for one in rows:
            by_case[one.case_id].append(one)
        groups += [_group("exact", own) for own in by_case.values() if len(own) > 1]
        if len(by_case) > 1:
            groups.append(_group("exact", rows))
    return groups + [_group("near", rows) for rows in _near([rows[0] for rows in exact.values()], near)]


def drop_duplicates(questions: Iterable[Question]) -> tuple[list[Question], list[Question]]:
    """Return the rows without repeats within a case, and the repeats: the first row of each text stays."""
    seen: set[tuple[str, str]] = set()
    kept: list[Question] = []
    repeats: list[Question] = []
    for one in questions:
        key = one.case_id, bare_words(one.question)
        (repeats if key in seen else kept).append(one)
        seen.add(key)
    return kept, repeats


def _group(kind: Literal["exact", "near"], rows: Sequence[Question]) -> DuplicateGroup:
    return DuplicateGroup(
        kind,
        within=len({one.case_id for one in rows}) == 1,
        same_answer=len({bare_words(one.answer) for one in rows}) == 1,
        ids=tuple(one.id for one in rows),
        text=rows[0].question,
    )


def _near(rows: Sequence[Question], least: float) -> list[list[Question]]:
    """Group rows whose word pairs overlap; candidates are found through their rarest pairs."""
    grams = [_bigrams(one.question) for one in rows]
    frequency: dict[str, int] = defaultdict(int)
    for own in grams:
        for gram in own:
            frequency[gram] += 1
    index: dict[str, list[int]] = defaultdict(list)
    parent = list(range(len(rows)))
    for place, own in enumerate(grams):
        # Prefix filter: sets that share `least` of their union share one of the rarest members of either.
        ordered = sorted(own, key=lambda gram: (frequency[gram], gram))
        prefix = ordered[: len(ordered) - int(least * len(ordered) + 0.999999) + 1]
        for other in dict.fromkeys(other for gram in prefix for other in index[gram]):
            if _jaccard(own, grams[other]) >= least:
                parent[_root(parent, place)] = _root(parent, other)
        for gram in prefix:
            index[gram].append(place)
    groups: dict[int, list[Question]] = defaultdict(list)
    for place, one in enumerate(rows):
        groups[_root(parent, place)].append(one)
    return [found for found in groups.values() if len(found) > 1]


def _bigrams(text: str) -> frozenset[str]:
    words = [word.rstrip("s") for word in bare_words(text).split() if word not in _EMPTY]
    return frozenset(f"{a} {b}" for a, b in zip(["", *words], [*words, ""], strict=True))


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place
