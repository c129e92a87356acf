"""Pictures of questions: CT slices in three planes with the evidence drawn over them."""

from medspatial.report.pictures.case_pictures import CasePictures
from medspatial.report.pictures.scene import Picture, View

__all__ = ["CasePictures", "Picture", "View"]
