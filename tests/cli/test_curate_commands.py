"""The commands around reports and datasets, from file to file."""

from __future__ import annotations

import csv
import json

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.datasets.judgment import CRITERIA
from medspatial.llm.fake_server import FakeServer
from medspatial.records import Question, read_records

NODULE = "A 5 mm nodule is observed in the lower lobe of the left lung."
REPORTS = {
    f"valid_{n}_a_1.nii.gz": {"Findings_EN": text, "Impressions_EN": "Not given."}
    for n, text in enumerate((NODULE, "Effusion is observed on the right.", "No finding."), start=1)
}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "reports.json").write_text(json.dumps(REPORTS))
    return tmp_path


def _run(*arguments, code=0):
    done = CliRunner().invoke(app, ["questions", *map(str, arguments)])
    assert done.exit_code == code, f"{done.output}\n{done.exception!r}"
    return done.output


def _made(folder):
    path = folder / "q.jsonl"
    _run("from-reports", "--reports", folder / "reports.json", "--output", path)
    return path


def test_rules_then_check_stats_split_freeze(folder):
    path = _made(folder)
    rows = read_records(path, Question).rows
    assert {one.case_id for one in rows} == {"valid_1_a_1", "valid_2_a_1"}
    manifest = json.loads((folder / "q.manifest.json").read_text())
    assert manifest["configuration"] == {"generator": "rules:4"}
    _run("check-evidence", path, "--reports", folder / "reports.json")
    assert json.loads(_run("stats", path, "--json"))["questions"] == len(rows)
    _run("split", path, "--output-dir", folder / "parts", "--shares", "a=0.5,b=0.5")
    parts = [f"--split={name}={folder / 'parts' / name}.jsonl" for name in "ab"]
    _run(
        "freeze",
        "--output-dir",
        folder / "data",
        *parts,
        "--name",
        "demo",
        "--license",
        "CC0",
        "--without-quotes",
    )
    assert json.loads(_run("stats", folder / "data", "--json"))["questions"] == len(rows)
    assert NODULE not in "".join(one.read_text() for one in (folder / "data").iterdir())


def test_wrong_evidence_gives_exit_code_1(folder):
    path = folder / "bad.json"
    path.write_text(
        json.dumps(
            {"valid_1_a_1": {"qa_pairs": [{"question": "Where is the nodule?", "answer": "right lung"}]}}
        )
    )
    out = _run(
        "check-evidence", path, "--reports", folder / "reports.json", "--output", folder / "no.csv", code=1
    )
    assert "side" in out
    with (folder / "no.csv").open(newline="") as stream:
        assert [row["rule"] for row in csv.DictReader(stream)] == ["side"]


