"""Golden values of the text metrics, to their stated tolerance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.errors import MissingPackageError
from medspatial.records import Prediction
from medspatial.score import metric, normalise

pytest.importorskip("sacrebleu")
pytest.importorskip("rouge_score")
pytest.importorskip("nltk")


@pytest.fixture(scope="module")
def golden():
    file = Path(__file__).parents[1] / "reference" / "text_metrics.json"
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rows(golden):
    return [
        Prediction(case_id="c", id=i["id"], question="q?", answer=i["reference"], prediction=i["prediction"])
        for i in golden["items"]
    ]


def test_normalisation(golden):
    for item in golden["items"]:
        assert normalise(item["prediction"]) == item["normalised_prediction"]
        assert normalise(item["reference"]) == item["normalised_reference"]


@pytest.mark.parametrize(
    ("name", "figure", "key"),
    [
        ("exact", None, "exact_match"),
        ("exact_naive", None, "exact_match_seed"),
        ("token_f1", None, "token_f1"),
        ("bleu", "bleu1", "bleu.1"),
        ("bleu", "bleu2", "bleu.2"),
        ("bleu", "bleu3", "bleu.3"),
        ("bleu", None, "bleu.4"),
        ("bleu:cased1", None, "bleu1_cased_unsmoothed"),
        ("rouge", "rougeL_precision", "rougeL.precision"),
        ("rouge", "rougeL_recall", "rougeL.recall"),
        ("rouge", None, "rougeL.f1"),
        ("rouge", "rouge1_f1", "rouge1_f1"),
        ("rouge:stem", None, "rougeL_stemmed_f1"),
        ("meteor", None, "meteor"),
        ("meteor:sentences", None, "meteor_sentence_split"),
    ],
)
def test_items(golden, rows, name, figure, key):
    try:
        scores = metric(name).score(rows)
    except MissingPackageError as error:
        pytest.skip(str(error))
    for score, item in zip(scores, golden["items"], strict=True):
        want = item
        for part in key.split("."):
            want = want[part]
        got = score.metadata[figure] if figure else score.score
        assert got == pytest.approx(want, abs=golden["tolerance"]), item["id"]


def test_corpus(golden, rows):
    judged = metric("bleu")
    corpus = judged.aggregate(judged.score(rows)).details["corpus"]
    for order, want in golden["corpus"]["bleu"].items():
        assert corpus[f"bleu{order}"] == pytest.approx(want, abs=golden["tolerance"])
    means = golden["corpus"]["mean"]
    for name, key in (
        ("exact", "exact_match"),
        ("token_f1", "token_f1"),
        ("rouge:stem", "rougeL_stemmed_f1"),
    ):
        judged = metric(name)
        assert judged.aggregate(judged.score(rows)).mean == pytest.approx(means[key], abs=golden["tolerance"])
