"""``medspatial segment``: masks for CT that has none, one case at a time, so that questions can be built."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from medspatial.cli.show import tell_left_out
from medspatial.errors import EXIT_FAILURES, InputError, MedspatialError

if TYPE_CHECKING:
    from medspatial.records import Case
    from medspatial.volume import Volume

_SETTINGS = "segment.json"
_PROGRAM = "TotalSegmentator"
# The CT's file, the mask file to be written.
Segment = Callable[[Path, Path], None]


class Segmenter(StrEnum):
    """What makes the masks."""

    VISTA3D = "vista3d"
    TOTALSEGMENTATOR = "totalsegmentator"


def segment_command(
    cases: Annotated[Path, typer.Argument(help="A folder of CT, or a file of cases (.jsonl, .csv).")],
    output: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder for masks and cases.jsonl.")],
    with_: Annotated[Segmenter, typer.Option("--with", help="The segmenter.")] = Segmenter.VISTA3D,
    model_path: Annotated[
        Path | None, typer.Option(help="VISTA3D's bundle folder or weight file; needed for vista3d.")
    ] = None,
    structures: Annotated[
        list[str] | None,
        typer.Option("--structure", help="Only these structures; repeatable. Default: all without lesions."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1.")] = "auto",
    window: Annotated[int, typer.Option(min=16, help="Voxels of a window's edge (vista3d).")] = 128,
    assume_axes: Annotated[
        str | None, typer.Option(help="Axis codes for volumes without a usable affine, such as LPS.")
    ] = None,
) -> None:
    """Segment every case and list them with their masks; the same command again resumes.

    Example: `medspatial segment /data/ct --with vista3d --model-path vista3d --output-dir masks`
    """
    from medspatial.cases import cases_root, find_cases

    found = find_cases(cases)
    if with_ is Segmenter.VISTA3D:
        segment, facts, label_map = _vista3d(model_path, structures, device, window, assume_axes)
    else:
        segment, facts, label_map = _totalsegmentator(structures, device)
    root = cases_root(cases)
    done, before, failed = segment_cases(found.cases, root, output, segment, facts, label_map)
    tell_left_out(found)
    for case_id, message in failed.items():
        typer.echo(f"failed: {case_id}: {message}", err=True)
    typer.echo(f"{output}: {done} segmented now, {before} before, {len(failed)} failed")
    if failed:
        raise typer.Exit(EXIT_FAILURES)


def segment_cases(
    cases: Sequence[Case],
    root: Path,
    output: Path,
    segment: Segment,
    facts: dict[str, Any],
    label_map: str,
) -> tuple[int, int, dict[str, str]]:
    """Segment cases into a folder; return how many now, how many before, and what failed.

    A mask file appears under its name only when it is whole, and ``cases.jsonl`` lists those that are there.

    Raises
    ------
    InputError
        The folder holds masks made with other settings.
    """
    from medspatial.progress import progress
    from medspatial.records import MaskSource, write_records

    _check_settings(output, facts)
    done, before, failed, listed = 0, 0, dict[str, str](), []
    with progress("segment", len(cases)) as bar:
        for case in cases:
            target = output / quote(case.case_id, safe="") / f"{label_map}.nii.gz"
            if target.exists():
                before += 1
            elif (message := _tried(case, root, target, segment)) is not None:
                failed[case.case_id] = message
                bar.advance(note=case.case_id)
                continue
            else:
                done += 1
            source = MaskSource(path=str(target.relative_to(output)), label_map=label_map)
            image = str((root / str(case.image_path)).resolve())
            listed.append(case.model_copy(update={"image_path": image, "masks": (source,)}))
            write_records(output / "cases.jsonl", listed)
            bar.advance(note=case.case_id)
    return done, before, failed


def _tried(case: Case, root: Path, target: Path, segment: Segment) -> str | None:
    """Segment one case; return what went wrong, None if nothing did."""
    if not case.image_path:
        return "the case has no CT"
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f"unfinished.{target.name}")
    try:
        segment(root / case.image_path, unfinished)
    except MedspatialError as error:
        return str(error)
    unfinished.replace(target)
    return None


def _check_settings(output: Path, facts: dict[str, Any]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    path = output / _SETTINGS
    text = json.dumps(facts, indent=1, sort_keys=True)
    if not path.exists():
        path.write_text(text + "\n", encoding="utf-8")
    elif path.read_text(encoding="utf-8").strip() != text:
        raise InputError(f"{path}: masks made with other settings lie here; take another folder")


def _vista3d(
    path: Path | None, structures: Sequence[str] | None, device: str, window: int, assume_axes: str | None
) -> tuple[Segment, dict[str, Any], str]:
    from medspatial.models.vista3d.inference import Windows
    from medspatial.models.vista3d.prompts import EVERYTHING, labels_of
    from medspatial.models.vista3d.segmenter import Vista3D
    from medspatial.volume import read_volume, write_volume

    if path is None:
        raise InputError("segment: --model-path is needed with vista3d")
    labels = labels_of(structures) if structures else EVERYTHING
    model = Vista3D(path, device=device, windows=Windows((window, window, window)))

    def segment(image: Path, target: Path) -> None:
        volume: Volume = read_volume(image, unit="HU", assume_axes=assume_axes)
        write_volume(model.segment(volume, labels), target)

    return segment, {**model.describe(), "labels": list(labels)}, model.label_map


def _totalsegmentator(structures: Sequence[str] | None, device: str) -> tuple[Segment, dict[str, Any], str]:
    """Call the installed program; it is never imported."""
    program = shutil.which(_PROGRAM)
    if program is None:
        raise InputError(f"segment: the program {_PROGRAM} is not installed (package TotalSegmentator)")
    options = ["--ml"]
    if device != "auto":
        options += ["--device", "gpu" if device == "cuda" else device.replace("cuda", "gpu")]
    if structures:
        options += ["--roi_subset", *structures]

    def segment(image: Path, target: Path) -> None:
        command = [str(program), "-i", str(image), "-o", str(target), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode or not target.exists():
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["no message"]
            raise InputError(f"{image}: {_PROGRAM} ended with {done.returncode}: {last[0]}")

    facts = {"segmenter": "totalsegmentator", "structures": list(structures or ())}
    return segment, facts, "totalsegmentator_v2"
