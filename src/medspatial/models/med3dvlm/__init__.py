"""Med3DVLM (Qwen2.5-7B): DCFormer tower, MLP-mixer projector, causal language model."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from medspatial.models.med3dvlm.model import Med3DVLM

__all__ = ["Med3DVLM"]


def __getattr__(name: str) -> Any:
    """Import the model only when it is asked for: its preparation alone needs far less."""
    if name == "Med3DVLM":
        from medspatial.models.med3dvlm.model import Med3DVLM

        return Med3DVLM
    raise AttributeError(name)
