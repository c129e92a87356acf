"""Each option of ``export``, ``import-results``, ``datasets audit`` and ``plugins``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import Done, medspatial

from medspatial.records import Prediction, Question, Score, read_records, write_records


def run(*arguments: object, code: int = 0) -> Done:
    done = medspatial(*arguments)
    assert done.returncode == code, done.stderr
    return done


@pytest.fixture(scope="module")
def comparison(scores: Path, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparison")
    run(
        "compare", "--scores-dir", scores / "structured", "--questions", questions, "--resamples", 20,
        "-o", folder / "m.csv", "--summary", folder / "c.json",
    )  # fmt: skip
    return folder / "c.json"


def written(done: Done) -> list[Path]:
    return [Path(line.removeprefix("written: ")) for line in done.stdout.splitlines()]


def test_results_for_the_hub_say_set_task_place_revision_and_day(comparison: Path, tmp_path: Path) -> None:
    words = ("--dataset-id", "org/set", "--url", "https://example.org/r")
    paths = written(run("export", "hf", comparison, "-o", tmp_path / "a", *words))
    assert [path.relative_to(tmp_path / "a").as_posix() for path in paths] == [
        "oracle/.eval_results/set-test.yaml",
        "random/.eval_results/set-test.yaml",
    ]
    (plain,) = yaml.safe_load(paths[0].read_text())
    assert plain["dataset"] == {"id": "org/set", "task_id": "test"}
    assert plain["source"]["url"] == "https://example.org/r"
    assert plain["value"] == 100.0
    more = ("--task-id", "sides", "--revision", "abc1234", "--date", "2026-11-29")
    paths = written(run("export", "hf", comparison, "-o", tmp_path / "b", *words, *more))
    assert paths[0].name == "set-sides.yaml"
    (told,) = yaml.safe_load(paths[0].read_text())
    assert told["dataset"] == {"id": "org/set", "task_id": "sides", "revision": "abc1234"}
    assert str(told["date"]) == "2026-11-29"
    for wrong in (("--date", "yesterday"), ("--dataset-id", "set"), ("--revision", "main")):
        done = run("export", "hf", comparison, "-o", tmp_path / "c", *words, *wrong, code=3)
        assert done.stderr.count("\n") == 1
        assert wrong[1] in done.stderr
        assert not list((tmp_path / "c").rglob("*.yaml"))


def test_every_eval_ever_says_who_ran_what(comparison: Path, scores: Path, tmp_path: Path) -> None:
    words = ("--dataset", "Set", "--organization", "Lab", "--url", "https://a.org", "--url", "https://b.org")
    base = ("export", "every-eval-ever", comparison)
    paths = written(run(*base, "-o", tmp_path / "a", *words))
    assert sorted(path.name for path in paths) == ["oracle.json", "random.json"]
    text = paths[0].read_text()
    for word in ("Set", "Lab", "https://a.org", "https://b.org", "third_party"):
        assert f'"{word}' in text
    first = written(run(*base, "-o", tmp_path / "b", *words, "--relationship", "first_party"))
    assert '"first_party"' in first[0].read_text()
    assert '"third_party"' not in first[0].read_text()
    single = run(*base, "-o", tmp_path / "c", *words, "--scores", scores / "structured")
    assert len(written(single)) == len(paths)
    lines = list((tmp_path / "c").rglob("*.jsonl"))
    assert len(lines) == 2
    count = len(read_records(scores / "structured" / "oracle.jsonl", Score))
    assert {len(path.read_text().splitlines()) for path in lines} == {count}
    wrong = run(*base, "-o", tmp_path / "d", *words, "--relationship", "friend", code=3)
    assert (wrong.stderr.count("\n"), "friend" in wrong.stderr) == (1, True)


def test_croissant_lies_beside_a_frozen_set(questions: Path, tmp_path: Path) -> None:
    words = ("--name", "demo", "--license", "CC0-1.0")
    run("questions", "freeze", "-o", tmp_path / "f", "--split", f"test={questions}", *words)
    (path,) = written(run("export", "croissant", tmp_path / "f", "--url", "https://example.org/set"))
    assert path == tmp_path / "f" / "croissant.json"
    facts = json.loads(path.read_text())
    assert (facts["name"], facts["url"]) == ("demo", "https://example.org/set")
    (tmp_path / "empty").mkdir()
    refused = run("export", "croissant", tmp_path / "empty", "--url", "https://example.org", code=3)
    assert refused.stderr.count("\n") == 1


def test_logs_for_inspect_come_back_as_results(scores: Path, questions: Path, tmp_path: Path) -> None:
    paths = written(
        run("export", "inspect", scores / "structured", "-o", tmp_path / "logs", "--task", "sides")
    )
    assert sorted(path.name for path in paths) == ["oracle_standard.eval", "random_standard.eval"]
    (one,) = written(
        run("export", "inspect", scores / "structured" / "oracle.jsonl", "-o", tmp_path / "one",
            "--questions", questions)
    )  # fmt: skip
    assert one.name == "oracle_standard.eval"
    done = run("import-results", tmp_path / "logs", "-o", tmp_path / "back", "--patient-field", "patient_id")
    count = len(read_records(questions, Question))
    assert f"({count} rows)" in done.stdout
    for model in ("oracle", "random"):
        ours = read_records(scores / "structured" / f"{model}.jsonl", Score).rows
        (path,) = [p for p in (tmp_path / "back" / "predictions").glob("*.jsonl") if model in p.name]
        back = read_records(path, Prediction).rows
        assert sorted(row.prediction or "" for row in back) == sorted(row.prediction or "" for row in ours)


def test_a_table_of_results_has_the_names_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("q,a,p,who\nSide?,left,left,anna\nSide?,left,right,ben\n")
    names = [f"--field={pair}" for pair in ("question=q", "answer=a", "prediction=p")]
    done = run(
        "import-results", path, "-o", tmp_path / "o", "-f", "table", *names,
        "--patient-field", "who", "--model-name", "their-model",
    )  # fmt: skip
    place = tmp_path / "o" / "predictions" / "their-model.jsonl"
    assert f"written: {place} (2 rows)" in done.stdout
    rows = read_records(place, Prediction).rows
    assert {(row.patient_id, row.prediction, row.model) for row in rows} == {
        ("anna", "left", "their-model"),
        ("ben", "right", "their-model"),
    }
    for wrong, word in (
        (("-f", "xml"), "xml"),
        (("--field", "frage=q"), "frage"),
        (("--field", "question"), "--field: needs OURS=THEIRS"),
    ):
        refused = run("import-results", path, "-o", tmp_path / "x", *wrong, code=3)
        assert word in refused.stderr
        assert not (tmp_path / "x").exists()


def audited(*arguments: object, code: int = 1) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(run("datasets", "audit", *arguments, "--json", "-", code=code).stdout)
    return facts


def test_the_passport_is_printed_or_written_and_the_page_and_badge_where_said(
    questions: Path, phantoms: Path, tmp_path: Path
) -> None:
    before = run("datasets", "audit", questions, "--license", "CC0-1.0")
    assert "likeness within a patient" in before.stdout
    assert "images and masks: no cases given (--cases)" in before.stdout
    outputs = {"--json": tmp_path / "p.json", "--html": tmp_path / "p.html", "--badge": tmp_path / "p.svg"}
    done = run(
        "datasets", "audit", questions, "-c", phantoms, *(one for pair in outputs.items() for one in pair)
    )
    assert [line for line in done.stderr.splitlines() if line.startswith("written")] == [
        f"written: {path}" for path in outputs.values()
    ]
    assert "2 cases: 2 fine" in done.stdout
    assert "answers measured again: " in done.stdout
    facts = json.loads((tmp_path / "p.json").read_text())
    assert (facts["name"], facts["cases"], facts["alarms"]) == ("questions.jsonl", 2, [])
    assert "<svg" in (tmp_path / "p.svg").read_text()
    assert "questions.jsonl" in (tmp_path / "p.html").read_text()


def test_the_licence_format_fields_and_label_map_of_an_audit_are_heeded(
    questions: Path, phantoms: Path, tmp_path: Path
) -> None:
    assert audited(questions, "--license", "CC0-1.0", code=0)["licence"] == "CC0-1.0"
    path = tmp_path / "theirs.jsonl"
    path.write_text('{"frage": "Which side?", "soll": "left", "scan": "valid_1_a_1"}\n')
    names = [f"--field={pair}" for pair in ("question=frage", "answer=soll", "case=scan")]
    facts = audited(path, "-f", "jsonl", *names, code=0)
    assert (facts["format"], facts["questions"], facts["patients_from"]) == ("jsonl", 1, "names of CT-RATE")
    wrong = run("datasets", "audit", path, "-f", "jsonl", code=3)
    assert wrong.stderr.count("\n") == 1
    refused = run("datasets", "audit", questions, "-c", phantoms, "--label-map", "nowhere", code=3)
    assert "nowhere" in refused.stderr


def test_an_alarm_is_told_cut_short_and_ends_with_1(tmp_path: Path) -> None:
    text = "Which side? A: left B: right " + "and so on " * 40
    rows = [Question(case_id=f"valid_{n}_a_1", question=f"{text}{n}", answer="left") for n in range(7)]
    done = run("datasets", "audit", write_records(tmp_path / "q.jsonl", rows), code=1)
    assert "ALARM options inside the question (7): " in done.stdout
    shown = done.stdout.partition("ALARM options inside")[2].partition("ALARM")[0].splitlines()[1:]
    examples = [line for line in shown if line.startswith("  ")]
    assert len(examples) == 5
    assert max(map(len, examples)) <= 152
    assert done.stdout.splitlines()[-1].endswith(("alarm", "alarms"))
    assert audited(tmp_path / "q.jsonl")["alarms"][0]["count"] == 7


def test_an_installed_model_is_listed_without_being_imported(plugin_model: Any) -> None:
    plugin_model("raise RuntimeError('imported')", "Toy", "toy_one")
    rows = json.loads(run("plugins", "--json").stdout)
    (row,) = [one for one in rows if one["name"] == "toy_one"]
    assert (row["kind"], row["package"]) == ("model", "toy-model 1.0")
    assert row["entry"].endswith(":Toy")
    assert "toy_one" in run("plugins").stdout
