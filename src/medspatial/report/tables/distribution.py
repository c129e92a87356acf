"""Tables of the question set itself: how many questions, of what kind, with which answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from medspatial.compare.item_rows import categories_of
from medspatial.records import CATEGORIES, Question
from medspatial.report.formatting import count, share_of
from medspatial.report.tables.accuracy import category_title, subtype_cell, subtype_order
from medspatial.report.tables.table import Cell, Column, Table

_SUBTYPES_TOLD = 3


def category_order(names: Iterable[str]) -> list[str]:
    """Put categories in the taxonomy's order, others behind by name."""
    rank: dict[str, int] = {name: place for place, name in enumerate(CATEGORIES)}
    return sorted(set(names), key=lambda name: (rank.get(name, len(rank)), name))


def question_table(questions: Sequence[Question], titles: Mapping[str, str] | None = None) -> Table:
    """Count questions, cases, patients and the most frequent answer per category and subtype.

    A question with several tags and no category counts in each of them.
    """
    groups: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        for category in categories_of(question) or ("none",):
            groups.setdefault((category, question.subtype or "none"), []).append(question)
    places = {name: place for place, name in enumerate(category_order(key[0] for key in groups))}
    rows, records = [], []
    for category, subtype in sorted(groups, key=lambda key: (places[key[0]], subtype_order(key[1]))):
        found = groups[category, subtype]
        answer, times = answer_counts(found)[0]
        cases = len({question.case_id for question in found})
        patients = len({question.patient_id for question in found})
        asked = _filters(category, subtype)
        rows.append(
            (
                Cell(category_title(category)),
                subtype_cell(subtype, titles),
                *(Cell(count(number)).about(**asked) for number in (len(found), cases, patients)),
                Cell(answer).about(**asked, answer=answer),
                Cell(share_of(times, len(found))).about(**asked, answer=answer),
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
        note=overlap_note(questions),
    )


def _filters(category: str, subtype: str) -> dict[str, str | None]:
    given = {"category": category, "subtype": subtype}
    return {name: None if value == "none" else value for name, value in given.items()}


def overlap_note(questions: Sequence[Question]) -> str:
    """Say that categories overlap, where some question has several."""
    several = sum(len(categories_of(question)) > 1 for question in questions)
    return f"{count(several)} questions belong to several categories and count in each." if several else ""


def unusable_table(unusable: Mapping[str, str]) -> Table:
    """Cases that gave no question, with the reason."""
    return Table(
        name="unusable_cases",
        title=f"Cases that gave no question ({len(unusable)})",
        columns=(Column("Case", "left"), Column("Reason", "left")),
        rows=tuple((Cell(case), Cell(reason)) for case, reason in unusable.items()),
        records=tuple({"case": case, "reason": reason} for case, reason in unusable.items()),
    )


def stopped_table(stopped: Mapping[str, str]) -> Table:
    """Models and metrics that could not go on, with the cause."""
    return Table(
        name="stopped",
        title=f"Stopped, and in no table with what was not finished ({len(stopped)})",
        columns=(Column("What", "left"), Column("Cause", "left")),
        rows=tuple((Cell(what), Cell(cause)) for what, cause in stopped.items()),
        records=tuple({"what": what, "cause": cause} for what, cause in stopped.items()),
    )


def drops_table(
    drops: Mapping[str, Mapping[str, int] | int], titles: Mapping[str, str] | None = None
) -> Table:
    """Tabulate how many candidate questions were dropped by which rule, and what they would have asked.

    Parameters
    ----------
    drops
        Rule in words to the number of candidates, in all or per subtype.
    titles
        Titles of subtypes.
    """
    totals = {rule: found if isinstance(found, int) else sum(found.values()) for rule, found in drops.items()}
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    parts = {rule: {} if isinstance(found, int) else found for rule, found in drops.items()}
    return Table(
        name="drops",
        title="Candidate questions that were dropped, by rule",
        columns=(Column("Rule", "left"), Column("Candidates"), Column("Of subtype", "left")),
        rows=tuple(
            (Cell(rule), Cell(count(number)), Cell(_most_dropped(parts[rule], titles or {})))
            for rule, number in ordered
        ),
        records=tuple(
            {
                "rule": rule,
                "candidates": number,
                "by_subtype": "; ".join(f"{name} {parts[rule][name]}" for name in sorted(parts[rule])),
            }
            for rule, number in ordered
        ),
        note="A question is asked only where its answer is certain by measured margins; what falls short of "
        "one is not asked.",
    )


def _most_dropped(parts: Mapping[str, int], titles: Mapping[str, str]) -> str:
    """The three subtypes with most candidates, and how many more there are."""
    ordered = sorted(parts, key=lambda name: (-parts[name], name))
    named = {name: f"{titles[name]} ({name})" if name in titles else name for name in ordered}
    told = [f"{named[name]}: {count(parts[name])}" for name in ordered[:_SUBTYPES_TOLD]]
    more = len(ordered) - _SUBTYPES_TOLD
    return "; ".join([*told, f"{more} more"] if more > 0 else told)


def answer_counts(questions: Iterable[Question]) -> list[tuple[str, int]]:
    """Count reference answers, most frequent first, ties by name."""
    found = Counter(question.answer for question in questions)
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))
