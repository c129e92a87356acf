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
from medspatial.acuity.scene import Patient, draw
from medspatial.volume import Volume

Floats = NDArray[np.float32]
Prepare = Callable[[Volume], Any]

BLIND = 1.0
"""Below this d a trial counts as blind: right answers in under 70 of 100."""
CERTAIN = 12.0
"""From this d on nothing is missed: wrong in one of a thousand million."""
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


def observe(
    prepare: Prepare, quantity: Quantity, patients: Sequence[Patient], *, trials: int = 1
) -> Iterator[Seen]:
    """Yield what the ideal observer of a preparation makes of each level, the hardest first.

    Once no trial of a level could be missed, the easier levels are taken as right.

    Parameters
    ----------
    prepare
        From a volume in HU to the model's input, an array.
    trials
        Places per patient and level.
    """
    noise: dict[tuple[int, float], Floats] = {}
    certain, grey = False, is_grey(prepare)
    order = range(len(quantity.levels))
    for number in reversed(order) if quantity.falling else order:
        level = quantity.levels[number]
        if certain:
            yield Seen(level, (1.0,) * len(patients), 0.0)
            continue
        thickness = quantity.thickness(level)
        shares, blind, least = [], 0, float("inf")
        for patient in patients:
            found = []
            for trial in range(trials):
                place = patient.place(1000 * number + trial)
                first, second = (quantity.draw(level, answer, place) for answer in (0, 1))
                difference, template = _difference(prepare, patient, (first, second), thickness, grey)
                key = patient.number % 2, thickness  # two noise fields do: many places are read in each
                if key not in noise:
                    noise[key] = _noise(prepare, patient, thickness)
                found.append(discriminability(difference, template, noise[key]))
            blind += sum(d < BLIND for d in found)
            least = min(least, *found)
            shares.append(float(np.mean([share_right(d) for d in found])))
        certain = least >= CERTAIN
        yield Seen(level, tuple(shares), blind / (len(patients) * trials))


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


def is_grey(prepare: Prepare) -> bool:
    """Whether an input is made of 256 grey levels."""
    return bool(_array(prepare(draw(Patient(0), (), thickness=30.0))).dtype == np.uint8)


def _difference(
    prepare: Prepare, patient: Patient, both: tuple[Any, Any], thickness: float, grey: bool
) -> tuple[Floats, Floats]:
    """Return difference and template; grey levels are compared with noise, which rounds them fairly."""
    if not grey:
        a, b = (_array(prepare(draw(patient, one, thickness=thickness, noise=None))) for one in both)
        return a - b, a - b
    pairs = []
    for noise in (1, 2):
        a, b = (prepare(draw(patient, one, thickness=thickness, noise=noise)) for one in both)
        pairs.append(_array(a).astype(np.float32) - _array(b).astype(np.float32))
    return pairs[0], pairs[1]


def _noise(prepare: Prepare, patient: Patient, thickness: float) -> Floats:
    """Return what noise becomes in the input."""
    noisy = _array(prepare(draw(patient, (), thickness=thickness, noise=3)))
    plain = _array(prepare(draw(patient, (), thickness=thickness, noise=None)))
    return np.asarray(noisy.astype(np.float32) - plain.astype(np.float32))


def _array(prepared: Any) -> NDArray[Any]:
    """Return an input as an array, uint8 or float32."""
    found = np.asarray(prepared)
    return found if found.dtype == np.uint8 else found.astype(np.float32, copy=False)
