"""One CT (or mask) in patient space: read, check, orient, resample, window, cut, show, write.

World coordinates are RAS+ millimetres from the affine. Left and right are the patient's.
"""

from medspatial.volume.affine import Affine
from medspatial.volume.axes import AXIS_CODES, validate_axcodes
from medspatial.volume.grid import Grid
from medspatial.volume.header import VolumeHeader
from medspatial.volume.hu import check_hu
from medspatial.volume.masks import MaskPacker, MaskSet
from medspatial.volume.plane import PLANES, Plane, PlaneFrame, frame_at
from medspatial.volume.read import READERS, read_header, read_volume
from medspatial.volume.volume import AIR_FILL, Step, Unit, Volume
from medspatial.volume.write import write_volume

__all__ = [
    "AIR_FILL",
    "AXIS_CODES",
    "PLANES",
    "READERS",
    "Affine",
    "Grid",
    "MaskPacker",
    "MaskSet",
    "Plane",
    "PlaneFrame",
    "Step",
    "Unit",
    "Volume",
    "VolumeHeader",
    "check_hu",
    "frame_at",
    "read_header",
    "read_volume",
    "validate_axcodes",
    "write_volume",
]
