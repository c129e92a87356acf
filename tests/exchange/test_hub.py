"""Results for the Hub, read by huggingface_hub; a frozen set as a benchmark there."""

from __future__ import annotations

import pytest
import yaml

from medspatial.compare import compare
from medspatial.datasets.frozen import freeze, read_frozen
from medspatial.errors import InputError
from medspatial.exchange.hub import write_hub_results
from medspatial.records import Evidence, Question, Score

SET = {"dataset_id": "org/spatial-ct", "task_id": "test", "url": "https://example.org/report"}


def _score(number, model, correct):
    return Score(
        id=f"q{number}", case_id=f"c{number // 2}", question=f"Is it {number}?", answer="yes",
        options=("yes", "no"), answer_type="yes_no", model=model, prediction="yes", metric="structured",
        score=float(correct), correct=correct, status="scored",
    )  # fmt: skip


@pytest.fixture(scope="module")
def comparison():
    rows = [_score(n, model, n % 3 > 0 or model == "best") for n in range(24) for model in ("org/m", "best")]
    return compare(rows, resamples=50)


def test_the_hub_reads_every_result(comparison, tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    paths = write_hub_results(tmp_path, comparison, **SET, revision="a" * 40, run_on="2026-11-29")
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "best/.eval_results/spatial-ct-test.yaml", "org-m/.eval_results/spatial-ct-test.yaml",
    ]  # fmt: skip
    for path, model in zip(paths, ("best", "org/m"), strict=True):
        (entry,) = hub.parse_eval_result_entries(yaml.safe_load(path.read_text()))
        found = comparison.result(model).overall
        assert entry.value == pytest.approx(100 * found.accuracy, abs=0.005)
        assert (entry.dataset_id, entry.task_id, entry.dataset_revision) == (
            "org/spatial-ct",
            "test",
            "a" * 40,
        )
        assert (entry.source_url, entry.date) == ("https://example.org/report", "2026-11-29")
        assert f"{100 * found.interval.low:.2f}".rstrip("0").rstrip(".") in entry.notes
        assert "24 questions of 12 patients" in entry.notes
        again = hub.eval_result_entries_to_yaml([entry])
        assert again == yaml.safe_load(path.read_text())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dataset_id": "spatial-ct"}, "dataset_id: must be ORG/NAME, got 'spatial-ct'"),
        ({"revision": "main"}, "revision: must be a commit"),
        ({"run_on": "yesterday"}, "date: must look like 2026-11-29"),
        ({"url": "report.html"}, "url: must begin with https://"),
    ],
)
def test_what_the_hub_would_refuse(comparison, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        write_hub_results(tmp_path, comparison, **{**SET, **change})
    assert not list(tmp_path.iterdir())


def test_a_frozen_set_carries_eval_yaml_and_datasheet(tmp_path):
    evidence = Evidence(measurement="volume", assumptions=("sides: affine only",))
    rows = [
        Question(
            case_id=f"c{n}", question=f"How large, {n}?", answer="5 ml", answer_type="number", value=5.0,
            unit="ml", category="volume", source="masks", license="CC0-1.0", evidence=evidence,
        )
        for n in range(3)
    ]  # fmt: skip
    folder = freeze(tmp_path / "set", {"train": rows[:2], "test": rows[2:]}, name="Tiny", license="CC-BY-4.0")
    told = yaml.safe_load((folder / "eval.yaml").read_text())
    assert told["evaluation_framework"] == "medspatial"
    assert told["tasks"] == [
        {"id": "train", "config": "default", "split": "train"},
        {"id": "test", "config": "default", "split": "test"},
    ]
    sheet = (folder / "DATASHEET.md").read_text()
    for line in (
        "- 3 questions about 3 cases of 3 patients; no images, no reports",
        "- split `train`: 2 questions, 2 patients",
        "- with evidence: 3 of 3",
        "- assumed, stated nowhere: sides: affine only (3 cases)",
        "- licence of the set: CC-BY-4.0",
        "- licences that the rows state: CC0-1.0 3",
    ):
        assert line in sheet.splitlines()
    assert set(read_frozen(folder)) == {"train", "test"}
