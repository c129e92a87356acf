"""The order of the organs along the three axes of the body, against the affine."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from medspatial.anatomy import describe, vertebra_order
from medspatial.anatomy.limits import body_order, members
from medspatial.cases.examination.contradiction import Axis, Contradiction
from medspatial.cases.examination.samples import Floats, MaskSample

# Centres may be the wrong way round by this much without meaning anything: label noise.
TOLERANCE_MM = 10.0
# The centre of a structure that the scan cuts lies elsewhere than that of the whole.
CUT_TOLERANCE_MM = 30.0
# Smaller masks (fragments) say nothing about places.
LEAST_VOXELS = 100
LEAST_VERTEBRA_VOXELS = 20
# Distance between the centres of neighbouring vertebrae: 12 mm in a small child's neck, 40 mm in a tall back.
LEAST_STEP_MM, LARGEST_STEP_MM = 8.0, 60.0
# Part of the aorta in which the arch is looked for, and its least depth from front to back.
ARCH_HEIGHT_MM, ARCH_DEPTH_MM = 90.0, 60.0
_SPINE = "spine"
# Axes along which twins lie level: how it is said, and by how much more than side by side they may differ.
_ACROSS: tuple[tuple[Axis, int, str, float], ...] = (
    ("front-back", 1, "before or behind", TOLERANCE_MM),
    ("head-feet", 2, "above or below", CUT_TOLERANCE_MM),
)
_WORDS: dict[Axis, str] = {"head-feet": "below", "front-back": "behind", "left-right": "to the left of"}


@dataclass(frozen=True)
class Order:
    """Contradictions of a case, and by which structures each axis was confirmed."""

    contradictions: tuple[Contradiction, ...]
    confirmed_by: dict[str, tuple[str, ...]]


def check_order(samples: Mapping[str, MaskSample], *, mirrored: bool = False) -> Order:
    """Compare the places of structures with those of a body.

    Parameters
    ----------
    mirrored
        The case is a mirrored control: unpaired organs must lie the other way round from side to side.
    """
    body = _Body(samples)
    order = body_order()
    found: list[Contradiction] = []
    confirmed: dict[str, dict[str, None]] = {"left-right": {}, "head-feet": {}, "front-back": {}}
    tests: list[tuple[Axis, int, float, tuple[tuple[str, str], ...]]] = [
        ("head-feet", 2, 1.0, order.above),
        ("front-back", 1, 1.0, order.in_front),
        ("left-right", 0, -1.0 if mirrored else 1.0, order.right_of),
    ]
    for axis, world, sign, pairs in tests:
        for first, second in pairs:
            wrong = body.wrong(first, second, world, sign, axis)
            if wrong is not None:
                confirmed[axis] |= dict.fromkeys((first, second))
                found += wrong
    chain = list(_chain(samples))
    if len(chain) > 1:
        confirmed["head-feet"] |= dict.fromkeys(("vertebrae",))
        found += _vertebrae(chain)
    arch = _arch(samples.get("aorta"), -1.0 if mirrored else 1.0)
    if arch is not None:
        confirmed["left-right"] |= {"aortic arch": None}
        found += arch
    found += _pairs(samples)
    return Order(tuple(found), {axis: tuple(names) for axis, names in confirmed.items()})


class _Body:
    """Places of structures and groups of structures."""

    def __init__(self, samples: Mapping[str, MaskSample]) -> None:
        self.samples = samples
        chain = [one for one in samples.values() if one.name.startswith("vertebrae_")]
        rows = sorted(
            (one.centre[2], *one.centre[:2]) for one in chain if one.voxels >= LEAST_VERTEBRA_VOXELS
        )
        if not rows and "spinal_cord" in samples:
            points = samples["spinal_cord"].points
            edges = np.linspace(points[:, 2].min(), points[:, 2].max() + 1e-6, 9)
            bins = [points[(points[:, 2] >= a) & (points[:, 2] < b)] for a, b in itertools.pairwise(edges)]
            rows = [(m[2], m[0], m[1]) for m in (one.mean(axis=0) for one in bins if len(one))]
        self._spine = np.array(rows, dtype=float)

    def wrong(
        self, first: str, second: str, world: int, sign: float, axis: Axis
    ) -> list[Contradiction] | None:
        """Compare two places along a world axis; None where one of them is not there."""
        a, b = self._place(first, other=second), self._place(second, other=first)
        if a is None or b is None:
            return None
        cut = world == 2 and (self._cut(first) or self._cut(second))
        tolerance = CUT_TOLERANCE_MM if cut else TOLERANCE_MM
        excess = sign * float(b[world] - a[world])
        if excess <= tolerance:
            return []
        words = "to the right of" if axis == "left-right" and sign < 0 else _WORDS[axis]
        text = f"{_named(first)} {_lie(first)} {excess:.0f} mm {words} {_named(second)}"
        return [Contradiction(axis, text, excess, (first, second))]

    def _place(self, name: str, *, other: str) -> Floats | None:
        if name == _SPINE:
            return self._spine_beside(other)
        mine = [self.samples[one] for one in members(name, tuple(self.samples))]
        total = sum(one.voxels for one in mine)
        if total < LEAST_VOXELS:
            return None
        return np.asarray(sum(one.centre * (one.voxels / total) for one in mine))

    def _spine_beside(self, other: str) -> Floats | None:
        """Return the spine's place at the level of another structure; None beyond its ends."""
        place = self._place(other, other=_SPINE)
        if place is None or not len(self._spine):
            return None
        z = self._spine[:, 0]
        if not z[0] - LARGEST_STEP_MM <= place[2] <= z[-1] + LARGEST_STEP_MM:
            return None
        return np.array(
            [np.interp(place[2], z, self._spine[:, 1]), np.interp(place[2], z, self._spine[:, 2]), place[2]]
        )

    def _cut(self, name: str) -> bool:
        return any(self.samples[one].cut[2] for one in members(name, tuple(self.samples)))


