"""The visible share in failure classes and curves."""

from __future__ import annotations

from medspatial.compare import compare


def test_shares_reach_failures_and_curves(make_scores):
    scores = make_scores({"m": [0, 0, 1, 1], "k": [0, 0, 0, 0]}, ["a", "b", "c", "d"])
    seen = [0.0, 1.0, 0.2, 1.0]
    joined = [
        one.model_copy(update={"visible_share": share}) for one, share in zip(scores, seen, strict=False)
    ]
    comparison = compare([*joined, *scores[4:]], resamples=50)
    counts = {(one.model, one.failure): one.count for one in comparison.failures if one.category is None}
    assert counts["m", "not_visible"] == 1, "a right answer about what was cut away is no failure"
    assert ("k", "not_visible") not in counts, "nothing is known about what the other model saw"
    (curve,) = [one for one in comparison.curves if one.against == "visible"]
    assert curve.model == "m"
    assert sum(part.accuracy.n for part in curve.bins) == 4
