"""Validate a folder of CT-RATE volumes: every file that should be there, and every volume that is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate.checks import Finding, check_chest, check_header, check_masks, check_values
from medspatial.cases.ct_rate.download import case_of, read_receipt
from medspatial.cases.ct_rate.metadata import VolumeMetadata, read_metadata
from medspatial.cases.ct_rate.names import MASK_TASKS, SPLITS, is_name, metadata_path, parse_name
from medspatial.cases.layouts import scan_cases
from medspatial.cases.load import load_case
from medspatial.errors import InputError
from medspatial.progress import Progress, Silent
from medspatial.records import Case
from medspatial.volume import MaskSet, Volume, read_header, read_volume

_HUB_CACHE = (".cache", "huggingface", "download")


@dataclass
class Validated:
    """One row of the table: a volume, or a file that is missing or extra."""

    case: str
    axes: str = ""
    shape: str = ""
    spacing_mm: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a problem was found."""
        return any(one.level == "problem" for one in self.findings)

    def to_row(self) -> dict[str, Any]:
        """Plain data for a listing."""
        told: dict[str, list[str]] = {"problem": [], "note": []}
        for one in self.findings:
            told[one.level].append(f"{one.check}: {one.text}")
        return {
            "case": self.case,
            "axes": self.axes,
            "shape": self.shape,
            "spacing_mm": self.spacing_mm,
            "verdict": "FAIL" if self.failed else "ok",
            "problems": "; ".join(told["problem"]),
            "notes": "; ".join(told["note"]),
        }


def validate(
    folder: str | Path, *, headers_only: bool = False, progress: Progress | None = None
) -> list[Validated]:
    """Check files, headers, values, region and masks of all volumes in a folder.

    Parameters
    ----------
    headers_only
        Do not read voxels: no HU, region, mask and duplicate checks.

    Returns
    -------
    list of Validated
        A row per volume, in the order of the cases; then missing files, extra files and files of another
        commit.

    Raises
    ------
    InputError
        The folder holds no CT-RATE volume, or a table or receipt that cannot be read.
    """
    folder = Path(folder)
    cases = _cases(folder)
    validator = _Validator(folder, headers_only)
    report = progress or Silent()
    rows = []
    for case in cases:
        rows.append(validator.volume(case))
        report.advance(1, case.case_id)
    _mark_twins(validator.prints)
    return [
        *rows,
        *_missing(folder, validator.sizes),
        *_extra(folder, cases, validator.sizes),
        *_commits(folder),
    ]


class _Validator:
    """Checks volumes one by one and remembers the hashes of their voxels."""

    def __init__(self, folder: Path, headers_only: bool) -> None:
        self.folder = folder
        self.headers_only = headers_only
        self.table = _table(folder)
        self.sizes: dict[str, int | None] = (read_receipt(folder) or {}).get("files", {})
        self.prints: dict[str, list[Validated]] = {}

    def volume(self, case: Case) -> Validated:
        found = Validated(case.case_id)
        path = self.folder / str(case.image_path)
        row = self.table.get(case.case_id)
        expected, actual = self.sizes.get(str(case.image_path)), path.stat().st_size
        if expected is not None and actual != expected:
            found.findings.append(Finding("file", f"{actual} bytes, the hub said {expected}"))
        try:
            header = read_header(path)
            found.axes, found.shape = header.affine.axcodes, " x ".join(map(str, header.shape))
            found.spacing_mm = " x ".join(f"{s:.4g}" for s in header.affine.spacing)
            found.findings += check_header(header, row)
            if not self.headers_only:
                self._voxels(case, read_volume(path), row, found)
        except InputError as error:
            found.findings.append(Finding("header" if not found.axes else "voxels", str(error)))
        return found

    def _voxels(self, case: Case, volume: Volume, row: VolumeMetadata | None, found: Validated) -> None:
        values = list(check_values(volume, row))
        found.findings += values
        digest = hashlib.blake2b(volume.voxels.tobytes(order="F"), digest_size=16).hexdigest()
        self.prints.setdefault(digest, []).append(found)
        masks = self._masks(case, found)
        if masks is not None:
            found.findings += check_masks(volume, masks)
        if not values:  # the region is read from HU
            found.findings += check_chest(volume, masks)

    def _masks(self, case: Case, found: Validated) -> MaskSet | None:
        if not case.masks:
            return None
        try:
            return load_case(case, self.folder, with_ct=False).masks
        except InputError as error:
            found.findings.append(Finding("masks", str(error)))
            return None


