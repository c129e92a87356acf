"""ROUGE-1, ROUGE-2 and ROUGE-L by google-research's rouge-score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from medspatial.errors import require
from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.graded import GradedTally
from medspatial.score.registry import register_metric
from medspatial.score.versions import versions

_TYPES = ("rouge1", "rouge2", "rougeL")


@register_metric
class Rouge(Metric):
    """Shared words (ROUGE-1), word pairs (ROUGE-2), longest common subsequence (ROUGE-L: the score).

    ``rouge:stem`` uses the Porter stemmer, as the published tables of this field do.
    """

    name = "rouge"
    in_workers = True
    extra = "metrics"
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {"stem": {"stem": True}}
    warning = "knows ASCII letters and digits only; 'left kidney' for 'right kidney' scores 0.5"

    def __init__(self, *, stem: bool = False) -> None:
        self.name = "rouge:stem" if stem else "rouge"
        self._stem = stem
        scorer = require("rouge_score.rouge_scorer", "metrics")
        tokenizers = require("rouge_score.tokenizers", "metrics")
        plain = tokenizers.DefaultTokenizer(stem)
        self._scorer = scorer.RougeScorer(list(_TYPES), tokenizer=_CachedTokenizer(plain))

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Compare each row's prediction with its answer."""
        return [self._mark(row.prediction or "", row.answer) for row in rows]

    def _mark(self, prediction: str, answer: str) -> Mark:
        results = self._scorer.score(answer, prediction)
        figures = {
            f"{kind}_{figure}": float(getattr(results[kind], field))
            for kind in _TYPES
            for figure, field in (("precision", "precision"), ("recall", "recall"), ("f1", "fmeasure"))
        }
        status = "scored" if prediction.strip() else "unanswered"
        return Mark(figures["rougeL_f1"], None, status, metadata=figures)  # type: ignore[arg-type]

    def tally(self) -> Tally:
        """Return an accumulator of the means."""
        return GradedTally(self.name, tuple(f"{kind}_f1" for kind in _TYPES))

    def describe(self) -> dict[str, Any]:
        """Return convention and versions."""
        return {
            **super().describe(),
            "convention": "rouge-score F1, stemmer "
            + ("on (Porter, words over 3 letters)" if self._stem else "off"),
            "versions": versions("rouge-score", "nltk"),
        }


class _CachedTokenizer:
    """The same reference is tokenised for many models: keep the last ones."""

    def __init__(self, plain: Any) -> None:
        self._tokenize = lru_cache(maxsize=8192)(lambda text: tuple(plain.tokenize(text)))

    def tokenize(self, text: str) -> list[str]:
        return list(self._tokenize(text))
