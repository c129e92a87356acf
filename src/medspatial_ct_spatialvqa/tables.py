"""The findings about published results as tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from medspatial.compare import Comparison
from medspatial.report.formatting import count, interval, percent
from medspatial.report.tables import Cell, Column, Table, accuracy_table, comparison_tables, pairs_table
from medspatial.report.tables.accuracy import accuracy_cell, figures_of
from medspatial_ct_spatialvqa.findings import Findings


def published_tables(found: Findings) -> list[Table]:
    """All tables: the published results, their differences, and the checks of how they came about."""
    absence = {"absent or normal": "absent_or_normal", "the rest": "other"}
    split = {title: found.by_absence[name] for title, name in absence.items()}
    joined = {f"{title}, joined": found.by_absence_corrected[name] for title, name in absence.items()}
    return [
        *comparison_tables(found.jury),
        _renamed(accuracy_table(found.corrected), "accuracy_joined", "columns joined by question"),
        _renamed(pairs_table(found.corrected), "pairs_joined", "columns joined by question"),
        groups_table("categories", "Jury accuracy per spatial category, percent", found.by_category),
        holding_table(found.by_category),
        _renamed(
            holding_table(found.by_category_corrected),
            "differences_by_category_joined",
            "columns joined by question",
        ),
        groups_table("absent_or_normal", "Jury accuracy by what the reference says", {**split, **joined}),
        groups_table(
            "prior", "Where the text-only prior answers", {"its questions": found.prior_beside_jury}
        ),
        judges_table(found),
        columns_table(found),
        gaps_table(found),
        correlation_table("correlations", "as published", found.correlations),
        correlation_table("correlations_joined", "columns joined by question", found.correlations_corrected),
    ]


def _renamed(table: Table, name: str, words: str) -> Table:
    return replace(table, name=name, title=f"{table.title}; {words}")


def groups_table(name: str, title: str, groups: Mapping[str, Comparison]) -> Table:
    """One row per model, one column per group of questions."""
    models = dict.fromkeys(model for one in groups.values() for model in one.models)
    rows = [
        (Cell(model), *(accuracy_cell(one.result(model).overall) for one in groups.values()))
        for model in models
    ]
    records = [
        figures_of(one.result(model), name, group, one.result(model).overall)
        for group, one in groups.items()
        for model in one.models
    ]
    heads = [Column(f"{group}, n = {count(one.n_questions)}") for group, one in groups.items()]
    return Table(name, title, (Column("Model", "left"), *heads), tuple(rows), tuple(records))


def holding_table(groups: Mapping[str, Comparison]) -> Table:
    """Per category: how many differences hold after Holm, and how small a one could be found."""
    rows, records = [], []
    for group, one in groups.items():
        holding = sum(pair.significant for pair in one.pairs)
        sizes = (one.n_questions, one.n_patients, holding, len(one.pairs))
        rows.append((Cell(group), *(Cell(count(size)) for size in sizes), Cell(percent(one.mde))))
        names = ("questions", "patients", "holding", "pairs")
        records.append({"category": group, **dict(zip(names, sizes, strict=True)), "mde": one.mde})
    heads = ("Questions", "Patients", "Differences that hold", "Pairs", "Detectable (points)")
    columns = (Column("Category", "left"), *map(Column, heads))
    note = "Holm over the pairs of a category; detectable: with power 80 %, the largest among the pairs."
    return Table(
        "differences_by_category", "Which differences hold", columns, tuple(rows), tuple(records), note
    )


def judges_table(found: Findings) -> Table:
    """Agreement of each two judges."""
    rows, records = [], []
    for name, one in found.judge_agreement.items():
        kappa = "" if one.kappa is None else f"{one.kappa:.3f}"
        ends = "" if one.low is None or one.high is None else f"{one.low:.3f}–{one.high:.3f}"
        rows.append((Cell(name), Cell(percent(one.raw)), Cell(kappa, ends), Cell(count(one.n))))
        records.append({"judges": name, **one.model_dump(mode="json")})
    columns = (Column("Answers of: judges", "left"), *map(Column, ("Agree (%)", "Kappa", "Answers")))
    return Table("judges", "Agreement of judges", columns, tuple(rows), tuple(records))


def columns_table(found: Findings) -> Table:
    """Published columns against their judges' files joined by question."""
    rows: list[tuple[Cell, ...]] = []
    records: list[dict[str, Any]] = []
    for one in found.columns:
        figures = (one.cells, one.differing, one.turned, one.published, one.joined)
        explained = "yes" if one.row_order_explains else "no"
        rows.append((Cell(one.model), *(Cell(count(figure)) for figure in figures), Cell(explained)))
        agreed, against = found.contradictions[one.model]
        records.append({**one.model_dump(mode="json"), "agreed": agreed, "contradicted": against})
    heads = (
        "Cells",
        "Differ",
        "Jury turned",
        "Right, published",
        "Right, joined",
        "Row order gives the column",
    )
    columns = (Column("Model", "left"), *map(Column, heads))
    title = "Published columns against the judges' files joined by question"
    return Table("columns", title, columns, tuple(rows), tuple(records))


def gaps_table(found: Findings) -> Table:
    """Accuracy on absent-or-normal answers before and behind the first empty cell of each column."""
    rows = []
    for one in found.gaps:
        before, behind = one.before_interval, one.after_interval
        rows.append(
            (
                Cell(one.model),
                Cell(count(one.gaps)),
                Cell(count(one.gap + 1) if one.gaps else "half"),
                Cell(percent(one.before), interval(before.low, before.high) if before else ""),
                Cell(percent(one.after), interval(behind.low, behind.high) if behind else ""),
                Cell(percent(one.rest_before)),
                Cell(percent(one.rest_after)),
            )
        )
    heads = ("Empty cells", "First at", "Before", "Behind", "Rest, before", "Rest, behind")
    records = tuple(one.model_dump(mode="json") for one in found.gaps)
    title = "Accuracy on absent-or-normal answers on both sides of a column's first gap"
    return Table("gaps", title, (Column("Model", "left"), *map(Column, heads)), tuple(rows), records)


def correlation_table(name: str, words: str, found: Mapping[str, Mapping[str, float]]) -> Table:
    """Correlation of the verdicts of each two models."""
    rows = tuple(
        (Cell(model), *(Cell(f"{row[other]:.2f}" if other in row else "") for other in found))
        for model, row in found.items()
    )
    records = tuple({"model": model, **row} for model, row in found.items())
    columns = (Column("Model", "left"), *map(Column, found))
    return Table(name, f"Correlation of verdicts between models, {words}", columns, rows, records)
