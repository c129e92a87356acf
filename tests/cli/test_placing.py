"""Where a stage runs: which options make workers, and which contradict each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from medspatial.cli import placing
from medspatial.disk_cache import GIB
from medspatial.errors import InputError


class Recorded:
    """Stand-in for actors: keeps what it was made with."""

    def __init__(self, job: Any, actors: int, gpus: float) -> None:
        self.made = job, actors, gpus


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medspatial.pool.ray_actors.RayActors", Recorded)


@pytest.mark.parametrize(
    ("gpus", "devices"),
    [
        ("0", ("cuda:0",)),
        ("0,3", ("cuda:0", "cuda:3")),
        ("cpu", ("cpu",)),
        ("cpu,cpu", ("cpu", "cpu")),
        ("cuda:1,cpu", ("cuda:1", "cpu")),
    ],
)
def test_gpus_make_one_process_each(
    gpus: str, devices: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, tuple[str, ...]]] = []
    monkeypatch.setattr("medspatial.predict.Processes", lambda job, of: made.append((job, of)))
    place = placing.placed("processes", gpus, None, None)
    assert place is not None
    place("job")  # type: ignore[arg-type]
    assert made == [("job", devices)]


def test_nothing_asked_for_is_this_process() -> None:
    assert placing.placed("processes", None, None, None) is None
    assert placing.spread("processes", 1, None) is None


def test_workers_are_processes_without_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr("medspatial.predict.Processes", lambda job, of: made.append(of))
    place = placing.spread("processes", 3, None)
    assert place is not None
    place("job")  # type: ignore[arg-type]
    assert made == [("cpu", "cpu", "cpu")]


@pytest.mark.usefixtures("ray")
@pytest.mark.parametrize(
    ("actors", "share", "made"),
    [(None, None, (1, 1.0)), (4, None, (4, 1.0)), (2, 0.5, (2, 0.5)), (None, 0.0, (1, 0.0))],
)
def test_models_take_a_gpu_per_actor_unless_told(
    actors: int | None, share: float | None, made: tuple[int, float]
) -> None:
    place: Any = placing.placed("ray", None, actors, share)
    assert place("job").made == ("job", *made)


@pytest.mark.usefixtures("ray")
@pytest.mark.parametrize(("share", "gpus"), [(None, 0.0), (0.25, 0.25)])
def test_stages_without_models_take_none_unless_told(share: float | None, gpus: float) -> None:
    place: Any = placing.spread("ray", 1, 3, share)
    assert place("job").made == ("job", 3, gpus)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("dask", None, None, None), "--engine dask: must be processes or ray"),
        (("Ray", None, None, None), "--engine Ray: must be processes or ray"),
        (("ray", "0", None, None), "--engine ray places its actors itself: give --actors, not --gpus"),
        (("processes", None, 2, None), "--actors: is for --engine ray"),
        (("processes", "0", 2, None), "--actors: is for --engine ray"),
        (("processes", None, None, 0.0), "--gpus-per-actor: is for --engine ray"),
        (("processes", "gpu0", None, None), "--gpus gpu0: must be numbers of GPUs"),
        (("processes", "0,0", None, None), "--gpus 0,0: cuda:0 is named twice"),
        (("processes", "", None, None), "--gpus : must be numbers of GPUs"),
    ],
)
def test_what_contradicts_itself_is_refused(given: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        placing.placed(*given)


def test_workers_and_actors_are_not_both_given() -> None:
    with pytest.raises(InputError, match="--engine ray: give --actors, not --workers"):
        placing.spread("ray", 2, None)
    with pytest.raises(InputError, match="--actors: is for --engine ray"):
        placing.spread("processes", 2, 3)


def test_a_cache_has_the_budget_that_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[Path, int]] = []
    monkeypatch.setattr(
        "medspatial.cases.kept_volumes.KeptVolumes.below",
        staticmethod(lambda folder, budget: made.append((folder, budget))),
    )
    placing.kept_volumes(tmp_path, 0.5)
    placing.kept_volumes(tmp_path, None)
    assert made == [(tmp_path, GIB // 2), (tmp_path, 50 * GIB)]
    assert placing.kept_volumes(None, None) is None
    with pytest.raises(InputError, match="--cache-gb: is the budget of --cache, which is not given"):
        placing.kept_volumes(None, 3.0)


def test_a_cache_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"cache .*/file: is a file, a folder is needed"):
        placing.kept_volumes(tmp_path / "file", None)
