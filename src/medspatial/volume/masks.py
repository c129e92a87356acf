"""All masks of one case on one grid: a few integer layers instead of one array per structure."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.anatomy import canonical_name, swap_side
from medspatial.errors import InputError
from medspatial.volume.affine import Affine
from medspatial.volume.fields import Box, border_words, mirrored_box, turned_box
from medspatial.volume.fingerprint import content_fingerprint
from medspatial.volume.grid import Grid
from medspatial.volume.layers import BYTE_LABELS, Layer, compact, frozen, value_counts
from medspatial.volume.volume import Volume


@dataclass(frozen=True)
class _Place:
    layer: int
    value: int
    voxels: int


class MaskSet:
    """Named masks of one case, packed into integer layers that share one grid.

    Masks of one layer cannot overlap; masks that do lie in different layers.

    Parameters
    ----------
    layers
        Non-negative whole-number arrays of one shape (3D); kept as uint8 or uint16, read-only.
    names
        For each layer its values' names; values without a name and names without voxels are left out.
    affine
        Grid of all layers: voxel index to RAS+ millimetres.
    notes
        What was set aside on the way here, one sentence each.
    fields
        By name, the box of voxels that the mask's file has seen, where that is not the whole grid.

    Raises
    ------
    InputError
        If layers and names do not fit together, the shapes differ, or a name occurs twice.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        names: Sequence[Mapping[int, str]],
        affine: Affine,
        notes: Iterable[str] = (),
        fields: Mapping[str, Box] | None = None,
    ) -> None:
        if len(layers) != len(names):
            raise InputError(
                f"masks: needs one table of names per layer, got {len(layers)} layers and {len(names)}"
            )
        self.layers: tuple[Layer, ...] = tuple(compact(layer) for layer in layers)
        shapes = {layer.shape for layer in self.layers}
        if len(shapes) > 1:
            raise InputError(f"masks: all layers must share one grid, got shapes {sorted(shapes)}")
        self.grid = Grid(next(iter(shapes)) if shapes else (0, 0, 0), affine)
        self._places: dict[str, _Place] = {}
        for index, (layer, table) in enumerate(zip(self.layers, names, strict=True)):
            self._register(index, layer, table)
        self.notes = (*notes, *self._drop_twins())
        self.fields: dict[str, Box] = {name: box for name, box in (fields or {}).items() if name in self}

    @classmethod
    def from_masks(
        cls, masks: Mapping[str, NDArray[Any]], affine: Affine, notes: Iterable[str] = ()
    ) -> MaskSet:
        """Pack one array per structure (non-zero is inside) into as few layers as the order given allows.

        Empty masks are left out; a mask equal to an earlier one is left out with a note.
        """
        packer = MaskPacker()
        for name, mask in masks.items():
            packer.add(name, np.asarray(mask) != 0)
        return packer.finish(affine, notes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the masks that have voxels, by layer and value."""
        return tuple(self._places)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return f"MaskSet({len(self)} masks in {len(self.layers)} layers, shape {self.shape})"

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of voxels along each array axis."""
        return self.grid.shape

    @property
    def affine(self) -> Affine:
        """Map of voxel indices to RAS+ mm."""
        return self.grid.affine

    @property
    def partial(self) -> bool:
        """Whether a mask's file ends inside the grid: what lies beyond was never looked for."""
        return any(border_words(box, self.grid) for box in self.fields.values())

    def locate(self, name: str) -> tuple[int, int]:
        """Return (layer index, label value) of a mask."""
        place = self._place(name)
        return place.layer, place.value

    def voxels(self, name: str) -> int:
        """Return the number of voxels of a mask."""
        return self._place(name).voxels

    def mask(self, name: str) -> NDArray[np.bool_]:
        """Return a mask as a new boolean array of the grid's shape."""
        place = self._place(name)
        return np.asarray(self.layers[place.layer] == place.value)

    def tables(self) -> list[dict[int, str]]:
        """Return for each layer its values' names."""
        tables: list[dict[int, str]] = [{} for _ in self.layers]
        for name, place in self._places.items():
            tables[place.layer][place.value] = name
        return tables

    def centroid(self, name: str) -> NDArray[np.float64]:
        """Return a mask's centroid in RAS+ millimetres, (3,)."""
        place = self._place(name)
        return self.affine.apply(self._centroids[place.layer][place.value])

    @cached_property
    def _centroids(self) -> tuple[NDArray[np.float64], ...]:
        """Centroids (voxel index) of all values, one pass per layer."""
        import cc3d

        return tuple(
            np.asarray(cc3d.statistics(np.asfortranarray(layer), no_slice_conversion=True)["centroids"])
            for layer in self.layers
        )

    @cached_property
    def fingerprint(self) -> str:
        """Hash of names, voxels and affine; equal masks on equal grids have equal fingerprints."""
        digest = hashlib.blake2b(digest_size=16)
        for layer in self.layers:
            digest.update(content_fingerprint(layer, self.affine).encode())
        digest.update(repr([(name, self.locate(name)) for name in self.names]).encode())
        return digest.hexdigest()

    def oriented(self, codes: str) -> MaskSet:
        """Return the same masks stored along other axes (lossless); ``codes`` such as ``"RAS"``."""
        layers = [volume.oriented(codes).voxels for volume in self._volumes()]
        turned = self._replaced(layers, self.grid.oriented(codes), {})
        turned.fields = {name: turned_box(box, self.grid, turned.grid) for name, box in self.fields.items()}
        return turned

    def mirrored(self) -> MaskSet:
        """Return the mirrored patient: voxels mirrored left to right, affine kept, sides exchanged.

        A structure whose name carries a side is named by the side where it now lies.
        """
        renamed = {name: swap_side(name) for name in self.names}
        layers = [volume.mirrored().voxels for volume in self._volumes()]
        mirrored = self._replaced(layers, self.grid, renamed)
        mirrored.fields = {renamed[name]: mirrored_box(box, self.grid) for name, box in self.fields.items()}
        return mirrored

    def moved(self, change: Callable[[Layer], Layer]) -> MaskSet:
        """Return the set with each layer's voxels moved in the same way within the grid.

        Parameters
        ----------
        change
            Takes a layer (i, j, k) and gives one of the same shape with the same voxels at other places.
        """
        return self._replaced([change(layer) for layer in self.layers], self.grid, {})

    def combined(self, other: MaskSet) -> MaskSet:
        """Return both sets in one; of a name that occurs in both, the first is kept and a note says so."""
        if other.grid != self.grid:
            raise InputError(f"masks: cannot join different grids, shapes {self.shape} and {other.shape}")
        doubled = [name for name in other.names if name in self]
        tables = self.tables() + [
            {value: name for value, name in table.items() if name not in self} for table in other.tables()
        ]
        notes = [f"{name}: given twice, the first is used" for name in doubled]
        return MaskSet(
            [*self.layers, *other.layers],
            tables,
            self.affine,
            [*self.notes, *other.notes, *notes],
            {**other.fields, **self.fields},
        )

    def with_notes(self, *notes: str) -> MaskSet:
        """Return the same masks with further notes."""
        return MaskSet(self.layers, self.tables(), self.affine, [*self.notes, *notes], self.fields)

    def without(self, names: Iterable[str]) -> MaskSet:
        """Return the set without some structures; their voxels stay in the layers, without a name."""
        new = self._replaced(self.layers, self.grid, {})
        for name in names:
            new._places.pop(name, None)
        new.fields = {name: box for name, box in self.fields.items() if name in new}
        return new

    def _place(self, name: str) -> _Place:
        place = self._places.get(name)
        if place is None:
            known = ", ".join(sorted(self._places)) or "none"
            raise InputError(f"no mask named {name!r} in this case; it has: {known}")
        return place

    def _register(self, index: int, layer: Layer, table: Mapping[int, str]) -> None:
        counts = value_counts(layer)
        for value in sorted(table):
            name, voxels = table[value], int(counts[value]) if 0 < value < len(counts) else 0
            if name in self._places:
                raise InputError(f"masks: the name {name!r} occurs twice")
            if voxels:
                self._places[name] = _Place(index, value, voxels)

    def _drop_twins(self) -> list[str]:
        """Set aside masks that equal an earlier one: two names for one mask cannot both be asked about."""
        notes: list[str] = []
        by_size: dict[int, list[str]] = {}
        for name, place in list(self._places.items()):
            rivals = by_size.setdefault(place.voxels, [])
            twin = next((one for one in rivals if self._equal(one, name)), None)
            if twin is None:
                rivals.append(name)
            else:
                del self._places[name]
                notes.append(f"{name}: same voxels as {twin}, ignored")
        return notes

    def _equal(self, first: str, second: str) -> bool:
        if self._places[first].layer == self._places[second].layer:
            return False
        return bool(np.array_equal(self.mask(first), self.mask(second)))

    def _volumes(self) -> list[Volume]:
        return [Volume(layer, self.affine, unit="label") for layer in self.layers]

    def _replaced(self, layers: Sequence[Layer], grid: Grid, renamed: Mapping[str, str]) -> MaskSet:
        """Return a set with moved voxels; nothing has to be counted again."""
        new = MaskSet.__new__(MaskSet)
        new.grid, new.notes, new.fields = grid, self.notes, {}
        new.layers = tuple(frozen(layer) for layer in layers)
        new._places = {renamed.get(name, name): replace(place) for name, place in self._places.items()}
        return new


class MaskPacker:
    """Packs masks that arrive one by one, so that no more than one boolean array is held at a time."""

    def __init__(self) -> None:
        self._layers: list[Layer] = []
        self._tables: list[dict[int, str]] = []
        self._digests: dict[bytes, str] = {}
        self._fields: dict[str, Box] = {}
        self.notes: list[str] = []

    def add(self, name: str, mask: NDArray[np.bool_], field: Box | None = None) -> None:
        """Add one mask; an empty one is left out, and so is one that equals an earlier mask (with a note).

        Parameters
        ----------
        field
            The box that the mask's file has seen; None for the whole grid.
        """
        name = canonical_name(name)
        if not mask.any():
            return
        if any(name in table.values() for table in self._tables):
            self.notes.append(f"{name}: given twice, the first is used")
            return
        digest = hashlib.blake2b(np.packbits(mask).tobytes(), digest_size=16).digest()
        if digest in self._digests:
            self.notes.append(f"{name}: same voxels as {self._digests[digest]}, ignored")
            return
        self._digests[digest] = name
        index = self._free_layer(mask)
        value = len(self._tables[index]) + 1
        if value > BYTE_LABELS and self._layers[index].dtype == np.uint8:
            self._layers[index] = self._layers[index].astype(np.uint16)
        self._layers[index][mask] = value
        self._tables[index][value] = name
        if field is not None:
            self._fields[name] = field

    def finish(self, affine: Affine, notes: Iterable[str] = ()) -> MaskSet:
        """Return the packed set."""
        return MaskSet(self._layers, self._tables, affine, [*notes, *self.notes], self._fields)

    def _free_layer(self, mask: NDArray[np.bool_]) -> int:
        for index, layer in enumerate(self._layers):
            if layer.shape != mask.shape:
                raise InputError(f"masks: all must share one grid, got shapes {layer.shape} and {mask.shape}")
            if not layer[mask].any():
                return index
        self._layers.append(np.zeros(mask.shape, np.uint8))
        self._tables.append({})
        return len(self._layers) - 1
