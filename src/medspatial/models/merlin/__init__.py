"""Merlin: inflated ResNet-152 for CT, contrastive with Clinical-Longformer, and a report generator."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medspatial.models.merlin.model import merlin

__all__ = ["merlin"]


def __getattr__(name: str) -> Any:
    """Import the model only when it is asked for: its preparation alone needs far less."""
    if name == "merlin":
        from medspatial.models.merlin.model import merlin

        return merlin
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
