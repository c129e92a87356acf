"""MedGemma 1.5: whole CT as a list of axial slices, each window a colour."""

from typing import TYPE_CHECKING, Any

from medspatial.models.medgemma.preparation import Preparation

if TYPE_CHECKING:
    from medspatial.models.medgemma.model import MedGemma

__all__ = ["MedGemma", "Preparation"]


def __getattr__(name: str) -> Any:
    """Import the model, which needs transformers, only when it is asked for."""
    if name == "MedGemma":
        from medspatial.models.medgemma.model import MedGemma

        return MedGemma
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
