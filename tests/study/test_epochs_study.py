"""A study that asks several times: what is drawn anew, and that one run is as before."""

from __future__ import annotations

import json

import pytest

from medspatial.arms import arm, epoch_names
from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.records import Prediction, Question, read_records
from medspatial.study import StudyConfig, run_study
from medspatial.study.claim import configuration

_ENDS = ("@standard-epoch-2", "@standard-epoch-3")


def _config(**more):
    return StudyConfig.model_validate(
        {
            "cases": {"phantom": {"count": 2, "seed": 1, "spacing": 8.0}},
            "questions": {"subtypes": ["V2", "D4"], "forms": ["choice"]},
            "models": ["random", "oracle"],
            "compare": {"resamples": 50},
            "report": {"max_pictures": 0, "figures": []},
            **more,
        }
    )


def test_a_model_that_draws_draws_anew(tmp_path):
    run = run_study(_config(epochs=3), tmp_path / "run")
    folder = tmp_path / "run" / "predictions"
    names = [f"{model}{end}" for model in ("random", "oracle") for end in ("", *_ENDS)]
    texts = {
        name: [row.prediction for row in read_records(folder / f"{name}.jsonl", Prediction)] for name in names
    }
    assert texts["oracle"] == texts["oracle@standard-epoch-2"]
    assert len({tuple(texts[name]) for name in texts if name.startswith("random")}) == 3
    told = json.loads((tmp_path / "run" / "compare" / "comparison.json").read_text())
    by_model = {row["model"]: row for row in told["epochs"]}
    assert (by_model["oracle"]["epoch"], by_model["oracle"]["changed"]) == (0, 0)
    assert by_model["random"]["epochs"] == 3
    assert by_model["random"]["share"] > 0
    assert told["arms"] == ["standard"]
    page = (tmp_path / "run" / "report" / "index.html").read_text()
    assert "Repeated sampling" in page
    assert run.failed == 0


def test_one_run_is_the_study_of_before():
    assert "epochs" not in configuration(_config())
    assert configuration(_config(epochs=2))["epochs"] == 2
    assert _config().all_arms() == ("standard",)
    assert _config(epochs=3, arms=["mirrored"]).all_arms() == ("standard", "mirrored", *epoch_names(3))


def test_names_of_repeats():
    assert arm("standard-epoch-2").sample == 1
    for name in ("standard-epoch-1", "standard-epoch-02", "mirrored-epoch-2"):
        with pytest.raises(InputError, match="unknown arm"):
            arm(name)


def test_the_same_question_has_another_draw():
    one = Question(case_id="c", question="Where?", answer="left")
    first, again = Query.of(one), Query.of(one, 1)
    assert first.id == again.id
    assert (first.draw, again.draw) == (one.id, f"{one.id}#1")
