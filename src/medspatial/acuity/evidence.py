"""What an input holds of the questions of a benchmark: whether their evidence can be seen in it at all.

For each structure of a question there are two pictures: the CT as it is, and the CT in which the structure
has the mean HU of what lies within 10 mm of it, with the same noise. They differ by its contrast and by what
is seen inside it. The ideal observer knows both, prepared as the model prepares its volumes, and tells which
one it is given: the same observer as on the graded phantoms. Where the preparation makes both equal, the
input holds nothing of the structure, and nobody can answer by looking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.acuity.observer import Floats, Prepare, discriminability, prepared_array, share_right
from medspatial.arms.arm import ReadCase
from medspatial.arms.box import grown_box
from medspatial.arms.inpaint import SHELL_MM, SMOOTH_VOXELS, texture_of
from medspatial.arms.opened import Mask, Opened
from medspatial.errors import InputError
from medspatial.records import Question, Sight
from medspatial.volume import Volume

LEAST_NOISE_HU = 1.0
"""Noise of an image without any, such as a phantom's: else everything could be told apart."""
BODY_HU = -300
"""Above this is body, below it air or lung."""
_TISSUE_HU = (-50.0, 150.0)
_FEW_VOXELS = 8
_SKIN_VOXELS = 3
_MOST = 1e6  # of d, in the records


def sights(
    name: str,
    prepare: Prepare,
    questions: Sequence[Question],
    read: ReadCase,
    *,
    told: Callable[[str], None] = lambda case_id: None,
) -> Iterator[Sight]:
    """Yield what an input holds of each question that has structures in the masks of its case.

    Questions without are left out, and so are cases without CT or masks.

    Parameters
    ----------
    name
        Of the input, for the records.
    prepare
        From a volume in HU to the input, an array.
    read
        Returns volume and masks of a case.
    told
        Called with each case when it is done.
    """
    groups: dict[str, list[Question]] = {}
    for question in questions:
        if question.evidence is not None and question.evidence.structures:
            groups.setdefault(question.case_id, []).append(question)
    for case_id, group in groups.items():
        data = read(case_id)
        if data.ct is not None and data.masks is not None and data.masks.names:
            held = CaseObserver(prepare, Opened(data))
            yield from filter(None, (_sight(name, held, question) for question in group))
        told(case_id)


def _sight(name: str, held: CaseObserver, question: Question) -> Sight | None:
    assert question.evidence is not None
    structures = dict.fromkeys(question.evidence.structures)
    found = {one: looked for one in structures if (looked := held.look(one)) is not None}
    if not found:
        return None
    least = min(found, key=lambda one: found[one].d)
    seen = float(np.prod([2 * share_right(one.d) - 1 for one in found.values()]))
    return Sight(
        id=question.id,
        input=name,
        structure=least,
        d=round(min(found[least].d, _MOST), 4),
        seen=round(min(max(seen, 0.0), 1.0), 6),
        contrast=round(min(one.contrast for one in found.values()), 2),
    )


@dataclass(frozen=True)
class Look:
    """What one input holds of one structure: its contrast in the CT in HU, and ``d`` in the input."""

    contrast: float
    d: float


