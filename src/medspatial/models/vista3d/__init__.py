"""VISTA3D: a segmenter of 117 structures and more by label prompts, on MONAI's own network."""

from typing import TYPE_CHECKING, Any

from medspatial.models.vista3d.prompts import EVERYTHING, expanded

if TYPE_CHECKING:
    from medspatial.models.vista3d.segmenter import Vista3D

__all__ = ["EVERYTHING", "Vista3D", "expanded"]


def __getattr__(name: str) -> Any:
    """Import the segmenter, which needs MONAI, only when it is asked for."""
    if name == "Vista3D":
        from medspatial.models.vista3d.segmenter import Vista3D

        return Vista3D
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
