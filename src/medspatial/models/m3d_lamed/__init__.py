"""M3D-LaMed (LLaMA-2-7B and Phi-3-4B): 3D ViT, spatial pooling projector, causal language model."""

from medspatial.models.m3d_lamed.model import M3DLaMed

__all__ = ["M3DLaMed"]
