"""How figures are written: the page, the tables and the pictures all use these functions.

A missing figure is an en dash everywhere, so that nothing is ever shown as a zero by mistake.
"""

from __future__ import annotations

import math

MISSING = "–"
_NO_BREAK = "\u00a0"


def percent(share: float | None, digits: int = 1) -> str:
    """Write a share of one as a percentage without its sign: ``0.7123`` → ``71.2``."""
    if share is None or not math.isfinite(share):
        return MISSING
    text = f"{100 * share:.{digits}f}"
    return f"{0:.{digits}f}" if float(text) == 0 else text.replace("-", "−")


def signed_percent(share: float | None, digits: int = 1) -> str:
    """Write a difference of shares in percentage points with its sign: ``0.042`` → ``+4.2``."""
    text = percent(share, digits)
    if share is None or text == MISSING or float(text.replace("−", "-")) == 0:
        return text
    return f"+{text}" if share > 0 else text


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """Write an interval of shares in percent: ``64.1–77.5``; with "to" where an end is negative."""
    ends = percent(low, digits), percent(high, digits)
    if MISSING in ends:
        return MISSING
    return f"{ends[0]} to {ends[1]}" if "−" in "".join(ends) else f"{ends[0]}–{ends[1]}"


def p_value(p: float | None) -> str:
    """Write a p-value as journals do: ``<0.001``, three digits below 0.1, else two."""
    if p is None or not math.isfinite(p):
        return MISSING
    if p < 0.001:
        return "<0.001"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def figure(value: float | None, digits: int = 2) -> str:
    """Write a plain figure, never as minus zero: ``-0.001`` → ``0.00``."""
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def count(number: int | None) -> str:
    """Write a count with thousands separators: ``9077`` → ``9,077``."""
    return MISSING if number is None else f"{number:,}"


def measure(value: float | str | None, unit: str | None = None) -> str:
    """Write a measured figure with four significant digits at most and its unit: ``192.6 ml``."""
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else _significant(value)
    return f"{text}{_NO_BREAK}{unit}" if unit else text


def share_of(part: int, whole: int) -> str:
    """Write a count with its share: ``12 (4.8 %)``."""
    if whole <= 0:
        return count(part)
    return f"{count(part)} ({percent(part / whole)}{_NO_BREAK}%)"


def _significant(value: float) -> str:
    if not math.isfinite(value):
        return MISSING
    if value == int(value) and abs(value) < 1e6:
        return str(int(value)).replace("-", "−")
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}".replace("-", "−")
