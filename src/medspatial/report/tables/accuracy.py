"""Tables of accuracy: model by category, and subtype by model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from medspatial.records import CATEGORY_TITLES
from medspatial.report.formatting import MISSING, count, interval, percent
from medspatial.report.measured import SHARE, Measured, measured, nothing_to_find, smallest_difference
from medspatial.report.tables.table import Cell, Column, Table

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import Accuracy, Interval, ModelResult
    from medspatial.compare.result import Comparison


def accuracy_table(
    comparison: Comparison, arm: str | None = None, kinds: Mapping[str, str] | None = None
) -> Table:
    """Tabulate every model's accuracy, overall and per category, in one arm.

    Questions without an answer or without a verdict count as not correct and are shown apart; where some
    have no verdict, the accuracy among the others stands beside. The best figure of a column is strong;
    whether it is *better* is said by the paired differences.

    Parameters
    ----------
    kinds
        Model to what it is where that must be known to read its row, such as ``"baseline"``.
    """
    arm = arm or comparison.reference_arm
    results = [result for result in comparison.results if result.arm == arm]
    what = measured(comparison)
    groups: list[Callable[[ModelResult], Accuracy | None]] = [lambda result: result.overall]
    groups += [_category(name) for name in comparison.categories]
    best = [_best([group(result) for result in results]) for group in groups]
    columns = [
        Column("Model", "left"),
        Column("All"),
        *map(Column, map(category_title, comparison.categories)),
    ]
    names = (None, *comparison.categories) if arm == comparison.reference_arm else ()
    rows = [
        (
            Cell(result.model, (kinds or {}).get(result.model, "")),
            *_linked(_model_row(result, groups, best, what), result.model, names),
        )
        for result in results
    ]
    if any(result.overall.guess for result in results):
        rows.append(_guess_row(results, groups, names))
    for title, cell in _states(results, what, linked=bool(names)):
        columns.append(Column(title))
        rows = [(*row, cell(result)) for row, result in zip(rows, [*results, None], strict=False)]
    return Table(
        name="accuracy" if arm == comparison.reference_arm else f"accuracy_{arm}",
        title=f"{what.title} ({interval_words(comparison)})" + _arm_words(comparison, arm),
        columns=tuple(columns),
        rows=tuple(rows),
        records=tuple(record for result in results for record in _records(result)),
        note=denominator_note(comparison, results),
    )


def subtype_table(comparison: Comparison, titles: Mapping[str, str] | None = None) -> Table:
    """Tabulate accuracy per subtype: one row per subtype, one column per model.

    Parameters
    ----------
    titles
        Subtype to its title; a subtype without one shows its own name.
    """
    what = measured(comparison)
    results = [result for result in comparison.results if result.arm == comparison.reference_arm]
    subtypes = list(dict.fromkeys(name for result in results for name in result.by_subtype))
    rows, records = [], []
    for name in sorted(subtypes, key=subtype_order):
        found = [result.by_subtype.get(name) for result in results]
        some = next(accuracy for accuracy in found if accuracy is not None)
        figures = [accuracy_cell(accuracy, what) for accuracy in found]
        figures = [
            cell.about(subtype=name, model=result.model)
            for cell, result in zip(figures, results, strict=True)
        ]
        number = Cell(count(some.n)).about(subtype=name)
        rows.append(
            (subtype_cell(name, titles), number, Cell(percent(some.guess)).about(subtype=name), *figures)
        )
        for result, accuracy in zip(results, found, strict=True):
            if accuracy is not None:
                records.append(figures_of(result, "subtype", name, accuracy))
    heads = (Column("Subtype", "left"), Column("Questions"), Column("Guessing"))
    return Table(
        name="subtypes",
        title=f"{what.title}, per subtype ({interval_words(comparison)})",
        columns=(*heads, *(Column(result.model) for result in results)),
        rows=tuple(rows),
        records=tuple(records),
    )


def accuracy_cell(accuracy: Accuracy | None, what: Measured = SHARE, *, strong: bool = False) -> Cell:
    """Write an accuracy with its main interval; an empty group is a dash."""
    if accuracy is None or accuracy.accuracy is None:
        return Cell(MISSING)
    ends = interval_text(accuracy.interval, what)
    return Cell(percent(what.shown(accuracy.accuracy)), ends, strong=strong)


def interval_text(found: Interval | None, what: Measured = SHARE) -> str:
    """Write an interval in percent, or nothing where there is none."""
    return "" if found is None else interval(what.shown(found.low), what.shown(found.high))


def subtype_cell(name: str, titles: Mapping[str, str] | None) -> Cell:
    """Write a subtype's title with its name below; without a title the name alone."""
    title = (titles or {}).get(name)
    return Cell(title, name) if title else Cell(name)


def category_title(name: str) -> str:
    """Return the title of a category; one that is not ours keeps its own name."""
    return CATEGORY_TITLES.get(name, name)


def subtype_order(name: str) -> tuple[int, str]:
    """Sort subtypes as the taxonomy does: L, D, V, A, M, then any other."""
    return ("LDVAM".find(name[:1]) % 6, name)


def interval_words(comparison: Comparison) -> str:
    """Say what the intervals are: ``95 % intervals, clustered by patient``."""
    return f"{100 * comparison.confidence:g} % intervals, clustered by patient"


