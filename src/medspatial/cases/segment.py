"""Masks for CT that has none: a segmenter goes through cases one at a time, and goes on where it stopped."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from medspatial.cases.discovery import refusal
from medspatial.errors import InputError, MedspatialError
from medspatial.files import whole_file
from medspatial.pool import Lost, Place, Task, results_of
from medspatial.progress import Progress, Silent
from medspatial.records import Case, MaskSource, write_records

_SETTINGS = "segment.json"
_PROGRAM = "TotalSegmentator"


@dataclass(frozen=True)
class Segmenter:
    """What makes the masks of one CT.

    Attributes
    ----------
    segment
        From the CT's file to a file of labels on its grid, which it writes.
    label_map
        Names the labels; also the name of the mask files.
    facts
        All that changes the masks.
    """

    segment: Callable[[Path, Path], None]
    label_map: str
    facts: dict[str, Any]


@dataclass
class Segmented:
    """How a walk through cases ended: masks made now and before, and what failed, by case."""

    now: int = 0
    before: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def segment_cases(
    cases: Sequence[Case],
    root: Path,
    output: Path,
    make: Callable[[str], Segmenter],
    *,
    device: str = "auto",
    progress: Progress | None = None,
    place: Place | None = None,
) -> Segmented:
    """Segment cases into a folder that is itself a folder of cases.

    A mask file appears under its name only when it is whole, and ``cases.jsonl`` lists those that are there.

    Parameters
    ----------
    make
        Makes the segmenter for a device.
    device
        Where it works; workers have their own.
    place
        Makes the workers, `medspatial.pool.Processes` or actors of a Ray cluster, that see the same folders;
        None works in this process. One that dies costs its case, which is tried once more.

    Raises
    ------
    InputError
        The folder holds masks made with other settings, or two workers have other ones.
    """
    report, done, listed = progress or Silent(), Segmented(), list[Case]()
    label_map = ""

    def check(found: tuple[str, dict[str, Any]]) -> None:
        nonlocal label_map
        label_map, facts = found
        _check_settings(output, facts)

    for case, (how, message) in _segmented(cases, _Making(make, root, output), device, place, check):
        if how == "failed":
            done.failed[case.case_id] = message
            report.advance(note=case.case_id)
            continue
        done.before += how == "found"
        done.now += how == "made"
        target = _target(output, case, label_map)
        source = MaskSource(path=str(target.relative_to(output)), label_map=label_map)
        image = str((root / str(case.image_path)).resolve())
        listed.append(case.model_copy(update={"image_path": image, "masks": (source,)}))
        write_records(output / "cases.jsonl", listed)
        report.advance(note=case.case_id)
    return done


_Outcome = tuple[Literal["found", "made", "failed"], str]  # and the cause of a failure


@dataclass(frozen=True)
class _Making:
    """Makes what a worker does with each case."""

    make: Callable[[str], Segmenter]
    root: Path
    output: Path

    def __call__(self, device: str) -> _Masking:
        return _Masking(self.make(device), self.root, self.output)


@dataclass(frozen=True)
class _Masking:
    """Makes a case's mask, unless it is there."""

    segmenter: Segmenter
    root: Path
    output: Path

    def __call__(self, case: Case) -> _Outcome:
        target = _target(self.output, case, self.segmenter.label_map)
        if target.exists():
            return "found", ""
        message = _tried(case, self.root, target, self.segmenter)
        return ("made", "") if message is None else ("failed", message)


def _facts(masking: Any) -> tuple[str, dict[str, Any]]:
    return masking.segmenter.label_map, masking.segmenter.facts


def _segmented(
    cases: Sequence[Case],
    making: _Making,
    device: str,
    place: Place | None,
    check: Callable[[tuple[str, dict[str, Any]]], None],
) -> Iterator[tuple[Case, _Outcome]]:
    if place is None:
        masking = making(device)
        check(_facts(masking))
        yield from ((case, masking(case)) for case in cases)
        return
    units = ((case, None) for case in cases)
    for case, outcome in results_of(place(Task(making, _facts)), units, check):
        yield case, ("failed", outcome.cause) if isinstance(outcome, Lost) else outcome


def _target(output: Path, case: Case, label_map: str) -> Path:
    return output / quote(case.case_id, safe="") / f"{label_map}.nii.gz"


def totalsegmentator(structures: Sequence[str] = (), device: str = "auto") -> Segmenter:
    """Return the installed program TotalSegmentator as a segmenter; it is never imported.

    Parameters
    ----------
    structures
        By TotalSegmentator's names; all without any.
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:1``.

    Raises
    ------
    InputError
        It is not installed.
    """
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

    facts = {"segmenter": "totalsegmentator", "structures": list(structures)}
    return Segmenter(segment, "totalsegmentator_v2", facts)


def _tried(case: Case, root: Path, target: Path, segmenter: Segmenter) -> str | None:
    """Segment one case; return what went wrong, None if nothing did."""
    if not case.image_path:
        return refusal(case) or "the case has no CT"
    try:
        with whole_file(target, suffix=".nii.gz") as unfinished:
            segmenter.segment(root / case.image_path, unfinished)
    except MedspatialError as error:
        return str(error)
    return None


def _check_settings(output: Path, facts: dict[str, Any]) -> None:
    output.mkdir(parents=True, exist_ok=True)
    path = output / _SETTINGS
    text = json.dumps(facts, indent=1, sort_keys=True)
    if not path.exists():
        path.write_text(text + "\n", encoding="utf-8")
    elif path.read_text(encoding="utf-8").strip() != text:
        raise InputError(f"{path}: masks made with other settings lie here; take another folder")
