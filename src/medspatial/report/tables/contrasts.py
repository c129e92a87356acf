"""Tables of differences: between models, and between the arms of a study."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from medspatial.compare.failures import FAILURE_TITLES
from medspatial.report.formatting import MISSING, count, figure, p_value, percent, signed_percent
from medspatial.report.measured import Measured, measured, nothing_to_find
from medspatial.report.tables.accuracy import category_title, interval_text
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import PairedDifference
    from medspatial.compare.result import Comparison


def pairs_table(comparison: Comparison) -> Table:
    """Tabulate the paired differences between models on the same questions."""
    what = measured(comparison)
    return Table(
        name="pairs",
        title=f"Paired differences {what.differences}, {_level(comparison)} % intervals",
        columns=(Column("First", "left"), Column("Second", "left"), *_pair_columns(what)),
        rows=tuple(_pair_row(pair, what) for pair in comparison.pairs),
        records=tuple(pair.model_dump(mode="json") for pair in comparison.pairs),
        note=f"p: sign-flip permutation by patient, two-sided{_exactness(comparison)}; Holm over all pairs "
        f"of this table. A strong difference holds after Holm. {nothing_to_find(comparison)}".rstrip(),
    )


def category_pairs_table(comparison: Comparison) -> Table:
    """Tabulate the paired differences within each category."""
    what = measured(comparison)
    heads = (Column("Category", "left"), Column("First", "left"), Column("Second", "left"))
    return Table(
        name="pairs_by_category",
        title=f"Paired differences per category {what.differences}, {_level(comparison)} % intervals",
        columns=(*heads, *_pair_columns(what)),
        rows=tuple(
            (Cell(category_title(pair.category or "")), *_pair_row(pair, what))
            for pair in comparison.category_pairs
        ),
        records=tuple(pair.model_dump(mode="json") for pair in comparison.category_pairs),
    )


def arms_table(comparison: Comparison, kinds: Mapping[str, str] | None = None) -> Table:
    """Tabulate what each control arm costs: accuracy in the reference arm minus accuracy in the arm."""
    what = measured(comparison)
    rows = []
    for found in comparison.contrasts:
        pair = partial(_paired, model=found.model, arm=found.arm, graded=what.graded)
        rows.append(
            (
                Cell(found.model, (kinds or {}).get(found.model, "")),
                Cell(found.arm),
                pair(Cell(percent(what.shown(found.reference_accuracy))), "before"),
                pair(Cell(percent(what.shown(found.arm_accuracy))), "after"),
                pair(
                    Cell(signed_percent(what.shown(found.gain)), interval_text(found.interval, what)), "one"
                ),
                pair(Cell(p_value(found.p_holm)), "one"),
                pair(Cell(count(found.n)), "judged"),
            )
        )
    heads = ("Reference arm", "Control arm", "Gain over control", "p (Holm)", "Questions")
    return Table(
        name="arms",
        title=f"Control arms: gain over each {what.differences}, {_level(comparison)} % intervals",
        columns=(Column("Model", "left"), Column("Arm", "left"), *map(Column, heads)),
        rows=tuple(rows),
        records=tuple(found.model_dump(mode="json") for found in comparison.contrasts),
        note="A model that reads the image loses accuracy when the image is withheld (text_only, blank) or "
        "exchanged (wrong_patient). In the mirrored arm the reference is turned too, so it should stay.",
    )


def consistency_table(comparison: Comparison) -> Table:
    """Tabulate whether answers turn, or stand, as the control arms demand."""
    rows = []
    for found in comparison.consistency:
        pair = partial(_paired, model=found.model, arm=found.arm, kind=found.kind)
        rows.append(
            (
                Cell(found.model),
                Cell(found.arm),
                Cell("must turn" if found.kind == "turning" else "must stand"),
                pair(Cell(percent(found.both_right), interval_text(found.both_right_interval)), "both"),
                pair(Cell(percent(found.consistent), interval_text(found.consistent_interval)), "equal"),
                pair(Cell(percent(found.exactly_one)), "one"),
                pair(Cell(percent(found.neither)), "neither"),
                pair(Cell(percent(found.same_answer)), "judged"),
                pair(Cell(percent(found.inverted)), "judged"),
                pair(Cell(count(found.n)), "judged"),
            )
        )
    heads = ("Both right", "Consistent", "Exactly one", "Neither", "Same answer", "Inverted", "Pairs")
    lefts = (Column("Model", "left"), Column("Arm", "left"), Column("Answer", "left"))
    return Table(
        name="consistency",
        title="Consistency between the arms, percent of linked pairs",
        columns=(*lefts, *map(Column, heads)),
        rows=tuple(rows),
        records=tuple(found.model_dump(mode="json") for found in comparison.consistency),
        note="Consistent: both right or both wrong. In arm mirrored_case both questions stand in the "
        "standard set, one about a case and one about its mirrored copy (subtype L6); arm "
        "permuted_options says whether answers depend on the order of options. Where the answer must turn, "
        "the same answer in both arms means that the image was not read; "
        "inverted means that both arms were answered with the other arm's reference.",
    )


def grounding_table(comparison: Comparison, kinds: Mapping[str, str] | None = None) -> Table:
    """Tabulate how much of the answers comes from the image."""
    rows = []
    for found in comparison.grounding:
        ends = found.interval
        rows.append(
            (
                Cell(found.model, (kinds or {}).get(found.model, "")),
                Cell(figure(found.value), f"{figure(ends.low)} to {figure(ends.high)}").about(
                    model=found.model, part="both"
                ),
                _part(figure(found.turning), found.turning_n, found.model, "turning"),
                _part(figure(found.gain), found.gain_n, found.model, "gain"),
                Cell(found.verdict),
            )
        )
    return Table(
        name="grounding",
        title="Visual grounding: 0 nothing comes from the image, 1 everything does, negative mirrored",
        columns=(
            Column("Model", "left"),
            *map(Column, ("Grounding", "From turning", "From gain")),
            Column("Verdict", "left"),
        ),
        rows=tuple(rows),
        records=tuple(found.model_dump(mode="json") for found in comparison.grounding),
        note="A baseline that is told the answers follows them when they turn, without an image."
        if any("told" in kind for kind in (kinds or {}).values())
        else "",
    )


def failures_table(comparison: Comparison) -> Table:
    """Tabulate how often each failure class occurs, over all categories of the reference arm."""
    found = [
        one for one in comparison.failures if one.category is None and one.arm == comparison.reference_arm
    ]
    classes = list(dict.fromkeys(one.failure for one in found))
    cells: dict[tuple[str, str], Any] = {(one.model, one.failure): one for one in found}
    rows = []
    for model in dict.fromkeys(one.model for one in found):
        row = [Cell(model)]
        for name in classes:
            one = cells.get((model, name))
            cell = Cell(count(one.count), f"{percent(one.share)} %") if one else Cell(MISSING)
            row.append(cell.about(model=model, failure=name) if one else cell)
        rows.append(tuple(row))
    return Table(
        name="failures",
        title="Failure classes, count and share",
        columns=(
            Column("Model", "left"),
            *(Column(FAILURE_TITLES.get(name, name.replace("_", " "))) for name in classes),
        ),
        rows=tuple(rows),
        records=tuple(one.model_dump(mode="json") for one in comparison.failures),
    )


def _paired(
    cell: Cell, pair: str, *, model: str, arm: str, kind: str | None = None, graded: bool = False
) -> Cell:
    """Return a cell with the questions that fared so in an arm; a graded metric has no right and wrong."""
    if cell.main == MISSING:
        return cell
    return cell.about(model=model, arm=arm, kind=kind, pair="judged" if graded else pair)


def _part(text: str, number: int, model: str, part: str) -> Cell:
    """Return a part of visual grounding with the questions it rests on, where it was measured."""
    return Cell(text).about(model=model, part=part) if number else Cell(text)


def _pair_columns(what: Measured) -> list[Column]:
    one_right = () if what.graded else ("Only first right", "Only second right")
    return [Column(title) for title in ("Difference", "p", "p (Holm)", *one_right, "Questions")]


def _pair_row(pair: PairedDifference, what: Measured) -> tuple[Cell, ...]:
    first, second, category = pair.first, pair.second, pair.category
    apart = (
        {"category": category} if what.graded else {"first": first, "second": second, "category": category}
    )
    one_right = (
        ()
        if what.graded
        else (
            Cell(count(pair.n10)).about(right=first, wrong=second, category=category),
            Cell(count(pair.n01)).about(right=second, wrong=first, category=category),
        )
    )
    return (
        Cell(pair.first),
        Cell(pair.second),
        Cell(
            signed_percent(what.shown(pair.difference)),
            interval_text(pair.interval, what),
            strong=pair.significant,
        ).about(**apart),
        Cell(p_value(pair.p)).about(**apart),
        Cell(p_value(pair.p_holm)).about(**apart),
        *one_right,
        Cell(count(pair.n)).about(model=first, category=category),
    )


def _exactness(comparison: Comparison) -> str:
    return ", exact" if all(pair.p_exact for pair in comparison.pairs) else ""


def _level(comparison: Comparison) -> str:
    return f"{100 * comparison.confidence:g}"
