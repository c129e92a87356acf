"""The ideal observer of a model's input: what anybody could tell from exactly the voxels it is given.

For a question with two answers the observer knows both pictures as they would be without noise, prepared as
the model prepares them, and takes the one that the given input is nearer to. Its share of right answers is
``F(d / 2)`` with ``d = (T . D) / sd(T . R)``: the difference ``D`` of the two prepared pictures, the
template ``T`` (the same difference), and the prepared noise ``R``. Where the preparation makes both
pictures equal, ``D`` is zero and nobody can do better than guess.

Model minus ideal is what the network loses; ideal of the input minus ideal of the whole volume is what the
preparation threw away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.acuity.quantities import Quantity
from medspatial.acuity.scene import SPACING_MM, Patient, Sphere, draw
from medspatial.records import BLIND
from medspatial.volume import Volume

Floats = NDArray[np.float32]
Prepare = Callable[[Volume], Any]
Spheres = tuple[Sphere, ...]

CERTAIN = 12.0
"""From this d on nothing is missed: wrong in one of a thousand million."""
KEPT_BYTES = 400_000_000
"""Prepared pictures without spheres that are kept at most."""
_SHIFTS = 24
_LEAST = 1e-3  # of the largest difference: smaller ones are rounding of a normalisation


@dataclass(frozen=True)
class Seen:
    """What the observer makes of one level.

    Attributes
    ----------
    level
        Of the quantity.
    share
        Expected share of right answers for each patient.
    blind
        Share of trials in which the input holds next to nothing.
    """

    level: float
    share: tuple[float, ...]
    blind: float


class Observer:
    """The ideal observer of one preparation.

    Parameters
    ----------
    prepare
        From a volume in HU to the model's input, an array.

    Attributes
    ----------
    grey
        Whether the input is made of 256 grey levels. They are compared with noise, which rounds them fairly.
    """

    def __init__(self, prepare: Prepare) -> None:
        self._prepare = prepare
        self._noise: dict[tuple[int, float], Floats] = {}
        self._plain: dict[tuple[int, float, int | None], NDArray[Any]] = {}
        self.grey = bool(prepared_array(prepare(draw(Patient(0), (), thickness=30.0))).dtype == np.uint8)

    def d(self, patient: Patient, both: tuple[Spheres, Spheres], thickness: float = SPACING_MM) -> float:
        """Return how well the two pictures of a patient can be told apart in the input."""
        difference = self._difference(patient, both, thickness, 1)
        if not difference.any():
            return 0.0
        template = self._difference(patient, both, thickness, 2) if self.grey else difference
        return discriminability(difference, template, self.noise(patient, thickness))

    def noise(self, patient: Patient, thickness: float) -> Floats:
        """Return what noise becomes in the input. Two fields do: many places are read in each."""
        key = patient.number % 2, thickness
        if key not in self._noise:
            self._noise = {one: field for one, field in self._noise.items() if one[1] == thickness}
            noisy, plain = (self._picture(patient, (), thickness, n).astype(np.float32) for n in (3, None))
            self._noise[key] = np.asarray(noisy - plain)
        return self._noise[key]

    def _difference(
        self, patient: Patient, both: tuple[Spheres, Spheres], thickness: float, noise: int
    ) -> Floats:
        a, b = (
            self._picture(patient, one, thickness, noise if self.grey else None).astype(np.float32)
            for one in both
        )
        return np.asarray(a - b)

    def _picture(
        self, patient: Patient, spheres: Spheres, thickness: float, noise: int | None
    ) -> NDArray[Any]:
        """Return a prepared picture; those without spheres are kept as far as they fit."""
        key = patient.number, thickness, noise
        if not spheres and key in self._plain:
            return self._plain[key]
        found = prepared_array(self._prepare(draw(patient, spheres, thickness=thickness, noise=noise)))
        if not spheres:
            self._plain[key] = found
            while len(self._plain) > 1 and sum(one.nbytes for one in self._plain.values()) > KEPT_BYTES:
                del self._plain[next(iter(self._plain))]
        return found


def observe(
    prepare: Prepare, quantity: Quantity, patients: Sequence[Patient], *, trials: int = 1
) -> Iterator[Seen]:
    """Yield what the ideal observer of a preparation makes of each level, the hardest first.

    Once no trial of a level could be missed, the easier levels are taken as right, where the quantity says
    that this follows.

    Parameters
    ----------
    prepare
        From a volume in HU to the model's input, an array.
    trials
        Places per patient and level.
    """
    observer, certain = Observer(prepare), False
    order = range(len(quantity.levels))
    for number in reversed(order) if quantity.falling else order:
        level = quantity.levels[number]
        if certain:
            yield Seen(level, (1.0,) * len(patients), 0.0)
            continue
        found = []
        for patient in patients:
            places = [patient.place(1000 * number + trial) for trial in range(trials)]
            pairs = [(quantity.draw(level, 0, place), quantity.draw(level, 1, place)) for place in places]
            found.append([observer.d(patient, pair, quantity.thickness(level)) for pair in pairs])
        certain = quantity.goes_on and min(map(min, found)) >= CERTAIN
        shares = tuple(float(np.mean([share_right(d) for d in one])) for one in found)
        yield Seen(level, shares, float(np.mean([[d < BLIND for d in one] for one in found])))


def share_right(d: float) -> float:
    """Return the share of right answers of an observer with discriminability ``d``: one half at 0."""
    from scipy.special import ndtr

    return float(ndtr(d / 2))


def discriminability(difference: Floats, template: Floats, noise: Floats) -> float:
    """Return ``(T . D) / sd(T . R)``; 0 where the template is empty.

    The spread is measured at many places of the noise, so that noise which neighbours share counts.
    """
    strong = np.abs(template) > _LEAST * np.abs(template).max(initial=0.0)
    if not strong.any():
        return 0.0
    places = np.argwhere(strong)
    low, high = places.min(axis=0), places.max(axis=0) + 1
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    weights = np.where(strong[box], template[box], 0.0).astype(np.float64)
    signal = float((weights * difference[box]).sum())
    spread = _spread(weights, noise, low)
    if spread == 0:
        return 0.0 if signal <= 0 else float("inf")
    return max(0.0, signal / spread)


def _spread(weights: NDArray[np.float64], noise: Floats, low: NDArray[np.intp]) -> float:
    """Standard deviation of the template's response to noise, the box set to places around its own."""
    rng = np.random.default_rng(int(low.sum()))
    size = np.array(weights.shape)
    room = np.array(noise.shape) - size
    responses = []
    for _ in range(_SHIFTS):
        wanted = low + rng.integers(-size // 2 - 6, size // 2 + 7)
        start = np.clip(wanted, 0, room)
        part = noise[tuple(slice(int(a), int(a + n)) for a, n in zip(start, size, strict=True))]
        responses.append(float((weights * part).sum()))
    white = float(np.square(weights).sum()) * float(np.var(noise[tuple(_around(low, size, noise.shape))]))
    return float(np.sqrt(max(float(np.var(responses)), white)))


def _around(low: NDArray[np.intp], size: NDArray[Any], shape: tuple[int, ...]) -> list[slice]:
    return [
        slice(max(0, int(a) - 4), min(n, int(a + s) + 4)) for a, s, n in zip(low, size, shape, strict=True)
    ]


def prepared_array(prepared: Any) -> NDArray[Any]:
    """Return an input as an array, uint8 or float32."""
    found = np.asarray(prepared)
    return found if found.dtype == np.uint8 else found.astype(np.float32, copy=False)
