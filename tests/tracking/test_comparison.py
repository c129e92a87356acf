"""What of a study reaches a tracker: figures, tables, figures as pictures, manifest."""

from __future__ import annotations

import json

import pytest

from medspatial.compare import compare
from medspatial.errors import InputError, MissingPackageError
from medspatial.records import Score
from medspatial.tracking import (
    MODES,
    NoTracker,
    Tracker,
    comparison_metrics,
    start_tracker,
    track_report,
    tracker_names,
)


class Memory(Tracker):
    def __init__(self):
        self.metrics, self.tables, self.figures, self.manifest, self.closed = {}, {}, {}, {}, []

    def log_metrics(self, metrics):
        self.metrics.update(metrics)

    def log_table(self, name, columns, rows):
        self.tables[name] = (list(columns), [list(row) for row in rows])

    def log_figure(self, name, path, caption=""):
        self.figures[name] = path.read_bytes()

    def log_manifest(self, manifest):
        self.manifest = dict(manifest)

    def close(self, *, failed=False):
        self.closed.append(failed)


@pytest.fixture
def comparison():
    scores = [
        Score(
            id=f"q{number}",
            case_id=f"p{number // 2}",
            question=f"question {number}",
            answer="left",
            category="laterality",
            model=model,
            arm=arm,
            metric="exact",
            score=float(right),
            correct=right,
            extracted="left" if right else "right",
        )
        for model, arm, step in [("m", "standard", 2), ("k", "standard", 3), ("m", "text_only", 5)]
        for number in range(12)
        for right in [number % step == 0]
    ]
    return compare(scores, resamples=100)


@pytest.fixture
def report(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "figures").mkdir()
    records = [{"model": "m", "accuracy": 0.5, "interval": {"low": 0.1}}, {"model": "k", "n": 3}]
    (tmp_path / "tables" / "accuracy.json").write_text(json.dumps({"name": "accuracy", "records": records}))
    (tmp_path / "figures" / "forest.png").write_bytes(b"picture")
    (tmp_path / "figures" / "forest_one_column.png").write_bytes(b"narrow")
    return tmp_path


def test_figures_of_a_comparison_by_name(comparison):
    found = comparison_metrics(comparison)
    overall = comparison.result("m").overall
    assert found["m/accuracy"] == overall.accuracy == 0.5
    assert (found["m/accuracy_low"], found["m/accuracy_high"]) == (
        overall.interval.low,
        overall.interval.high,
    )
    assert found["m/accuracy_laterality"] == 0.5
    assert found["m@text_only/accuracy"] == pytest.approx(3 / 12)
    assert found["m/grounding"] == comparison.grounding[0].value
    assert found["minimum_detectable_difference"] == comparison.mde
    assert all(isinstance(value, float) for value in found.values())


def test_a_graded_metric_is_logged_by_its_name(comparison):
    found = comparison_metrics(comparison.model_copy(update={"graded": True, "metric": "rouge"}))
    assert found["m/mean_rouge"] == 0.5
    assert "m/mean_rouge_laterality" in found
    assert not any("accuracy" in name for name in found)


def test_a_report_is_logged_whole(comparison, report):
    memory = Memory()
    with memory:
        track_report(memory, comparison, report, {"stage": "study"})
    assert memory.metrics == comparison_metrics(comparison)
    assert memory.tables["accuracy"] == (
        ["model", "accuracy", "interval", "n"],
        [["m", 0.5, '{"low": 0.1}', None], ["k", None, None, 3]],
    )
    assert memory.figures == {"forest": b"picture"}, "each figure once"
    assert memory.manifest == {"stage": "study"}
    assert memory.closed == [False]


def test_a_run_that_breaks_off_is_closed_as_failed():
    memory = Memory()
    with pytest.raises(RuntimeError), memory:
        raise RuntimeError
    assert memory.closed == [True]


def test_a_folder_without_a_report_is_refused(comparison, tmp_path):
    with pytest.raises(InputError, match="holds no report"):
        track_report(Memory(), comparison, tmp_path, {})


@pytest.mark.parametrize("to", tracker_names())
def test_disabled_needs_no_package_and_writes_nothing(to, tmp_path, comparison, report):
    tracker = start_tracker(to, project="p", folder=tmp_path / "track", mode="disabled")
    assert isinstance(tracker, NoTracker)
    with tracker:
        track_report(tracker, comparison, report, {})
    assert not (tmp_path / "track").exists()


def test_unknown_trackers_and_modes_are_refused(tmp_path):
    with pytest.raises(InputError, match="one of wandb, trackio; got 'mlflow'"):
        start_tracker("mlflow", project="p", folder=tmp_path)
    with pytest.raises(InputError, match=f"one of {', '.join(MODES)}; got 'silent'"):
        start_tracker("wandb", project="p", folder=tmp_path, mode="silent")


@pytest.mark.parametrize("to", tracker_names())
def test_a_missing_package_is_named_with_its_extra(to, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, to, None)
    with pytest.raises(MissingPackageError, match=r"medspatial\[track\]"):
        start_tracker(to, project="p", folder=tmp_path)


def test_trackio_goes_online_only_to_a_space(tmp_path):
    with pytest.raises(InputError, match="needs option 'space_id'"):
        start_tracker("trackio", project="p", folder=tmp_path, mode="online")
    with pytest.raises(InputError, match="goes to no Space"):
        start_tracker("trackio", project="p", folder=tmp_path, options={"space_id": "a/b"})
