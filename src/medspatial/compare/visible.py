"""How much of what a question asks about is left after a model's preprocessing.

A question whose structure lies outside what the model is given cannot be answered by looking. The figure
travels in three steps:

1. A model that can says for points in patient space how visible they are to it: an optional method
   ``visible(volume, points) -> list[float] | None``, one figure between 0 (cut away) and 1 (kept at full
   detail) per point, None where it cannot be said. ``points`` are world coordinates, RAS+ mm.
2. The runner writes the least over the points of ``question.evidence`` as ``metadata["visible_share"]`` into
   each prediction; others may write the list, in their order, as ``metadata["visible_points"]``.
3. Scoring carries it into the scores (`with_visible_shares`), where failure classes and curves read it.

Of a list the least visible point counts: a distance needs both ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from medspatial.errors import InputError
from medspatial.records import Prediction, Score

SHARE, POINTS = "visible_share", "visible_points"


def visible_share(metadata: Mapping[str, Any], where: str = "metadata") -> float | None:
    """Visible share recorded in the metadata of a prediction, score or question.

    Raises
    ------
    InputError
        A figure that is no number between 0 and 1.
    """
    share = metadata.get(SHARE)
    if share is not None:
        return _checked(share, where, SHARE)
    points = metadata.get(POINTS)
    if not points:
        return None
    if not isinstance(points, list | tuple):
        raise InputError(f"{where}: field '{POINTS}': must be a list of figures; got {points!r}")
    return min(_checked(point, where, POINTS) for point in points)


def with_visible_shares(scores: Iterable[Score], predictions: Iterable[Prediction]) -> list[Score]:
    """Copy the visible share of each prediction into its score, joined by id, model and arm."""
    shares: dict[tuple[str, str, str], float] = {}
    for row in predictions:
        share = visible_share(row.metadata, f"prediction {row.id!r} of model {row.model!r}")
        if share is not None:
            shares[row.id, row.model, row.arm] = share
    if not shares:
        return list(scores)
    return [_with_share(score, shares.get((score.id, score.model, score.arm))) for score in scores]


def _with_share(score: Score, share: float | None) -> Score:
    return score if share is None else score.model_copy(update={"metadata": {**score.metadata, SHARE: share}})


def _checked(figure: Any, where: str, field: str) -> float:
    if isinstance(figure, bool) or not isinstance(figure, int | float) or not 0 <= figure <= 1:
        raise InputError(f"{where}: field '{field}': must be between 0 and 1; got {figure!r}")
    return float(figure)
