from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.datasets.frozen import read_frozen
from medspatial.errors import InputError
from medspatial.records import Question, read_records
from medspatial.study import ReportSetConfig, find_study, run_report_set

NODULE = "A 5 mm nodule is seen in the posterobasal segment of the lower lobe of the right lung."
REPORTS = {
    "valid_1_a_1": {"Findings_EN": NODULE, "Impressions_EN": "Nodule in the right lung."},
    "valid_1_a_2": {"Findings_EN": NODULE, "Impressions_EN": "Nodule in the right lung."},
    "valid_2_a_1": {"Findings_EN": "No nodule was detected. Effusion on the left.", "Impressions_EN": ""},
}
STUDY = """
title: A small set
from_reports: ${SOME_REPORTS}
cases: ${NO_SUCH_CASES}
per_patient: 3
review: {reviewers: [ann, bob]}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    (tmp_path / "reports.json").write_text(json.dumps(REPORTS))
    monkeypatch.setenv("SOME_REPORTS", str(tmp_path / "reports.json"))
    path = tmp_path / "study.yaml"
    path.write_text(STUDY)
    return path


def test_one_file_makes_audits_freezes_and_hands_out(study, tmp_path):
    config = find_study(str(study))
    assert isinstance(config, ReportSetConfig)
    assert config.cases is None
    made = run_report_set(config, tmp_path / "out")
    rows = read_records(tmp_path / "out" / "questions" / "questions.jsonl", Question).rows
    assert {one.case_id for one in rows} == {"valid_1_a_1", "valid_2_a_1"}
    assert max(sum(one.patient_id == who for one in rows) for who in ("valid_1", "valid_2")) <= 3
    assert made.audit.questions == len(rows)
    frozen = read_frozen(tmp_path / "out" / "dataset")["test"]
    assert {one.id for one in frozen} == {one.id for one in rows}
    text = "".join(one.read_text() for one in (tmp_path / "out" / "dataset").iterdir())
    assert NODULE not in text
    assert {one.name for one in (tmp_path / "out" / "review").iterdir()} >= {"ann.csv", "bob.csv", "key.json"}
    run_report_set(config, tmp_path / "out")  # the same again changes nothing


def test_a_frozen_set_is_never_changed(study, tmp_path):
    run_report_set(find_study(str(study)), tmp_path / "out")
    study.write_text(STUDY.replace("per_patient: 3", "per_patient: 1"))
    with pytest.raises(InputError, match="holds a frozen set of other questions"):
        run_report_set(find_study(str(study)), tmp_path / "out")


def test_a_variable_that_is_not_set_names_the_field(study, monkeypatch):
    monkeypatch.delenv("SOME_REPORTS")
    with pytest.raises(
        InputError, match="field 'from_reports': environment variable SOME_REPORTS is not set"
    ):
        find_study(str(study))


def test_the_command_prints_the_audit(study, tmp_path):
    done = CliRunner().invoke(app, ["run", str(study), "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "| subtype | questions |" in done.output
