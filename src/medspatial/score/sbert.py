"""Cosine of sentence embeddings (sentence-transformers)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, require
from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.graded import GradedTally
from medspatial.score.registry import register_metric
from medspatial.score.versions import versions

DEFAULT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"


@register_metric
class SbertCosine(Metric):
    """Cosine of the embeddings of reply and reference, both stripped and lower-cased.

    Parameters
    ----------
    model
        A hub name or a folder with a sentence-transformers model.
    batch_size
        Texts per pass.
    device
        ``cpu``, ``cuda``, ... ; by default what the library chooses.
    """

    name = "sbert"
    extra = "metrics"
    in_workers = remade = True
    warning = "'left kidney' and 'right kidney' lie close together: a wrong side still scores high"

    def __init__(
        self, *, model: str = DEFAULT_MODEL, batch_size: int = 128, device: str | None = None
    ) -> None:
        library = require("sentence_transformers", "metrics")
        if ("/" not in model or model.startswith((".", "/"))) and not Path(model).is_dir():
            raise InputError(
                f"sbert: no model folder '{model}' (give a folder, or a hub name such as {DEFAULT_MODEL})"
            )
        try:
            self._encoder = library.SentenceTransformer(model, device=device)
        except OSError as error:
            raise InputError(f"sbert: cannot load model '{model}': {error}") from error
        self._model = model
        self._batch_size = batch_size

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Embed each distinct text of the batch once, and compare."""
        pairs = [((row.prediction or "").strip().lower(), row.answer.strip().lower()) for row in rows]
        places: dict[str, int] = {}
        for pair in pairs:
            for text in pair:
                places.setdefault(text, len(places))
        vectors = self._encoder.encode(
            list(places), batch_size=self._batch_size, normalize_embeddings=True, show_progress_bar=False
        )
        marks = []
        for prediction, answer in pairs:
            cosine = float(vectors[places[prediction]] @ vectors[places[answer]])
            marks.append(Mark(cosine if prediction else 0.0, None, "scored" if prediction else "unanswered"))
        return marks

    def tally(self) -> Tally:
        """Return an accumulator of the means."""
        return GradedTally(self.name)

    def describe(self) -> dict[str, Any]:
        """Return model, conventions and versions."""
        return {
            **super().describe(),
            "model": self._model,
            "convention": "stripped, lower-cased, normalised embeddings, cosine; a blank reply scores 0",
            "versions": versions("sentence-transformers", "transformers", "torch"),
        }
