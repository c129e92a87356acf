"""``medspatial predict``: what it says at its end, names, and which answers a changed CT costs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from medspatial.cases import CaseData, load_case, write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.records import Case, Question, write_records
from medspatial.study import loading

LOOKER = """
from medspatial.models import Answer, Model
class Looker(Model):
    "Looks at volumes."
    def __init__(self, bad=()):
        self.name, self.bad = "looker", bad
    def answer(self, encoded, queries):
        if any(query.text in self.bad for query in queries):
            raise KeyError("x")
        return [Answer("left") for _ in queries]
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three phantoms, questions about the first two."""
    folder = tmp_path_factory.mktemp("data")
    cases = write_phantoms(folder, 3, spacing=12.0)
    asked = [
        Question(case_id=case.case_id, patient_id=case.patient_id, question=f"Side {n}?", answer="left")
        for case in cases[:2]
        for n in range(2)
    ]
    write_records(folder / "questions.jsonl", asked)
    return folder


def predict(data: Path, output: Path, *more: str, model: str = "toy") -> Result:
    arguments = ["predict", "-m", model, "-d", str(data / "questions.jsonl"), "-o", str(output)]
    return CliRunner().invoke(app, [*arguments, "--cases", str(data / "cases.jsonl"), *more])


def counts(result: Result) -> str:
    return result.stdout.strip().rpartition(": ")[2]


def test_at_its_end_it_says_how_many_failed_most_often_why_and_where_that_stands(
    plugin_model: Callable[..., str], data: Path, tmp_path: Path
) -> None:
    plugin_model(LOOKER, "Looker")
    done = predict(data, tmp_path, "--set", 'bad=["Side 1?"]')
    assert done.exit_code == 1
    assert counts(done) == "2 answered now, 0 before, 2 failed"
    counted = "2 of 4 questions failed, most often (2 times): answer: KeyError: 'x'"
    assert f"{counted}; each with its error: {tmp_path / 'looker.failures.jsonl'}" in done.stderr
    again = predict(data, tmp_path)
    assert (again.exit_code, counts(again)) == (0, "2 answered now, 2 before, 0 failed")
    assert "failed, most often" not in again.stderr


@pytest.mark.parametrize(
    ("arm", "asked_again"), [("standard", 2), ("blank", 2), ("wrong_patient", 4), ("text_only", 0)]
)
def test_a_changed_ct_costs_the_answers_that_rest_on_it(
    arm: str, asked_again: int, plugin_model: Callable[..., str], data: Path, tmp_path: Path
) -> None:
    plugin_model(LOOKER, "Looker")
    assert counts(predict(data, tmp_path, "--arm", arm)) == "4 answered now, 0 before, 0 failed"
    ct = sorted(data.rglob("ct.nii.gz"))[0]
    os.utime(ct, ns=(0, ct.stat().st_mtime_ns + 10**9))
    again = predict(data, tmp_path, "--arm", arm)
    assert counts(again) == f"{asked_again} answered now, {4 - asked_again} before, 0 failed"


@pytest.mark.parametrize("arm", ["standard", "wrong_patient"])
def test_a_case_that_no_question_concerns_may_leave(
    arm: str, plugin_model: Callable[..., str], data: Path, tmp_path: Path
) -> None:
    plugin_model(LOOKER, "Looker")
    assert counts(predict(data, tmp_path, "--arm", arm)) == "4 answered now, 0 before, 0 failed"
    cases = (data / "cases.jsonl").read_text()
    try:
        (data / "cases.jsonl").write_text("".join(cases.splitlines(keepends=True)[:2]))
        again = predict(data, tmp_path, "--arm", arm)
    finally:
        (data / "cases.jsonl").write_text(cases)
    assert counts(again) == "0 answered now, 4 before, 0 failed"


@pytest.mark.parametrize("name", ["", "a/b", "../up", ".hidden", "a b", "x@mirrored"])
def test_a_name_that_makes_no_file_name_is_refused(name: str, data: Path, tmp_path: Path) -> None:
    done = predict(data, tmp_path / "p", "--name", name, model="random")
    assert isinstance(done.exception, InputError)
    assert "name must consist of letters, digits and - _ . +" in str(done.exception)
    assert repr(name) in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_with_a_cache_models_and_arms_read_each_volume_once_and_answer_the_same(
    plugin_model: Callable[..., str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin_model(LOOKER, "Looker")
    read: list[str] = []

    def counted(case: Case, root: Path, **how: object) -> CaseData:
        read.append(case.case_id)
        return load_case(case, root, **how)  # type: ignore[arg-type]

    monkeypatch.setattr(loading, "load_case", counted)
    cache = ("--cache", str(tmp_path / "cache"))
    for arm in ("standard", "mirrored"):
        for name in ("a", "b"):
            done = predict(data, tmp_path / "kept", "--arm", arm, "--name", name, *cache)
            assert (done.exit_code, counts(done)) == (0, "4 answered now, 0 before, 0 failed"), done.output
    assert len(read) == len(set(read)) == 2
    for arm in ("standard", "mirrored"):
        predict(data, tmp_path / "read", "--arm", arm, "--name", "a")
    assert len(read) == 6
    for name in ("a.jsonl", "a@mirrored.jsonl"):
        assert (tmp_path / "kept" / name).read_bytes() == (tmp_path / "read" / name).read_bytes()
    facts = [
        [
            json.loads(line)["fingerprint"]
            for line in (tmp_path / one / "a.volumes.jsonl").read_text().splitlines()
        ]
        for one in ("kept", "read")
    ]
    assert facts[0] == facts[1]


def test_a_budget_without_a_cache_is_refused(data: Path, tmp_path: Path) -> None:
    done = predict(data, tmp_path, "--cache-gb", "3", model="random")
    assert isinstance(done.exception, InputError)
    assert "--cache-gb: is the budget of --cache" in str(done.exception)
