"""What commands say of folders without a case, of notes, and of answers and questions they pass over."""

from __future__ import annotations

import json
from shutil import copytree

import nibabel
import numpy as np
import pytest
from typer.testing import CliRunner

from medspatial.anatomy import load_label_map
from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.records import Question, read_records, write_records
from medspatial.volume import Affine, Volume, write_volume


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantom")
    (case,) = write_phantoms(folder, 1, spacing=6.0)
    return folder / case.case_id


@pytest.fixture
def data(phantom, tmp_path):
    """One patient with a scan, and 30 empty folders."""
    copytree(phantom, tmp_path / "data" / "p1" / "scan")
    for number in range(30):
        (tmp_path / "data" / f"q{number:02d}").mkdir()
    return tmp_path / "data"


def medspatial(*arguments, code=0):
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done


def told(done):
    return [line for line in done.stderr.splitlines() if line.startswith(("no case", "..."))]


NAMED = [*(f"no case: q{number:02d}: is empty" for number in range(20)), "... and 10 more"]


def test_every_command_that_looks_for_cases_names_folders_without_one(data, tmp_path):
    found = medspatial("cases", "list", data, "--label-map", "phantom", "--json")
    assert told(found) == NAMED
    assert "1 cases of 1 patients" in found.stderr
    assert [(row["case"], row["patient"]) for row in json.loads(found.stdout)] == [("scan", "p1")]
    assert told(medspatial("cases", "check", data, "--label-map", "phantom")) == NAMED
    ask = ["--label-map", "phantom", "-s", "V3", "-o", tmp_path / "q"]
    assert told(medspatial("questions", "from-masks", data, *ask)) == NAMED
    study = tmp_path / "study.yaml"
    study.write_text(
        f"title: T\ncases: {{path: {data}, label_map: phantom}}\nmodels: [oracle]\n"
        "questions: {subtypes: [L1], balance: false}\ncompare: {resamples: 20}\n"
        "report: {max_pictures: 0, figures: []}\n"
    )
    assert told(medspatial("run", study, "-o", tmp_path / "run", "--quiet")) == NAMED


def test_notes_are_printed_with_the_check(data, tmp_path):
    path = data / "p1/scan/seg.nii.gz"
    seg = nibabel.load(path)
    stored = np.asarray(seg.dataobj)
    values = [value for value, name in load_label_map("phantom").labels.items() if name.startswith("kidney_")]
    kidneys = np.isin(stored, [value for value in values if value]).astype(np.uint8)
    kidneys[0, 0, :2] = 30, 31  # most values are of no structure in the map
    nibabel.save(nibabel.Nifti1Image(kidneys, seg.affine), path)
    done = medspatial("cases", "check", data, "--label-map", "kits19")
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("scan: seg.nii.gz: ")]
    assert "2 of 3 label values are not in label map kits19, left out: 30, 31" in line
    (row,) = json.loads(medspatial("cases", "check", data, "--label-map", "kits19", "--json").stdout)
    assert row["notes"] == [line.removeprefix("scan: ")]
    assert "front and back: affine only" in row["assumptions"]
    asked = medspatial(
        "questions", "from-masks", data, "--label-map", "kits19", "-s", "V3", "-o", tmp_path / "q"
    )
    assert f"case {line}" in asked.stderr


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (0, "its masks show no structure; seg.nii.gz: all voxels are 0"),
        (240, "seg.nii.gz: none of its label values is in label map kits19; got 240"),
    ],
)
def test_masks_without_a_structure_are_a_problem_with_its_reason(tmp_path, value, why):
    voxels = np.full((12, 12, 12), value, np.uint8)
    affine = Affine([[2, 0, 0, -10], [0, 2, 0, -20], [0, 0, 3, 5], [0, 0, 0, 1]])
    (tmp_path / "d" / "a").mkdir(parents=True)
    write_volume(Volume(voxels, affine, unit="label"), tmp_path / "d" / "a" / "seg.nii.gz")
    done = medspatial("cases", "check", tmp_path / "d", "--label-map", "kits19", "--json", code=1)
    assert json.loads(done.stdout)[0]["problem"].endswith(why)
    place = tmp_path / "q"
    done = medspatial("questions", "from-masks", tmp_path / "d", "--label-map", "kits19", "-o", place, code=1)
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("case a gives none: ")]
    assert line.endswith(why)


def test_questions_are_made_anew_after_a_repair(phantom, tmp_path):
    copytree(phantom, tmp_path / "d" / "a")
    mask = tmp_path / "d" / "a" / "seg.nii.gz"
    whole = mask.read_bytes()
    mask.write_bytes(b"broken")
    command = ["questions", "from-masks", tmp_path / "d", "-o", tmp_path / "q", "-s", "V3"]
    medspatial(*command, "--label-map", "phantom", code=1)
    mask.write_bytes(whole)
    medspatial(*command, "--label-map", "phantom")
    assert read_records(tmp_path / "q" / "questions.jsonl", Question).rows


def test_sides_that_were_not_compared_are_counted_by_reason(phantom, tmp_path):
    copytree(phantom, tmp_path / "d" / "a")
    rows = [
        Question(case_id="a", question="Where is it?", answer="in the liver"),
        Question(case_id="nobody", question="Where is it?", answer="left"),
    ]
    write_records(tmp_path / "q.jsonl", rows)
    done = medspatial("questions", "check-sides", tmp_path / "q.jsonl", "-c", tmp_path / "d")
    assert done.stderr.splitlines() == [
        "0 answers compared, 0 conflicts",
        "1 not compared: no side in the answer",
        "1 not compared: unknown case",
        f"case 'nobody' is not in {tmp_path / 'd'}",
    ]
    (tmp_path / "d" / "a" / "seg.nii.gz").write_bytes(b"broken")
    write_records(tmp_path / "q.jsonl", [rows[0].model_copy(update={"answer": "left lung"})])
    done = medspatial("questions", "check-sides", tmp_path / "q.jsonl", "-c", tmp_path / "d", code=1)
    assert "1 not compared: masks cannot be read" in done.stderr
    assert "case 'a': " in done.stderr


def test_the_audit_says_what_it_does_not_audit(tmp_path):
    rows = [Question(case_id="a", question=f"Where is {n}?", answer="left") for n in range(3)]
    write_records(tmp_path / "q.jsonl", rows)
    done = medspatial("questions", "audit", tmp_path / "q.jsonl")
    assert done.stdout == ""
    assert "not audited: 3 of 3 questions are open" in done.stderr
    assert "((no subtype) 3)" in done.stderr
    assert json.loads(medspatial("questions", "audit", tmp_path / "q.jsonl", "--json").stdout) == []
