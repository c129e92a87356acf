"""Our results in formats of others, read back by their own readers."""

import json

import pytest

import medspatial as ms
from medspatial.compare import compare
from medspatial.datasets.frozen import freeze
from medspatial.errors import InputError
from medspatial.exchange import read_results
from medspatial.exchange.croissant import write_croissant
from medspatial.exchange.every_eval_ever import write_every_eval_ever
from medspatial.exchange.inspect_export import write_inspect_logs


@pytest.fixture(scope="module")
def asked():
    found = []
    for seed in (1, 2, 3):
        found += ms.questions(ms.make_phantom(seed=seed, spacing=8), subtypes=["L1", "D5"])
    return found


@pytest.fixture(scope="module")
def scores(asked):
    rows = [
        ms.Prediction(
            **one.model_dump(
                include={"id", "case_id", "patient_id", "question", "answer", "category", "options"}
            ),
            answer_type=one.answer_type,
            prediction=one.answer if model == "right" else "cannot say",
            model=model,
        )
        for model in ("right", "org/refuses")
        for one in asked
    ]
    return ms.score(rows, "structured")


def test_inspect_reads_what_we_write_and_we_read_it_back(asked, scores, tmp_path):
    logs = pytest.importorskip("inspect_ai.log")
    paths = write_inspect_logs(tmp_path / "logs", scores, questions=asked)
    assert [path.name for path in paths] == ["right_standard.eval", "org-refuses_standard.eval"]
    log = logs.read_eval_log(str(paths[0]))
    assert log.status == "success"
    assert log.results.scores[0].metrics["mean"].value == 1
    assert log.samples[0].metadata["evidence"]["measurement"] == asked[0].evidence.measurement
    assert log.samples[0].scores["structured"].value == "C"
    assert logs.read_eval_log(str(paths[1])).samples[0].scores["structured"].value == "N"
    back = read_results(tmp_path / "logs")
    assert not back.notes
    assert {one.id for one in back.predictions} == {one.id for one in asked}
    ours, theirs = (compare(rows, resamples=50) for rows in (scores, back.scores))
    for model in ("right", "org/refuses"):
        mine, other = ours.result(model).overall, theirs.result(model).overall
        assert (mine.accuracy, mine.n, mine.clusters) == (other.accuracy, other.n, other.clusters)
        assert mine.interval == other.interval


def test_no_scores_are_said(tmp_path):
    pytest.importorskip("inspect_ai.log")
    with pytest.raises(InputError, match="no scores"):
        write_inspect_logs(tmp_path, [])


def test_a_file_that_is_no_log_is_said(tmp_path):
    pytest.importorskip("inspect_ai.log")
    (tmp_path / "a.eval").write_text("no zip")
    with pytest.raises(InputError, match="inspect_ai cannot read it"):
        read_results(tmp_path / "a.eval")


def test_every_eval_ever_has_intervals_by_patient(scores, tmp_path):
    found = compare(scores, resamples=50)
    paths = write_every_eval_ever(
        tmp_path, found, dataset="phantoms", organization="us", retrieved=1_700_000_000
    )
    record = json.loads(paths[0].read_text())
    assert record["evaluation_id"] == "phantoms/right/1700000000"
    overall = record["evaluation_results"][0]
    assert overall["evaluation_name"] == "phantoms/overall"
    assert overall["score_details"]["score"] == 1
    interval = overall["score_details"]["uncertainty"]["confidence_interval"]
    assert (interval["lower"], interval["upper"], interval["confidence_level"]) == (
        found.result("right").overall.interval.low,
        found.result("right").overall.interval.high,
        0.95,
    )
    assert all(isinstance(one, str) for one in overall["score_details"]["details"].values())
    assert {one["evaluation_name"] for one in record["evaluation_results"]} == {
        "phantoms/overall", *(f"phantoms/{name}" for name in found.categories),
    }  # fmt: skip
    assert paths[1].name == "org-refuses.json"


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_croissant_passes_its_own_validator_and_gives_the_rows(asked, tmp_path):
    mlc = pytest.importorskip("mlcroissant")
    folder = freeze(tmp_path / "set", {"test": asked}, name="phantoms", license="CC-BY-4.0")
    path = write_croissant(folder, url="https://example.org/phantoms", citation="us, 2026")
    dataset = mlc.Dataset(jsonld=path)
    assert not dataset.metadata.issues.errors
    rows = list(dataset.records("test"))
    assert len(rows) == len(asked)
    assert rows[0]["test/question"].decode() == asked[0].question


def test_croissant_of_changed_files_is_refused(asked, tmp_path):
    pytest.importorskip("mlcroissant")
    folder = freeze(tmp_path / "set", {"test": asked}, name="phantoms", license="CC-BY-4.0")
    with (folder / "test.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(InputError):
        write_croissant(folder, url="https://example.org/phantoms")
