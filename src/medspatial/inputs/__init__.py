"""What a model sees: the query in words, voxels or pictures, and the contract they keep."""

from medspatial.inputs.contract import InputContract
from medspatial.inputs.jpeg import through_jpeg
from medspatial.inputs.pictures import Pictures, render
from medspatial.inputs.preview import picture_settings, preview, settings_of
from medspatial.inputs.query import CONVENTION, Query
from medspatial.inputs.settings import PictureSettings, Representation
from medspatial.inputs.slices import chosen_slices
from medspatial.inputs.visibility import inside, near_slices, on_pictures
from medspatial.inputs.voxels import VoxelSettings, voxels
from medspatial.inputs.windows import WINDOWS, Window, channels_of
from medspatial.inputs.wording import RADIOLOGICAL, Wording

__all__ = [
    "CONVENTION",
    "RADIOLOGICAL",
    "WINDOWS",
    "InputContract",
    "PictureSettings",
    "Pictures",
    "Query",
    "Representation",
    "VoxelSettings",
    "Window",
    "Wording",
    "channels_of",
    "chosen_slices",
    "inside",
    "near_slices",
    "on_pictures",
    "picture_settings",
    "preview",
    "render",
    "settings_of",
    "through_jpeg",
    "voxels",
]
