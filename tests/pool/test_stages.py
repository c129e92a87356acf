"""Stages spread over workers give the files of one process, and record what kills a worker."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.cases import Segmenter, read_cases, segment_cases, write_phantoms
from medspatial.cli.app import app
from medspatial.models.tools.inventory import preparation
from medspatial.models.tools.prepare import prepare_dataset
from medspatial.pool import Place, on_processors
from medspatial.questions import build_questions
from medspatial.records import Prediction, Question, write_records
from medspatial.score import Mark, Metric, metric, score_file
from medspatial.study import case_loader
from medspatial.volume import Volume, read_volume, write_volume


def by_ray() -> Place:
    from medspatial.pool.ray_actors import RayActors

    return lambda job: RayActors(job, 2, gpus=0, cpus=0.5)


@pytest.fixture(scope="module")
def ray_here() -> Iterator[None]:
    """Ray on this machine."""
    ray = pytest.importorskip("ray")
    paths = [*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(Path(__file__).parent)]
    if not ray.is_initialized():
        ray.init(
            num_cpus=2, log_to_driver=False, runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(paths)}}
        )
    yield
    ray.shutdown()


@pytest.fixture(params=["processes", "ray"])
def place(request: pytest.FixtureRequest) -> Place:
    if request.param == "ray":
        request.getfixturevalue("ray_here")
        return by_ray()
    return on_processors(2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_phantoms(folder, 4, spacing=16.0)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    found = {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    assert found
    return found


def test_questions_are_those_of_one_process(data: Path, place: Place, tmp_path: Path) -> None:
    cases = read_cases(data / "cases.jsonl")
    one = list(build_questions(cases, data, per_subtype=1))
    assert any(case.questions for case in one)
    kept = tmp_path / "kept"
    assert list(build_questions(cases, data, per_subtype=1, place=place, folder=kept)) == one
    next(kept.rglob("*.json")).unlink()
    assert list(build_questions(cases, data, per_subtype=1, place=place, folder=kept)) == one


def asked(data: Path) -> list[Question]:
    cases = read_cases(data / "cases.jsonl")
    return [
        Question(
            id=f"{case.case_id}-{n}", case_id=case.case_id, question="Side?", answer="left",
            image_path=case.image_path,
        )
        for case in cases
        for n in range(2)
    ]  # fmt: skip


def prepared(data: Path, folder: Path, place: Place | None, made: Any = None) -> Any:
    questions = asked(data)
    folder.mkdir()
    return prepare_dataset(
        "m3d_lamed",
        made or preparation("m3d_lamed"),
        questions,
        load=case_loader(None, questions, data, None).volume,
        output_root=folder / "arrays",
        output_jsonl=folder / "rows.jsonl",
        place=place,
    )


def test_inputs_are_those_of_one_process(data: Path, place: Place, tmp_path: Path) -> None:
    one, two = (prepared(data, tmp_path / name, way) for name, way in (("one", None), ("two", place)))
    assert (one.written, two.written, two.found, two.failed) == (4, 4, 0, {})
    assert contents(tmp_path / "one" / "arrays") == contents(tmp_path / "two" / "arrays")
    rows = [(tmp_path / name / "rows.jsonl").read_text() for name in ("one", "two")]
    assert rows[0].replace(str(tmp_path / "one"), str(tmp_path / "two")) == rows[1]


@dataclass(frozen=True)
class Deadly:
    """A preparation of others that one volume kills."""

    of: Any
    fingerprint: str

    def contract(self) -> Any:
        return self.of.contract()

    def describe(self) -> Any:
        return self.of.describe()

    def __call__(self, volume: Volume) -> Any:
        if volume.fingerprint == self.fingerprint:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.of(volume)


def test_a_volume_that_kills_is_recorded_and_the_others_are_prepared(data: Path, tmp_path: Path) -> None:
    case = read_cases(data / "cases.jsonl")[1]
    poison = read_volume(data / str(case.image_path), unit="HU").fingerprint
    done = prepared(data, tmp_path / "x", on_processors(2), Deadly(preparation("m3d_lamed"), poison))
    assert done.written == 3
    assert list(done.failed) == [case.case_id]
    assert "as one before it did" in done.failed[case.case_id]
    assert len((tmp_path / "x" / "rows.jsonl").read_text().splitlines()) == 6


@dataclass(frozen=True)
class MakeThreshold:
    """Makes what labels all over 0 HU; dies at a case."""

    deadly: str = ""

    def __call__(self, device: str) -> Segmenter:
        def segment(image: Path, target: Path) -> None:
            if self.deadly and self.deadly in str(image):
                os.kill(os.getpid(), signal.SIGKILL)
            volume = read_volume(image, unit="HU")
            labels = np.asarray(volume.voxels > 0, dtype=np.uint8) * 5
            write_volume(Volume(labels, volume.affine, unit="label"), target)

        return Segmenter(segment, "totalsegmentator_v2", {"segmenter": "threshold"})


def test_masks_are_those_of_one_process(data: Path, place: Place, tmp_path: Path) -> None:
    cases = read_cases(data / "cases.jsonl")
    for name, way in (("one", None), ("two", place)):
        done = segment_cases(cases, data, tmp_path / name, MakeThreshold(), place=way)
        assert (done.now, done.before, done.failed) == (4, 0, {})
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    again = segment_cases(cases, data, tmp_path / "two", MakeThreshold(), place=place)
    assert (again.now, again.before) == (0, 4)


def test_a_case_that_kills_is_recorded_and_the_others_are_segmented(data: Path, tmp_path: Path) -> None:
    cases = read_cases(data / "cases.jsonl")
    deadly = MakeThreshold(str(cases[2].image_path))
    done = segment_cases(cases, data, tmp_path, deadly, place=on_processors(2))
    assert done.now == 3
    assert "SIGKILL" in done.failed[cases[2].case_id]
    assert len(read_cases(tmp_path / "cases.jsonl")) == 3


def rows(count: int) -> list[Prediction]:
    return [
        Prediction(
            case_id=f"c{n}", question="On which side?", answer="left", answer_type="side",
            prediction=f"On the {'left' if n % 3 else 'right'}, image {n}.",
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["structured", "exact"])
def test_scores_are_those_of_one_process(place: Place, tmp_path: Path, name: str) -> None:
    for file, way in (("one", None), ("two", place)):
        run = score_file(metric(name), rows(20), tmp_path / f"{file}.jsonl", batch=3, place=way)
        assert (run.rows, run.scored) == (20, 20)
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()


class Remade(Metric):
    """Holds what no process can be given, and says in which it was made."""

    name = "remade"
    in_workers = remade = True

    def __init__(self, *, mark: float, deadly: str = "") -> None:
        self.mark, self.deadly = mark, deadly
        process = os.getpid()
        self.held: Callable[[], int] = lambda: process

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        if any(row.case_id == self.deadly for row in rows):
            os.kill(os.getpid(), signal.SIGKILL)
        return [Mark(self.mark, metadata={"process": self.held()}) for _ in rows]


def test_a_metric_that_holds_a_network_is_made_anew_in_each_worker(tmp_path: Path) -> None:
    run = score_file(Remade(mark=0.5), rows(8), tmp_path / "s.jsonl", batch=2, workers=2)
    scores = list(run.scores())
    assert {score.score for score in scores} == {0.5}
    assert os.getpid() not in {score.metadata["process"] for score in scores}


def test_rows_that_kill_the_worker_are_unscored_with_the_cause(tmp_path: Path) -> None:
    run = score_file(Remade(mark=1.0, deadly="c3"), rows(8), tmp_path / "s.jsonl", batch=2, workers=2)
    scores = list(run.scores())
    assert [score.status for score in scores] == ["scored"] * 2 + ["unscored"] * 2 + ["scored"] * 4
    assert "as one before it did" in str(scores[2].reason)


@pytest.mark.usefixtures("ray_here")
def test_commands_with_ray_write_what_they_write_without(data: Path, tmp_path: Path) -> None:
    write_records(tmp_path / "asked.jsonl", asked(data))
    write_records(tmp_path / "answers.jsonl", rows(10))
    commands = {
        "questions": ["questions", "from-masks", data / "cases.jsonl", "--per-subtype", "1", "-o", "OUT"],
        "score": ["score", "-p", tmp_path / "answers.jsonl", "-m", "structured", "-o", "OUT/s.jsonl"],
        "prepare": [
            *("prepare", "--model", "m3d_lamed", "--input-jsonl", tmp_path / "asked.jsonl"),
            *("--nifti-root", data, "--output-root", "OUT/arrays", "--output-jsonl", "OUT/rows.jsonl"),
        ],
    }
    for name, words in commands.items():
        found = []
        for way, more in (("one", []), ("ray", ["--engine", "ray", "--actors", "2"])):
            out = tmp_path / way / name
            out.mkdir(parents=True)
            line = [str(word).replace("OUT", str(out)) for word in (*words, *more)]
            result = CliRunner().invoke(app, line)
            assert result.exit_code == 0, result.output
            files = {
                key: text.replace(str(out).encode(), b"")
                for key, text in contents(out).items()
                if "manifest" not in key and "root.json" not in key
            }
            found.append(files)
        assert found[0] == found[1], name


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--workers", "2", "--actors", "2"], "--actors: is for --engine ray"),
        (["--engine", "ray", "--workers", "2"], "give --actors, not --workers"),
        (["--engine", "threads"], "must be processes or ray"),
    ],
)
def test_ways_that_exclude_each_other(tmp_path: Path, words: list[str], told: str) -> None:
    write_records(tmp_path / "answers.jsonl", rows(1))
    result = CliRunner().invoke(app, ["score", "-p", str(tmp_path / "answers.jsonl"), "-m", "exact", *words])
    assert told in str(result.exception)


def test_segment_takes_a_device_or_workers(data: Path, tmp_path: Path) -> None:
    line = ["segment", str(data), "-o", str(tmp_path / "m"), "--gpus", "cpu,cpu", "--device", "cpu"]
    result = CliRunner().invoke(app, line)
    assert "--device: workers have their own" in str(result.exception)
    assert json.dumps(sorted(one.name for one in tmp_path.iterdir())) == "[]"
