"""Agreement of reviewers on one criterion."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from medspatial.agreement import gwet_ac1, kappa_of_pairs, krippendorff_alpha

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
        alpha=krippendorff_alpha(units),
        ac1=gwet_ac1(units),
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
        kappa = kappa_of_pairs(both)
        if kappa is not None:
            total += kappa.value * len(both)
            weight += len(both)
    return total / weight if weight else None
