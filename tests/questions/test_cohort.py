"""Building from files: workers, resume, failures, and the files written."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from shutil import copytree

import numpy as np
import pytest

from medspatial.anatomy import load_label_map
from medspatial.cases import load_case
from medspatial.cases.phantom import write_phantoms
from medspatial.errors import InputError
from medspatial.questions import (
    CaseQuestions,
    Drop,
    balance_cohort,
    build_questions,
    mirrored_cases,
    write_questions,
)
from medspatial.records import Evidence, Question, read_records
from medspatial.volume import read_volume, write_volume

SUBTYPES = ("L1", "L4", "L6", "V3", "D4", "A6")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("phantoms")


@pytest.fixture(scope="module")
def cases(folder):
    return write_phantoms(folder, 3, spacing=6.0)


def test_workers_change_nothing(cases, folder):
    alone = list(build_questions(cases, folder, subtypes=SUBTYPES))
    together = list(build_questions(cases, folder, subtypes=SUBTYPES, workers=2))
    assert alone == together
    assert [result.case_id for result in alone] == [case.case_id for case in cases]
    assert all(result.questions for result in alone)


def test_a_case_does_not_depend_on_the_others(cases, folder):
    together = {r.case_id: r for r in build_questions(cases, folder, subtypes=SUBTYPES)}
    (alone,) = build_questions(cases[1:2], folder, subtypes=SUBTYPES)
    assert alone == together[cases[1].case_id]


def test_finished_cases_are_taken_from_disk(cases, folder, tmp_path, monkeypatch):
    first = list(build_questions(cases, folder, subtypes=SUBTYPES, folder=tmp_path))
    monkeypatch.setattr("medspatial.questions.build.load_case", None)
    assert list(build_questions(cases, folder, subtypes=SUBTYPES, folder=tmp_path)) == first
    other = list(build_questions(cases, folder, subtypes=("V3",), folder=tmp_path))
    assert {entry.rule for result in other for entry in result.drops} == {
        "failed"
    }  # other settings: not reused


def test_a_torn_shard_is_built_again(cases, folder, tmp_path):
    first = list(build_questions(cases[:1], folder, subtypes=("V3",), folder=tmp_path))
    (shard,) = tmp_path.glob("*/*.json")
    shard.write_text(shard.read_text()[:-30])
    assert list(build_questions(cases[:1], folder, subtypes=("V3",), folder=tmp_path)) == first


def test_an_unreadable_case_is_in_the_ledger_and_is_tried_again(cases, folder, tmp_path):
    bad = cases[0].model_copy(update={"case_id": "bad", "image_path": "nowhere.nii.gz"})
    results = list(build_questions([bad, cases[1]], folder, subtypes=("V3",), folder=tmp_path))
    assert [entry.rule for entry in results[0].drops] == ["failed"]
    assert "nowhere.nii.gz" in results[0].drops[0].note
    assert results[1].questions
    assert len(list(tmp_path.glob("*/*.json"))) == 1
    with pytest.raises(InputError, match="nowhere"):
        list(build_questions([bad], folder, keep_going=False))


@pytest.fixture
def own(cases, folder, tmp_path):
    """A case with files of its own, and the folder of finished cases."""
    copytree(folder / cases[0].case_id, tmp_path / "data" / cases[0].case_id)
    return cases[0], tmp_path / "data", tmp_path / "done"


def relabelled(path, change):
    labels = read_volume(path, unit="label")
    voxels = np.array(labels.voxels)
    change(voxels)
    write_volume(replace(labels, voxels=voxels), path)


def built(own):
    case, root, done = own
    (result,) = build_questions([case], root, subtypes=("V3",), folder=done)
    return result


@pytest.mark.parametrize("name", ["ct.nii.gz", "seg.nii.gz"])
def test_a_case_whose_file_changed_is_built_anew(own, name, monkeypatch):
    first = built(own)
    path = own[1] / own[0].case_id / name
    os.utime(path, ns=(1, 1))
    assert built(own) == first
    os.utime(path, ns=(2, 2))
    monkeypatch.setattr("medspatial.questions.build.load_case", None)
    assert [entry.rule for entry in built(own).drops] == ["failed"]  # it was read again


def test_a_mask_that_changed_gives_other_questions(own):
    first = built(own)
    asked = {name for question in first.questions for name in question.evidence.structures}
    name = min(asked & {"spleen", "pancreas", "stomach", "aorta", "heart"})  # no lesion of theirs
    value = next(v for v, known in load_label_map("phantom").labels.items() if known == name)
    relabelled(own[1] / own[0].case_id / "seg.nii.gz", lambda voxels: np.putmask(voxels, voxels == value, 0))
    second = built(own)
    assert second.questions
    assert not any(name in question.evidence.structures for question in second.questions)


def test_a_refused_case_is_tried_again(own, monkeypatch):
    path = own[1] / own[0].case_id / "seg.nii.gz"
    whole = path.read_bytes()
    relabelled(path, lambda voxels: voxels.fill(0))
    (refusal,) = built(own).drops
    assert (refusal.rule, refusal.note) == (
        "refused", "its masks show no structure; seg.nii.gz: all voxels are 0"
    )  # fmt: skip
    assert not list(own[2].glob("*/*.json"))
    path.write_bytes(whole)
    assert built(own).questions


def test_a_file_that_changes_while_a_case_is_built_is_not_missed(own, monkeypatch):
    path = own[1] / own[0].case_id / "seg.nii.gz"

    def late(*arguments, **options):
        data = load_case(*arguments, **options)
        os.utime(path, ns=(5, 5))
        return data

    monkeypatch.setattr("medspatial.questions.build.load_case", late)
    built(own)
    monkeypatch.setattr("medspatial.questions.build.load_case", None)
    assert [entry.rule for entry in built(own).drops] == ["failed"]


def test_a_label_map_that_does_not_fit_is_in_the_ledger_and_the_summary(own, tmp_path):
    case, root, _ = own
    (source,) = case.masks
    wrong = case.model_copy(
        update={"masks": (source.model_copy(update={"label_map": "kits19"}),), "case_id": "wrong"}
    )
    summary = write_questions(build_questions([wrong], root), tmp_path / "q")
    (line,) = [line for line in summary.troubles() if "label values" in line]
    assert "are not in label map kits19, left out: " in line
    assert line.startswith("case wrong: seg.nii.gz: ")
    assert summary.dropped["label_map"] == 1
    assert list(summary.label_maps) == ["wrong"]


def test_files_and_summary(cases, folder, tmp_path):
    both = [*cases, *mirrored_cases(cases)]
    seen = []

    class Watch:
        def advance(self, steps=1, note=""):
            seen.append(note)

    results = build_questions(both, folder, subtypes=SUBTYPES)
    summary = write_questions(results, tmp_path, progress=Watch())
    questions = read_records(tmp_path / "questions.jsonl", Question).rows
    drops = read_records(tmp_path / "dropped.jsonl", Drop).rows
    assert seen == [case.case_id for case in both]
    assert summary.questions == len(questions) == sum(summary.asked.values())
    assert sum(summary.dropped.values()) == len(drops)
    assert json.loads((tmp_path / "summary.json").read_text()) == summary.to_dict()
    assert summary.asked["L6"] > 0
    assert "| V3 | 6 |" in summary.to_markdown()
    assert not list(tmp_path.glob("*.tmp"))
    asked = {q.pair_id for q in questions if q.category == "laterality" and q.subtype != "L6"}
    twins = {q.pair_id for q in questions if q.subtype == "L6"}
    known = [e for e in drops if e.subtype == "L6" and e.rule in {"known_without_looking", "same_fact"}]
    assert asked & twins
    assert len(asked - twins) <= len(known)


def test_mirrored_cases_have_nothing_but_the_probe(cases, folder):
    (result,) = build_questions(mirrored_cases(cases[:1]), folder, subtypes=("V3", "D4"))
    assert not result.questions


def test_a_tiny_cohort_keeps_everything_and_says_so(cases, folder, tmp_path):
    both = [*cases, *mirrored_cases(cases)]
    built = [q for result in build_questions(both, folder) for q in result.questions]
    summary = write_questions(build_questions(both, folder), tmp_path)
    assert summary.questions == len(built)
    assert "cohort_balance" not in summary.dropped
    closed = {q.subtype for q in built if q.options}
    assert set(summary.too_few_to_balance) == closed
    assert "too few questions or patients to balance" in summary.to_markdown()


def test_the_file_written_in_two_passes_holds_what_the_balance_keeps(tmp_path):
    rows = [
        Question(
            id=f"{number:016x}",
            case_id=f"c{number}",
            patient_id=f"p{number}",
            question="Is the liver larger than the spleen?" if number % 3 else "How large is the liver?",
            answer="yes" if number % 3 and number % 5 else "no" if number % 3 else f"{number} ml",
            options=("yes", "no") if number % 3 else (),
            subtype="D4" if number % 3 else "V3",
            evidence=Evidence(structures=("liver", "spleen")),
        )
        for number in range(240)
    ]
    results = [CaseQuestions(row.case_id, (row,), ()) for row in rows]
    kept, left_out = balance_cohort(rows)
    summary = write_questions(results, tmp_path)
    assert 0 < len(left_out) < len(rows)
    assert read_records(tmp_path / "questions.jsonl", Question).rows == kept
    assert read_records(tmp_path / "dropped.jsonl", Drop).rows == left_out
    assert summary.asked == {"D4": sum(q.subtype == "D4" for q in kept), "V3": 80}
    turned = write_questions(results[::-1], tmp_path / "turned")
    assert {q.id for q in read_records(tmp_path / "turned" / "questions.jsonl", Question).rows} == {
        q.id for q in kept
    }
    assert turned.dropped == summary.dropped
    everything = write_questions(results, tmp_path / "all", balance=False)
    assert everything.questions == len(rows)
    assert everything.too_few_to_balance == []
