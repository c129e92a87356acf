"""Tables of the question set itself: how many questions, of what kind, with which answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from medspatial.records import CATEGORIES, Question
from medspatial.report.formatting import count, share_of
from medspatial.report.tables.accuracy import category_title, subtype_order
from medspatial.report.tables.table import Cell, Column, Table


def category_order(names: Iterable[str]) -> list[str]:
    """Put categories in the taxonomy's order, others behind by name."""
    rank: dict[str, int] = {name: place for place, name in enumerate(CATEGORIES)}
    return sorted(set(names), key=lambda name: (rank.get(name, len(rank)), name))


def question_table(questions: Sequence[Question]) -> Table:
    """Count questions, cases, patients and the most frequent answer per category and subtype."""
    groups: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        groups.setdefault((question.category or "none", question.subtype or "none"), []).append(question)
    places = {name: place for place, name in enumerate(category_order(key[0] for key in groups))}
    rows, records = [], []
    for category, subtype in sorted(groups, key=lambda key: (places[key[0]], subtype_order(key[1]))):
        found = groups[category, subtype]
        answer, times = answer_counts(found)[0]
        cases = len({question.case_id for question in found})
        patients = len({question.patient_id for question in found})
        rows.append(
            (
                Cell(category_title(category)),
                Cell(subtype),
                *(Cell(count(number)) for number in (len(found), cases, patients)),
                Cell(answer),
                Cell(share_of(times, len(found))),
            )
        )
        records.append(
            {
                "category": category,
                "subtype": subtype,
                "questions": len(found),
                "cases": cases,
                "patients": patients,
                "commonest_answer": answer,
                "commonest_answer_count": times,
            }
        )
    heads = (Column("Category", "left"), Column("Subtype", "left"))
    figures = map(Column, ("Questions", "Cases", "Patients"))
    return Table(
        name="questions",
        title="The question set",
        columns=(*heads, *figures, Column("Commonest answer", "left"), Column("Times")),
        rows=tuple(rows),
        records=tuple(records),
    )


def unusable_table(unusable: Mapping[str, str]) -> Table:
    """Cases that gave no question, with the reason."""
    return Table(
        name="unusable_cases",
        title=f"Cases that gave no question ({len(unusable)})",
        columns=(Column("Case", "left"), Column("Reason", "left")),
        rows=tuple((Cell(case), Cell(reason)) for case, reason in unusable.items()),
        records=tuple({"case": case, "reason": reason} for case, reason in unusable.items()),
    )


def drops_table(drops: Mapping[str, int]) -> Table:
    """Tabulate how many candidate questions were dropped by which rule."""
    ordered = sorted(drops.items(), key=lambda item: (-item[1], item[0]))
    return Table(
        name="drops",
        title="Candidate questions that were dropped, by rule",
        columns=(Column("Rule", "left"), Column("Candidates")),
        rows=tuple((Cell(rule), Cell(count(number))) for rule, number in ordered),
        records=tuple({"rule": rule, "candidates": number} for rule, number in ordered),
    )


def answer_counts(questions: Iterable[Question]) -> list[tuple[str, int]]:
    """Count reference answers, most frequent first, ties by name."""
    found = Counter(question.answer for question in questions)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
