"""AlignScore (Zha et al., ACL 2023, arXiv 2305.16739) on current transformers: text against text."""

from medspatial.score.alignscore.metric import AlignScore
from medspatial.score.alignscore.scorer import MODES, AlignScorer
from medspatial.score.alignscore.split import Splitter, chunks, sentence_splitter

__all__ = ["MODES", "AlignScore", "AlignScorer", "Splitter", "chunks", "sentence_splitter"]
