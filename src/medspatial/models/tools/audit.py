"""Orientation audit: where the patient's left, front and head land, and what is left of a small lesion.

A phantom with markers goes through a model's preparation, stored in several orientations. The place of a
marker is read from the difference between it bright and it hollow in the prepared array, so that no
knowledge of the recipe enters. Small spheres, one at a time, show what the resampling leaves of a lesion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError, MissingPackageError
from medspatial.inputs import InputContract
from medspatial.models.card import model_card, model_cards
from medspatial.models.tools.inventory import contract_of, preparation

if TYPE_CHECKING:
    from medspatial.volume import Volume

STORAGES = ("RAS", "LPS", "LAS", "PIR", "SLP")
DIAMETERS_MM = (6.0, 10.0, 20.0)
_LARGE_MM = 60.0  # a sphere whose middle no resampling touches: the full contrast
_LESION_HU = 100.0
_SHIFTS = 5  # positions per diameter, along the body diagonal, within one cell of the input
_HALF = 0.5
_AIR_HU = -1000
_FLANK_MM, _FLANK_HU = 75.0, 300.0
_DIRECTION = {"marker_left": "L", "marker_anterior": "A", "marker_superior": "S"}
_OPPOSITE = {"L": "R", "A": "P", "S": "I"}


@dataclass(frozen=True)
class MarkerPosition:
    """Where one marker of a phantom in one storage orientation lands.

    Attributes
    ----------
    axis
        Spatial array axis along which the marker lies farthest from the middle (0 is the slowest).
    place
        Its centre along the three spatial axes, 0..1.
    """

    storage: str
    marker: str
    axis: int
    place: tuple[float, float, float]


@dataclass(frozen=True)
class LesionContrast:
    """What is left of a sphere of 100 HU over its surroundings.

    Attributes
    ----------
    contrast_mean, contrast_worst
        Largest contrast in the input as a share of the full one, over several positions.
    cells_worst
        Fewest input cells that keep at least half of the full contrast.
    """

    diameter_mm: float
    contrast_mean: float
    contrast_worst: float
    cells_worst: int


@dataclass(frozen=True)
class OrientationAudit:
    """The result.

    Attributes
    ----------
    axes
        Storage orientation to the patient directions in which the array axes were seen to grow.
    largest_difference
        Between the inputs made from different storages of the same patient; 0 where storage is of
        no matter.
    """

    model: str
    contract: InputContract
    axes: dict[str, str]
    landings: tuple[MarkerPosition, ...]
    survivals: tuple[LesionContrast, ...]
    largest_difference: float

    @property
    def agrees(self) -> bool:
        """Whether every storage gave the axes that the contract declares."""
        return set(self.axes.values()) == {self.contract.axes}

    def verdict(self) -> str:
        """Return one sentence: agreement, and whether storage matters."""
        wrong = [
            f"{storage} gives {axes}" for storage, axes in self.axes.items() if axes != self.contract.axes
        ]
        if wrong:
            return f"{self.model}: array axes should grow to {self.contract.axes}, but {', '.join(wrong)}"
        return (
            f"{self.model}: array axes grow to {self.contract.axes} as declared, from every storage; "
            f"largest difference between them {self.largest_difference:.3g}"
        )

    def landing_rows(self) -> list[dict[str, Any]]:
        """Return one row per marker and storage, for printing."""
        return [
            {
                "stored": landing.storage,
                "marker": landing.marker,
                "array_axis": landing.axis,
                "place": ", ".join(f"{place:.2f}" for place in landing.place),
                "axes": self.axes[landing.storage],
                "declared": self.contract.axes,
            }
            for landing in self.landings
        ]

    def survival_rows(self) -> list[dict[str, Any]]:
        """Return one row per lesion size, for printing."""
        return [
            {
                "lesion_mm": s.diameter_mm,
                "contrast_kept": s.contrast_mean,
                "worst": s.contrast_worst,
                "cells_over_half": s.cells_worst,
            }
            for s in self.survivals
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "model": self.model,
            "agrees": self.agrees,
            "declared_axes": self.contract.axes,
            "axes": self.axes,
            "largest_difference": self.largest_difference,
            "landings": [asdict(landing) for landing in self.landings],
            "survivals": [asdict(survival) for survival in self.survivals],
        }


Prepare = Callable[["Volume"], NDArray[Any]]
MarkerPhantom = Callable[..., Any]  # (spacing=, axcodes=) to what has .ct (Volume) and .masks.mask(name)


def audit(
    model: str,
    prepare: Prepare,
    contract: InputContract,
    phantom_of: MarkerPhantom,
    *,
    spacing: float = 1.5,
    storages: Sequence[str] = STORAGES,
    diameters: Sequence[float] = DIAMETERS_MM,
) -> OrientationAudit:
    """Send marker phantoms through a preparation.

    Parameters
    ----------
    phantom_of
        Makes the phantom, `medspatial.cases.phantom.make_marker_phantom`.
    spacing
        Of the phantom with lesions, mm; for the markers twice as much is enough.

    Raises
    ------
    InputError
        The model is not given a volume, which an audit does not cover, or the prepared array has no three
        spatial axes.
    """
    if contract.representation != "volume":
        raise _not_covered(
            model,
            f"it is given {contract.representation}, and markers are followed along a volume's three axes",
        )
    axes, landings, difference = {}, [], 0.0
    first: NDArray[Any] | None = None
    phantom = phantom_of(spacing=2 * spacing)
    body = _textured(phantom.ct)
    for storage in storages:
        whole = _prepared(prepare, body.oriented(storage), contract)
        seen = ["?", "?", "?"]
        for marker, letter in _DIRECTION.items():
            hollow = _filled(body, phantom.masks.mask(marker), _AIR_HU)
            place = _centre(whole - _prepared(prepare, hollow.oriented(storage), contract))
            axis = int(np.argmax(np.abs(np.array(place) - _HALF)))
            seen[axis] = letter if place[axis] > _HALF else _OPPOSITE[letter]
            landings.append(MarkerPosition(storage, marker, axis, place))
        axes[storage] = "".join(seen)
        first = whole if first is None else first
        difference = max(difference, _largest_difference(first, whole))
    survivals = tuple(_survivals(prepare, contract, phantom_of(spacing=spacing).ct, diameters))
    return OrientationAudit(model, contract, axes, tuple(landings), survivals, difference)


def covered() -> tuple[str, ...]:
    """Return the models that an audit covers: those whose preparation, without weights, gives a volume."""
    found = []
    for name, card in model_cards().items():
        try:
            contract = None if card.preparation is None else contract_of(preparation(name))
        except MissingPackageError:
            continue
        if contract is not None and contract.representation == "volume":
            found.append(name)
    return tuple(found)


def audited_preparation(model: str, **options: Any) -> Any:
    """Make the preparation of a model for its audit.

    Raises
    ------
    InputError
        A model without card, one whose preparation needs its weights, or a wrong option.
    """
    if model_card(model).preparation is None:
        raise _not_covered(model, "it has no preparation that works without its weights")
    return preparation(model, **options)


def _not_covered(model: str, why: str) -> InputError:
    return InputError(f"models audit does not cover '{model}': {why}; covered: {', '.join(covered())}")


def _prepared(prepare: Prepare, volume: Volume, contract: InputContract) -> NDArray[np.float64]:
    """Return the input as (D, H, W); channels are summed."""
    array = np.asarray(prepare(volume), dtype=np.float64)
    if array.ndim == 4 and contract.channels:
        array = array.sum(axis=0)
    if array.ndim != 3:
        raise InputError(f"audit: needs an input with three spatial axes, got an array of {array.shape}")
    return array


def _filled(volume: Volume, where: NDArray[np.bool_], hu: float) -> Volume:
    return replace(volume, voxels=np.where(where, hu, volume.voxels).astype(volume.voxels.dtype))


def _centre(change: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the centre of a change along the axes, 0..1."""
    strong = np.abs(change)
    strong = np.where(strong >= _HALF * strong.max(), strong, 0.0)
    if strong.sum() == 0:
        raise InputError("audit: a marker left no trace in the input")
    places = []
    for axis, size in enumerate(change.shape):
        others = tuple(other for other in range(3) if other != axis)
        weights = strong.sum(axis=others)
        places.append(float((weights * (np.arange(size) + 0.5)).sum() / weights.sum() / size))
    return places[0], places[1], places[2]


