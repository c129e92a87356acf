"""Keep the pairs that the judges accept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from medspatial.datasets.judgment import Key, Verdict, pair_key
from medspatial.datasets.nested import PAIRS, Nested

Reason = Literal["kept", "not spatial", "not relevant", "not judged"]


@dataclass
class Filtered:
    """What a filter left, and how many pairs fell to which reason.

    Attributes
    ----------
    empty
        Volumes that lost all their pairs and are left out.
    """

    nested: Nested
    counts: Counter[str] = field(default_factory=Counter)
    empty: list[str] = field(default_factory=list)


def filter_pairs(
    nested: Nested,
    verdicts: Mapping[Key, Verdict],
    *,
    keep_nonspatial: bool = False,
    keep_nonrelevant: bool = False,
    keep_unjudged: bool = False,
) -> Filtered:
    """Return the pairs that are spatial and relevant by the majority of their judges, in their order.

    Parameters
    ----------
    keep_nonspatial, keep_nonrelevant
        Do not ask for that criterion.
    keep_unjudged
        Keep pairs without a verdict on a criterion that is asked for; they are counted either way.
    """
    result = Filtered(Nested({}, nested.style))
    for name, entry in nested.volumes.items():
        kept: list[dict[str, Any]] = []
        for pair in entry[PAIRS]:
            verdict = verdicts.get(pair_key(name, pair["question"], pair["answer"]))
            reason = _reason(verdict, keep_nonspatial, keep_nonrelevant)
            result.counts[reason] += 1
            if reason == "kept" or (reason == "not judged" and keep_unjudged):
                kept.append(pair)
        if kept:
            result.nested.volumes[name] = {**entry, PAIRS: kept}
        else:
            result.empty.append(name)
    return result


def _reason(verdict: Verdict | None, keep_nonspatial: bool, keep_nonrelevant: bool) -> Reason:
    spatial = True if keep_nonspatial else verdict and verdict.spatial
    relevant = True if keep_nonrelevant else verdict and verdict.relevant
    if spatial is False:
        return "not spatial"
    if relevant is False:
        return "not relevant"
    return "kept" if spatial and relevant else "not judged"
