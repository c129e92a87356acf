"""Where a model runs: one process, one per GPU, or actors of a Ray cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.errors import InputError

if TYPE_CHECKING:
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
