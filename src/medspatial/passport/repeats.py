"""Questions that repeat: in the same words, nearly, or with another answer."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence

from medspatial.datasets.duplicates import NEAR, find_duplicates
from medspatial.language.words import turning_words
from medspatial.passport.result import Alarm, Kind, alarm
from medspatial.passport.words import mentioned
from medspatial.records import Question, bare_words

_FIGURES = re.compile(r"\d+(?:[.,]\d+)?")


def repeat_alarms(questions: Sequence[Question]) -> tuple[list[Alarm], dict[str, int]]:
    """Alarms about repeats within a case, and the number of groups within and across cases.

    Across cases the same words are ordinary (templates); they count, and are no alarm.
    """
    by_case: dict[str, list[Question]] = defaultdict(list)
    by_text: dict[str, set[str]] = defaultdict(set)
    for one in questions:
        by_case[one.case_id].append(one)
        by_text[bare_words(one.question)].add(one.case_id)
    same: list[str] = []
    other: list[str] = []
    near: list[str] = []
    for rows in by_case.values():
        exact = _exact(rows)
        for group in exact:
            text = f"{', '.join(one.id for one in group)}: {group[0].question}"
            (same if len({bare_words(one.answer) for one in group}) == 1 else other).append(text)
        within = {id(one) for group in exact for one in group[1:]}
        near += _near([one for one in rows if id(one) not in within])
    counts = {
        "same words in one case": len(same) + len(other),
        "nearly the same in one case": len(near),
        "same words in several cases": sum(len(cases) > 1 for cases in by_text.values()),
    }
    return [
        *alarm(Kind.REPEATED, "asked in the same words of one case, with the same answer", same),
        *alarm(Kind.CONTRADICTED, "asked in the same words of one case, with different answers", other),
        *alarm(
            Kind.NEARLY_REPEATED,
            f"asked of one case in words that share {NEAR:.0%} of their pairs, or about the same measurement "
            "of the same structures, with the same answer",
            near,
        ),
    ], counts


def _exact(rows: Sequence[Question]) -> list[list[Question]]:
    groups: dict[Hashable, list[Question]] = defaultdict(list)
    for one in rows:
        groups[bare_words(one.question), tuple(sorted(one.options))].append(one)
    return [group for group in groups.values() if len(group) > 1]


def _near(rows: Sequence[Question]) -> list[str]:
    known = {one.id: one for one in rows}
    pairs: dict[tuple[str, ...], None] = {}
    for group in _same_fact(rows):
        pairs[tuple(sorted(one.id for one in group))] = None
    for found in find_duplicates(rows):
        if found.kind != "near":
            continue
        alike: dict[Hashable, list[str]] = defaultdict(list)
        for one in (known[name] for name in found.ids):
            alike[_content(one)].append(one.id)
        for ids in alike.values():
            if len(ids) > 1:
                pairs[tuple(sorted(ids))] = None
    return [f"{', '.join(ids)}: {known[ids[0]].question}" for ids in pairs]


def _content(one: Question) -> Hashable:
    """What a question asks, besides its filling words: structures, figures, direction words, answer."""
    text = one.question.lower()
    return (
        bare_words(one.answer),
        tuple(sorted(one.options)),
        mentioned(one.question),
        tuple(_FIGURES.findall(text)),
        turning_words(text),
        one.subtype,
    )


def _same_fact(rows: Sequence[Question]) -> Iterator[list[Question]]:
    groups: dict[Hashable, list[Question]] = defaultdict(list)
    for one in rows:
        if one.evidence is not None and one.evidence.structures and one.evidence.measurement:
            evidence = one.evidence
            form = one.form
            groups[one.subtype, evidence.measurement, evidence.structures, form, one.answer, one.tags].append(
                one
            )
    yield from (group for group in groups.values() if len(group) > 1)
