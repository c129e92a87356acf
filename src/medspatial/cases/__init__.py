"""Cases: where CT volumes and masks come from, and the built-in phantom."""

from medspatial.cases.found import Found, LeftOut
from medspatial.cases.layouts import scan_cases
from medspatial.cases.load import MIRROR, CaseData, cases_root, find_cases, load_case, read_cases
from medspatial.cases.masks import MaskPacker, MaskSet
from medspatial.cases.phantom import Phantom, make_marker_phantom, make_phantom, write_phantoms
from medspatial.cases.segment import Segmented, Segmenter, segment_cases, totalsegmentator
from medspatial.cases.sides import check_sides, split_sides
from medspatial.cases.sources import Grid, MaskReader
from medspatial.cases.state import file_state

__all__ = [
    "MIRROR",
    "CaseData",
    "Found",
    "Grid",
    "LeftOut",
    "MaskPacker",
    "MaskReader",
    "MaskSet",
    "Phantom",
    "Segmented",
    "Segmenter",
    "cases_root",
    "check_sides",
    "file_state",
    "find_cases",
    "load_case",
    "make_marker_phantom",
    "make_phantom",
    "read_cases",
    "scan_cases",
    "segment_cases",
    "split_sides",
    "totalsegmentator",
    "write_phantoms",
]
