"""Whether the masks would fit the CT better somewhere else: shifted or turned over they betray themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from medspatial.anatomy.limits import possible_hu
from medspatial.cases.examination.samples import Floats, MaskSample
from medspatial.volume import Volume

_NEAR, _FAR = range(-60, 61, 10), range(-200, 201, 20)
# Shifts that are tried along each axis of the body.
SHIFTS_MM = tuple(float(mm) for mm in sorted({*_NEAR, *_FAR} - {0}))
# A share of fitting voxels that is higher by this much elsewhere is no label noise.
GAIN = 0.1
# Below this share of fitting voxels the masks do not fit wherever they are moved; aligned ones reach 0.97.
LEAST_FIT = 0.65
LEAST_STRUCTURES = 3
# Organs whose tissue is even: this share of their voxels, and more, lies within the band around their median.
# Moved away from its organ a mask holds several tissues, which the organ's own place tells even for one mask.
EVEN_ORGANS = ("liver", "spleen", "kidney_left", "kidney_right", "urinary_bladder", "heart")
EVEN_BAND_HU = 80.0
# Higher by this elsewhere; in place at most 0.11 for one organ alone of phantoms and real cases.
EVEN_GAIN = 0.15
# Fat lies around these, so that a small shift shows: at most 0.01 in place, over this for most of 14 mm.
EDGED_ORGANS, DOUBT_GAIN = ("kidney_left", "kidney_right", "urinary_bladder"), 0.06
# Without one of these among them, organs are not turned over: a spleen alone would lie in the liver, as even.
_UNPAIRED = ("liver", "heart")
LEAST_SAMPLES = 30
SOFT_HU = (-50.0, 300.0)
_AXES = ("left-right", "front-back", "head-feet")
_POINTS = 160  # per structure
_INSIDE = 0.7  # share of the points that must stay inside the CT


def check_alignment(samples: Mapping[str, MaskSample], ct: Volume) -> str | None:
    """Return why the masks do not lie where they belong, if moving them makes them fit clearly better.

    A voxel fits when its CT value is possible for the median of its structure; each structure counts alike.
    """
    points, limits, weights = _sample(samples)
    if not len(points):
        return _uneven(samples, ct)
    best, where = 0.0, ""
    inverse = ct.affine.inverse()
    at = inverse.apply(points)
    here = _fits(at, limits, ct)
    for elsewhere in _elsewhere(ct):
        there = _fits(elsewhere.index(at), limits, ct)
        both = (here >= 0) & (there >= 0)
        if weights[both].sum() < _INSIDE * weights.sum():
            continue
        now, then = (float(np.average(one[both], weights=weights[both])) for one in (here, there))
        if then - now > best:
            best = then - now
            where = f"{now:.0%} of the voxels have values that their structure can have, but {then:.0%}"
            where += f" when {elsewhere.words}"
    if best > GAIN:
        return f"image: the masks do not lie where the CT shows them: {where}"
    fit = float(np.average(here, weights=weights))
    if fit < LEAST_FIT:
        limit = f"at least {LEAST_FIT:.0%}"
        return f"image: only {fit:.0%} of the masks' voxels have values their structure can have ({limit})"
    return _uneven(samples, ct)


def alignment_doubts(samples: Mapping[str, MaskSample], ct: Volume) -> tuple[str, ...]:
    """Return notes on kidneys and bladder that lie a little beside the place where their values are even."""
    texts = (_uneven(samples, ct, (name,), DOUBT_GAIN) for name in EDGED_ORGANS)
    return tuple(f"{text}: the masks may be shifted" for text in texts if text)


def _uneven(
    samples: Mapping[str, MaskSample],
    ct: Volume,
    organs: tuple[str, ...] = EVEN_ORGANS,
    least: float = EVEN_GAIN,
) -> str | None:
    """Return why solid organs do not lie where their masks do, if moved masks hold far more even values."""
    chosen = [samples[one] for one in organs if one in samples]
    chosen = [one for one in chosen if one.hu is not None and len(one.points) >= 2 * LEAST_SAMPLES]
    if not chosen:
        return None
    inverse = ct.affine.inverse()
    places = [inverse.apply(one.points[:: max(len(one.points) // _POINTS, 1)]) for one in chosen]
    here = [_values(one, ct) for one in places]
    best, where = least, None
    turned = any(one.name in _UNPAIRED for one in chosen)
    for elsewhere in _elsewhere(ct, turned=turned):
        pairs = []
        for at, now in zip(places, here, strict=True):
            then = _values(elsewhere.index(at), ct)
            both = ~(np.isnan(now) | np.isnan(then))
            if both.mean() < _INSIDE:
                break
            pairs.append((_evenness(now[both]), _evenness(then[both], organ=True)))
        if len(pairs) < len(places):
            continue
        now_even, then_even = (float(np.mean(one)) for one in zip(*pairs, strict=True))
        if then_even - now_even > best:
            best = then_even - now_even
            names = ", ".join(one.name for one in chosen)
            where = (
                f"image: the masks do not lie where the CT shows them: {now_even:.0%} of the voxels of "
                f"{names} lie within {EVEN_BAND_HU:g} HU of their median, "
                f"but {then_even:.0%} when {elsewhere.words}"
            )
    return where


@dataclass(frozen=True)
class _Elsewhere:
    """Another place of the masks on the CT: each voxel index (n, 3) times ``factor`` plus ``offset``."""

    words: str
    factor: Floats
    offset: Floats

    def index(self, at: Floats) -> Floats:
        return at * self.factor + self.offset


def _elsewhere(ct: Volume, *, turned: bool = True) -> Iterator[_Elsewhere]:
    """Yield the places that are tried: moved along axes of the body, turned over along those of the grid."""
    turn = ct.affine.inverse().matrix[:3, :3]
    for axis, words in enumerate(_AXES):
        for mm in SHIFTS_MM:
            shift = np.zeros(3)
            shift[axis] = mm
            said = f"moved by {mm:+.0f} mm along {words} ({'xyz'[axis]})"
            yield _Elsewhere(said, np.ones(3), turn @ shift)
    for axis, code in enumerate(ct.affine.axcodes if turned else ""):
        factor, offset = np.ones(3), np.zeros(3)
        factor[axis], offset[axis] = -1.0, ct.shape[axis] - 1.0
        words = next(one for one, pair in zip(_AXES, ("LR", "PA", "IS"), strict=True) if code in pair)
        yield _Elsewhere(f"turned over along {words}", factor, offset)


def _values(index: Floats, ct: Volume) -> Floats:
    """Return the CT values at voxel indices (n, 3), NaN outside, (n,)."""
    at = np.rint(index).astype(np.int64)
    inside = ((at >= 0) & (at < ct.shape)).all(axis=1)
    found = np.full(len(index), np.nan)
    found[inside] = ct.voxels[tuple(at[inside].T)]
    return found


def _evenness(hu: Floats, *, organ: bool = False) -> float:
    """Return the share of values near their median; 0 where an organ's must be and no soft tissue is."""
    median = float(np.median(hu))
    if organ and not SOFT_HU[0] <= median <= SOFT_HU[1]:
        return 0.0
    return float((np.abs(hu - median) <= EVEN_BAND_HU).mean())


