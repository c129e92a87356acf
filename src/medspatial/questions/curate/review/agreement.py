"""Agreement of reviewers on one criterion: Cohen's kappa, Krippendorff's alpha, Gwet's AC1."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isclose

Ratings = Mapping[str, Mapping[str, Hashable]]
"""Item, reviewer, label; a reviewer who did not judge an item is absent."""


@dataclass(frozen=True)
class Agreement:
    """Agreement on the items that at least two reviewers judged.

    Attributes
    ----------
    items, pairs
        Such items, and pairs of verdicts on them.
    raw
        Share of equal pairs of verdicts.
    kappa
        Cohen's kappa per pair of reviewers with common items, averaged by their number of items.
    alpha
        Krippendorff's alpha for nominal labels, any number of reviewers, missing verdicts allowed.
    ac1
        Gwet's AC1: chance agreement does not rise when one label is rare.

    A figure is None where it is undefined: no common items, or (kappa, alpha) one label throughout.
    """

    items: int
    pairs: int
    raw: float | None
    kappa: float | None
    alpha: float | None
    ac1: float | None


def agreement(ratings: Ratings) -> Agreement:
    """Return the agreement of all reviewers.

    References
    ----------
    Cohen 1960, Educ. Psychol. Meas. 20:37. Krippendorff 2004, Content Analysis, chapter 11. Gwet 2008, Br. J.
    Math. Stat. Psychol. 61:29, with its extension to several raters.

    Examples
    --------
    >>> two = {"1": {"a": 1, "b": 1}, "2": {"a": 0, "b": 0}, "3": {"a": 1, "b": 0}, "4": {"a": 0, "b": 0}}
    >>> found = agreement(two)
    >>> found.raw, round(found.kappa, 3), round(found.alpha, 3), round(found.ac1, 3)
    (0.75, 0.5, 0.533, 0.529)
    """
    units = [list(labels.values()) for labels in ratings.values() if len(labels) > 1]
    equal = pairs = 0
    for labels in units:
        pairs += len(labels) * (len(labels) - 1) // 2
        equal += sum(count * (count - 1) // 2 for count in Counter(labels).values())
    return Agreement(
        items=len(units),
        pairs=pairs,
        raw=equal / pairs if pairs else None,
        kappa=_mean_kappa(ratings),
        alpha=_alpha(units),
        ac1=_ac1(units),
    )


def by_criterion(
    verdicts: Iterable[tuple[str, str, Mapping[str, bool]]],
) -> dict[str, dict[str, dict[str, bool]]]:
    """Sort (item, reviewer, verdicts) into ratings per criterion."""
    found: dict[str, dict[str, dict[str, bool]]] = defaultdict(lambda: defaultdict(dict))
    for item, reviewer, given in verdicts:
        for criterion, yes in given.items():
            found[criterion][item][reviewer] = yes
    return {criterion: dict(items) for criterion, items in sorted(found.items())}


def _mean_kappa(ratings: Ratings) -> float | None:
    reviewers = sorted({name for labels in ratings.values() for name in labels})
    total = weight = 0.0
    for first, second in combinations(reviewers, 2):
        both = [
            (labels[first], labels[second])
            for labels in ratings.values()
            if first in labels and second in labels
        ]
        kappa = _kappa(both)
        if kappa is not None:
            total += kappa * len(both)
            weight += len(both)
    return total / weight if weight else None


def _kappa(both: Sequence[tuple[Hashable, Hashable]]) -> float | None:
    if not both:
        return None
    count = len(both)
    first, second = Counter(a for a, _ in both), Counter(b for _, b in both)
    chance = sum(first[label] * second[label] for label in first) / count**2
    if isclose(chance, 1.0):
        return None
    return (sum(a == b for a, b in both) / count - chance) / (1 - chance)


def _alpha(units: Sequence[Sequence[Hashable]]) -> float | None:
    """One minus observed over expected disagreement; each unit's pairs weigh 1 / (verdicts - 1)."""
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


def _ac1(units: Sequence[Sequence[Hashable]]) -> float | None:
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
