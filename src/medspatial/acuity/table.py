"""Results as a table in physical units, and as a figure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from medspatial.acuity.quantities import QUANTITIES
from medspatial.acuity.result import Acuity
from medspatial.report.tables import Cell, Column, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def acuity_table(found: Sequence[Acuity]) -> Table:
    """Tabulate thresholds: one row per model or input, one column per quantity."""
    names = [name for name in QUANTITIES if any(one.quantity == name for one in found)]
    rows = []
    for of, kind in dict.fromkeys((one.of, one.kind) for one in found):
        cells = {one.quantity: one.words() for one in found if (one.of, one.kind) == (of, kind)}
        who = "its input" if kind == "input" else "answers"
        rows.append((Cell(of), Cell(who), *(Cell(cells.get(name, "")) for name in names)))
    return Table(
        name="acuity",
        title="Acuity: level of 75 % right answers, with 95 % intervals by patient",
        columns=(Column("Of", "left"), Column("Who", "left"), *(Column(name.capitalize()) for name in names)),
        rows=tuple(rows),
        records=tuple(one.model_dump(mode="json") for one in found),
        note=". ".join(f"{name.capitalize()}: {QUANTITIES[name].title}" for name in names)
        + ". Its input: the ideal observer of the voxels or slices that the model is given.",
    )


def sentences(found: Sequence[Acuity]) -> list[str]:
    """Say each result of a model, with what its input would allow."""
    ideal = {(one.of, one.quantity): one for one in found if one.kind == "input"}
    lines = []
    for one in found:
        who = one.of if one.kind == "model" else f"the input of {one.of}"
        text = f"{who} {one.title}: {one.words()}"
        beside = ideal.get((one.of, one.quantity)) if one.kind == "model" else None
        lines.append(f"{text}; its input allows {beside.words()}" if beside else text)
    return lines


def acuity_figure(found: Sequence[Acuity], quantity: str, width: float = 4.2) -> Figure:
    """Draw right answers against the levels of one quantity, a curve per model or input.

    Parameters
    ----------
    width
        In inches.
    """
    import matplotlib.pyplot as plt

    from medspatial.report.figures.style import paper_style

    rows = [one for one in found if one.quantity == quantity]
    with paper_style():
        figure, axes = plt.subplots(figsize=(width, min(0.8 * width, 3.6)), layout="constrained")
        for number, one in enumerate(rows):
            levels = [part.level for part in one.levels]
            shares = [part.right / part.trials if part.trials else float("nan") for part in one.levels]
            style = "--" if one.kind == "input" else "-"
            axes.plot(levels, [part.fitted for part in one.levels], style, lw=1.0, color=f"C{number}")
            axes.plot(levels, shares, "o", ms=3, color=f"C{number}", label=_label(one))
        axes.axhline(0.75, lw=0.6, color="0.6")
        axes.set_xscale("log")
        ticks = sorted({part.level for one in rows for part in one.levels})
        axes.set_xticks(ticks, [f"{level:g}" for level in ticks])
        axes.minorticks_off()
        axes.set_ylim(0.4, 1.03)
        axes.set_xlabel(f"{QUANTITIES[quantity].title} ({QUANTITIES[quantity].unit})")
        axes.set_ylabel("Right answers")
        figure.legend(fontsize=6, frameon=False, loc="outside lower center", ncols=3)
        plt.close(figure)
    return figure


def _label(one: Acuity) -> str:
    return f"{one.of.replace('_', ' ')}{' (input)' if one.kind == 'input' else ''}"
