"""Each option of ``score``: what it changes in the table, the files and the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Done, medspatial

from medspatial.records import Prediction, Score, read_records, write_records


@pytest.fixture
def said(tmp_path: Path) -> Path:
    """Three answers of model m: right, right by the rules alone, wrong."""
    texts = ("left", "It lies on the left side.", "right")
    rows = [
        Prediction(
            id=f"q{n}", case_id=f"c{n}", question=f"Which side, {n}?", answer="left", answer_type="side",
            options=("left", "right"), prediction=text, model="m",
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip
    return write_records(tmp_path / "p" / "m.jsonl", rows)


def score(*arguments: object, code: int = 0) -> Done:
    done = medspatial("score", *arguments)
    assert done.returncode == code, done.stderr
    return done


def figures(done: Done) -> dict[tuple[str, str], float]:
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return {(row["file"], row["metric"]): row["accuracy"] for row in rows}


def test_without_a_metric_it_is_exact_match(said: Path) -> None:
    assert figures(score("-p", said, "--json")) == {("m.jsonl", "exact"): pytest.approx(1 / 3)}


def test_metrics_and_files_are_repeatable_and_a_folder_is_its_files(said: Path) -> None:
    write_records(said.with_name("n.jsonl"), read_records(said, Prediction).rows[:1])
    by_file = score("-p", said, "-p", said.with_name("n.jsonl"), "-m", "exact", "-m", "structured", "--json")
    by_folder = score("-p", said.parent, "-m", "exact", "-m", "structured", "--json")
    assert figures(by_file) == figures(by_folder)
    assert figures(by_file) == {
        ("m.jsonl", "exact"): pytest.approx(1 / 3),
        ("m.jsonl", "structured"): pytest.approx(2 / 3),
        ("n.jsonl", "exact"): 1.0,
        ("n.jsonl", "structured"): 1.0,
    }


def test_json_alone_is_on_standard_output(said: Path) -> None:
    done = score("-p", said, "--json", "--show-mismatches")
    assert len(json.loads(done.stdout)) == 1
    assert done.stderr.count("reference: left") == 2
    words = score("-p", said)
    assert "Scores" in words.stdout
    assert "33.3" in words.stdout
    assert "reference:" not in words.stderr


@pytest.mark.parametrize(("number", "shown"), [(0, 0), (1, 1), (2, 2), (9, 2)])
def test_so_many_mismatches_are_shown_with_their_reason(said: Path, number: int, shown: int) -> None:
    done = score("-p", said, "--show-mismatches", number)
    assert done.stderr.count("  reference: left\n") == shown
    assert ("answer:    It lies on the left side." in done.stderr) is (shown > 0)
    assert "reference:" not in done.stdout


def test_the_report_has_every_wrong_answer_whatever_is_shown(said: Path, tmp_path: Path) -> None:
    score("-p", said, "-m", "exact", "-m", "structured", "--report", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text())
    wrong = [(row["metric"], row["id"]) for row in report["mismatches"]]
    assert wrong == [("exact", "q1"), ("exact", "q2"), ("structured", "q2")]
    assert [row["metric"] for row in report["figures"]] == ["exact", "structured"]


def test_output_is_a_file_for_one_and_a_folder_for_several(said: Path, tmp_path: Path) -> None:
    score("-p", said, "-o", tmp_path / "one.jsonl")
    assert len(read_records(tmp_path / "one.jsonl", Score)) == 3
    score("-p", said, "-m", "exact", "-m", "structured", "-o", tmp_path / "all")
    made = sorted(str(one.relative_to(tmp_path / "all")) for one in (tmp_path / "all").rglob("*.jsonl"))
    assert made == ["exact/m.jsonl", "structured/m.jsonl"]
    before = {one: one.read_bytes() for one in tmp_path.rglob("*.jsonl")}
    score("-p", said, "-m", "exact", "-m", "structured", "-o", tmp_path / "all")
    assert {one: one.read_bytes() for one in tmp_path.rglob("*.jsonl")} == before, "nothing twice on resume"


def test_without_output_nothing_is_written(said: Path, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    score("-p", said)
    assert sorted(tmp_path.rglob("*")) == before


def test_predictions_are_never_written_over(said: Path) -> None:
    before = said.read_bytes()
    done = score("-p", said, "-o", said, code=3)
    assert f"--output: {said} is a file of predictions" in done.stderr
    assert said.read_bytes() == before


def test_a_changed_answer_is_scored_again_in_the_same_file(said: Path, tmp_path: Path) -> None:
    score("-p", said, "-o", tmp_path / "s.jsonl")
    said.write_text(said.read_text().replace('"prediction": "right"', '"prediction": "left"'))
    assert figures(score("-p", said, "-o", tmp_path / "s.jsonl", "--json")) == {
        ("m.jsonl", "exact"): pytest.approx(2 / 3)
    }
    assert [row.correct for row in read_records(tmp_path / "s.jsonl", Score)] == [True, False, True]


def test_a_model_has_the_name_it_is_given(said: Path, tmp_path: Path) -> None:
    done = score("-p", said, "--model-name", "mine", "-o", tmp_path / "a.jsonl")
    assert "mine" in done.stdout
    assert {row.model for row in read_records(tmp_path / "a.jsonl", Score)} == {"mine"}
    done = score("-p", said, "--names", "m=Model M", "-o", tmp_path / "b.jsonl")
    assert "Model M" in done.stdout
    assert {row.model for row in read_records(tmp_path / "b.jsonl", Score)} == {"Model M"}


def test_names_come_from_a_file_too(said: Path, tmp_path: Path) -> None:
    for name, text in (("n.yaml", "m: Model M\n"), ("n.json", '{"m": "Model M"}')):
        (tmp_path / name).write_text(text)
        assert "Model M" in score("-p", said, "--names", tmp_path / name).stdout
    done = score("-p", said, "--names", "n=Model N", code=3)
    assert "'n'" in done.stderr
    assert done.stderr.count("\n") == 1


def test_metrics_are_listed_without_predictions() -> None:
    rows = json.loads(score("--list", "--json").stdout)
    assert {"exact", "structured", "judge", "jury", "verdicts"} <= {row["metric"] for row in rows}
    assert {row["of"] for row in rows} == {"medspatial"}
    words = score("--list").stdout
    assert all(row["metric"] in words for row in rows)


def test_workers_change_no_score_and_those_that_cannot_are_named(said: Path, tmp_path: Path) -> None:
    score("-p", said, "-m", "structured", "-o", tmp_path / "one.jsonl")
    done = score("-p", said, "-m", "structured", "-o", tmp_path / "two.jsonl", "--workers", 2)
    assert "works in one process" not in done.stderr
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    people = tmp_path / "people.json"
    people.write_text(json.dumps([{"id": f"q{n}", "is_correct": n == 0} for n in range(3)]))
    done = score("-p", said, "-m", "verdicts", "--set", f"path={people}", "--workers", 2, "--json")
    assert "--workers: verdicts:people works in one process" in done.stderr
    assert list(figures(done).values()) == [pytest.approx(1 / 3)]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--set", "path=x"), "metric 'exact': unknown option 'path'; it takes: none"),
        (("--set", "path"), "--set: needs KEY=VALUE, got 'path'"),
        (("-m", "verdicts"), "path"),
        (("-m", "exakt"), "unknown metric 'exakt'"),
        (("--field", "question=frage"), "field"),
        (("--engine", "dask"), "--engine dask: must be processes or ray"),
        (("--gpus-per-actor", "0.5"), "--gpus-per-actor: is for --engine ray"),
        (("--model-name", " "), "--model-name: must not be blank"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    said: Path, tmp_path: Path, more: tuple[str, ...], words: str
) -> None:
    done = score("-p", said, "-o", tmp_path / "s", *more, code=3)
    assert words in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert not list((tmp_path / "s").rglob("*.jsonl"))


def test_others_predictions_have_their_patients(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("q,a,p,who,model\nSide?,left,left,anna,x\nSide?,left,right,ben,y\n")
    names = [f"--field={pair}" for pair in ("question=q", "answer=a", "prediction=p")]
    score("-p", path, *names, "--patient-field", "who", "-o", tmp_path / "s.jsonl")
    rows = read_records(tmp_path / "s.jsonl", Score).rows
    assert [(row.patient_id, row.model, row.correct) for row in rows] == [
        ("anna", "x", True),
        ("ben", "y", False),
    ]
    done = score("-p", path, *names, "--patient-field", "nobody", code=3)
    assert "nobody" in done.stderr
