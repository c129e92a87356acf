"""Changes of a case's image and masks, each recorded as plain data: what is taken out, moved, left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from medspatial.arms.box import grown_box
from medspatial.arms.elsewhere import elsewhere
from medspatial.arms.inpaint import inpainted
from medspatial.arms.opened import Mask, Opened
from medspatial.cases import CaseData
from medspatial.errors import InputError
from medspatial.questions.lesions import base_kind, kind_of
from medspatial.records import Record, content_hash
from medspatial.volume import MaskSet, Step, Volume

AIR_HU = -1000
ALONE_MM = 20.0
"""How much of the surroundings stays beside the evidence when the rest is blanked."""


class Edit(Record):
    """One change of a case.

    Attributes
    ----------
    kind
        ``remove``: the structures are filled from their surroundings, and have no mask any more.
        ``remove_elsewhere``: as many voxels that belong to no structure are filled so.
        ``alone``: all farther than 20 mm from the structures becomes air.
        ``move``: the first structure, a lesion, is set elsewhere.
        ``crop``: only the axial slices from ``start`` up to but without ``stop`` are left.
    structures
        The evidence, as in `medspatial.records.Evidence`.
    shift
        Voxels along the patient's RAS axes by which a lesion is moved.
    start, stop
        Axial slices kept, counted from the feet.
    """

    kind: Literal["remove", "remove_elsewhere", "alone", "move", "crop"]
    structures: tuple[str, ...]
    shift: tuple[int, int, int] = (0, 0, 0)
    start: int = 0
    stop: int = 0

    def view(self, case_id: str) -> str:
        """Return a name for the changed case, equal for equal changes."""
        return f"{case_id}~{content_hash(case_id, self.model_dump(mode='json'))}"


def edited(opened: Opened, edit: Edit) -> CaseData:
    """Return the changed case, stored as it was.

    Raises
    ------
    InputError
        The change does not fit the case: no voxel of its structures, no room for what is moved.
    """
    try:
        ct, masks = _EDITS[edit.kind](opened, edit)
    except ValueError as error:
        raise InputError(
            f"case {opened.data.case.case_id!r}: {edit.kind} {', '.join(edit.structures)}: {error}"
        ) from None
    parameters = edit.model_dump(mode="json", exclude_defaults=True)
    return opened.closed(replace(ct, history=(*ct.history, Step("evidence", parameters))), masks)


def _remove(opened: Opened, edit: Edit) -> tuple[Volume, MaskSet]:
    region = opened.region(edit.structures)
    return _filled(opened, edit, region), without(opened.masks, region)


def _remove_elsewhere(opened: Opened, edit: Edit) -> tuple[Volume, MaskSet]:
    region = elsewhere(opened, edit.structures)
    if region is None:
        raise ValueError("there is no equal volume that belongs to no structure")
    ct = _filled(opened, edit, region)
    floor = np.maximum(ct.voxels, np.asarray(_BODY_FLOOR, dtype=ct.voxels.dtype))
    return replace(ct, voxels=np.where(region, floor, ct.voxels)), opened.masks


def _alone(opened: Opened, edit: Edit) -> tuple[Volume, MaskSet]:
    from scipy import ndimage

    region = opened.region(edit.structures)
    if not region.any():
        raise ValueError("no voxel of these structures")
    box = grown_box(region, opened.ct.spacing, ALONE_MM)
    far = np.ones(region.shape, dtype=np.bool_)
    far[box] = ndimage.distance_transform_edt(~region[box], sampling=opened.ct.spacing) > ALONE_MM
    voxels = np.where(far, np.asarray(AIR_HU, dtype=opened.ct.voxels.dtype), opened.ct.voxels)
    return replace(opened.ct, voxels=voxels), without(opened.masks, far)


def _move(opened: Opened, edit: Edit) -> tuple[Volume, MaskSet]:
    lesion = edit.structures[0]
    region = opened.region([lesion])
    target = shifted(region, edit.shift)
    ct = _filled(opened, edit, region)
    voxels = np.array(ct.voxels)
    voxels[target] = opened.ct.voxels[region]
    return replace(ct, voxels=voxels), moved(opened, lesion, region, target)


def _crop(opened: Opened, edit: Edit) -> tuple[Volume, MaskSet]:
    a, b, depth = opened.ct.shape
    if not 0 <= edit.start < edit.stop <= depth:
        raise ValueError(f"slices {edit.start}..{edit.stop} are not among 0..{depth}")
    ct = opened.ct.cropped((0, 0, edit.start), (a, b, edit.stop))
    layers = [layer[:, :, edit.start : edit.stop] for layer in opened.masks.layers]
    return ct, MaskSet(layers, opened.masks.tables(), ct.affine, opened.masks.notes)


_EDITS: dict[str, Callable[[Opened, Edit], tuple[Volume, MaskSet]]] = {
    "remove": _remove,
    "remove_elsewhere": _remove_elsewhere,
    "alone": _alone,
    "move": _move,
    "crop": _crop,
}
_BODY_FLOOR = -299
"""What is filled elsewhere stays inside the body (above -300 HU), so that no measure of the body changes."""


def _filled(opened: Opened, edit: Edit, region: Mask) -> Volume:
    seed = int(content_hash(opened.data.case.case_id, edit.model_dump(mode="json")), 16)
    voxels = inpainted(opened.ct.voxels, region, opened.ct.spacing, np.random.default_rng(seed))
    return replace(opened.ct, voxels=voxels)


def without(masks: MaskSet, region: Mask) -> MaskSet:
    """Return the masks with a region that belongs to nothing any more."""
    layers = [np.where(region, np.zeros((), layer.dtype), layer) for layer in masks.layers]
    return MaskSet(layers, masks.tables(), masks.affine, masks.notes, masks.fields)


def shifted(region: Mask, shift: tuple[int, int, int]) -> Mask:
    """Return a region moved by whole voxels, its voxels in the same order.

    Raises
    ------
    ValueError
        It would leave the grid.
    """
    places = np.argwhere(region) + np.array(shift)
    if (places < 0).any() or (places >= region.shape).any():
        raise ValueError(f"a shift of {shift} voxels leaves the grid")
    found = np.zeros(region.shape, dtype=np.bool_)
    found[tuple(places.T)] = True
    return found


def moved(opened: Opened, lesion: str, region: Mask, target: Mask) -> MaskSet:
    """Return the masks with a lesion elsewhere; where it was, the organ that held it goes on."""
    masks = opened.masks
    own = [name for name in masks.names if base_kind(name) == kind_of(lesion) or name == kind_of(lesion)]
    layers: list[NDArray[np.generic]] = [np.array(layer) for layer in masks.layers]
    host = opened.scene.found.host_of.get(lesion)
    for name in own:
        at, value = masks.locate(name)
        here = region & (masks.layers[at] == value)
        layers[at][here] = 0
    if host is not None:
        at, value = masks.locate(host)
        layers[at][region & (layers[at] == 0)] = value
    at, value = masks.locate(own[0])
    layers[at][target] = value
    return MaskSet(layers, masks.tables(), masks.affine, masks.notes, masks.fields)
