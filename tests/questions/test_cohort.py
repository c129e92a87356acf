"""Building from files: workers, resume, failures, and the files written."""

from __future__ import annotations

import json

import pytest

from medspatial.cases.phantom import write_phantoms
from medspatial.errors import InputError
from medspatial.questions import Drop, build_questions, mirrored_cases, write_questions
from medspatial.records import Question, read_records

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
    twins = {q.pair_id for q in questions if q.subtype == "L6"}
    assert {q.pair_id for q in questions if q.subtype == "L1"} <= twins


def test_mirrored_cases_have_nothing_but_the_probe(cases, folder):
    (result,) = build_questions(mirrored_cases(cases[:1]), folder, subtypes=("V3", "D4"))
    assert not result.questions
