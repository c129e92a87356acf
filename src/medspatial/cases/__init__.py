"""Cases: where CT volumes and masks come from, and the built-in phantom."""

from medspatial.cases.masks import MaskPacker, MaskSet

__all__ = ["MaskPacker", "MaskSet"]