class CaseObserver:
    """The ideal observer of one case in one input; each structure is looked at once."""

    def __init__(self, prepare: Prepare, opened: Opened) -> None:
        self._prepare, self._opened = prepare, opened
        self._codes = opened.data.ct.axcodes if opened.data.ct is not None else "RAS"
        self._known: dict[str, Look | None] = {}
        self._voxels = opened.ct.voxels.astype(np.float32)
        self._plain = self._prepared(self._voxels)
        rng, spread = np.random.default_rng(41), np.float32(noise_hu(opened.ct))
        field = spread * rng.standard_normal(opened.ct.shape, dtype=np.float32)
        # not at the skin: a crop to the body that a preparation makes by values would move with it
        noisy = self._voxels + np.where(_inner(opened.ct), field, np.float32(0))
        prepared = self._prepared(noisy)
        if prepared.shape != self._plain.shape:
            raise InputError(
                f"case {opened.data.case.case_id!r}: the size of this input changes with noise in the image "
                f"({self._plain.shape} to {prepared.shape}), so that what it holds cannot be compared"
            )
        self._noise = np.asarray(prepared.astype(np.float32) - self._plain.astype(np.float32))
        # grey levels are compared under another noise too, which rounds them fairly
        self._other = (noisy, prepared) if self._plain.dtype == np.uint8 else None

    def look(self, structure: str) -> Look | None:
        """Return what the input holds of a structure; None where the case has no voxel of it."""
        if structure not in self._known:
            region = self._opened.region([structure])
            self._known[structure] = self._looked(region) if region.any() else None
        return self._known[structure]

    def _looked(self, region: Mask) -> Look:
        pattern = pattern_hu(self._opened.ct, region)
        contrast = float(np.sqrt(np.square(pattern).mean()))
        difference = self._difference(self._plain, self._voxels, region, pattern)
        template = difference
        if self._other is not None:
            noisy, prepared = self._other
            template = self._difference(prepared, noisy, region, pattern)
        if difference is None or template is None:
            return Look(contrast, _MOST)
        return Look(contrast, discriminability(difference, template, self._noise))

    def _difference(
        self, prepared: NDArray[Any], voxels: Floats, region: Mask, pattern: Floats
    ) -> Floats | None:
        """Return what a structure changes in the input; None where the input's size alone tells."""
        without = voxels.copy()
        without[region] -= pattern
        other = self._prepared(without)
        if other.shape != prepared.shape:
            return None
        return np.asarray(prepared.astype(np.float32) - other.astype(np.float32))

    def _prepared(self, voxels: Floats) -> NDArray[Any]:
        """Prepare an image that is stored as the case is."""
        volume = replace(self._opened.ct, voxels=voxels)
        return prepared_array(self._prepare(volume.oriented(self._codes)))


def _inner(ct: Volume) -> Mask:
    """(3D) voxels at least three voxels from the air around the body and from the sides of the grid."""
    from scipy import ndimage

    parts, _ = ndimage.label(np.asarray(ct.voxels) <= BODY_HU)
    faces = [parts[0], parts[-1], parts[:, 0], parts[:, -1]]
    around = np.isin(parts, np.unique(np.concatenate([face.ravel() for face in faces])))
    around &= parts > 0
    around[[0, -1]] = around[:, [0, -1]] = True
    return ~np.asarray(ndimage.binary_dilation(around, iterations=_SKIN_VOXELS))


def pattern_hu(ct: Volume, region: Mask) -> Floats:
    """Return what is seen of a region: its HU without noise, less the mean of what lies within 10 mm of it.

    Parameters
    ----------
    region
        (3D) on the grid of the CT, not empty.

    Returns
    -------
    array
        (voxels,) HU, smoothed over 2 voxels inside the region, in the order of the region's voxels. Of noise
        a twentieth is left, so that a structure without any contrast seems to have a little.
    """
    from scipy import ndimage

    box = grown_box(region, ct.spacing, SHELL_MM)
    inside, hu = region[box], np.asarray(ct.voxels[box], dtype=np.float32)
    far = ndimage.distance_transform_edt(~inside, sampling=ct.spacing)
    around = (far > 0) & (far <= SHELL_MM)
    if not around.any():
        return np.zeros(int(inside.sum()), dtype=np.float32)
    weight = inside.astype(np.float32)
    total = ndimage.gaussian_filter(hu * weight, SMOOTH_VOXELS)
    smooth = total[inside] / np.maximum(ndimage.gaussian_filter(weight, SMOOTH_VOXELS)[inside], 1e-6)
    return np.asarray(smooth - hu[around].mean(), dtype=np.float32)


def noise_hu(ct: Volume) -> float:
    """Return the noise of a CT: the spread inside its soft tissue, at least 1 HU."""
    voxels = np.asarray(ct.voxels, dtype=np.float32)
    tissue = (voxels > _TISSUE_HU[0]) & (voxels < _TISSUE_HU[1])
    if int(tissue.sum()) < _FEW_VOXELS:
        return LEAST_NOISE_HU
    return max(LEAST_NOISE_HU, texture_of(voxels, tissue).sd)
