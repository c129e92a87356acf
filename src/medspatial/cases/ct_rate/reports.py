"""Radiology reports: CT-RATE's table, the field's JSON, or cases that carry their report."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate.metadata import read_table
from medspatial.cases.ct_rate.names import is_name, parse_name
from medspatial.errors import InputError
from medspatial.records import Case, content_hash, patient_of, read_records, volume_name

NOT_GIVEN = "Not given."
"""What the table writes where a section is missing."""
COLUMNS = ("VolumeName", "Findings_EN", "Impressions_EN")
SECTION_MARK = "\n\nImpression: "
"""Separates the sections where a case carries its report as one text."""


@dataclass(frozen=True)
class Report:
    """The two sections of one report, verbatim; a missing section is empty."""

    case_id: str
    findings: str
    impression: str = ""

    @property
    def patient_id(self) -> str:
        """The patient, by CT-RATE's naming rule where it fits."""
        return patient_of(self.case_id)

    @property
    def sections(self) -> tuple[tuple[str, str], ...]:
        """The sections that are there: (``findings`` or ``impression``, text)."""
        both = (("findings", self.findings), ("impression", self.impression))
        return tuple((name, text) for name, text in both if text)

    @property
    def text(self) -> str:
        """Both sections as one text."""
        return self.findings + (SECTION_MARK + self.impression if self.impression else "")

    @property
    def fingerprint(self) -> str:
        """Hash of the sections' texts."""
        return content_hash(self.findings, self.impression)


def read_reports(path: str | Path) -> list[Report]:
    """Read reports, in the order of the file.

    Known forms: CT-RATE's CSV (``VolumeName``, ``Findings_EN``, ``Impressions_EN``); JSON
    ``{volume: {"Findings_EN", "Impressions_EN"}}``; JSONL with ``case_id`` (or ``VolumeName``) and
    ``findings``/``impression`` (or the CSV's names); a file of cases with ``report``. All plain or ``.gz``.

    Raises
    ------
    InputError
        Missing or unreadable file, wrong form, or a volume that occurs twice.
    """
    path = Path(path)
    kind = path.name.removesuffix(".gz").rpartition(".")[2].lower()
    if kind == "csv":
        rows = [(row["VolumeName"], row) for row in read_table(path, COLUMNS)]
    elif kind == "json":
        rows = list(_json(path).items())
    elif kind == "jsonl":
        rows = [_line(path, number, row) for number, row in _lines(path)]
    else:
        raise InputError(f"{path}: reports must be a .csv, .json or .jsonl file (or one of these .gz)")
    found: dict[str, Report] = {}
    for name, row in rows:
        report = _report(path, name, row)
        if report.case_id in found:
            raise InputError(f"{path}: volume {report.case_id!r} occurs twice")
        found[report.case_id] = report
    return list(found.values())


def reports_of(cases: list[Case]) -> list[Report]:
    """Return the reports that cases carry; cases without one are left out."""
    found = []
    for case in cases:
        if case.report:
            findings, _, impression = case.report.partition(SECTION_MARK)
            found.append(Report(case.case_id, findings, impression))
    return found


def read_case_reports(path: str | Path) -> list[Report]:
    """Return the reports of a file of cases (``cases.jsonl``)."""
    return reports_of(read_records(path, Case).rows)


def one_per_scan(reports: list[Report]) -> list[Report]:
    """Keep one report per scan: reconstructions of a scan share their report, the lowest number stays."""
    best: dict[str, Report] = {}
    for report in reports:
        scan = scan_of(report.case_id)
        if scan not in best or _reconstruction(report) < _reconstruction(best[scan]):
            best[scan] = report
    return list(best.values())


def scan_of(case_id: str) -> str:
    """Return ``valid_53_a`` for ``valid_53_a_1``; any other name is its own scan."""
    return parse_name(case_id).scan if is_name(case_id) else case_id


def _reconstruction(report: Report) -> int:
    last = report.case_id.rpartition("_")[2]
    return int(last) if last.isdigit() else 0


def _report(path: Path, name: str, row: Any) -> Report:
    where = f"{path}: volume {name!r}"
    if not isinstance(row, dict):
        raise InputError(f"{where}: must be an object with 'Findings_EN' and 'Impressions_EN', got {row!r}")
    if isinstance(row.get("report"), str):
        findings, _, impression = row["report"].partition(SECTION_MARK)
        return Report(volume_name(name), findings, impression)
    findings = _section(where, row, ("Findings_EN", "findings"))
    impression = _section(where, row, ("Impressions_EN", "impression", "impressions"))
    return Report(volume_name(name), findings, impression)


def _section(where: str, row: dict[str, Any], names: tuple[str, ...]) -> str:
    name = next((one for one in names if one in row), None)
    if name is None:
        return ""
    text = row[name]
    if text is None:
        return ""
    if not isinstance(text, str):
        raise InputError(f"{where}: field '{name}': must be text, got {text!r}")
    return "" if text.strip() in ("", NOT_GIVEN) else text


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: must be an object {{volume: report}}, got {type(data).__name__}")
    return data


def _lines(path: Path) -> list[tuple[int, Any]]:
    found = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if line.strip():
            try:
                found.append((number, json.loads(line)))
            except json.JSONDecodeError as error:
                raise InputError(f"{path}:{number}: not JSON: {error.msg}") from None
    return found


def _line(path: Path, number: int, row: Any) -> tuple[str, Any]:
    if isinstance(row, dict):
        for field in ("case_id", "VolumeName", "volume"):
            if isinstance(row.get(field), str) and row[field]:
                return row[field], row
    raise InputError(f"{path}:{number}: a report needs 'case_id' (or 'VolumeName')")
