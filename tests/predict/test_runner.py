"""The runner: encode once, failures as failures, resume after kill -9 with nothing lost or doubled."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError, MissingPackageError
from medspatial.inputs import Query
from medspatial.models import Answer, Model, create_model
from medspatial.predict import PredictOptions, predict, read_predictions
from medspatial.records import Prediction, Question, read_records


def questions(cases: int = 3, each: int = 4) -> list[Question]:
    return [
        Question(case_id=f"case{c}", question=f"Question {i}?", answer=f"answer {c} {i}")
        for i in range(each)
        for c in range(cases)
    ]


class Toy(Model):
    """Counts its calls; fails where it is told to."""

    def __init__(self, bad: Sequence[str] = ()) -> None:
        self.name = "toy"
        self.bad = set(bad)
        self.encoded: list[str] = []
        self.batches: list[int] = []

    def prepare(self, volume: Any) -> Any:
        if volume.case_id in self.bad:
            raise ValueError(f"cannot prepare {volume.case_id}")
        return volume.case_id

    def encode(self, prepared: str) -> str:
        self.encoded.append(prepared)
        return prepared

    def answer(self, encoded: str, queries: Sequence[Query]) -> list[Answer]:
        self.batches.append(len(queries))
        if any(query.text in self.bad for query in queries):
            raise RuntimeError("out of words")
        return [Answer(f"{encoded}: {query.text}") for query in queries]


class FakeVolume:
    def __init__(self, case_id: str) -> None:
        self.case_id = case_id
        self.fingerprint = f"print of {case_id}"


def test_each_volume_is_encoded_once_and_answered_in_batches(tmp_path: Path) -> None:
    model = Toy()
    run = predict(
        model, questions(), tmp_path / "toy.jsonl", cases=FakeVolume, options=PredictOptions(batch_size=3)
    )  # type: ignore[arg-type]
    assert (run.questions, run.answered, run.failed) == (12, 12, 0)
    assert model.encoded == ["case0", "case1", "case2"]
    assert model.batches == [3, 1, 3, 1, 3, 1]
    rows = read_predictions(run.path)
    assert rows[1].prediction == "case0: Question 1?"
    assert {row.id for row in rows} == {question.id for question in questions()}


def test_volume_facts_and_manifest_are_written(tmp_path: Path) -> None:
    predict(Toy(), questions(), tmp_path / "toy.jsonl", cases=FakeVolume)  # type: ignore[arg-type]
    facts = [json.loads(line) for line in (tmp_path / "toy.volumes.jsonl").read_text().splitlines()]
    assert [fact["fingerprint"] for fact in facts] == [f"print of case{i}" for i in range(3)]
    manifest = json.loads((tmp_path / "toy.manifest.json").read_text())
    assert manifest["configuration"] == {"model": "toy", "arm": "standard"}
    assert manifest["sessions"][0]["outcome"] == "complete"
    assert manifest["sessions"][0]["answered"] == 12
    assert "medspatial" in manifest["versions"]


def test_a_bad_question_costs_only_itself(tmp_path: Path) -> None:
    run = predict(Toy(["Question 2?"]), questions(), tmp_path / "toy.jsonl", cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.answered, run.failed) == (9, 3)
    failures = read_records(tmp_path / "toy.failures.jsonl", Prediction).rows
    assert {row.error for row in failures} == {"answer: RuntimeError: out of words"}
    assert all(row.prediction is None and row.status == "failed" for row in failures)


def test_an_unreadable_volume_fails_its_questions_and_is_tried_again(tmp_path: Path) -> None:
    run = predict(Toy(["case1"]), questions(), tmp_path / "toy.jsonl", cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.answered, run.failed) == (8, 4)
    again = predict(Toy(), questions(), tmp_path / "toy.jsonl", cases=FakeVolume)  # type: ignore[arg-type]
    assert (again.resumed, again.answered, again.failed) == (8, 4, 0)
    assert not (tmp_path / "toy.failures.jsonl").exists()
    assert len(read_predictions(run.path)) == 12


def test_a_model_that_gives_too_few_answers_fails(tmp_path: Path) -> None:
    class Short(Toy):
        def answer(self, encoded: str, queries: Sequence[Query]) -> list[Answer]:
            return super().answer(encoded, queries)[: len(queries) - 1]

    run = predict(Short(), questions(1), tmp_path / "s.jsonl", cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.answered, run.failed) == (0, 4)
    assert "got 0 answers to 1 queries" in (read_predictions(run.path)[0].error or "")


def test_a_missing_package_stops_the_run_at_once(tmp_path: Path) -> None:
    class Heavy(Toy):
        def encode(self, prepared: str) -> str:
            raise MissingPackageError("package 'torch' is not installed")

    with pytest.raises(MissingPackageError):
        predict(Heavy(), questions(), tmp_path / "h.jsonl", cases=FakeVolume)  # type: ignore[arg-type]


def test_a_finished_run_asks_nothing_again(tmp_path: Path) -> None:
    path = tmp_path / "toy.jsonl"
    predict(Toy(), questions(), path, cases=FakeVolume)  # type: ignore[arg-type]
    before = path.read_bytes()
    model = Toy()
    run = predict(model, questions(), path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.resumed, run.answered, model.encoded) == (12, 0, [])
    assert path.read_bytes() == before


def test_another_configuration_is_refused_unless_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "random.jsonl"
    predict(create_model("random", seed=1), questions(), path)
    with pytest.raises(InputError, match=r"another configuration \(changed: seed: 1 -> 2\)"):
        predict(create_model("random", seed=2), questions(), path)
    run = predict(create_model("random", seed=2), questions(), path, options=PredictOptions(overwrite=True))
    assert (run.resumed, run.answered) == (0, 12)


def test_a_few_questions_first_and_the_rest_later(tmp_path: Path) -> None:
    path = tmp_path / "toy.jsonl"
    predict(Toy(), questions()[:5], path, cases=FakeVolume)  # type: ignore[arg-type]
    run = predict(Toy(), questions(), path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.resumed, run.answered, run.outdated) == (5, 7, 0)
    assert {row.id for row in read_records(path, Prediction)} == {q.id for q in questions()}
    assert not (tmp_path / "toy.outdated").exists()


def test_answers_to_questions_that_are_not_asked_now_are_kept_for_later(tmp_path: Path) -> None:
    path = tmp_path / "toy.jsonl"
    predict(Toy(), questions(), path, cases=FakeVolume)  # type: ignore[arg-type]
    few = predict(Toy(), questions()[:2], path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (few.resumed, few.answered, few.outdated) == (2, 0, 0)
    assert len(read_records(path, Prediction).rows) == 2
    assert len(read_records(tmp_path / "toy.unasked", Prediction).rows) == 10
    model = Toy()
    run = predict(model, questions(), path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.resumed, run.answered, model.encoded) == (12, 0, [])  # nothing is asked twice
    assert {row.id for row in read_records(path, Prediction)} == {q.id for q in questions()}
    assert not (tmp_path / "toy.unasked").exists()


def test_questions_that_changed_are_asked_again_and_rows_follow_theirs(tmp_path: Path) -> None:
    path = tmp_path / "toy.jsonl"
    predict(Toy(), questions(), path, cases=FakeVolume)  # type: ignore[arg-type]
    first, *others = questions(2)  # the third patient is gone
    corrected = first.model_copy(update={"category": "size"})
    reworded = others[0].model_copy(update={"question": "In other words?"})  # under the same id
    model = Toy()
    run = predict(model, [corrected, reworded, *others[1:]], path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (run.resumed, run.answered, run.outdated) == (7, 1, 1)
    assert model.batches == [1]
    rows = {row.id: row for row in read_records(path, Prediction)}
    assert rows[first.id].category == "size"
    assert rows[reworded.id].prediction == "case1: In other words?"
    assert [row.case_id for row in read_records(tmp_path / "toy.outdated", Prediction)] == ["case1"]
    assert {row.case_id for row in read_records(tmp_path / "toy.unasked", Prediction)} == {"case2"}
    again = predict(Toy(), [corrected, reworded, *others[1:]], path, cases=FakeVolume)  # type: ignore[arg-type]
    assert (again.resumed, again.answered, again.outdated) == (8, 0, 0)


def test_a_model_that_studies_all_questions_starts_anew_with_others(tmp_path: Path) -> None:
    path = tmp_path / "prior.jsonl"
    predict(create_model("prior"), questions(), path)
    run = predict(create_model("prior"), questions(4), path)
    assert (run.resumed, run.answered, run.outdated) == (0, 16, 12)


@pytest.mark.parametrize("cut", range(1, 90, 7))
def test_a_torn_last_line_is_set_aside(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "random.jsonl"
    predict(create_model("random"), questions(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    predict(create_model("random"), questions(), path)
    assert path.read_bytes() == whole
    lines = whole[:-cut].rpartition(b"\n")[2]
    assert (tmp_path / "random.torn").read_bytes() == lines + b"\n"


def test_no_questions_and_no_volumes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no questions"):
        predict(Toy(), [], tmp_path / "x.jsonl")
    with pytest.raises(InputError, match="'toy' looks at volumes"):
        predict(Toy(), questions(), tmp_path / "x.jsonl")
    with pytest.raises(InputError, match="occurs twice"):
        predict(create_model("echo"), questions() * 2, tmp_path / "x.jsonl")


SLOW_RUN = """
import sys, time
from medspatial.models import Answer, Model
from medspatial.predict import PredictOptions, predict
from medspatial.records import Question
class Slow(Model):
    needs_volume = False
    def __init__(self): self.name = "slow"
    def answer(self, encoded, queries):
        time.sleep(0.004)
        return [Answer("yes " * 50 + q.text) for q in queries]
