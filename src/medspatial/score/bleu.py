"""BLEU-1 to BLEU-4 by sacrebleu: per row, and pooled over the corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from medspatial.errors import require
from medspatial.records import Prediction, Score
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.registry import register_metric
from medspatial.score.versions import versions

MAX_ORDER = 4
BLEU_CONVENTION = (
    "sacrebleu, 0 to 100, one reference, tokeniser 13a, lower-cased, both sides stripped, cumulative with "
    "uniform weights, "
    "smoothing 'exp'; rows with effective order, corpus pooled without"
)
CASED_CONVENTION = (
    "sacrebleu, order 1, case kept, tokeniser 13a, no smoothing (what scripts with Hugging Face 'bleu', "
    "max_order 1 print, times 100)"
)


@register_metric
class Bleu(Metric):
    """n-gram precision with a brevity penalty; the score is BLEU-4, the others lie in the metadata.

    The variant ``bleu:cased1`` is the BLEU-1 of M3D-style scripts.
    """

    name = "bleu"
    in_workers = True
    extra = "metrics"
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {"cased1": {"cased1": True}}
    warning = (
        "counts shared words: 'left kidney' for 'right kidney' scores 50, and short correct answers to "
        "long references score near 0"
    )

    def __init__(self, *, cased1: bool = False) -> None:
        self._cased1 = cased1
        self.name = "bleu:cased1" if cased1 else "bleu"
        bleu = require("sacrebleu.metrics", "metrics").BLEU
        self._bleu = (
            bleu(max_ngram_order=1, smooth_method="none", effective_order=True)
            if cased1
            else bleu(lowercase=True, max_ngram_order=MAX_ORDER, smooth_method="exp", effective_order=True)
        )

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Compare each row's prediction with its answer."""
        return [self._mark((row.prediction or "").strip(), row.answer.strip()) for row in rows]

    def _mark(self, prediction: str, answer: str) -> Mark:
        result = self._bleu.sentence_score(prediction, [answer])
        counts = {
            "counts": list(result.counts),
            "totals": list(result.totals),
            "lengths": [result.sys_len, result.ref_len],
        }
        figures = {f"bleu{n}": self._order(counts, n, rows=True) for n in range(1, len(result.counts) + 1)}
        status = "scored" if prediction else "unanswered"
        score = figures[f"bleu{len(figures)}"]
        return Mark(score, None, status, metadata={**figures, "bleu_counts": counts})  # type: ignore[arg-type]

    def _order(self, counts: dict[str, list[int]], order: int, *, rows: bool) -> float:
        """Return BLEU of one order from the sufficient statistics of a row or a corpus."""
        result = self._bleu.compute_bleu(
            counts["counts"][:order],
            counts["totals"][:order],
            *counts["lengths"],
            smooth_method="none" if self._cased1 else "exp",
            effective_order=rows,
            max_ngram_order=order,
        )
        return float(result.score)

    def tally(self) -> Tally:
        """Return an accumulator that pools n-gram counts."""
        return _BleuTally(self)

    def describe(self) -> dict[str, Any]:
        """Return convention, sacrebleu's signature and version."""
        return {
            **super().describe(),
            "convention": CASED_CONVENTION if self._cased1 else BLEU_CONVENTION,
            "versions": versions("sacrebleu"),
        }


class _BleuTally(Tally):
    """Pools counts over all rows, and over the rows with an answer."""

    def __init__(self, metric: Bleu) -> None:
        super().__init__(metric.name)
        self._bleu = metric
        self._pools: dict[str, dict[str, list[int]]] = {}

    def add(self, score: Score) -> None:
        super().add(score)
        counts = score.metadata.get("bleu_counts")
        if counts is None:
            return
        for pool in ("corpus", "corpus_answered") if score.status == "scored" else ("corpus",):
            known = self._pools.get(pool)
            if known is None:
                self._pools[pool] = {name: list(figures) for name, figures in counts.items()}
                continue
            for name, figures in counts.items():
                known[name] = [a + b for a, b in zip(known[name], figures, strict=True)]

    def details(self) -> dict[str, Any]:
        found = super().details()
        for pool, counts in self._pools.items():
            orders = range(1, len(counts["counts"]) + 1)
            found[pool] = {f"bleu{n}": self._bleu._order(counts, n, rows=False) for n in orders}
        return found
