"""Whether a case can be true: its masks against the image under them, and against the anatomy of a body."""

from medspatial.cases.examination.examination import AFFINE_ONLY, MASKS_ALONE, Examination, examine

__all__ = ["AFFINE_ONLY", "MASKS_ALONE", "Examination", "examine"]
