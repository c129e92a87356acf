"""Pictures of questions: CT slices in three planes with the evidence drawn over them."""

from medspatial.inputs.planes import PLANES, PlaneFrame, frame_at, scale_bar
from medspatial.inputs.windows import BONE, LUNG, SOFT_TISSUE, Window
from medspatial.report.pictures.case_pictures import CasePictures
from medspatial.report.pictures.scene import Picture, View
from medspatial.report.pictures.windows import window_for

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
