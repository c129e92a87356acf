from __future__ import annotations

import gzip
import json

import pytest

from medspatial.cases.ct_rate import Report, one_per_scan, read_case_reports, read_reports
from medspatial.errors import InputError
from medspatial.records import Case, write_records

ROW = {"Findings_EN": "Nodule on the left.", "Impressions_EN": "Not given."}


def test_three_forms_give_the_same_report(tmp_path):
    expected = [Report("valid_1_a_1", "Nodule on the left.", "")]
    table = tmp_path / "r.csv"
    table.write_text(
        "VolumeName,Findings_EN,Impressions_EN\nvalid_1_a_1.nii.gz,Nodule on the left.,Not given.\n"
    )
    nested = tmp_path / "r.json.gz"
    nested.write_bytes(gzip.compress(json.dumps({"valid_1_a_1.nii.gz": ROW}).encode()))
    lines = tmp_path / "r.jsonl"
    lines.write_text(json.dumps({"case_id": "valid_1_a_1", "findings": "Nodule on the left."}) + "\n")
    for path in (table, nested, lines):
        assert read_reports(path) == expected


def test_cases_carry_their_report_as_one_text(tmp_path):
    report = Report("valid_1_a_1", "Nodule.", "A nodule.")
    cases = [
        Case(case_id="valid_1_a_1", patient_id="valid_1", report=report.text),
        Case(case_id="valid_2_a_1", patient_id="valid_2"),
    ]
    path = write_records(tmp_path / "cases.jsonl", cases)
    assert read_case_reports(path) == [report]
    assert read_reports(write_records(tmp_path / "some.jsonl", cases[:1])) == [report]


def test_reconstructions_share_their_report():
    reports = [Report(f"valid_{n}", "x") for n in ("1_a_2", "1_a_1", "1_b_3", "other")]
    assert [r.case_id for r in one_per_scan(reports)] == ["valid_1_a_1", "valid_1_b_3", "valid_other"]


def test_bad_files(tmp_path):
    path = tmp_path / "r.json"
    path.write_text("[1]")
    with pytest.raises(InputError, match="must be an object"):
        read_reports(path)
    path.write_text('{"a": {"Findings_EN": 3}}')
    with pytest.raises(InputError, match="volume 'a': field 'Findings_EN': must be text, got 3"):
        read_reports(path)
    path.write_text('{"a": {}, "a.nii.gz": {}}')
    with pytest.raises(InputError, match="volume 'a' occurs twice"):
        read_reports(path)
    path.write_text("{")
    with pytest.raises(InputError, match=r"r.json:1: not JSON"):
        read_reports(path)
    with pytest.raises(InputError, match="no such file"):
        read_reports(tmp_path / "absent.json")
    with pytest.raises(InputError, match=r"must be a .csv, .json or .jsonl"):
        read_reports(tmp_path / "r.xlsx")
    lines = tmp_path / "r.jsonl"
    lines.write_text('{"findings": "x"}\n')
    with pytest.raises(InputError, match=r"r.jsonl:1: a report needs 'case_id'"):
        read_reports(lines)


def test_real_reports(shared):
    reports = read_reports(shared / "data" / "ct_spatialvqa" / "reports.json.gz")
    assert len(reports) == 1607
    assert len({r.patient_id for r in reports}) == 1304
    assert all(r.findings for r in reports)
