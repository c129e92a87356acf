"""AlignScore as a metric: the reply is the claim, the reference the context."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.records import Prediction
from medspatial.score.alignscore.scorer import MODES, AlignScorer
from medspatial.score.alignscore.split import Splitter
from medspatial.score.base import Mark, Metric, Tally, unscored
from medspatial.score.graded import GradedTally
from medspatial.score.registry import register_metric
from medspatial.score.versions import versions

CONTEXTS = ("answer", "statement", "report")
TEMPLATE = "Question: {question} Answer: {text}"


@register_metric
class AlignScore(Metric):
    """Is everything that the reply says supported by the reference? Text against text; no image is seen.

    Parameters
    ----------
    checkpoint, backbone, splitter, batch_size, device
        See :class:`AlignScorer`.
    mode
        One of ``nli_sp`` (as published), ``nli``, ``bin_sp``, ``bin``, ``reg_sp``, ``reg``.
    context
        ``answer``: the reply against the reference answer; ``statement``: both put behind the question by
        the template ``Question: ... Answer: ...``; ``report``: the reply against ``metadata["report"]``. The
        three give different numbers and have different names.
    """

    name = "alignscore"
    extra = "models"
    in_workers = remade = True
    variants = {mode: {"mode": mode} for mode in MODES} | {
        "statement": {"context": "statement"},
        "report": {"context": "report"},
    }
    warning = (
        "compares two texts and never sees the image; trained on general English; short answers are no "
        "statements, and "
        "exchanged sides can score high: measure that on counterfactual pairs before calling it factual"
    )

    def __init__(
        self,
        *,
        checkpoint: str | Path,
        backbone: str | Path,
        mode: str = "nli_sp",
        context: str = "answer",
        splitter: str | Splitter = "punkt",
        batch_size: int = 32,
        device: str = "cpu",
    ) -> None:
        if context not in CONTEXTS:
            raise InputError(f"alignscore context must be one of {', '.join(CONTEXTS)}, got {context!r}")
        parts = [part for part, default in ((mode, "nli_sp"), (context, "answer")) if part != default]
        self.name = ":".join(["alignscore", *parts])
        self._mode, self._context = mode, context
        self._checkpoint, self._backbone = Path(checkpoint), str(backbone)
        self._scorer = AlignScorer(
            checkpoint, backbone, splitter=splitter, batch_size=batch_size, device=device
        )

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Score the batch; rows without context or claim are unscored with the cause."""
        pairs = [self._pair(row) for row in rows]
        known = [pair for pair in pairs if pair is not None]
        figures = iter(self._scorer.score([c for c, _ in known], [c for _, c in known], self._mode))
        marks = []
        for pair in pairs:
            figure = next(figures) if pair is not None else None
            if figure is not None:
                marks.append(Mark(figure))
            elif pair is None:
                marks.append(unscored("the row's metadata has no 'report'"))
            else:
                marks.append(unscored("the reply is blank: there is no sentence to score"))
        return marks

    def _pair(self, row: Prediction) -> tuple[str, str] | None:
        claim = row.prediction or ""
        if self._context == "report":
            report = row.metadata.get("report")
            return (str(report), claim) if report else None
        if self._context == "statement":
            stated = TEMPLATE.format(question=row.question, text=claim) if claim.strip() else ""
            return TEMPLATE.format(question=row.question, text=row.answer), stated
        return row.answer, claim

    def tally(self) -> Tally:
        """Return an accumulator of the means."""
        return GradedTally(self.name)

    def describe(self) -> dict[str, Any]:
        """Return checkpoint, backbone, mode, context, splitter and versions."""
        return {
            **super().describe(),
            "checkpoint": self._checkpoint.name,
            "backbone": self._backbone,
            "mode": self._mode,
            "context": self._context,
            "template": TEMPLATE if self._context == "statement" else None,
            "splitter": self._scorer.splitter.name,
            "dtype": "float32",
            "versions": versions("torch", "transformers", "tokenizers", "nltk"),
        }
