"""Results of other harnesses in, ours out."""

from medspatial.exchange.reading import FORMATS, read_results
from medspatial.exchange.results import ForeignResults

__all__ = ["FORMATS", "ForeignResults", "read_results"]
