"""RadFM: 3D ViT, perceiver resampler, LLaMA-13B."""

from medspatial.models.radfm.model import RadFM

__all__ = ["RadFM"]