def _cases(folder: Path) -> list[Case]:
    """Return the volumes that lie there, whatever ``cases.jsonl`` says."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    paths = [path for split in SPLITS for path in sorted(folder.glob(f"dataset/{split}/*/*/*.nii.gz"))]
    names = [parse_name(path.name) for path in paths if is_name(path.name)]
    if names:
        return [case_of(name, folder) for name in sorted(names) if (folder / name.volume_path()).is_file()]
    cases = [one for one in scan_cases(folder) if is_name(one.case_id) and one.image_path]
    if not cases:
        raise InputError(f"{folder}: no CT-RATE volume found (names like valid_53_a_1.nii.gz)")
    return cases


def _table(folder: Path) -> dict[str, VolumeMetadata]:
    found: dict[str, VolumeMetadata] = {}
    for split in SPLITS:
        path = folder / metadata_path(split)
        for place in (path, folder / path.name):
            if place.is_file():
                found |= read_metadata(place)
    return found


def _mark_twins(prints: dict[str, list[Validated]]) -> None:
    """Name volumes whose voxels are equal: a file under two names, or two versions of one volume."""
    for twins in prints.values():
        for one in twins:
            others = [two.case for two in twins if two is not one]
            if others:
                one.findings.append(Finding("version", f"same voxels as {', '.join(others)}"))


def _missing(folder: Path, sizes: Iterable[str]) -> Iterator[Validated]:
    for path in sizes:
        if not (folder / path).is_file():
            text = "expected by the receipt and not here; run the download again"
            yield Validated(path, findings=[Finding("missing", text)])


def _extra(folder: Path, cases: list[Case], sizes: dict[str, int | None]) -> Iterator[Validated]:
    """Name files under ``dataset/`` that belong to no volume of the folder."""
    known = (
        {one.image_path for one in cases} | {mask.path for one in cases for mask in one.masks} | set(sizes)
    )
    base = folder / "dataset"
    for path in sorted(base.rglob("*")) if base.is_dir() else ():
        inner = path.relative_to(folder).as_posix()
        if not path.is_file() or inner in known:
            continue
        if inner.startswith("dataset/ts_seg/") and inner.split("/")[2] in MASK_TASKS:
            yield Validated(inner, findings=[Finding("extra", "a mask without its CT", "note")])
        elif path.name.endswith((".nii.gz", ".nii", ".incomplete", ".tmp")):
            yield Validated(inner, findings=[Finding("extra", "not at the place that its name asks for")])


def _commits(folder: Path) -> Iterator[Validated]:
    """Report files that come from different commits of the repository (a mix of two versions)."""
    commits: dict[str, list[str]] = {}
    base = folder.joinpath(*_HUB_CACHE)
    for path in sorted(base.rglob("*.metadata")) if base.is_dir() else ():
        lines = path.read_text(encoding="utf-8").splitlines()
        name = path.relative_to(base).as_posix().removesuffix(".metadata")
        if lines and (folder / name).is_file():
            commits.setdefault(lines[0], []).append(name)
    if len(commits) > 1:
        most = max(commits, key=lambda commit: len(commits[commit]))
        for commit, names in sorted(commits.items()):
            if commit != most:
                for name in names:
                    text = f"from commit {commit[:8]}, {len(commits[most])} files from {most[:8]}"
                    yield Validated(name, findings=[Finding("version", text, "note")])
