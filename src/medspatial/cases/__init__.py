"""Cases: where CT volumes and masks come from, and the built-in phantom."""

from medspatial.cases.discovery import Discovery, LeftOut, refusal
from medspatial.cases.examination import AFFINE_ONLY, MASKS_ALONE, Examination, examine
from medspatial.cases.fingerprint import case_fingerprint
from medspatial.cases.layouts import scan_cases
from medspatial.cases.load import MIRROR, CaseData, find_cases, load_case, read_cases
from medspatial.cases.outside import is_outside, outside_cases, outside_sources, source_callable
from medspatial.cases.phantom import Phantom, make_marker_phantom, make_phantom, write_phantoms
from medspatial.cases.segment import Segmented, Segmenter, segment_cases, totalsegmentator
from medspatial.cases.sides import split_sides
from medspatial.cases.sources import MaskReader, named_by

__all__ = [
    "AFFINE_ONLY",
    "MASKS_ALONE",
    "MIRROR",
    "CaseData",
    "Discovery",
    "Examination",
    "LeftOut",
    "MaskReader",
    "Phantom",
    "Segmented",
    "Segmenter",
    "case_fingerprint",
    "examine",
    "find_cases",
    "is_outside",
    "load_case",
    "make_marker_phantom",
    "make_phantom",
    "named_by",
    "outside_cases",
    "outside_sources",
    "read_cases",
    "refusal",
    "scan_cases",
    "segment_cases",
    "source_callable",
    "split_sides",
    "totalsegmentator",
    "write_phantoms",
]
