"""``medspatial segment``: masks for CT that has none, one case at a time, so that questions can be built."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.cli.options import CASES_HELP, refuse_idle
from medspatial.cli.placing import Actors, Engine, Gpus, GpusPerActor, placed
from medspatial.cli.show import tell_left_out
from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.cases import Segmenter


_WINDOW = 128  # voxels of a window's edge


class SegmenterName(StrEnum):
    """What makes the masks."""

    VISTA3D = "vista3d"
    TOTALSEGMENTATOR = "totalsegmentator"


def segment_command(
    cases: Annotated[str, typer.Argument(help=CASES_HELP.replace(" with masks", ""))],
    output: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder for masks and cases.jsonl.")],
    with_: Annotated[
        SegmenterName, typer.Option("--with", metavar="NAME", help="vista3d or totalsegmentator.")
    ] = SegmenterName.VISTA3D,
    model_path: Annotated[
        Path | None, typer.Option(help="VISTA3D's bundle folder or weight file; needed for vista3d.")
    ] = None,
    structures: Annotated[
        list[str] | None,
        typer.Option("--structure", help="Only these structures; repeatable. Default: all without lesions."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="auto, cpu, cuda, cuda:1. Default: auto.", show_default=False)
    ] = None,
    window: Annotated[
        int | None,
        typer.Option(min=32, help="vista3d: voxels of a window's edge, a multiple of 16. Default: 128."),
    ] = None,
    assume_axes: Annotated[
        str | None, typer.Option(help="vista3d: axis codes for volumes without a usable affine, such as LPS.")
    ] = None,
    gpus: Gpus = None,
    engine: Engine = "processes",
    actors: Actors = None,
    gpus_per_actor: GpusPerActor = None,
) -> None:
    """Segment every case and list them with their masks; the same command again resumes.

    Example: `medspatial segment /data/ct --with vista3d --model-path vista3d --output-dir masks`
    """
    from medspatial.cases import find_cases, segment_cases
    from medspatial.progress import progress

    place = placed(engine, gpus, actors, gpus_per_actor)
    if place is not None and device is not None:
        raise InputError("--device: workers have their own (--gpus, --engine ray)")

    if with_ is SegmenterName.TOTALSEGMENTATOR:
        of_vista3d = {"--model-path": model_path, "--window": window, "--assume-axes": assume_axes}
        refuse_idle(of_vista3d, "is for --with vista3d")
    found = find_cases(cases)
    make = (
        _Vista3DMaker(model_path, tuple(structures or ()), window or _WINDOW, assume_axes)
        if with_ is SegmenterName.VISTA3D
        else _TotalSegmentatorMaker(tuple(structures or ()))
    )
    with progress("segment", len(found.cases)) as bar:
        done = segment_cases(
            found.cases, found.root, output, make, device=device or "auto", progress=bar, place=place
        )
    tell_left_out(found)
    for case_id, message in done.failed.items():
        typer.echo(f"failed: {case_id}: {message}", err=True)
    typer.echo(f"{output}: {done.now} segmented now, {done.before} before, {len(done.failed)} failed")
    if done.failed:
        raise typer.Exit(EXIT_FAILURES)


@dataclass(frozen=True)
class _TotalSegmentatorMaker:
    structures: tuple[str, ...]

    def __call__(self, device: str) -> Segmenter:
        from medspatial.cases import totalsegmentator

        return totalsegmentator(self.structures, device)


@dataclass(frozen=True)
class _Vista3DMaker:
    path: Path | None
    structures: tuple[str, ...]
    window: int
    assume_axes: str | None

    def __call__(self, device: str) -> Segmenter:
        from medspatial.cases import Segmenter
        from medspatial.models.vista3d.inference import Windows
        from medspatial.models.vista3d.prompts import EVERYTHING, labels_of
        from medspatial.models.vista3d.segmenter import Vista3D
        from medspatial.volume import read_volume, write_volume

        if self.path is None:
            raise InputError("segment: --model-path is needed with vista3d")
        labels = labels_of(self.structures) if self.structures else EVERYTHING
        edges = (self.window, self.window, self.window)
        model = Vista3D(self.path, device=device, windows=Windows(edges))

        def segment(image: Path, target: Path) -> None:
            volume = read_volume(image, unit="HU", assume_axes=self.assume_axes)
            write_volume(model.segment(volume, labels), target)

        return Segmenter(segment, model.label_map, {**model.describe(), "labels": list(labels)})