def denominator_note(comparison: Comparison, results: list[ModelResult]) -> str:
    """Say what the denominators are and how small a difference this table can show."""
    questions, patients = _several("question", comparison.n_questions), comparison.n_patients
    what = measured(comparison)
    note = (
        f"{questions} of {_several('patient', patients)}; metric: {comparison.metric}. "
        "Questions that were not answered, have no verdict, failed or are missing stay in the denominator."
    )
    if any(result.overall.guess for result in results):
        note += " Guessing: chance on closed questions, 0 on open ones."
    if comparison.mde is not None:
        note += (
            f" Differences between models under {smallest_difference(comparison)} "
            "may well be missed (80 % power, unadjusted)."
        )
    if words := nothing_to_find(comparison):
        note += f" {words}"
    if any(result.overall.unscored for result in results):
        kind, wrong = ("mean", "zero") if what.graded else ("accuracy", "wrong")
        note += (
            f" With verdict only: {kind} among the answers that the metric could judge, unanswered ones "
            f"as {wrong}; this is the figure that scoring itself prints."
        )
    unread = sum(_no_verdict(result.overall) for result in results)
    return note + (
        f" {count(unread)} answers came but have no verdict; they are no failures." if unread else ""
    )


def _several(noun: str, number: int) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def figures_of(result: ModelResult, scope: str, group: str | None, accuracy: Accuracy) -> dict[str, Any]:
    """Return the unrounded figures of one model on one group of questions."""
    main = accuracy.interval
    return {
        "model": result.model,
        "arm": result.arm,
        "scope": scope,
        "group": group,
        "accuracy": accuracy.accuracy,
        "low": main.low if main else None,
        "high": main.high if main else None,
        "interval_method": main.method if main else None,
        "n": accuracy.n,
        "patients": accuracy.clusters,
        "correct": accuracy.correct,
        "scored": accuracy.scored,
        "unanswered": accuracy.unanswered,
        "unscored": accuracy.unscored,
        "failed": accuracy.failed,
        "accuracy_scored": accuracy.accuracy_scored,
        "missing": accuracy.missing,
        "guess": accuracy.guess,
        "closed": accuracy.closed,
        "chance": accuracy.chance,
        "chance_corrected": accuracy.chance_corrected,
        "design_effect": accuracy.design_effect,
        "effective_n": accuracy.effective_n,
    }


def _records(result: ModelResult) -> list[dict[str, Any]]:
    return [
        figures_of(result, "all", None, result.overall),
        *(figures_of(result, "category", name, found) for name, found in result.by_category.items()),
    ]


def _category(name: str) -> Callable[[ModelResult], Accuracy | None]:
    return lambda result: result.by_category.get(name)


def _best(found: list[Accuracy | None]) -> float | None:
    values = [one.accuracy for one in found if one is not None and one.accuracy is not None]
    return max(values) if len(values) > 1 else None


def _model_row(
    result: ModelResult,
    groups: list[Callable[[ModelResult], Accuracy | None]],
    best: list[float | None],
    what: Measured,
) -> list[Cell]:
    figures = []
    for group, top in zip(groups, best, strict=True):
        accuracy = group(result)
        strong = accuracy is not None and top is not None and accuracy.accuracy == top
        figures.append(accuracy_cell(accuracy, what, strong=strong))
    return figures


def _linked(cells: list[Cell], model: str, names: Sequence[str | None]) -> list[Cell]:
    """Cells of the reference arm with their questions, by category (None: all); others as they are."""
    if not names:
        return cells
    return [cell.about(model=model, category=name) for cell, name in zip(cells, names, strict=True)]


def _guess_row(
    results: list[ModelResult],
    groups: list[Callable[[ModelResult], Accuracy | None]],
    names: Sequence[str | None],
) -> tuple[Cell, ...]:
    figures = []
    for place, group in enumerate(groups):
        found = [group(result) for result in results]
        guess = next((one.guess for one in found if one is not None and one.guess is not None), None)
        figures.append(Cell(percent(guess)).about(category=names[place] if names else None))
    return (Cell("Guessing"), *figures)


def _states(
    results: list[ModelResult], what: Measured, *, linked: bool
) -> list[tuple[str, Callable[[ModelResult | None], Cell]]]:
    """Return title and cell of the columns on questions without a right or wrong answer.

    Those about verdicts are there only where some answer has none.
    """

    def counted(number: Callable[[Accuracy], int], mark: str) -> Callable[[ModelResult | None], Cell]:
        def cell(result: ModelResult | None) -> Cell:
            if result is None:
                return Cell("")
            found = Cell(count(number(result.overall)))
            return found.about(model=result.model, verdict=mark) if linked else found

        return cell

    def judged(result: ModelResult | None) -> Cell:
        if result is None:
            return Cell("")
        found = Cell(percent(what.shown(result.overall.accuracy_scored)))
        return found.about(model=result.model) if linked else found

    found = [("Unanswered", counted(lambda one: one.unanswered, "u"))]
    if any(result.overall.unscored > result.overall.failed for result in results):
        found.append(("No verdict", counted(_no_verdict, "n")))
    if any(result.overall.unscored for result in results):
        found.insert(0, ("With verdict only", judged))
    return [
        *found,
        ("Failed predictions", counted(lambda one: one.failed, "f")),
        ("Missing", counted(lambda one: one.missing, "m")),
    ]


def _no_verdict(accuracy: Accuracy) -> int:
    """Return how many answers came but have no verdict."""
    return accuracy.unscored - accuracy.failed


def _arm_words(comparison: Comparison, arm: str) -> str:
    return "" if arm == comparison.reference_arm else f", arm: {arm}"
