"""The volume: voxels that know where they lie in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume import orient, region, resample
from medspatial.volume.affine import Affine
from medspatial.volume.axes import validate_axcodes
from medspatial.volume.fingerprint import content_fingerprint
from medspatial.volume.grid import Grid
from medspatial.volume.hu import check_hu

Unit = Literal["HU", "label", "intensity", "unknown"]
UNITS: tuple[str, ...] = get_args(Unit)

# HU of air just below the usual lower end of a scanner's scale; the customary padding value.
AIR_FILL = -1024.0


@dataclass(frozen=True)
class Step:
    """One entry of a volume's history: what was done, with which parameters."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Volume:
    """A 3D image in patient space. Every transform gives a new volume with one more history entry.

    Parameters
    ----------
    voxels
        3D array indexed ``[i, j, k]``; kept as a read-only view, of the type it came in.
    affine
        Map of ``ijk`` to RAS+ mm.
    unit
        What a value means: ``"HU"``, ``"label"``, ``"intensity"`` (windowed) or ``"unknown"``.
    history
        Steps since reading.
    source
        Path that was read, for messages.

    Raises
    ------
    InputError
        If the array is not 3D, is empty, is not numeric, or the unit is unknown.

    Notes
    -----
    Orienting, cropping and mirroring give views, which may have negative strides; use
    ``numpy.ascontiguousarray`` where a library needs plain memory.
    """

    voxels: NDArray[Any]
    affine: Affine
    unit: Unit = "unknown"
    history: tuple[Step, ...] = ()
    source: str | None = None

    def __post_init__(self) -> None:
        voxels = np.asarray(self.voxels)
        where = f"{self.source}: " if self.source else ""
        if voxels.ndim != 3:
            raise InputError(f"{where}a volume needs 3 dimensions, got shape {voxels.shape}")
        if voxels.size == 0:
            raise InputError(f"{where}the volume is empty, its shape is {voxels.shape}")
        if voxels.dtype.kind not in "biuf":
            raise InputError(f"{where}voxels must be numbers, got type {voxels.dtype}")
        if self.unit not in UNITS:
            raise InputError(f"{where}unit {self.unit!r}: must be one of {', '.join(UNITS)}")
        if not isinstance(self.affine, Affine):
            object.__setattr__(self, "affine", Affine(self.affine))
        view = voxels.view()
        view.flags.writeable = False
        object.__setattr__(self, "voxels", view)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each array axis."""
        a, b, c = self.voxels.shape
        return a, b, c

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Millimetres between voxel centres along each array axis."""
        return self.affine.spacing

    @property
    def axcodes(self) -> str:
        """Where the array axes point, such as ``"LPS"``."""
        return self.affine.axcodes

    @cached_property
    def fingerprint(self) -> str:
        """Hash of voxel values and affine (see :func:`medspatial.volume.fingerprint.content_fingerprint`)."""
        return content_fingerprint(self.voxels, self.affine)

    @cached_property
    def grid(self) -> Grid:
        """Where the voxels lie."""
        return Grid(self.shape, self.affine)

    @property
    def centre(self) -> tuple[float, float, float]:
        """World position (RAS+ mm) of the middle of the grid."""
        return self.grid.centre

    def _repr_html_(self) -> str:
        from medspatial.volume.notebook_view import volume_html

        return volume_html(self.voxels, self.grid, self.unit, self.source)

    def oriented(self, axcodes: str) -> Volume:
        """The same patient stored along other axes; lossless, world positions kept."""
        codes = validate_axcodes(axcodes)
        voxels, affine = orient.reoriented(self.voxels, self.affine, codes)
        return self._next(voxels, affine, Step("oriented", {"from": self.axcodes, "to": codes}))

    def mirrored(self) -> Volume:
        """The patient's left and right exchanged about the grid's own centre; the affine stays."""
        return self._next(orient.mirrored(self.voxels, self.affine), self.affine, Step("mirrored"))

    def resampled(self, spacing: Sequence[float] | float, order: int | None = None) -> Volume:
        """The same field of view at another spacing (mm, per array axis or one number for all).

        ``order`` 0 nearest, 1 trilinear, 3 cubic; by default 0 for labels and 1 for all else.
        See :mod:`medspatial.volume.resample` for the conventions.
        """
        steps = (spacing,) * 3 if isinstance(spacing, int | float) else tuple(float(s) for s in spacing)
        return self._sampled(resample.grid_of_spacing(self.grid, steps), order, 0.0, {"spacing": list(steps)})

    def resampled_to(self, grid: Grid, order: int | None = None, fill: float | None = None) -> Volume:
        """Values on another grid, by world position; ``fill`` outside (-1024 for HU, else 0)."""
        if fill is None:
            fill = AIR_FILL if self.unit == "HU" else 0.0
        step = {"shape": list(grid.shape), "affine": grid.affine.matrix.tolist(), "fill": fill}
        return self._sampled(grid, order, fill, step)

    def windowed(self, low: float, high: float, out: tuple[float, float] = (0.0, 1.0)) -> Volume:
        """Values clipped to low..high and mapped linearly to ``out``; float32."""
        if not (np.isfinite(low) and np.isfinite(high) and low < high):
            raise InputError(f"window: needs low < high, got {low}..{high}")
        values = np.clip(self.voxels, low, high, dtype=np.float32)
        values -= np.float32(low)
        values *= np.float32((out[1] - out[0]) / (high - low))
        values += np.float32(out[0])
        np.clip(values, min(out), max(out), out=values)  # float32 rounding may step out by 1e-7
        step = Step("windowed", {"low": low, "high": high, "out": list(out)})
        return self._next(values, self.affine, step, unit="intensity")

    def cropped(self, start: Sequence[int], stop: Sequence[int]) -> Volume:
        """Voxels ``start`` up to but without ``stop``, along each array axis."""
        voxels, affine = region.cropped(self.voxels, self.affine, start, stop)
        return self._next(voxels, affine, Step("cropped", {"start": _ints(start), "stop": _ints(stop)}))

    def padded(self, before: Sequence[int], after: Sequence[int], fill: float) -> Volume:
        """More voxels of value ``fill`` at both ends of each array axis."""
        voxels, affine = region.padded(self.voxels, self.affine, before, after, fill)
        parameters = {"before": _ints(before), "after": _ints(after), "fill": fill}
        return self._next(voxels, affine, Step("padded", parameters))

    def cropped_or_padded(self, shape: Sequence[int], fill: float) -> Volume:
        """Crop or pad about the centre to this shape."""
        voxels, affine = region.cropped_or_padded(self.voxels, self.affine, shape, fill)
        return self._next(voxels, affine, Step("cropped_or_padded", {"shape": _ints(shape), "fill": fill}))

    def check_hu(self) -> None:
        """Refuse values that cannot be CT in HU; see :func:`medspatial.volume.hu.check_hu`."""
        check_hu(self.voxels, self.source)

    def with_unit(self, unit: Unit) -> Volume:
        """The same values with another meaning; HU is checked."""
        if unit == "HU":
            self.check_hu()
        return replace(self, unit=unit)

    def _sampled(self, grid: Grid, order: int | None, fill: float, parameters: dict[str, Any]) -> Volume:
        if order is None:
            order = 0 if self.unit == "label" else 1
        if self.unit == "label" and order != 0:
            raise InputError(f"resample: labels allow only order 0 (nearest), got {order}")
        voxels = resample.resampled_to(self.voxels, self.affine, grid, order=order, fill=fill)
        return self._next(voxels, grid.affine, Step("resampled", {**parameters, "order": order}))

    def _next(self, voxels: NDArray[Any], affine: Affine, step: Step, unit: Unit | None = None) -> Volume:
        return Volume(voxels, affine, unit or self.unit, (*self.history, step), self.source)

    def __repr__(self) -> str:
        shape = "x".join(map(str, self.shape))
        spacing = " x ".join(f"{s:.3g}" for s in self.spacing)
        return f"Volume({shape} {self.voxels.dtype}, {self.axcodes}, {spacing} mm, {self.unit})"


def _ints(values: Sequence[int]) -> list[int]:
    return [int(v) for v in values]
