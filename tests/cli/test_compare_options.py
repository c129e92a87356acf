"""Each option of ``compare``, ``correct-judge``, ``report`` and ``plot``: what it changes."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from command import Done, medspatial

from medspatial.records import Question, Score, read_records, write_records

PATIENTS, EACH = 6, 2


def row(model: str, n: int, correct: bool, **more: Any) -> Score:
    facts = {
        "id": f"q{n}",
        "case_id": f"c{n // EACH}",
        "patient_id": f"p{n // EACH}",
        "question": f"Which side, {n}?",
        "answer": "left",
        "category": "laterality" if n % 2 else "volume",
        "subtype": "L1" if n % 2 else "V1",
        "answer_type": "side",
        "options": ("left", "right"),
        "prediction": "left" if correct else "right",
        "metric": "exact",
        "score": float(correct),
        "correct": correct,
    }
    return Score(**{**facts, "model": model, **more})


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Models good (9 of 12 right) and poor (3 of 12), and the same by another metric, half right."""
    count = PATIENTS * EACH
    for model, right in (("good", 9), ("poor", 3)):
        rows = [row(model, n, n < right) for n in range(count)]
        write_records(tmp_path / "s" / f"{model}.jsonl", rows)
        other = [row(model, n, n % 2 == 0, metric="structured") for n in range(count)]
        write_records(tmp_path / "both" / "structured" / f"{model}.jsonl", other)
        write_records(tmp_path / "both" / "exact" / f"{model}.jsonl", rows)
    return tmp_path / "s"


def compare(scores: Path, *more: object, code: int = 0) -> Done:
    output = ("-o", scores.parent / "matrix.csv", "--resamples", 200)
    done = medspatial("compare", "--scores-dir", scores, *output, *more)
    assert done.returncode == code, done.stderr
    return done


def found(scores: Path, *more: object) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(compare(scores, "--json", *more).stdout)
    return facts


def matrix(path: Path) -> dict[str, list[str]]:
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {name: [one[name] for one in rows] for name in rows[0]}


def test_the_matrix_holds_every_question_of_every_model(scores: Path) -> None:
    done = compare(scores)
    table = matrix(scores.parent / "matrix.csv")
    assert table["good"] == ["1"] * 9 + ["0"] * 3
    assert table["poor"] == ["1"] * 3 + ["0"] * 9
    assert f"Correctness matrix: {scores.parent / 'matrix.csv'}" in done.stderr
    assert "75.0" in done.stdout
    assert "25.0" in done.stdout


def test_summary_is_what_json_prints(scores: Path, tmp_path: Path) -> None:
    done = compare(scores, "--json", "--summary", tmp_path / "c.json")
    assert json.loads(done.stdout) == json.loads((tmp_path / "c.json").read_text())
    words = compare(scores, "--summary", tmp_path / "d.json")
    assert "Paired differences" in words.stdout
    assert (tmp_path / "c.json").read_bytes() == (tmp_path / "d.json").read_bytes()


def test_a_pattern_chooses_files(scores: Path) -> None:
    assert set(found(scores, "--pattern", "g*.jsonl")["models"]) == {"good"}
    done = compare(scores, "--pattern", "x*.jsonl", code=3)
    assert done.stderr.count("\n") == 1


def test_a_metric_is_chosen_where_there_are_several(scores: Path) -> None:
    both = scores.parent / "both"
    refused = compare(both, code=3)
    assert "exact" in refused.stderr
    assert "structured" in refused.stderr
    assert found(both, "--metric", "structured")["metric"] == "structured"
    compare(both, "--metric", "structured")
    assert matrix(scores.parent / "matrix.csv")["good"] == ["1", "0"] * 6
    compare(both, "--metric", "exact")
    assert matrix(scores.parent / "matrix.csv")["good"] == ["1"] * 9 + ["0"] * 3
    assert "rouge" in compare(both, "--metric", "rouge", code=3).stderr


