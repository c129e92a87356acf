"""The visible share: a field of predictions and scores, read from the metadata of earlier files."""

from __future__ import annotations

import json

import pytest

from medspatial.errors import InputError
from medspatial.records import Prediction, Score, read_records, visible_share
from medspatial.score import metric

ROW = {"case_id": "c", "question": "q?", "answer": "left", "prediction": "left"}


def test_a_question_is_as_visible_as_its_least_visible_point():
    assert visible_share({"visible_points": [1.0, 0.25, 0.5]}) == 0.25
    assert visible_share({"visible_share": 0.75, "visible_points": [0.0]}) == 0.75
    assert visible_share({"visible_points": []}) is None
    assert visible_share({"visible_points": None}) is None
    assert visible_share({}) is None


@pytest.mark.parametrize(
    "bad", [{"visible_share": 1.2}, {"visible_points": [0.1, True]}, {"visible_points": 1}]
)
def test_a_bad_figure_is_an_error_with_its_line(bad, tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({**ROW, "metadata": bad}))
    with pytest.raises(InputError, match=r"p.jsonl:1: .*visible_"):
        read_records(path, Prediction)


def test_a_bad_field_is_an_error():
    with pytest.raises(ValueError, match="visible_share"):
        Prediction(**ROW, visible_share=1.5)


def test_the_share_of_earlier_files_moves_from_the_metadata(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_text(json.dumps({**ROW, "metadata": {"visible_share": 0.5, "own": 1}}))
    (row,) = read_records(path, Prediction).rows
    assert (row.visible_share, row.metadata) == (0.5, {"own": 1})
    score = Score.model_validate({**ROW, "metric": "exact", "metadata": {"visible_share": 0.25}})
    assert (score.visible_share, score.metadata) == (0.25, {})
    assert '"visible_share": 0.25' in score.to_json()


def test_a_score_has_the_share_of_its_prediction():
    (score,) = metric("exact").score([Prediction(**ROW, metadata={"visible_points": [1.0, 0.5]})])
    assert score.visible_share == 0.5
