"""Chance-corrected agreement of raters: Cohen's kappa, Krippendorff's alpha, Gwet's AC1.

Labels are nominal. A figure is None where it is undefined.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple


class Kappa(NamedTuple):
    """Cohen's kappa and its large-sample standard error."""

    value: float
    se: float


def cohen_kappa(table: Sequence[Sequence[float]]) -> Kappa | None:
    """Return Cohen's unweighted kappa of two raters.

    Parameters
    ----------
    table
        Square table of counts, the first rater in rows, the second in columns.

    Returns
    -------
    Kappa or None
        None for an empty table, and where chance agreement is total.

    References
    ----------
    Cohen 1960, Educ. Psychol. Meas. 20:37; standard error of Fleiss, Cohen and Everitt 1969, Psychol.
    Bull. 72:323.

    Examples
    --------
    >>> kappa = cohen_kappa([[20, 5], [10, 15]])
    >>> round(kappa.value, 3), round(kappa.se, 3)
    (0.4, 0.127)
    """
    places = range(len(table))
    total = sum(map(sum, table))
    if total == 0:
        return None
    rows = [sum(row) / total for row in table]
    columns = [sum(row[j] for row in table) / total for j in places]
    agreed = sum(table[i][i] for i in places) / total
    chance = sum(rows[i] * columns[i] for i in places)
    if math.isclose(chance, 1.0):
        return None
    kappa = (agreed - chance) / (1 - chance)
    on = sum(table[i][i] / total * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in places)
    off = sum(table[i][j] / total * (columns[i] + rows[j]) ** 2 for i in places for j in places if i != j)
    spread = on + (1 - kappa) ** 2 * off - (kappa - chance * (1 - kappa)) ** 2
    return Kappa(kappa, math.sqrt(max(0.0, spread) / total) / (1 - chance))


def kappa_of_pairs(pairs: Iterable[tuple[Hashable, Hashable]]) -> Kappa | None:
    """Return Cohen's kappa of two raters' labels of the same items."""
    counts = Counter(pairs)
    labels = list(dict.fromkeys(label for pair in counts for label in pair))
    return cohen_kappa([[counts[first, second] for second in labels] for first in labels])


def krippendorff_alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Krippendorff's alpha: one minus observed over expected disagreement.

    Any number of raters, missing labels allowed; each unit's pairs weigh 1 / (labels - 1).

    Parameters
    ----------
    units
        The labels of each item, at least two of them.

    References
    ----------
    Krippendorff 2004, Content Analysis, chapter 11.
    """
    observed = 0.0
    totals: Counter[Hashable] = Counter()
    for labels in units:
        counts = Counter(labels)
        totals.update(counts)
        unequal = len(labels) ** 2 - sum(count**2 for count in counts.values())
        observed += unequal / (len(labels) - 1)
    n = sum(totals.values())
    expected = n**2 - sum(count**2 for count in totals.values())
    if n < 2 or expected == 0:
        return None
    return 1 - (n - 1) * observed / expected


def gwet_ac1(units: Sequence[Sequence[Hashable]]) -> float | None:
    """Return Gwet's AC1, whose chance agreement does not rise when one label is rare.

    Parameters
    ----------
    units
        The labels of each item, at least two of them.

    References
    ----------
    Gwet 2008, Br. J. Math. Stat. Psychol. 61:29, with its extension to several raters.
    """
    if not units:
        return None
    labels = {label for unit in units for label in unit}
    if len(labels) < 2:
        return 1.0
    agreed = 0.0
    share: Counter[Hashable] = Counter()
    for unit in units:
        counts = Counter(unit)
        agreed += sum(c * (c - 1) for c in counts.values()) / (len(unit) * (len(unit) - 1))
        for label, count in counts.items():
            share[label] += count / len(unit)  # type: ignore[assignment]
    agreed /= len(units)
    chance = sum((share[one] / len(units)) * (1 - share[one] / len(units)) for one in labels) / (
        len(labels) - 1
    )
    return (agreed - chance) / (1 - chance)
