"""What a volume file says before its voxels are read, and whether its affine can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.axes import validate_axcodes
from medspatial.volume.grid import Grid
from medspatial.volume.scanner import check_scannable

# Angle between qform and sform axes from which on they tell different sides.
_CONFLICT_COSINE = np.cos(np.deg2rad(45.0))


@dataclass(frozen=True)
class VolumeHeader:
    """Grid and stored type of a volume file; cheap to read.

    Attributes
    ----------
    assumed_axes
        The axis codes the user stated, where the file has no usable affine; else None.
    stated_unit
        The length unit that the file states where it is not millimetres; the affine is converted.
    """

    grid: Grid
    dtype: np.dtype[Any]
    path: Path
    assumed_axes: str | None = None
    stated_unit: str | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each array axis."""
        return self.grid.shape

    @property
    def affine(self) -> Affine:
        """Map of voxel indices to RAS+ mm."""
        return self.grid.affine


@dataclass(frozen=True)
class StoredGeometry:
    """The geometry as a format gives it, before any rule is applied.

    Attributes
    ----------
    matrix
        (4, 4), ijk to RAS+ mm.
    spacing
        As stated, for use with assumed axes.
    missing
        Why the matrix means nothing, when the format says so (no qform and no sform); else None.
    stated_unit
        The length unit that the file states where it is not millimetres; matrix and spacing are converted.
    """

    matrix: NDArray[np.float64]
    spacing: Sequence[float]
    missing: str | None = None
    stated_unit: str | None = None


@dataclass(frozen=True)
class StoredVolume:
    """What a format's reader gives: the header, and a function that reads the voxels ``[i, j, k]``.

    Attributes
    ----------
    scaling
        Slope and intercept that the voxels get while they are read.
    files
        With the voxels, where they lie beside the header.
    """

    shape: tuple[int, int, int]
    geometry: StoredGeometry
    dtype: np.dtype[Any]
    load: Callable[[], NDArray[Any]]
    scaling: tuple[float, float] = (1.0, 0.0)
    files: tuple[Path, ...] = ()


def is_plain(matrix: NDArray[np.float64]) -> bool:
    """Whether a matrix is only spacing: a positive diagonal with zero origin."""
    block = matrix[:3, :3]
    diagonal = np.diag(block)
    return bool(
        np.allclose(block, np.diag(diagonal), atol=1e-6)
        and (diagonal > 0).all()
        and np.allclose(matrix[:3, 3], 0, atol=1e-6)
    )


def usable_affine(
    geometry: StoredGeometry, shape: Sequence[int], path: Path, assume_axes: str | None
) -> tuple[Affine, str | None]:
    """The affine to use, and the axis codes assumed for it (None where the file's own is good).

    Notes
    -----
    Refused unless the user states the axes: no affine in the file, or a plain spacing diagonal with zero
    origin, which is what converters write when they lost the orientation. With ``assume_axes`` such a file
    gets its stated spacing along those axes, with the grid's centre at world zero; a file with a usable
    affine keeps its own.

    Raises
    ------
    InputError
        For a missing or plain affine without ``assume_axes``, a singular one, a spacing not positive, or a
        grid that no scanner gives (see `medspatial.volume.scanner`).
    """
    reason = geometry.missing
    if reason is None and is_plain(geometry.matrix):
        reason = "the affine is a plain spacing diagonal with zero origin"
    try:
        if reason is None:
            affine = Affine(geometry.matrix)
            check_scannable(affine.matrix, shape, path, geometry.stated_unit)
            return affine, None
        if assume_axes is None:
            raise InputError(
                f"no usable affine, so left and right are unknown ({reason}); "
                "if you know the axes, state them: assume_axes='LPS' (--assume-axes LPS)"
            )
        codes = validate_axcodes(assume_axes)
        spacing = [float(s) for s in geometry.spacing]
        if not all(np.isfinite(s) and s > 0 for s in spacing):
            raise InputError(f"spacing must be positive, got {spacing}")
        affine = Affine.from_axcodes(codes, spacing, shape=shape)
        check_scannable(affine.matrix, shape, path, geometry.stated_unit)
        return affine, codes
    except InputError as error:
        text = str(error)
        raise InputError(text if text.startswith(f"{path}: ") else f"{path}: {text}") from None


def forms_apart(qform: NDArray[np.float64], sform: NDArray[np.float64], shape: Sequence[int]) -> float:
    """Return how far apart (mm) two affines of one file put the same corner of the grid, at most."""
    ends = np.array(np.meshgrid(*((0, n - 1) for n in shape), indexing="ij")).reshape(3, -1).T
    places = [ends @ matrix[:3, :3].T + matrix[:3, 3] for matrix in (qform, sform)]
    return float(np.linalg.norm(places[0] - places[1], axis=1).max())


def forms_conflict(qform: NDArray[np.float64], sform: NDArray[np.float64]) -> bool:
    """Whether two affines of one file point corresponding axes more than 45 degrees apart."""
    units = [m[:3, :3] / np.linalg.norm(m[:3, :3], axis=0) for m in (qform, sform)]
    cosines = np.sum(units[0] * units[1], axis=0)
    return bool((cosines < _CONFLICT_COSINE).any())


def volume_shape(shape: Sequence[int], path: Path) -> tuple[int, int, int]:
    """Three sizes out of what the file states; a fourth and later dimension of size 1 is dropped.

    Raises
    ------
    InputError
        If it is not 3D, or a dimension is empty.
    """
    sizes = [int(n) for n in shape]
    while len(sizes) > 3 and sizes[-1] == 1:
        sizes.pop()
    if len(sizes) != 3:
        raise InputError(
            f"{path}: a volume needs 3 dimensions, the file has {len(sizes)}: shape {tuple(sizes)}"
        )
    if min(sizes) < 1:
        raise InputError(f"{path}: the volume is empty, its shape is {tuple(sizes)}")
    return sizes[0], sizes[1], sizes[2]