def _chain(samples: Mapping[str, MaskSample]) -> Iterator[tuple[int, MaskSample]]:
    """Yield number and look of the vertebrae that are there, from head to feet by their names."""
    for number, name in enumerate(vertebra_order()):
        if name in samples and samples[name].voxels >= LEAST_VERTEBRA_VOXELS:
            yield number, samples[name]


def _vertebrae(chain: list[tuple[int, MaskSample]]) -> Iterator[Contradiction]:
    """Yield what contradicts the chain of vertebrae: its direction, its order, and the steps in it."""
    first, last = chain[0][1], chain[-1][1]
    rise = float(last.centre[2] - first.centre[2])
    if rise > TOLERANCE_MM:
        text = f"{_short(last.name)} lies {rise:.0f} mm above {_short(first.name)}"
        yield Contradiction("head-feet", text, rise, (last.name, first.name))
        return
    for (above, upper), (below, lower) in itertools.pairwise(chain):
        names = (upper.name, lower.name)
        rise = float(lower.centre[2] - upper.centre[2])
        distance = float(np.linalg.norm(lower.centre - upper.centre)) / (below - above)
        pair = f"{_short(upper.name)} and {_short(lower.name)}"
        if rise > TOLERANCE_MM:
            text = f"{_short(lower.name)} lies {rise:.0f} mm above {_short(upper.name)}"
            yield Contradiction("head-feet", text, rise, names)
        elif distance > LARGEST_STEP_MM:
            text = f"{pair} lie {distance:.0f} mm apart per step (at most {LARGEST_STEP_MM:.0f})"
            yield Contradiction("size", text, distance - LARGEST_STEP_MM, names)
        elif distance < LEAST_STEP_MM and upper.whole and lower.whole:
            text = f"{pair} lie only {distance:.1f} mm apart per step (at least {LEAST_STEP_MM:.0f})"
            yield Contradiction("size", text, LEAST_STEP_MM - distance, names)


def _arch(aorta: MaskSample | None, sign: float) -> list[Contradiction] | None:
    """Compare the arch's direction with the usual one, from the right in front to the left behind.

    None where the upper end of the aorta is no arch.
    """
    if aorta is None or aorta.voxels < LEAST_VOXELS:
        return None
    z = aorta.points[:, 2]
    top = aorta.points[z > z.max() - ARCH_HEIGHT_MM]
    x, y = top[:, 0], top[:, 1]
    depth = float(np.ptp(np.quantile(y, [0.02, 0.98])))
    if depth < ARCH_DEPTH_MM:
        return None
    front, back = y >= np.quantile(y, 0.75), y <= np.quantile(y, 0.25)
    offset = sign * float(x[back].mean() - x[front].mean())
    if offset <= TOLERANCE_MM:
        return []
    text = f"the aortic arch runs {offset:.0f} mm to the {'right' if sign > 0 else 'left'} from front to back"
    return [Contradiction("left-right", text, offset, ("aorta",))]


def _pairs(samples: Mapping[str, MaskSample]) -> Iterator[Contradiction]:
    """Yield twins that lie the wrong way round, or one before or over the other instead of beside it."""
    for name, sample in samples.items():
        one = describe(name)
        partner = samples.get(one.partner or "")
        if one.side != "left" or partner is None or min(sample.voxels, partner.voxels) < LEAST_VOXELS:
            continue
        offset = sample.centre - partner.centre
        names = (name, partner.name)
        if offset[0] > TOLERANCE_MM:
            text = f"{name} lies {offset[0]:.0f} mm to the right of {partner.name}"
            yield Contradiction("left-right", text, float(offset[0]), names)
        beside = abs(float(offset[0]))
        if sample.cut[2] or partner.cut[2]:
            continue  # of two lungs a scan may show the front of one base and the back of the other
        for axis, world, word, tolerance in _ACROSS:
            excess = abs(float(offset[world])) - beside - tolerance
            if excess > 0:
                apart = f"{abs(offset[world]):.0f} mm {word} {partner.name}"
                text = f"{name} lies {apart} and {beside:.0f} mm beside it"
                yield Contradiction(axis, text, excess + tolerance, names)


def _named(name: str) -> str:
    group = name in body_order().groups or name == _SPINE
    return f"the {name}" if group else name


def _lie(name: str) -> str:
    return "lie" if name.endswith("s") and name in body_order().groups else "lies"


def _short(name: str) -> str:
    return name.removeprefix("vertebrae_")
