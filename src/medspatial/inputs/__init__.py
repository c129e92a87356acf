"""What a model sees: the query in words, voxels or pictures, and the contract they keep."""

from medspatial.inputs.contract import InputContract
from medspatial.inputs.jpeg import through_jpeg
from medspatial.inputs.overlay import Masks
from medspatial.inputs.pictures import Pictures, render
from medspatial.inputs.planes import PLANES, Grid, PlaneFrame, frame_at, scale_bar
from medspatial.inputs.query import CONVENTION, Query
from medspatial.inputs.settings import PictureSettings, Representation
from medspatial.inputs.shown import picture_settings, settings_of, shown
from medspatial.inputs.slices import chosen_slices
from medspatial.inputs.visibility import inside, near_slices, on_pictures
from medspatial.inputs.voxels import VoxelSettings, voxels
from medspatial.inputs.windows import WINDOWS, Window, channels_of
from medspatial.inputs.wording import RADIOLOGICAL, Wording

__all__ = [
    "CONVENTION",
    "PLANES",
    "RADIOLOGICAL",
    "WINDOWS",
    "Grid",
    "InputContract",
    "Masks",
    "PictureSettings",
    "Pictures",
    "PlaneFrame",
    "Query",
    "Representation",
    "VoxelSettings",
    "Window",
    "Wording",
    "channels_of",
    "chosen_slices",
    "frame_at",
    "inside",
    "near_slices",
    "on_pictures",
    "picture_settings",
    "render",
    "scale_bar",
    "settings_of",
    "shown",
    "through_jpeg",
    "voxels",
]
