"""M3D-LaMed (LLaMA-2-7B and Phi-3-4B): 3D ViT, spatial pooling projector, causal language model."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medspatial.models.m3d_lamed.model import M3DLaMed

__all__ = ["M3DLaMed"]


def __getattr__(name: str) -> Any:
    """Import the model only when it is asked for: its preparation alone needs far less."""
    if name == "M3DLaMed":
        from medspatial.models.m3d_lamed.model import M3DLaMed

        return M3DLaMed
    raise AttributeError(name)
