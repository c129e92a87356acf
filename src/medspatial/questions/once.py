"""One fact is asked once per case: of questions that tell one another's answer, one stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from medspatial.questions.drop import Drop, drop
from medspatial.questions.lesions import base_kind, is_lesion, kind_of
from medspatial.records import Question

Fact = tuple[str, ...]
PROBE = "probe_of_"


def asked_once(
    questions: Sequence[Question], draw: Callable[..., int]
) -> tuple[tuple[Question, ...], list[Drop]]:
    """Return the questions of one case with each fact asked once, and the ledger of the others.

    The side or organ of one kind of lesion is one fact (L1, L2, L3, A1); so is the larger of a pair (V1, M1)
    and which of two structures lies further left (L5, A5). Which subtype stays depends on ``draw``, a hash of
    the original case and what it is given, so that a mirrored twin keeps the same.
    """
    of_fact: dict[Fact, list[Question]] = {}
    for question in questions:
        fact = fact_of(question)
        if fact:
            of_fact.setdefault(fact, []).append(question)
    gone: dict[str, Drop] = {}
    for fact, rows in of_fact.items():
        asking = sorted(
            {original_subtype(row) for row in rows} | _of_original(fact, rows),
            key=lambda name: draw("once", name, "about", *fact),
        )
        for row in rows:
            if original_subtype(row) != asking[0]:
                entry = drop("same_fact", *_named(row), note=f"{asking[0]} asks for it already")
                gone[row.id] = entry.of(row.case_id, row.subtype or "")
    return tuple(row for row in questions if row.id not in gone), list(gone.values())


def fact_of(question: Question) -> Fact:
    """Return the fact a question asks for, where other subtypes ask for it too; else nothing."""
    subtype, named = original_subtype(question), _named(question)
    if not named:
        return ()
    if subtype in {"L1", "L2", "L3", "A1"} and is_lesion(named[0]):
        return ("place", base_kind(kind_of(named[0])))
    if subtype in {"V1", "M1"}:
        return ("larger", *sorted(named[:2]))
    if subtype == "L5" or (subtype == "A5" and question.answer in {"left", "right"}):
        return ("further left", *sorted(named[:2]))
    return ()


def _of_original(fact: Fact, rows: Sequence[Question]) -> set[str]:
    """Return the subtypes that the original of a mirrored case may have asked: the probe has L1 to L5."""
    if not any(row.tags for row in rows):
        return set()
    return {"A1"} if fact[0] == "place" else {"A5"}


def original_subtype(question: Question) -> str:
    """Return the subtype, that of the original for a mirrored probe."""
    probe = next((tag for tag in question.tags if tag.startswith(PROBE)), "")
    return probe.removeprefix(PROBE) or question.subtype or ""


def _named(question: Question) -> tuple[str, ...]:
    return tuple(question.evidence.structures) if question.evidence else ()
