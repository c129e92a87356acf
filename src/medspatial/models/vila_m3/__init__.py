"""VILA-M3: a 2D vision-language model that may call VISTA3D as its expert."""

from typing import TYPE_CHECKING, Any

from medspatial.models.vila_m3.preparation import Preparation

if TYPE_CHECKING:
    from medspatial.models.vila_m3.model import VilaM3

__all__ = ["Preparation", "VilaM3"]


def __getattr__(name: str) -> Any:
    """Import the model only when it is asked for: its preparation alone needs far less."""
    if name == "VilaM3":
        from medspatial.models.vila_m3.model import VilaM3

        return VilaM3
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