def _largest_difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(np.abs(a - b).max()) if a.shape == b.shape else float("inf")


def _survivals(
    prepare: Prepare, contract: InputContract, base: Volume, diameters: Sequence[float]
) -> list[LesionContrast]:
    base = _with_dense_flanks(_textured(base))
    plain = _prepared(prepare, base, contract)
    full = float(np.abs(_prepared(prepare, _with_sphere(base, _LARGE_MM, 0.0), contract) - plain).max())
    if full == 0:
        raise InputError(f"audit: a sphere of {_LESION_HU:g} HU left no trace in the input")
    cell = max(_extent(base)) / max(1, min(plain.shape))
    found = []
    for diameter in diameters:
        kept, cells = [], []
        for shift in np.linspace(0.0, cell, _SHIFTS, endpoint=False):
            change = np.abs(_prepared(prepare, _with_sphere(base, diameter, float(shift)), contract) - plain)
            kept.append(float(change.max()) / full)
            cells.append(int((change >= _HALF * full).sum()))
        found.append(LesionContrast(diameter, float(np.mean(kept)), min(kept), min(cells)))
    return found


def _textured(volume: Volume) -> Volume:
    """Add 0 to 99 HU inside the body, as tissue varies: recipes that crop or scale by it need that."""
    i, j, k = np.ogrid[tuple(slice(0, n) for n in volume.shape)]
    texture = np.where(volume.voxels > _AIR_HU, (7 * i + 13 * j + 29 * k) % 100, 0)
    return replace(volume, voxels=(volume.voxels + texture).astype(volume.voxels.dtype))


def _with_dense_flanks(volume: Volume) -> Volume:
    """Make the body's flanks dense, so that a recipe with percentiles does not clip the lesion away."""
    from_middle = np.abs(np.arange(volume.shape[0]) - (volume.shape[0] - 1) / 2) * volume.spacing[0]
    flank = (from_middle > _FLANK_MM)[:, None, None] & (volume.voxels > _AIR_HU)
    return _filled(volume, flank, _FLANK_HU)


def _extent(volume: Volume) -> tuple[float, ...]:
    return tuple(n * s for n, s in zip(volume.shape, volume.spacing, strict=True))


def _with_sphere(volume: Volume, diameter: float, shift: float) -> Volume:
    """Add 100 HU inside a sphere near the middle, moved by ``shift`` mm along every axis."""
    middle = [(n - 1) / 2 * s + shift for n, s in zip(volume.shape, volume.spacing, strict=True)]
    grid = np.ogrid[tuple(slice(0, n) for n in volume.shape)]
    squared = sum(
        (axis * step - centre) ** 2 for axis, step, centre in zip(grid, volume.spacing, middle, strict=True)
    )
    inside = np.asarray(squared) <= (diameter / 2) ** 2
    voxels = volume.voxels.astype(np.float32) + _LESION_HU * inside.astype(np.float32)
    return replace(volume, voxels=voxels)
