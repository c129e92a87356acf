"""The field's scripts, step by step, with their flags as written, on the phantom (docs/from_scripts.md)."""

import csv
import gzip
import json
import shutil
from pathlib import Path

import pytest
from command import medspatial

from medspatial.llm.fake_server import FakeServer
from medspatial.records import Prediction, Score, read_records


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("steps")
    assert medspatial("cases", "phantom", "-o", folder / "ct", "-n", 2, "--spacing", 8).returncode == 0
    made = medspatial(
        "questions", "from-masks", folder / "ct", "-o", folder / "q", "--subtype", "L1", "--subtype", "D5",
        "--no-balance",
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    nested = medspatial(
        "questions", "to-nested", "-i", folder / "q/questions.jsonl", "-o", folder / "qa.json"
    )
    assert nested.returncode == 0, nested.stderr
    return folder


def ok(*arguments):
    done = medspatial(*arguments)
    assert done.returncode == 0, done.stderr
    return done


def test_filter_with_judgments_by_place(work):
    pairs = json.loads((work / "qa.json").read_text())
    judged = {
        name: [
            {"index": k, "is_spatial": k != 0, "is_relevant": True, "reasoning": "r"}
            for k in range(len(entry["qa_pairs"]))
        ]
        for name, entry in pairs.items()
    }
    (work / "judgments.json").write_text(json.dumps(judged))
    ok(
        "questions", "filter", "--qa-json", work / "qa.json", "--judgments", work / "judgments.json",
        "--output", work / "kept.json",
    )  # fmt: skip
    kept = json.loads((work / "kept.json").read_text())
    assert {name: len(entry["qa_pairs"]) for name, entry in kept.items()} == {
        name: len(entry["qa_pairs"]) - 1 for name, entry in pairs.items()
    }


@pytest.mark.parametrize("root", ["data", "."])
def test_from_pairs_to_answers_each_step_takes_what_the_last_one_wrote(work, tmp_path, monkeypatch, root):
    """As docs/from_scripts.md has it: one root in front of the images, named to the steps that read them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    cases = sorted((work / "ct").glob("phantom_*/ct.nii.gz"))
    names = [f"valid_{number}_a_1.nii.gz" for number in (1, 2)]
    for case, name, number in zip(cases, names, (1, 2), strict=True):
        inner = tmp_path / root / "dataset" / "valid_fixed" / f"valid_{number}" / f"valid_{number}_a"
        inner.mkdir(parents=True)
        shutil.copy(case, inner / name)
    pair = {"question": "On which side does the liver lie?", "answer": "Right."}
    fever = {"question": "Is there fever?", "answer": "No."}
    Path("qa.json").write_text(json.dumps({name: {"qa_pairs": [pair, fever]} for name in names}))
    judged = [{"index": k, "is_spatial": k == 0, "is_relevant": True, "reasoning": "r"} for k in (0, 1)]
    Path("judged.json").write_text(json.dumps(dict.fromkeys(names, judged)))
    judgments = ("--judgments", "judged.json", "--output", "kept.json")
    ok("questions", "filter", "--qa-json", "qa.json", *judgments)
    rows = ("--output", "questions.jsonl", "--image-root", root)
    ok("questions", "to-jsonl", "--input", "kept.json", *rows)
    made = ok(
        "prepare", "-m", "m3d_lamed", "--input-jsonl", "questions.jsonl", "--nifti-root", root,
        "--output-root", "npy", "--output-jsonl", "prepared.jsonl",
    )  # fmt: skip
    assert "2 prepared now, 0 before, 0 failed" in made.stdout
    with FakeServer(lambda request: "right" if "image_url" in str(request) else "blind") as server:
        ok(
            "predict", "-m", "openai", "--dataset", "questions.jsonl", "--output-dir", "predictions",
            "--batch-size", 8, "--name", "openai", "--set", "model=m",
            "--set", f"base_url={server.openai_url}",
        )  # fmt: skip
    answers = ("--predictions", "predictions/openai.jsonl", "--report", "exact.json", "--show-mismatches")
    ok("score", *answers)
    assert json.loads(Path("exact.json").read_text())["figures"][0]["accuracy"] == 1.0
    assert Path("predictions/openai.volumes.jsonl").is_file()  # which is no file of answers
    lengths = ("--dataset-json", "questions.jsonl", "--predictions-dir", "predictions")
    ok("plot", "answer-lengths", *lengths, "--pred-glob", "*.jsonl", "--output", "lengths.png")
    row = json.loads(Path("predictions/openai.jsonl").read_text().splitlines()[0])
    failure = {key: value for key, value in row.items() if key != "prediction"} | {"status": "failed"}
    Path("predictions/openai.failures.jsonl").write_text(json.dumps(failure) + "\n")
    done = ok("plot", "answer-lengths", *lengths, "--pred-glob", "*.jsonl", "--output", "lengths.png")
    assert "openai: 1 failed rows left out" in done.stderr


def test_prepare_and_run(work):
    ok(
        "prepare", "-m", "m3d_lamed", "--input-jsonl", work / "q/questions.jsonl",
        "--nifti-root", work / "ct",
        "--output-root", work / "npy", "--output-jsonl", work / "prepared.jsonl",
    )  # fmt: skip
    assert len(list((work / "npy").rglob("*.npy"))) == 2
    ok(
        "predict", "-m", "random", "--dataset", work / "q/questions.jsonl", "--output-dir", work / "out",
        "--image-root", work / "ct", "--batch-size", 4,
    )  # fmt: skip
    assert list(read_records(work / "out/random.jsonl", Prediction))


def test_predictions_as_the_fields_rows_with_correct(work):
    ok(
        "predict", "-m", "oracle", "--dataset", work / "q/questions.jsonl", "--output-dir", work / "rows",
        "--image-root", work / "ct", "--plain-rows", work / "rows/plain.jsonl",
    )  # fmt: skip
    rows = [json.loads(line) for line in (work / "rows/plain.jsonl").read_text().splitlines()]
    assert len(rows) == len(list(read_records(work / "rows/oracle.jsonl", Prediction)))
    assert {row["correct"] for row in rows} == {True}
    assert list(rows[0])[-4:] == ["question", "prediction", "answer", "correct"]
    refused = medspatial("score", "-p", work / "rows/plain.jsonl")
    assert "unknown field" in refused.stderr
    assert "are read with --field" in refused.stderr
    back = ("--field", "prediction=prediction", "--report", work / "rows/exact.json")
    ok("score", "-p", work / "rows/plain.jsonl", *back)
    assert json.loads((work / "rows/exact.json").read_text())["figures"][0]["accuracy"] == 1.0


def test_predictions_of_other_names(work):
    theirs = work / "theirs.csv"
    theirs.write_text(
        "Frage;Soll;Antwort;Patient\nWelche Seite?;links;links;a\nWelche Seite?;links;rechts;b\n"
        "Welche Seite?;links;rechts;b\nWelche Seite?;links;links;b\n"
    )
    names = ("--field", "question=frage", "--field", "answer=soll", "--field", "prediction=antwort")
    done = ok("score", "-p", theirs, *names, "--patient-field", "patient", "-o", work / "s", "--json")
    assert [(one["rows"], one["accuracy"]) for one in json.loads(done.stdout)] == [(3, 2 / 3)]
    assert "1 rows repeat an earlier one" in done.stderr
    assert "1 rows answer an earlier row's question in other words" in done.stderr
    scores = list(read_records(work / "s/exact/theirs.jsonl", Score))
    assert [one.patient_id for one in scores] == ["a", "b", "b"]
    assert len({one.id for one in scores}) == 3
    missing = medspatial("score", "-p", theirs, "--field", "question=frage")
    assert (missing.returncode, "name it with --field answer=THEIRS" in missing.stderr) == (3, True)
    unknown = medspatial("score", "-p", theirs, "--field", "fragen=frage")
    assert "field must be one of question, answer" in unknown.stderr


@pytest.fixture(scope="module")
def answers(work):
    rows = [
        {"case_id": f"c{n}", "question": "which side?", "answer": "left", "prediction": said}
        for n, said in enumerate(("left", "right", "the left side"))
    ]
    (work / "predictions").mkdir()
    (work / "predictions/m3d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return work / "predictions/m3d.jsonl"


def test_exact_match_needs_no_metric_and_no_number(work, answers):
    done = ok("score", "--predictions", answers, "--report", work / "exact.json", "--show-mismatches")
    report = json.loads((work / "exact.json").read_text())
    assert [one["metric"] for one in report["figures"]] == ["exact"]
    assert done.stderr.count("reference: left") == 2
    assert medspatial("score", "-p", answers, "--show-mismatches", 1).stderr.count("reference:") == 1
    assert medspatial("score", "--show-mismatches", "-p", answers).stderr.count("reference:") == 2


def test_judge_runs_the_judge(work, answers, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("GEMINI_API_KEY", "k")
    verdict = json.dumps({"reason": "r", "extracted_answer": "x", "verdict": "correct"})
    with FakeServer(lambda _: verdict) as server:
        done = ok(
            "score", "--predictions", answers, "--output", work / "judged.jsonl",
            "--model", "models/gemini-2.0-flash", "--set", f"base_url={server.gemini_url}",
        )  # fmt: skip
    assert "judge:gemini:gemini-2.0-flash" in done.stdout
    scores = list(read_records(work / "judged.jsonl", Score))
    assert [one.metric for one in scores] == ["judge:gemini:gemini-2.0-flash"] * 3


@pytest.mark.parametrize("option", [("--model", "openai:x"), ("--budget", 1), ("--repeats", 2)])
def test_options_of_judges_are_refused_without_one(answers, option):
    done = medspatial("score", "-p", answers, "-m", "exact", *option)
    assert (done.returncode, done.stdout) == (3, "")
    assert f"{option[0]}: is for judges" in done.stderr


def test_scores_of_a_whole_folder_make_the_matrix(work, answers, tmp_path):
    ok("score", "--predictions", answers.parent, "--names", "m3d=M3D-LaMed", "--output", tmp_path / "scores")
    done = medspatial("compare", "--reports-dir", tmp_path / "scores", "--pattern", "*.jsonl")
    assert (done.returncode, "folders in it hold some: exact" in done.stderr) == (3, True)
    matrix = ("--pattern", "*.jsonl", "--output", tmp_path / "matrix.csv.gz")
    ok("compare", "--reports-dir", tmp_path / "scores/exact", *matrix)
    with gzip.open(tmp_path / "matrix.csv.gz", "rt") as file:
        assert [row["M3D-LaMed"] for row in csv.DictReader(file)] == ["1", "0", "0"]


def test_matrix_and_answer_lengths(work, answers):
    ok("score", "-p", answers, "-o", work / "scores/m3d.jsonl")
    ok(
        "compare",
        "--reports-dir",
        work / "scores",
        "--pattern",
        "*.jsonl",
        "--output",
        work / "matrix.csv.gz",
    )
    with gzip.open(work / "matrix.csv.gz", "rt") as file:
        assert [row["m3d"] for row in csv.DictReader(file)] == ["1", "0", "0"]
    ok(
        "plot", "answer-lengths", "--dataset-json", answers, "--predictions-dir", work / "predictions",
        "--pred-glob", "*.jsonl", "--output", work / "lengths.png",
    )  # fmt: skip
    assert (work / "lengths.png").stat().st_size > 1000
