"""Which rules apply to a structure: kind and component limits, from the anatomy table."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.anatomy import describe

STRAY_SHARE = 0.05
STRAY_SHARE_SCATTERED = 0.01
"""Pieces below this share of the structure are set aside; colon, small bowel, ribs, vessels: the second."""

LARGEST_SHARE = 0.90
LARGEST_SHARE_SOLID = 0.98
MINIMUM_VOXELS = 100
MINIMUM_ML = 1.0
MINIMUM_LESION_VOXELS = 27


@dataclass(frozen=True)
class Traits:
    """The limits of one structure.

    Parameters
    ----------
    lesion
        Whether it is a lesion: its pieces are separate lesions, so none is stray.
    stray_share
        Pieces smaller than this share are set aside.
    largest_share
        Share that the largest piece must hold for the structure to be WHOLE; 0 where any is allowed.
    minimum_voxels, minimum_ml
        Least size of a WHOLE structure.
    """

    lesion: bool
    stray_share: float
    largest_share: float
    minimum_voxels: int
    minimum_ml: float


def traits(name: str) -> Traits:
    """Limits of a structure; a name that the anatomy table does not know is an ordinary organ."""
    known = describe(name)
    if known.kind == "lesion":
        return Traits(True, 0.0, 0.0, MINIMUM_LESION_VOXELS, 0.0)
    loose = known.scattered or known.vessel
    share = LARGEST_SHARE_SOLID if known.solid else LARGEST_SHARE
    return Traits(
        lesion=False,
        stray_share=STRAY_SHARE_SCATTERED if loose else STRAY_SHARE,
        largest_share=0.0 if known.scattered else share,
        minimum_voxels=MINIMUM_VOXELS,
        minimum_ml=MINIMUM_ML,
    )
