"""Structured match: read the answer out of a reply by rules R1 to R14, and compare it with the reference."""

from medspatial.score.structured.match import match
from medspatial.score.structured.verdict import Verdict

__all__ = ["Verdict", "match"]
