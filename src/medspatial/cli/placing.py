"""Where a model runs: one process, one per GPU, or actors of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.errors import InputError

if TYPE_CHECKING:
    from medspatial.cases.kept_volumes import KeptVolumes
    from medspatial.predict import Job, Workers

Gpus = Annotated[
    str | None,
    typer.Option(help="One process per GPU: 0,1,... or all; cpu,cpu for processes without one."),
]
Engine = Annotated[str, typer.Option(help="processes, or ray for a Ray cluster.")]
Actors = Annotated[
    int | None, typer.Option(min=1, help="Ray: number of model actors. Default: 1.", show_default=False)
]
GpusPerActor = Annotated[
    float | None,
    typer.Option(min=0, help="Ray: GPUs per actor; a fraction shares one. Default: 1.", show_default=False),
]

Cache = Annotated[
    Path | None,
    typer.Option(
        help="Folder that keeps volumes as they were read, so that models and arms read each file once."
    ),
]
CacheGb = Annotated[
    float | None,
    typer.Option(
        min=0.001,
        help="Most gibibytes in it; the least recently used goes first. Default: 50.",
        show_default=False,
    ),
]
_CACHE_GB = 50.0


def kept_volumes(folder: Path | None, gb: float | None) -> KeptVolumes | None:
    """Return the cache that ``--cache`` and ``--cache-gb`` name; None without one.

    Raises
    ------
    InputError
        A budget for no cache, or a file where the folder should be.
    """
    from medspatial.cases.kept_volumes import KeptVolumes
    from medspatial.disk_cache import GIB

    if folder is None:
        if gb is not None:
            raise InputError("--cache-gb: is the budget of --cache, which is not given")
        return None
    return KeptVolumes.below(folder, int((_CACHE_GB if gb is None else gb) * GIB))


def placed(
    engine: str, gpus: str | None, actors: int | None, gpus_per_actor: float | None
) -> Callable[[Job], Workers] | None:
    """Return what makes the workers of a job; None where the model runs in this process.

    Raises
    ------
    InputError
        No such engine or device, both ways at once, or options of Ray's without it.
    """
    from medspatial.predict import Processes, read_devices
    from medspatial.predict.ray_actors import RayActors

    if engine not in {"processes", "ray"}:
        raise InputError(f"--engine {engine}: must be processes or ray")
    if engine == "ray":
        if gpus is not None:
            raise InputError("--engine ray places its actors itself: give --actors, not --gpus")
        share = 1.0 if gpus_per_actor is None else gpus_per_actor
        return lambda job: RayActors(job, actors or 1, share)
    if actors is not None or gpus_per_actor is not None:
        raise InputError(f"{'--actors' if actors is not None else '--gpus-per-actor'}: is for --engine ray")
    if gpus is None:
        return None
    devices = read_devices(gpus)
    return lambda job: Processes(job, devices)
