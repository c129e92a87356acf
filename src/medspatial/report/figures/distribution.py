"""What the question set consists of: questions per subtype, and how answers are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medspatial.report.figures.style import (
    FONT_SIZE,
    INK,
    PAPER,
    TWO_COLUMNS,
    bare_y,
    new_figure,
    paper_style,
    settled,
)
from medspatial.report.palette import BLUE, SKY_BLUE

_ROW = 0.17  # inches per subtype
_SHOWN = 5  # answers named per subtype; the rest is one grey part
_POINTS_PER_LETTER = 4.1  # at 7 points, a little more than the mean
_PART_COLOURS = ((BLUE, "#fdfdfd"), (SKY_BLUE, "#101418"))  # fill and text, on any paper
_REST_COLOURS = ("#b8bec7", "#101418")


def question_distribution(
    counts: Mapping[str, int], answers: Mapping[str, Sequence[tuple[str, int]]], width: float = TWO_COLUMNS
) -> Figure:
    """Plot the number of questions per group and, beside it, the shares of their reference answers.

    Parameters
    ----------
    counts
        Group (a subtype) to number of questions, in the order of the rows.
    answers
        Group to (answer, count), most frequent first. Answers beyond the fifth are drawn together.
    """
    with paper_style():
        figure = new_figure(width, 0.6 + _ROW * max(len(counts), 2))
        left, right = figure.subplots(1, 2, width_ratios=(1, 2.4), sharey=True)
        groups = list(counts)
        bars = left.barh(range(len(groups)), [counts[group] for group in groups], height=0.7, color=BLUE)
        left.bar_label(bars, padding=2, color=INK, fontsize=7)
        left.set_xlabel("Questions")
        left.set_xlim(0, 1.25 * max(counts.values(), default=1))
        left.set_yticks(range(len(groups)), groups)
        left.set_ylim(len(groups) - 0.4, -0.6)
        names = _POINTS_PER_LETTER * max(map(len, groups), default=0)
        room = 0.6 * (width * 72 - names) / _POINTS_PER_LETTER
        rows = [part for row, group in enumerate(groups) for part in _parts(row, answers[group])]
        _draw_parts(right, rows, room)
        right.set_xlim(0, 100)
        right.set_xlabel("Reference answers (%)")
        for axes in (left, right):
            bare_y(axes)
        right.tick_params(labelleft=False)
        return settled(figure)


@dataclass(frozen=True)
class _Part:
    """A piece of a bar: its row, where it starts and how wide it is (percent), its text and colours."""

    row: int
    start: float
    share: float
    text: str
    fill: str
    ink: str


def _parts(row: int, answers: Sequence[tuple[str, int]]) -> list[_Part]:
    """Cut one group's bar into its commonest answers and, behind them, the others together."""
    total = sum(times for _, times in answers)
    named = list(answers) if len(answers) <= _SHOWN + 1 else list(answers[:_SHOWN])
    looks = [_PART_COLOURS[place % 2] for place in range(len(named))]
    rest = total - sum(times for _, times in named)
    if rest:
        named.append((f"{len(answers) - _SHOWN} others", rest))
        looks.append(_REST_COLOURS)
    parts, start = [], 0.0
    for (answer, times), (fill, ink) in zip(named, looks, strict=True):
        share = 100 * times / total
        parts.append(_Part(row, start, share, answer, fill, ink))
        start += share
    return parts


def _draw_parts(axes: Axes, parts: Sequence[_Part], room: float) -> None:
    """Draw all pieces at once; ``room`` is the letters that fit a full bar."""
    axes.barh(
        [part.row for part in parts],
        [part.share for part in parts],
        left=[part.start for part in parts],
        color=[part.fill for part in parts],
        height=0.7,
        edgecolor=PAPER,
        linewidth=0.5,
    )
    for part in parts:
        shown = _fitting(part.text, room * part.share / 100)
        if shown:
            middle = part.start + part.share / 2
            axes.text(middle, part.row, shown, ha="center", va="center", color=part.ink, fontsize=FONT_SIZE)


def _fitting(text: str, room: float) -> str:
    """Cut a text to the letters that fit; nothing where fewer than two would be left."""
    if len(text) <= room:
        return text
    return text[: int(room) - 1] + "…" if room >= 3 else ""
