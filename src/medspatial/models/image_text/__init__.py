"""Any model that stock transformers runs from images and text to text."""

from medspatial.models.image_text.model import ImageText

__all__ = ["ImageText"]
