"""METEOR by nltk, with WordNet 3.0 synonyms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar

from medspatial.errors import MissingPackageError, require
from medspatial.records import Prediction
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.graded import GradedTally
from medspatial.score.registry import register_metric
from medspatial.score.versions import versions
from medspatial.score.wordnet import load_wordnet

_TOKENS = {
    "words": "nltk word_tokenize(preserve_line=True), lower-cased",
    "white": "stripped, lower-cased, split on white space (as published tables of this field)",
    "sentences": "nltk word_tokenize after Punkt sentence splitting, lower-cased (as Hugging Face 'meteor')",
}


@register_metric
class Meteor(Metric):
    """Word alignment by form, stem and synonym, with a penalty for fragments.

    ``meteor:white`` splits on white space only; ``meteor:sentences`` splits sentences first and needs nltk's
    ``punkt_tab``.
    """

    name = "meteor"
    in_workers = True
    extra = "metrics"
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "white": {"tokens": "white"},
        "sentences": {"tokens": "sentences"},
    }
    warning = (
        "two identical one-word answers score 0.5, not 1; 'left' and 'right' differ by one word of the "
        "sentence"
    )

    def __init__(self, *, tokens: str = "words", wordnet: str | None = None) -> None:
        self.name = "meteor" if tokens == "words" else f"meteor:{tokens}"
        self._tokens = tokens
        self._single = require("nltk.translate.meteor_score", "metrics").single_meteor_score
        stemmer = require("nltk.stem.porter", "metrics").PorterStemmer()
        self._stemmer = _CachedStemmer(stemmer)
        self._wordnet = load_wordnet(wordnet)
        self._split = lru_cache(maxsize=8192)(_splitter(tokens))

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Compare each row's prediction with its answer."""
        return [self._mark(row.prediction or "", row.answer) for row in rows]

    def _mark(self, prediction: str, answer: str) -> Mark:
        score = 0.0
        if prediction.strip() and answer.strip():
            score = self._single(
                self._split(answer),
                self._split(prediction),
                stemmer=self._stemmer,
                wordnet=self._wordnet.reader,
            )
        return Mark(float(score), None, "scored" if prediction.strip() else "unanswered")

    def tally(self) -> Tally:
        """Return an accumulator of the means."""
        return GradedTally(self.name)

    def describe(self) -> dict[str, Any]:
        """Return parameters, tokeniser, WordNet's place and versions."""
        return {
            **super().describe(),
            "convention": f"alpha 0.9, beta 3, gamma 0.5, Porter stemmer; {_TOKENS[self._tokens]}",
            "wordnet": self._wordnet.source,
            "versions": versions("nltk"),
        }


def _splitter(tokens: str) -> Any:
    if tokens == "white":
        return lambda text: tuple(text.strip().lower().split())
    tokenize = require("nltk.tokenize", "metrics").word_tokenize
    if tokens == "words":
        return lambda text: tuple(tokenize(text, preserve_line=True))
    try:
        tokenize("One. Two.")
    except LookupError:
        raise MissingPackageError(
            "meteor:sentences needs Punkt; run: python -m nltk.downloader punkt_tab"
        ) from None
    return lambda text: tuple(tokenize(text))


class _CachedStemmer:
    def __init__(self, plain: Any) -> None:
        self.stem = lru_cache(maxsize=65536)(plain.stem)
