"""Pictures of questions: CT slices in three planes with the evidence drawn over them."""

from medspatial.report.pictures.case_pictures import CasePictures
from medspatial.report.pictures.planes import PLANES, PlaneFrame, frame_at, scale_bar
from medspatial.report.pictures.scene import Picture, View
from medspatial.report.pictures.windows import BONE, LUNG, SOFT_TISSUE, Window, window_for

__all__ = [
    "BONE",
    "LUNG",
    "PLANES",
    "SOFT_TISSUE",
    "CasePictures",
    "Picture",
    "PlaneFrame",
    "View",
    "Window",
    "frame_at",
    "scale_bar",
    "window_for",
]
