"""The limits that masks are held against, as the tables of ``docs/trust.md``."""

from __future__ import annotations

from medspatial.anatomy.limits import HumanSize, PossibleHU, body_order, hu_table, size_table

_AXES = {"above": "lies above", "in_front": "lies in front of", "right_of": "lies to the patient's right of"}


def limits_markdown() -> str:
    """Return possible CT values, sizes and the order of the organs as Markdown, each with its source."""
    return "\n\n".join((_values(), _sizes(), _order()))


def _values() -> str:
    lines = ["| median CT value of | HU | source |", "|---|---|---|"]
    lines += [f"| {row.what} | {_hu(row)} | {row.source} |" for row in hu_table()]
    return "\n".join(lines)


def _hu(row: PossibleHU) -> str:
    return f"{row.low:g} to {row.high:g}" if row.low is not None and row.high is not None else "any"


def _sizes() -> str:
    lines = ["| structure | ml | largest extent x, y, z in mm | source |", "|---|---|---|---|"]
    lines += [f"| {row.what} | {_ml(row)} | {_mm(row)} | {row.source} |" for row in size_table()]
    return "\n".join(lines)


def _ml(row: HumanSize) -> str:
    return f"{row.min_ml:g} (whole) to {row.max_ml:g}"


def _mm(row: HumanSize) -> str:
    return ", ".join(f"{side:g}" for side in row.max_mm)


def _order() -> str:
    order = body_order()
    lines = []
    for axis, words in _AXES.items():
        held = "; ".join(f"{_words(a)} / {_words(b)}" for a, b in getattr(order, axis))
        lines.append(f"- The first {words} the second: {held}.")
    return "\n".join(lines) + f"\n\nSource of the order: {order.source}."


def _words(name: str) -> str:
    return name.replace("_", " ")