def test_questions_nobody_answered_count_as_missing(scores: Path, tmp_path: Path) -> None:
    rows = [
        Question(id=f"q{n}", case_id=f"c{n // EACH}", question=f"Which side, {n}?", answer="left")
        for n in range(15)
    ]
    asked = write_records(tmp_path / "q.jsonl", rows)
    assert found(scores)["n_questions"] == 12
    facts = found(scores, "--questions", asked)
    assert facts["n_questions"] == 15
    assert len(matrix(tmp_path / "matrix.csv")["good"]) == 15
    assert "60.0" in compare(scores, "--questions", asked).stdout, "9 of 15"


def test_names_stand_in_tables_and_in_the_matrix(scores: Path) -> None:
    facts = found(scores, "--names", "good=Good One", "--names", "poor=Poor")
    assert set(facts["models"]) == {"Good One", "Poor"}
    assert {"Good One", "Poor"} <= matrix(scores.parent / "matrix.csv").keys()
    assert "nobody" in compare(scores, "--names", "nobody=X", code=3).stderr
    assert compare(scores, "--names", "good=poor", code=3).stderr.count("\n") == 1


def widths(facts: dict[str, Any]) -> list[float]:
    text = json.dumps(facts)
    assert '"low"' in text
    found: list[float] = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if {"low", "high"} <= value.keys() and value["low"] is not None:
                found.append(value["high"] - value["low"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(facts)
    return found


def test_more_confidence_makes_wider_intervals(scores: Path) -> None:
    narrow, wide = (widths(found(scores, "--confidence", share)) for share in (0.8, 0.99))
    assert len(narrow) == len(wide)
    assert sum(narrow) < sum(wide)
    assert found(scores, "--confidence", 0.8)["confidence"] == 0.8


def test_seed_and_resamples_are_those_of_the_draws(scores: Path) -> None:
    facts = [found(scores, "--seed", seed) for seed in (0, 0, 7)]
    assert facts[0] == facts[1]
    assert (facts[0]["seed"], facts[2]["seed"]) == (0, 7)
    assert widths(facts[0]) != widths(facts[2])
    assert found(scores, "--resamples", 50)["resamples"] == 50


def test_only_grounded_leaves_out_what_is_right_without_the_evidence(scores: Path) -> None:
    for model in ("good", "poor"):
        rows = [row(model, n, n < 2, arm="evidence_removed") for n in range(12)]
        write_records(scores / f"{model}@evidence_removed.jsonl", rows)
    done = compare(scores, "--only-grounded")
    assert "Left out, right without the evidence for every model: 2 questions" in done.stderr
    assert len(matrix(scores.parent / "matrix.csv")["good"]) == 10
    compare(scores)
    assert len(matrix(scores.parent / "matrix.csv")["good"]) == 12


def test_a_judge_is_corrected_by_people(tmp_path: Path) -> None:
    """The judge calls everything right; of the twelve that people saw, half are."""
    judged = [row("m", n, True, metric="judge", patient_id=f"p{n}", case_id=f"c{n}") for n in range(40)]
    people = [
        row("m", n, n % 2 == 0, metric="people", patient_id=f"p{n}", case_id=f"c{n}") for n in range(12)
    ]
    files = (
        "--judged", write_records(tmp_path / "j.jsonl", judged),
        "--human", write_records(tmp_path / "h.jsonl", people),
    )  # fmt: skip
    done = medspatial("correct-judge", *files, "--json")
    assert done.returncode == 0, done.stderr
    (one,) = json.loads(done.stdout)
    assert (one["model"], one["by_judge"], one["by_people"], one["human"]) == ("m", 1.0, 0.5, 12)
    assert one["accuracy"] == pytest.approx(0.5), "a judge without any information leaves people's share"
    low, high = one["interval"]["low"], one["interval"]["high"]
    assert low < 0.5 < high
    words = medspatial("correct-judge", *files, "--confidence", 0.8)
    assert "80% interval" in words.stdout
    assert "100.0%" in words.stdout
    (narrow,) = json.loads(medspatial("correct-judge", *files, "--json", "--confidence", 0.8).stdout)
    assert narrow["interval"]["high"] - narrow["interval"]["low"] < high - low


@pytest.fixture
def asked(scores: Path) -> Path:
    rows = read_records(scores / "good.jsonl", Score).rows
    names = ("id", "case_id", "patient_id", "question", "answer", "category", "subtype", "answer_type")
    return write_records(
        scores.parent / "asked.jsonl", [Question(**{n: getattr(one, n) for n in names}) for one in rows]
    )


def test_the_report_has_its_title_names_metric_and_place(scores: Path, asked: Path, tmp_path: Path) -> None:
    done = medspatial(
        "report", "--questions", asked, "--scores-dir", tmp_path / "both", "--metric", "structured",
        "--names", "good=Good One", "--title", "Left & right", "-o", tmp_path / "out", "--resamples", 50,
        "--max-pictures", 0,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "out" / "index.html").read_text()
    assert done.stdout == f"Report: {(tmp_path / 'out' / 'index.html').resolve().as_uri()}\n"
    assert "Left &amp; right" in page
    assert "Good One" in page
    with (tmp_path / "out" / "tables" / "accuracy.csv").open(newline="") as stream:
        shares = {one["model"]: one["accuracy"] for one in csv.DictReader(stream) if one["scope"] == "all"}
    assert shares == {"Good One": "0.5", "poor": "0.5"}, "half right by structured"
    refused = medspatial(
        "report", "--questions", asked, "--scores-dir", tmp_path / "both", "-o", tmp_path / "no"
    )
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)
    assert not (tmp_path / "no").exists()


@pytest.fixture
def comparison(scores: Path, tmp_path: Path) -> Path:
    compare(scores, "--summary", tmp_path / "c.json")
    return tmp_path / "c.json"


@pytest.mark.parametrize(
    "words",
    [
        ("forest",),
        ("categories", "--kind", "dots"),
        ("categories", "--kind", "panels"),
        ("dots",),
    ],
)
@pytest.mark.parametrize("ending", ["svg", "png"])
def test_a_figure_is_written_where_said(
    comparison: Path, tmp_path: Path, words: tuple[str, ...], ending: str
) -> None:
    path = tmp_path / f"figure.{ending}"
    done = medspatial("plot", words[0], comparison, *words[1:], "-o", path)
    assert (done.returncode, done.stdout) == (0, f"Figure: {path}\n"), done.stderr
    head = path.read_bytes()[:5]
    assert head == (b"<?xml" if ending == "svg" else b"\x89PNG\r")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("categories", "--kind", "pie"), "pie"),
        (("curve", "--against", "age"), "age"),
        (("controls", "--kind", "x"), "x"),
        (("confusion", "--kind", "lobe"), "lobe"),
        (("confusion", "--model", "nobody"), "nobody"),
        (("forest", "-o", "{t}/figure.docx"), "docx"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    comparison: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    done = medspatial("plot", words[0], comparison, *(word.format(t=tmp_path) for word in words[1:]))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr
    assert told in done.stderr


def test_width_is_that_of_the_figure(comparison: Path, tmp_path: Path) -> None:
    sizes = {}
    for width in (3.5, 7.0):
        path = tmp_path / f"{width}.svg"
        assert medspatial("plot", "forest", comparison, "-o", path, "--width", width).returncode == 0
        sizes[width] = float(path.read_text().partition('width="')[2].partition("pt")[0])
    assert sizes[7.0] == pytest.approx(2 * sizes[3.5], rel=0.05)


def test_agreement_of_judges_is_read_from_a_folder_or_a_matrix(scores: Path, tmp_path: Path) -> None:
    compare(scores)
    done = medspatial("plot", "agreement", tmp_path / "matrix.csv", "-o", tmp_path / "a.svg")
    assert done.returncode == 0, done.stderr
    assert "good" in (tmp_path / "a.svg").read_text()
    folder = ("--reports-dir", scores, "--pattern", "*.jsonl", "-o", tmp_path / "b.svg")
    done = medspatial("plot", "agreement", *folder)
    assert done.returncode == 0, done.stderr
    none = medspatial("plot", "agreement", "--reports-dir", scores, "--pattern", "*.xml")
    assert (none.returncode, none.stderr.count("\n")) == (3, 1)
