"""Ray as the engine: the bytes of one run, on two nodes; a poisoned volume costs itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from medspatial.inputs import Query
from medspatial.models import Answer, Model
from medspatial.predict import Job, predict, predict_with
from medspatial.predict.ray_actors import RayActors
from medspatial.predict.worker import Event
from medspatial.records import Prediction, Question, read_records

ray = pytest.importorskip("ray")


class Toy(Model):
    needs_volume = False

    def __init__(self, poison: str = "", pause: float = 0.0) -> None:
        self.name, self.poison, self.pause = "toy", poison, pause

    def answer(self, encoded: Any, queries: Sequence[Query]) -> list[Answer]:
        time.sleep(self.pause)
        if any(query.text == self.poison for query in queries):
            os._exit(7)
        return [Answer(f"left of {query.text}") for query in queries]


@dataclass(frozen=True)
class Make:
    poison: str = ""
    pause: float = 0.0

    def __call__(self, device: str) -> Model:
        return Toy(self.poison, self.pause)


class Watched(RayActors):
    """Actors whose deaths are noted."""

    died = 0

    def events(self) -> Iterator[tuple[int, Event]]:
        for slot, event in super().events():
            self.died += event[0] == "died"
            yield slot, event


def questions() -> list[Question]:
    return [Question(case_id=f"c{n % 8}", question=f"Q{n}?", answer="left") for n in range(40)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two nodes, each with one pretended GPU."""
    cluster_utils = pytest.importorskip("ray.cluster_utils")
    made = cluster_utils.Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "num_gpus": 1})
    made.add_node(num_cpus=2, num_gpus=1)
    paths = os.pathsep.join([*os.environ.get("PYTHONPATH", "").split(os.pathsep), str(Path(__file__).parent)])
    ray.init(
        address=made.address,
        log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )
    yield made
    ray.shutdown()
    made.shutdown()


@pytest.mark.usefixtures("cluster")
def test_actors_on_two_nodes_give_the_bytes_of_one_process(tmp_path: Path) -> None:
    predict(Toy(), questions(), tmp_path / "one.jsonl")
    job = Job(Make(), None, questions(), "standard")
    run = predict_with(RayActors(job, 4, gpus=0.5, cpus=0.5), job, tmp_path / "ray.jsonl")
    assert (run.answered, run.failed) == (40, 0)
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


@pytest.mark.usefixtures("cluster")
def test_a_poisoned_volume_costs_itself_and_is_recorded(tmp_path: Path) -> None:
    job = Job(Make("Q10?"), None, questions(), "standard")
    run = predict_with(RayActors(job, 2, gpus=1, cpus=1), job, tmp_path / "ray.jsonl")
    assert (run.answered, run.failed) == (35, 5)
    failures = read_records(tmp_path / "ray.failures.jsonl", Prediction).rows
    assert {row.case_id for row in failures} == {"c2"}
    assert all("as one before it did at this volume" in (row.error or "") for row in failures)


def test_a_node_lost_in_the_middle_costs_its_units_another_try(cluster: Any, tmp_path: Path) -> None:
    predict(Toy(), questions(), tmp_path / "one.jsonl")
    node = cluster.add_node(num_cpus=2, num_gpus=1)
    job = Job(Make(pause=0.3), None, questions(), "standard", batch_size=1)
    actors = Watched(job, 3, gpus=1, cpus=1)  # one on each node

    def lose() -> None:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if (tmp_path / "ray.jsonl").exists() and (tmp_path / "ray.jsonl").read_bytes().count(b"\n") > 3:
                cluster.remove_node(node, allow_graceful=False)
                return
            time.sleep(0.05)

    loser = threading.Thread(target=lose)
    loser.start()
    run = predict_with(actors, job, tmp_path / "ray.jsonl")
    loser.join()
    assert actors.died > 0
    assert (run.answered, run.failed) == (40, 0)
    assert (tmp_path / "ray.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()
