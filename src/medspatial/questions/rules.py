"""Steps that several subtypes share: keep WHOLE and describable structures, choose neighbours in an order."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

from medspatial.questions.drop import Drop, drop
from medspatial.questions.margins import DISTANCE_GAP, OFFSET, at_most, ratio_of
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate
from medspatial.records import Evidence

FEWEST_OPTIONS = 3


def keep_whole(scene: Scene, names: Iterable[str], by: str = "any") -> Generator[Drop, None, list[str]]:
    """Yield an entry for every structure that is not WHOLE or that no words single out; return the others."""
    kept = []
    for name in names:
        refusal = scene.not_whole(name)
        if refusal is None and not scene.describable(name, by):
            refusal = drop("not_describable", name)
        if refusal is None:
            kept.append(name)
        else:
            yield refusal
    return kept


def keep_describable(scene: Scene, names: Iterable[str], by: str = "any") -> Generator[Drop, None, list[str]]:
    """Yield an entry for every lesion that words cannot single out; return the others."""
    kept = []
    for name in names:
        if scene.describable(name, by):
            kept.append(name)
        else:
            yield drop("not_describable", name)
    return kept


def keep_connected(scene: Scene, names: Iterable[str]) -> Generator[Drop, None, list[str]]:
    """Yield an entry for every structure without a main component; return the others."""
    kept = []
    for name in names:
        if refusal := scene.in_pieces(name):
            yield refusal
        else:
            kept.append(name)
    return kept


def number(
    scene: Scene,
    structures: tuple[str, ...],
    value: float,
    unit: str,
    factors: tuple[float, ...],
    *,
    tolerance: float,
    words: Mapping[str, str],
    evidence: Evidence,
    form: str = "",
    note: str = "",
    whole_range: tuple[int, int] | None = None,
) -> Candidate:
    """Make a candidate whose answer is a figure."""
    text = str(round(value)) if whole_range else figure_text(value)
    return Candidate(
        structures=structures,
        answer=text if whole_range else f"{text} {unit}",
        evidence=evidence,
        words=words,
        form=form,
        note=note,
        value=round(value, 4),
        unit=unit,
        tolerance=tolerance,
        factors=factors,
        whole_range=whole_range,
    )


def figure_text(value: float) -> str:
    """Write a figure with one digit after the point from 10 on, two below: ``192.6``, ``4.48``."""
    return f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"


def clear_runs(
    values: Mapping[str, float], size: int, limit: Callable[[float], float]
) -> list[tuple[str, ...]]:
    """Return all sets of neighbours in ascending order whose first is clearly the smallest.

    Each set has ``size`` members, or fewer (at least three) where no more exist.
    """
    ranked = sorted(values, key=lambda name: (values[name], name))
    size = min(size, len(ranked))
    if size < FEWEST_OPTIONS:
        return []
    starts = range(len(ranked) - size + 1)
    runs = [tuple(ranked[start : start + size]) for start in starts]
    return [r for r in runs if _clear(values[r[0]], values[r[1]], limit)]


def _clear(smaller: float, larger: float, limit: Callable[[float], float]) -> bool:
    return not at_most(larger - smaller, limit(smaller))


def window_of(scene: Scene, choices: Sequence[tuple[str, ...]], *key: str) -> tuple[str, ...]:
    """Choose one of several sets by hash of the case."""
    return choices[scene.draw("window", *key) % len(choices)]


def nothing() -> Iterator[Candidate | Drop]:
    """Yield nothing."""
    return iter(())


def quantity(
    scene: Scene, form: str, names: tuple[str, ...], anchor: str
) -> tuple[dict[str, float], Callable[[str, str], Drop | None]]:
    """Return the figures of one quantity, and the margin test of two neighbours in the order."""
    if form == "volume":
        values = {name: scene.stats(name).volume_ml for name in names}
    elif form == "height":
        values = {name: float(scene.stats(name).centroid_mm[2]) for name in names}
    else:
        values = {name: scene.distance(anchor, name).mm for name in names}

    def close(a: str, b: str) -> Drop | None:
        if form == "volume":
            ratio, limit = ratio_of(values[a], values[b]), scene.ratio_limit(a, b)
            return drop("volume_ratio", a, b, figure=ratio, limit=limit) if at_most(ratio, limit) else None
        gap = abs(values[a] - values[b])
        if form == "height":
            limit = OFFSET.mm(size=min(scene.stats(name).extent_mm[2] for name in (a, b)))
            return drop("offset", a, b, figure=gap, limit=limit, unit="mm") if at_most(gap, limit) else None
        limit = DISTANCE_GAP.mm(vmax=scene.vmax, size=min(values[a], values[b]))
        return drop("distance_gap", a, b, figure=gap, limit=limit, unit="mm") if at_most(gap, limit) else None

    return values, close