def test_model_judge_and_filter(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    pair = {
        "question": "On which side is the nodule?",
        "answer": "left",
        "category": "laterality",
        "quote": NODULE,
    }
    invented = {**pair, "question": "Where is the cyst?", "quote": "A cyst is in the liver."}

    def respond(heard):
        if "You judge" in heard.system:
            row = dict.fromkeys(CRITERIA, True) | {f"{name}_reason": "so" for name in CRITERIA}
            return json.dumps({"verdicts": [{"number": 1, **row}]})
        return json.dumps({"pairs": [pair, invented] if "nodule" in heard.text else []})

    with FakeServer(respond) as server:
        setting = f"base_url={server.openai_url}"
        generate = (
            "from-reports", "--reports", folder / "reports.json", "--output", folder / "m.jsonl",
            "--llm", "openai:writer", "--set", setting,
        )  # fmt: skip
        out = _run(*generate)
        assert "1 questions" in out
        assert "quote_not_in_report" in out
        calls = server.calls
        _run(*generate)
        assert server.calls == calls
        judged = _run(
            "judge", folder / "m.jsonl", "--reports", folder / "reports.json", "--output", folder / "j.jsonl",
            "--llm", "openai:writer", "--set", setting,
        )  # fmt: skip
    assert "warning: 1 pairs were judged by the model that made them" in judged
    assert "openai:writer: canaries 1/1, 9 without a verdict" in judged  # the server only judges pair 1
    (canaries,) = json.loads((folder / "j.canaries.json").read_text())
    assert (canaries["judge"], canaries["passed"], canaries["without_verdict"]) == ("openai:writer", 1, 9)
    manifest = json.loads((folder / "m.manifest.json").read_text())
    assert len(manifest["configuration"]["prompt_sha256"]) == 64
    assert manifest["sessions"][0]["refused"] == {"quote_not_in_report": 1}
    _run(
        "filter",
        "--qa-json",
        folder / "m.jsonl",
        "--judgments",
        folder / "j.jsonl",
        "--output",
        folder / "f.jsonl",
    )
    assert (folder / "f.jsonl").read_text() == (folder / "m.jsonl").read_text()


def test_nested_and_flat(folder):
    nested = folder / "qa.json"
    data = {
        "valid_1_a_1.nii.gz": {"file_name": "x", "qa_pairs": [{"question": "q", "answer": "a", "k": 1}]},
        "e": {"qa_pairs": []},
    }
    nested.write_text(json.dumps(data, indent=4))
    _run("to-jsonl", "--input", nested, "--output", folder / "flat.jsonl", "--image-root", "R")
    _run("to-nested", "--input", folder / "flat.jsonl", "--output", folder / "again.json")
    assert (folder / "again.json").read_bytes() == nested.read_bytes()
    _run("to-jsonl", "--input", nested, "--output", folder / "plain.jsonl", "--image-root", "R", "--plain")
    assert json.loads((folder / "plain.jsonl").read_text()) == {
        "case_id": "valid_1_a_1.nii.gz",
        "image_path": "R/dataset/valid_fixed/valid_1/valid_1_a/valid_1_a_1.nii.gz",
        "question": "q",
        "answer": "a",
    }


def test_import_export_duplicates(folder):
    path = _made(folder)
    _run("export", path, "--output", folder / "x.csv", "--format", "3d-rad")
    _run("import", folder / "x.csv", "--output", folder / "back.jsonl", "--format", "3d-rad")
    texts = [[one.question for one in read_records(file, Question)] for file in (path, folder / "back.jsonl")]
    assert texts[0] == texts[1]
    out = _run("duplicates", path, "--output", folder / "unique.jsonl")
    assert "0 repeats within a case" in out
    _run("import", folder / "x.csv", "--output", folder / "y.jsonl", "--format", "nope", code=1)


def test_review_from_assignment_to_accepted_set(folder):
    path = _made(folder)
    _run(
        "review",
        "assign",
        path,
        "-o",
        folder / "r",
        "--reviewer",
        "ann",
        "--reviewer",
        "bob",
        "--criterion",
        "spatial",
    )
    forms = []
    for name in ("ann", "bob"):
        form = folder / "r" / f"{name}.csv"
        with form.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows:
            row["spatial"] = "no" if "side" in row["question"] else "yes"
        with form.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        forms += ["--verdicts", form]
    out = _run(
        "review", "finish", path, "--folder", folder / "r", *forms, "-o", folder / "ok.jsonl",
        "--criterion", "spatial", "--json",
    )  # fmt: skip
    assert '"alpha": 1.0' in out
    accepted = read_records(folder / "ok.jsonl", Question).rows
    kept = [one for one in read_records(path, Question).rows if "side" not in one.question]
    assert len(accepted) == len(kept)
    assert (folder / "ok.csv").read_text().count("\n") == len(accepted) + 1


def test_real_audit_command(shared):
    data = shared / "data" / "ct_spatialvqa"
    out = _run(
        "review", "audit", data / "human_audit.json.gz", "--qa-json", data / "qa_before_filter.json.gz"
    )
    assert "967" in out
    assert "304" in out