def _sample(samples: Mapping[str, MaskSample]) -> tuple[Floats, Floats, Floats]:
    """Return points (n, 3), their limits of HU (n, 2), and weights (n,) that sum to one per structure."""
    points, limits, weights = [], [], []
    for sample in samples.values():
        row = possible_hu(sample.name)
        if (
            row is None
            or row.low is None
            or row.high is None
            or sample.hu is None
            or len(sample.hu) < LEAST_SAMPLES
        ):
            continue
        mine = sample.points[:: max(len(sample.points) // _POINTS, 1)]
        points.append(mine)
        limits.append(np.tile(np.array([row.low, row.high], float), (len(mine), 1)))
        weights.append(np.full(len(mine), 1 / len(mine)))
    if len(points) < LEAST_STRUCTURES:
        none = np.zeros((0, 3))
        return none, none, np.zeros(0)
    return np.concatenate(points), np.concatenate(limits), np.concatenate(weights)


def _fits(index: Floats, limits: Floats, ct: Volume) -> Floats:
    """Return 1 where the CT value at a voxel index (n, 3) fits, 0 where not, -1 outside the CT, (n,)."""
    hu = _values(index, ct)
    return np.where(np.isnan(hu), -1.0, (hu >= limits[:, 0]) & (hu <= limits[:, 1]))
