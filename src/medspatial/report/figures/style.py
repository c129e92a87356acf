"""The look of all figures, and how they are saved: legible in one or two columns of a paper.

Figures use `matplotlib.figure.Figure` directly, never pyplot: nothing is kept between calls, no
screen is needed, and the same data give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from medspatial.errors import InputError

ONE_COLUMN = 3.5  # inches
TWO_COLUMNS = 7.0
FONT_SIZE = 7.0  # points; the smallest text of any figure
FIGURE_FORMATS = ("svg", "png", "pdf")

INK = "#1b1f24"
MUTED = "#5f6773"
RULE = "#d5d9df"
PAPER = "#ffffff"
_THEME = {INK: "var(--ink)", MUTED: "var(--muted)", RULE: "var(--rule)", PAPER: "var(--paper)"}

_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": FONT_SIZE,
    "axes.titlesize": FONT_SIZE + 0.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": FONT_SIZE,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "legend.fontsize": FONT_SIZE,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid.axis": "x",
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.major.size": 2,
    "ytick.major.size": 2,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "text.parse_math": False,  # names of models may hold dollar signs
    "svg.hashsalt": "medspatial",
    "pdf.fonttype": 42,
    "figure.dpi": 100,
}


@contextmanager
def paper_style() -> Iterator[None]:
    """Apply the look to the figures made and saved inside."""
    with mpl.rc_context(_STYLE):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of a size in inches, laid out so that no text is cut off."""
    return Figure(figsize=(width, height), layout="constrained", facecolor="none")


def save_figure(figure: Figure, stem: str | Path, formats: Iterable[str] = ("svg", "png")) -> list[Path]:
    """Write a figure as ``<stem>.<format>`` on white paper, 300 dpi for PNG, without dates.

    Raises
    ------
    InputError
        An unknown format.
    """
    stem = Path(stem)
    stem.parent.mkdir(parents=True, exist_ok=True)
    written = []
    for name in formats:
        if name not in FIGURE_FORMATS:
            raise InputError(f"figure format must be one of {', '.join(FIGURE_FORMATS)}; got {name!r}")
        path = stem.with_name(f"{stem.name}.{name}")
        undated: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}[name]
        with paper_style(), mpl.rc_context({"svg.fonttype": "path"}):
            figure.savefig(path, format=name, dpi=300, facecolor=PAPER, metadata=undated)
        written.append(path)
    return written


def inline_svg(figure: Figure, name: str, label: str) -> str:
    """Return a figure as SVG text to stand inside a page, whose colours and font it takes on.

    Parameters
    ----------
    name
        Prefix that keeps the ids of several figures of one page apart.
    label
        What the figure shows, for readers who hear the page.
    """
    stream = io.StringIO()
    with paper_style(), mpl.rc_context({"svg.fonttype": "none"}):
        figure.savefig(stream, format="svg", facecolor="none", metadata={"Date": None})
    svg = stream.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = re.sub(r'<svg [^>]*?(viewBox="[^"]*")[^>]*>', _opening(label), svg, count=1, flags=re.DOTALL)
    for colour, variable in _THEME.items():
        svg = svg.replace(colour, variable)
    return svg.replace("'DejaVu Sans'", "var(--sans)")


def settled(figure: Figure) -> Figure:
    """Lay the figure out once and for all: every later saving then shows, and costs, the same."""
    figure.draw_without_rendering()
    figure.set_layout_engine(None)  # "none" leaves a placeholder, for which each saving draws twice
    return figure


def bare_y(axes: Axes) -> None:
    """Take away the y axis line and its ticks, leaving the labels."""
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def _opening(label: str) -> str:
    text = label.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("\\", "/")
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return rf'<svg {spaces} \g<1> role="img" aria-label="{text}">'