questions = [Question(case_id=f"c{i // 20}", question=f"Q{i}?", answer="a") for i in range(300)]
print("ready", flush=True)
predict(Slow(), questions, sys.argv[1], options=PredictOptions(batch_size=1))
"""


@pytest.mark.parametrize("kept", range(13))
def test_a_run_cut_after_any_answer_goes_on_in_the_order_of_an_undisturbed_one(
    tmp_path: Path, kept: int
) -> None:
    # the questions go round the cases, so that the next open one belongs to another case
    path = tmp_path / "toy.jsonl"
    predict(Toy(), questions(), path, cases=FakeVolume, options=PredictOptions(batch_size=1))  # type: ignore[arg-type]
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:kept]))
    predict(Toy(), questions(), path, cases=FakeVolume, options=PredictOptions(batch_size=1))  # type: ignore[arg-type]
    assert path.read_bytes() == whole


def test_kill_nine_anywhere_and_resume_gives_the_same_bytes(tmp_path: Path) -> None:
    def start(path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", SLOW_RUN, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    whole, killed = tmp_path / "whole.jsonl", tmp_path / "killed.jsonl"
    for process in [start(whole)]:
        assert process.wait() == 0
        process.stdout.close()  # type: ignore[union-attr]
    for delay in (0.05, 0.31, 0.17, 0.4):
        process = start(killed)
        time.sleep(delay)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()  # type: ignore[union-attr]
    lines = killed.read_bytes().count(b"\n")
    assert 0 < lines < 300  # it was really killed in the middle
    process = start(killed)
    assert process.wait() == 0
    process.stdout.close()  # type: ignore[union-attr]
    assert killed.read_bytes() == whole.read_bytes()


def test_two_runs_on_one_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "slow.jsonl"
    first = subprocess.Popen([sys.executable, "-c", SLOW_RUN, str(path)], stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    first.stdout.readline()
    while not path.exists():
        time.sleep(0.01)
    with pytest.raises(InputError, match="another run is writing this file"):
        predict(create_model("echo"), questions(), path)
    first.kill()
    first.wait()
    first.stdout.close()
