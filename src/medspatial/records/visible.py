"""How much of what a question asks about is left after a model's preprocessing.

A question whose structure lies outside what the model is given cannot be answered by looking. The figure
travels in three steps:

1. A model that can says for points in patient space how visible they are to it: an optional method
   ``visible(volume, points) -> list[float] | None``, one figure between 0 (cut away) and 1 (kept at full
   detail) per point, None where it cannot be said. ``points`` are world coordinates, RAS+ mm.
2. The runner writes the least over the points of ``question.evidence`` into each prediction's
   ``visible_share``; others may write the list, in their order, as ``metadata["visible_points"]``.
3. A score has the share of the prediction it judges; failure classes and curves read it there.

Of a list the least visible point counts: a distance needs both ends. Earlier files hold the share in
``metadata["visible_share"]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SHARE, POINTS = "visible_share", "visible_points"


def visible_share(metadata: Mapping[str, Any]) -> float | None:
    """Return the visible share that metadata hold, None where they hold none.

    Raises
    ------
    ValueError
        A figure that is no number between 0 and 1.
    """
    share = metadata.get(SHARE)
    if share is not None:
        return _checked(share, SHARE)
    points = metadata.get(POINTS)
    if not points:
        return None
    if not isinstance(points, list | tuple):
        raise ValueError(f"metadata: '{POINTS}' must be a list of figures, got {points!r}")
    return min(_checked(point, POINTS) for point in points)


def with_visible_share(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its visible share as a field; one that stands in the metadata moves there."""
    metadata = row.get("metadata")
    if row.get(SHARE) is not None or not isinstance(metadata, Mapping):
        return row
    share = visible_share(metadata)
    if share is None:
        return row
    rest = {name: value for name, value in metadata.items() if name != SHARE}
    return {**row, "metadata": rest, SHARE: share}


def _checked(figure: Any, field: str) -> float:
    if isinstance(figure, bool) or not isinstance(figure, int | float) or not 0 <= figure <= 1:
        raise ValueError(f"metadata: '{field}' must be between 0 and 1, got {figure!r}")
    return float(figure)
