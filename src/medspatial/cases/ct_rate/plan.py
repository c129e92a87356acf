"""Which files of CT-RATE are wanted, how large they are, and whether the disk has room."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.ct_rate.hub import Hub, MissingFileError, RemoteFile
from medspatial.cases.ct_rate.metadata import read_table
from medspatial.cases.ct_rate.names import (
    MASK_TASKS,
    Split,
    VolumeName,
    check_split,
    first_reconstructions,
    labels_path,
    metadata_path,
    parse_name,
    reports_path,
)
from medspatial.errors import InputError
from medspatial.progress import Progress, Silent

ROOM_LEFT = 2_000_000_000
"""Bytes that a download must leave free: a full disk breaks more than the download."""
_WORKERS = 8


@dataclass(frozen=True)
class Request:
    """What a user asks for.

    Attributes
    ----------
    names
        These volumes; None takes them from the split's metadata table.
    cases
        Only the first scans, this many (by patient number); a larger number later only adds.
    all_reconstructions
        Every reconstruction of a scan, not one.
    masks
        Mask tasks to fetch with each volume.
    """

    split: Split
    names: tuple[VolumeName, ...] | None = None
    cases: int | None = None
    all_reconstructions: bool = False
    masks: tuple[str, ...] = ()
    reports: bool = False
    metadata: bool = False
    labels: bool = False


@dataclass
class Plan:
    """What will be fetched.

    Attributes
    ----------
    volumes
        The volumes whose CT the repository has.
    files
        Every file of the request, those that lie here already included.
    missing
        Paths that the repository does not have.
    commit
        The commit all files are taken from.
    """

    request: Request
    volumes: list[VolumeName] = field(default_factory=list)
    files: list[RemoteFile] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    commit: str = ""

    @property
    def wanted(self) -> list[RemoteFile]:
        """The files that are not here yet."""
        return [one for one in self.files if not one.here]

    @property
    def need(self) -> int:
        """Bytes to fetch, as far as the hub says."""
        return sum(one.size or 0 for one in self.wanted)


def read_names(path: str | Path) -> tuple[VolumeName, ...]:
    """Read volume names, one per line; empty lines and lines that start with ``#`` are passed over.

    Raises
    ------
    InputError
        Missing file, no names, or a line that breaks the naming rule.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file of names") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    names = []
    for number, line in enumerate(lines, start=1):
        text = line.partition(",")[0].strip()
        if not text or text.startswith("#") or (number == 1 and text == "VolumeName"):
            continue
        try:
            names.append(parse_name(text))
        except InputError as error:
            raise InputError(f"{path}:{number}: {error}") from None
    if not names:
        raise InputError(f"{path}: holds no volume names")
    return tuple(dict.fromkeys(names))


def make_plan(request: Request, hub: Hub, progress: Progress | None = None) -> Plan:
    """Ask the hub for all files of a request; small tables are fetched at once.

    The commit of the first answer is kept for all later ones, so that a change of the repository in
    between cannot mix two versions.

    Raises
    ------
    HubError
        Gated, unreachable, or a table that does not exist.
    InputError
        A name of another split, or a request that names no volume.
    """
    check_split(request.split)
    tables = _tables(request)
    plan = Plan(request)
    for path in tables:
        found = hub.ask(path)
        hub.revision = plan.commit = found.commit
        hub.fetch(path)
        plan.files.append(RemoteFile(path, found.size, found.commit, here=True))
    volumes = _volumes(request, hub)
    if not plan.commit:
        plan.commit = hub.revision = _commit(hub, volumes)
    _ask_all(plan, hub, volumes, progress or Silent())
    return plan


def check_room(plan: Plan, folder: Path, keep: int = ROOM_LEFT) -> int:
    """Return the free bytes of the disk, if the plan fits.

    Raises
    ------
    InputError
        With the need, what is free, and what to do.
    """
    place = folder
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if plan.need and plan.need + keep > free:
        raise InputError(
            f"{folder}: {len(plan.wanted)} files need {gigabytes(plan.need)} and {gigabytes(keep)} must stay "
            f"free, the disk has {gigabytes(free)}; ask for fewer cases or another --output-dir"
        )
    return free


def gigabytes(size: int) -> str:
    """``12.3 GB``, or MB below one gigabyte (10^9 bytes)."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _tables(request: Request) -> list[str]:
    tables = []
    if request.names is None or request.metadata:
        tables.append(metadata_path(request.split))
    if request.reports:
        tables.append(reports_path(request.split))
    if request.labels:
        tables.append(labels_path(request.split))
    return tables


def _volumes(request: Request, hub: Hub) -> list[VolumeName]:
    if request.names is not None:
        names: Iterable[VolumeName] = request.names
        short = request.split.removesuffix("_fixed")
        wrong = [one.case_id for one in names if one.split != short]
        if wrong:
            raise InputError(f"volume {wrong[0]!r} is not of split {request.split!r}")
    else:
        rows = read_table(hub.folder / metadata_path(request.split), ("VolumeName",))
        names = sorted(parse_name(row["VolumeName"]) for row in rows)
    # Volumes that are named one by one are all meant.
    one_each = request.names is None and not request.all_reconstructions
    volumes = first_reconstructions(names) if one_each else list(names)
    volumes = volumes[: request.cases]
    if not volumes:
        raise InputError("no volume is asked for")
    return volumes


def _commit(hub: Hub, volumes: Sequence[VolumeName]) -> str:
    for name in volumes:
        try:
            return hub.ask(name.volume_path()).commit
        except MissingFileError:
            continue
    raise MissingFileError(f"none of the {len(volumes)} volumes exists in the repository")


def _ask_all(plan: Plan, hub: Hub, volumes: Sequence[VolumeName], progress: Progress) -> None:
    def ask(path: str) -> RemoteFile | str:
        try:
            return hub.ask(path)
        except MissingFileError:
            return path
        finally:
            progress.advance(1, path.rpartition("/")[2])

    paths = {name: [name.volume_path(), *map(name.mask_path, plan.request.masks)] for name in volumes}
    with ThreadPoolExecutor(_WORKERS) as pool:
        answers = dict(pool.map(lambda path: (path, ask(path)), (p for own in paths.values() for p in own)))
    for name, own in paths.items():
        plan.missing += [path for path in own if isinstance(answers[path], str)]
        if isinstance(answers[own[0]], str):
            continue  # masks without their CT are of no use here
        plan.volumes.append(name)
        plan.files += [found for path in own if isinstance(found := answers[path], RemoteFile)]


def mask_tasks(wanted: bool | Sequence[str]) -> tuple[str, ...]:
    """Return all mask tasks for True, none for False, or the named ones."""
    if isinstance(wanted, bool):
        return tuple(MASK_TASKS) if wanted else ()
    for task in wanted:
        if task not in MASK_TASKS:
            raise InputError(f"unknown CT-RATE mask task {task!r}; known: {', '.join(MASK_TASKS)}")
    return tuple(wanted)
