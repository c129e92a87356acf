"""Fetch CT-RATE volumes by name into the repository's own tree, and list them in ``cases.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate.hub import Hub, HubError, RemoteFile
from medspatial.cases.ct_rate.metadata import VolumeMetadata, read_metadata
from medspatial.cases.ct_rate.names import (
    LICENSE,
    MASK_TASKS,
    REPOSITORY,
    Split,
    VolumeName,
    metadata_path,
    parse_name,
    reports_path,
)
from medspatial.cases.ct_rate.plan import ROOM_LEFT, Plan, check_room
from medspatial.cases.ct_rate.reports import Report, read_reports, scan_of
from medspatial.errors import InputError
from medspatial.files import write_json
from medspatial.progress import Progress, Silent
from medspatial.records import Case, MaskSource, read_records, write_records

RECEIPT = "ct_rate.json"
CASES = "cases.jsonl"
_WORKERS = 4


@dataclass(frozen=True)
class Downloaded:
    """What a download left in its folder."""

    folder: Path
    cases: int
    fetched: int
    already_here: int
    missing: tuple[str, ...]


def download(
    plan: Plan, hub: Hub, *, progress: Progress | None = None, keep: int = ROOM_LEFT, workers: int = _WORKERS
) -> Downloaded:
    """Fetch what a plan lacks, then write the receipt and ``cases.jsonl``.

    The receipt, with the files that are expected, is written before the first volume; a file is at its
    place only when it is complete; the same call again goes on.

    Raises
    ------
    HubError
        The hub refused or broke off, or the disk is full; the list of cases then holds what is complete.
    InputError
        Not enough room, checked before the first byte.
    """
    check_room(plan, hub.folder, keep)
    hub.folder.mkdir(parents=True, exist_ok=True)
    write_receipt(plan, hub.folder)
    wanted = plan.wanted
    try:
        _fetch_all(hub, wanted, progress or Silent(), workers)
    finally:
        cases = list_cases(hub.folder, plan.request.split)
        write_records(hub.folder / CASES, cases)
    return Downloaded(hub.folder, len(cases), len(wanted), len(plan.files) - len(wanted), tuple(plan.missing))


def _fetch_all(hub: Hub, files: Sequence[RemoteFile], progress: Progress, workers: int) -> None:
    """Fetch several files at a time; after the first error no further one is begun."""
    with ThreadPoolExecutor(max(1, workers)) as pool:
        running = {pool.submit(hub.fetch, one.path): one for one in files}
        try:
            for done in as_completed(running):
                path = done.result()
                _check_size(path, running[done])
                progress.advance(1, path.name)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _check_size(path: Path, file: RemoteFile) -> None:
    found = path.stat().st_size
    if file.size is not None and found != file.size:
        raise HubError(f"{path}: has {found} bytes, the hub says {file.size}; delete it and run again")


def write_receipt(plan: Plan, folder: Path) -> Path:
    """Write what the folder should hold: commit, and each volume and mask; earlier requests are kept."""
    path = folder / RECEIPT
    before = read_receipt(folder)
    files = dict(before.get("files", {})) if before else {}
    files |= {one.path: one.size for one in plan.files}
    facts = {
        "repository": REPOSITORY,
        "license": LICENSE,
        "commit": plan.commit,
        "files": dict(sorted(files.items())),
        "missing": sorted({*(before or {}).get("missing", ()), *plan.missing} - set(files)),
    }
    return write_json(path, facts)


def read_receipt(folder: Path) -> dict[str, Any] | None:
    """Return the receipt of a folder, or None.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = folder / RECEIPT
    if not path.is_file():
        return None
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(facts, dict) and isinstance(facts.get("files"), dict):
            return facts
    except ValueError:
        pass
    raise InputError(f"{path}: not a receipt of this program; delete it and run the download again")


def list_cases(folder: Path, split: Split) -> list[Case]:
    """Return a case for every volume of the receipt that lies in the folder, by patient number.

    Masks, report and metadata are attached where they are there; cases of another source or split that
    ``cases.jsonl`` already holds are kept.
    """
    receipt = read_receipt(folder) or {"files": {}}
    prefix = f"dataset/{split}/"
    volumes = sorted(
        parse_name(path) for path in receipt["files"] if path.startswith(prefix) and (folder / path).is_file()
    )
    table, reports = _tables(folder, split)
    cases = [case_of(name, folder, table.get(name.case_id), reports.get(name.scan)) for name in volumes]
    known = {case.case_id for case in cases}
    return cases + [one for one in _earlier(folder) if one.case_id not in known and _is_there(one, folder)]


def _tables(folder: Path, split: Split) -> tuple[dict[str, VolumeMetadata], dict[str, Report]]:
    metadata, reports = folder / metadata_path(split), folder / reports_path(split)
    table = read_metadata(metadata) if metadata.is_file() else {}
    found = read_reports(reports) if reports.is_file() else []
    return table, {scan_of(report.case_id): report for report in found}


def _earlier(folder: Path) -> list[Case]:
    path = folder / CASES
    return read_records(path, Case).rows if path.is_file() else []


def _is_there(case: Case, folder: Path) -> bool:
    return case.image_path is not None and (folder / case.image_path).is_file()


def case_of(
    name: VolumeName, folder: Path, row: VolumeMetadata | None = None, report: Report | None = None
) -> Case:
    """Return the case of a volume, with the masks that lie in the folder."""
    masks = [
        MaskSource(path=name.mask_path(task), label_map=label_map)
        for task, label_map in MASK_TASKS.items()
        if (folder / name.mask_path(task)).is_file()
    ]
    facts: dict[str, Any] = {"scan": name.scan}
    if row is not None:
        facts |= {"sex": row.sex, "age": row.age, "manufacturer": row.manufacturer}
    return Case(
        case_id=name.case_id,
        patient_id=name.patient,
        image_path=name.volume_path(),
        masks=tuple(masks),
        report=report.text if report else None,
        region="thorax",
        source="CT-RATE",
        license=LICENSE,
        metadata=facts,
    )
