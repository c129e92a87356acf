"""Each option of ``medspatial questions``: what it changes in the questions that come out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import Done, medspatial

from medspatial.llm.fake_server import FakeServer, ReceivedRequest
from medspatial.records import Question, read_records, write_records


def run(*arguments: object, code: int = 0) -> Done:
    done = medspatial("questions", *arguments)
    assert done.returncode == code, done.stderr
    return done


def rows(path: Path) -> list[Question]:
    return read_records(path, Question).rows


def made(phantoms: Path, folder: Path, *more: object) -> list[Question]:
    run("from-masks", phantoms, "-o", folder, "--no-balance", *more)
    return rows(folder / "questions.jsonl")


def test_only_the_named_subtypes_so_many_per_case(phantoms: Path, tmp_path: Path) -> None:
    asked = made(phantoms, tmp_path / "a", "-s", "V1", "-s", "L1")
    assert {one.subtype for one in asked} == {"V1", "L1"}
    one_each = made(phantoms, tmp_path / "b", "-s", "V1", "--per-subtype", 1)
    assert [one.subtype for one in one_each] == ["V1", "V1"]
    assert len([one for one in asked if one.subtype == "V1"]) == 4


def test_choice_gives_numeric_questions_options(phantoms: Path, tmp_path: Path) -> None:
    plain = made(phantoms, tmp_path / "a", "-s", "V3")
    choice = made(phantoms, tmp_path / "b", "-s", "V3", "--choice")
    assert not any(one.options for one in plain)
    assert any(one.options and one.answer in one.options for one in choice)


def test_mirrored_adds_controls_of_the_same_cases(phantoms: Path, tmp_path: Path) -> None:
    both = made(phantoms, tmp_path / "a", "-s", "L6", "--mirrored")
    turned = {one.case_id for one in both if one.case_id.endswith("_mirrored")}
    assert turned <= {f"{name}_mirrored" for name in ("phantom_00005", "phantom_00006")}
    assert turned
    assert not any(one.case_id.endswith("_mirrored") for one in made(phantoms, tmp_path / "b", "-s", "L6"))


def test_workers_change_no_byte_and_a_second_run_measures_nothing(phantoms: Path, tmp_path: Path) -> None:
    made(phantoms, tmp_path / "a", "-s", "V1")
    made(phantoms, tmp_path / "b", "-s", "V1", "--workers", 2)
    names = ("questions.jsonl", "dropped.jsonl", "summary.json")
    whole = [(tmp_path / "a" / name).read_bytes() for name in names]
    assert [(tmp_path / "b" / name).read_bytes() for name in names] == whole
    kept = {one: one.stat().st_mtime_ns for one in (tmp_path / "a" / "by_case").rglob("*.json*")}
    made(phantoms, tmp_path / "a", "-s", "V1")
    assert {one: one.stat().st_mtime_ns for one in kept} == kept
    assert [(tmp_path / "a" / name).read_bytes() for name in names] == whole


def test_the_label_map_says_what_the_masks_mean(phantoms: Path, tmp_path: Path) -> None:
    done = medspatial(
        "questions", "from-masks", phantoms, "-o", tmp_path / "q", "-s", "V1", "--label-map", "nowhere"
    )
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "nowhere" in done.stderr


def test_json_on_standard_output_counts_what_was_asked(phantoms: Path, tmp_path: Path) -> None:
    done = run("from-masks", phantoms, "-o", tmp_path / "q", "-s", "V1", "--no-balance", "--json")
    assert json.loads(done.stdout) == [{"subtype": "V1", "asked": 4}]
    assert f"4 questions from 2 cases in {tmp_path / 'q'}" in done.stderr
    assert "dropped by rule, listed in dropped.jsonl there" in done.stderr


def question(case: int, text: str, answer: str = "left", **more: Any) -> Question:
    return Question(case_id=f"valid_{case}_a_1", question=text, answer=answer, **more)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    found = [question(n, "On which side is the nodule?") for n in range(1, 6)]
    found += [question(n, f"How large is the cyst in segment {n}?", "2 cm") for n in range(1, 6)]
    return write_records(tmp_path / "q.jsonl", found)


def test_duplicates_within_a_case_are_left_out_of_the_output(tmp_path: Path) -> None:
    twice = [
        question(1, "Which side?", id="a"),
        question(1, "which side", id="b"),
        question(2, "Which side?"),
    ]
    path = write_records(tmp_path / "q.jsonl", twice)
    done = run("duplicates", path, "-o", tmp_path / "u.jsonl", "--json")
    found = json.loads(done.stdout)
    assert [(one["kind"], one["within_case"], one["rows"]) for one in found] == [
        ("exact", False, 3),
        ("exact", True, 2),
    ]
    assert "2 groups" in done.stderr
    assert "2 rows kept, 1 repeats within a case left out" in done.stderr
    assert [one.case_id for one in rows(tmp_path / "u.jsonl")] == ["valid_1_a_1", "valid_2_a_1"]


def test_near_is_the_share_of_common_word_pairs(tmp_path: Path) -> None:
    texts = ("On which side of the chest is the nodule seen?", "On which side of the chest is the mass seen?")
    path = write_records(tmp_path / "q.jsonl", [question(1, text) for text in texts])
    assert json.loads(run("duplicates", path, "--json", "--near", 0.95).stdout) == []
    (one,) = json.loads(run("duplicates", path, "--json", "--near", 0.5).stdout)
    assert (one["kind"], one["rows"]) == ("near", 2)


def test_a_split_keeps_patients_together_and_follows_its_seed(tmp_path: Path) -> None:
    path = write_records(
        tmp_path / "q.jsonl", [question(n, f"Q{k}?") for n in range(1, 41) for k in range(2)]
    )
    parts: dict[int, list[set[str]]] = {}
    for seed in (0, 1):
        folder = tmp_path / str(seed)
        table = json.loads(
            run("split", path, "-o", folder, "--shares", "a=0.5,b=0.3,c=0.2", "--seed", seed, "--json").stdout
        )
        assert [row["part"] for row in table] == ["a", "b", "c"]
        assert sum(row["questions"] for row in table) == 80
        parts[seed] = [{one.patient_id for one in rows(folder / f"{name}.jsonl")} for name in "abc"]
        assert sum(map(len, parts[seed])) == 40, "nobody on two sides"
    assert parts[0] != parts[1]
    again = run("split", path, "-o", tmp_path / "again", "--shares", "a=0.5,b=0.3,c=0.2")
    assert (tmp_path / "again" / "a.jsonl").read_bytes() == (tmp_path / "0" / "a.jsonl").read_bytes()
    assert "patients" in again.stdout


@pytest.mark.parametrize("shares", ["a", "a=x", "a=0.5", "a=0.5,a=0.5", "a=-1,b=2", ""])
def test_shares_that_make_no_whole_are_refused(dataset: Path, tmp_path: Path, shares: str) -> None:
    done = run("split", dataset, "-o", tmp_path / "s", "--shares", shares, code=3)
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "s").exists()


def test_a_frozen_set_says_what_it_is_and_notices_a_change(dataset: Path, tmp_path: Path) -> None:
    words = ("--name", "My set", "--license", "CC-BY-4.0", "--description", "Nodules and cysts.")
    run("freeze", "-o", tmp_path / "f", "--split", f"test={dataset}", *words)
    facts = json.loads((tmp_path / "f" / "dataset.json").read_text())
    assert (facts["name"], facts["license"]) == ("My set", "CC-BY-4.0")
    card = (tmp_path / "f" / "README.md").read_text()
    assert "Nodules and cysts." in card
    assert json.loads(run("stats", tmp_path / "f", "--json").stdout)["questions"] == 10
    path = tmp_path / "f" / "test.jsonl"
    path.write_text(path.read_text().replace("left", "right", 1))
    assert "test.jsonl" in run("stats", tmp_path / "f", code=3).stderr
    wrong = run(
        "freeze", "-o", tmp_path / "g", "--split", str(dataset), "--name", "n", "--license", "l", code=3
    )
    assert f"--split: must be NAME=FILE, got {str(dataset)!r}" in wrong.stderr
    assert not (tmp_path / "g").exists()


def test_quotes_are_kept_or_replaced_as_told(tmp_path: Path) -> None:
    sentence = "A 5 mm nodule is observed in the left lung."
    row = question(1, "Which side?", evidence={"quote": sentence}, source="rules:4")
    path = write_records(tmp_path / "q.jsonl", [row])
    words = ("--split", f"test={path}", "--name", "n", "--license", "l")
    run("freeze", "-o", tmp_path / "with", *words)
    run("freeze", "-o", tmp_path / "without", *words, "--without-quotes")
    assert sentence in (tmp_path / "with" / "test.jsonl").read_text()
    assert sentence not in (tmp_path / "without" / "test.jsonl").read_text()


def test_stats_count_as_json_and_in_words(dataset: Path) -> None:
    found = json.loads(run("stats", dataset, "--json").stdout)
    assert (found["questions"], found["cases"], found["patients"]) == (10, 5, 5)
    assert found["per_case"] == {"mean": 2, "median": 2, "least": 2, "most": 2}
    words = run("stats", dataset).stdout
    assert "per_case" in words
    assert "texts_in_several_rows" in words


NESTED = {
    name: {"qa_pairs": [{"question": f"Q{n}?", "answer": f"A{n}"} for n in range(3)]}
    for name in ("valid_1_a_1.nii.gz", "valid_2_a_1.nii.gz")
}


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ((), ["Q0?"]),
        (("--keep-nonspatial",), ["Q0?", "Q1?"]),
        (("--keep-nonrelevant",), ["Q0?"]),
        (("--keep-unjudged",), ["Q0?", "Q2?"]),
        (("--keep-nonspatial", "--keep-unjudged"), ["Q0?", "Q1?", "Q2?"]),
    ],
)
def test_a_filter_keeps_what_it_is_told(tmp_path: Path, options: tuple[str, ...], kept: list[str]) -> None:
    (tmp_path / "qa.json").write_text(json.dumps(NESTED))
    verdicts = [
        {"index": 0, "is_spatial": True, "is_relevant": True, "reasoning": "r"},
        {"index": 1, "is_spatial": False, "is_relevant": True, "reasoning": "r"},
    ]
    (tmp_path / "j.json").write_text(json.dumps(dict.fromkeys(NESTED, verdicts)))
    done = run(
        "filter", "--qa-json", tmp_path / "qa.json", "-j", tmp_path / "j.json", "-o", tmp_path / "k.json",
        "--json", *options,
    )  # fmt: skip
    found = json.loads((tmp_path / "k.json").read_text())
    for name in NESTED:
        assert [one["question"] for one in found[name]["qa_pairs"]] == kept
    counts = {row["pairs"]: row["count"] for row in json.loads(done.stdout)}
    assert sum(counts.values()) == 6
    accepted = len(kept) - ("--keep-unjudged" in options)
    assert (counts["kept"], counts["not judged"]) == (2 * accepted, 2)


def test_relevance_is_a_reason_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "qa.json").write_text(json.dumps(NESTED))
    verdicts = [{"index": n, "is_spatial": n != 2, "is_relevant": n == 2, "reasoning": "r"} for n in range(3)]
    (tmp_path / "j.json").write_text(json.dumps(dict.fromkeys(NESTED, verdicts)))
    files = ("--qa-json", tmp_path / "qa.json", "-j", tmp_path / "j.json")
    done = run("filter", *files, "-o", tmp_path / "none.json")
    assert "2 cases have no pair left and are left out" in done.stderr
    assert json.loads((tmp_path / "none.json").read_text()) == {}
    run("filter", *files, "-o", tmp_path / "a.json", "--keep-nonrelevant")
    found = json.loads((tmp_path / "a.json").read_text())
    assert [one["question"] for one in found["valid_1_a_1.nii.gz"]["qa_pairs"]] == ["Q0?", "Q1?"]
    run("filter", *files, "-o", tmp_path / "b.json", "--keep-nonspatial")
    found = json.loads((tmp_path / "b.json").read_text())
    assert [one["question"] for one in found["valid_1_a_1.nii.gz"]["qa_pairs"]] == ["Q2?"]


def test_our_own_rows_come_back_with_their_fields(dataset: Path, tmp_path: Path) -> None:
    names = {row.case_id for row in rows(dataset)}
    verdicts = [{"index": n, "is_spatial": n == 0, "is_relevant": True, "reasoning": "r"} for n in range(2)]
    (tmp_path / "j.json").write_text(json.dumps(dict.fromkeys(names, verdicts)))
    run("filter", "--qa-json", dataset, "-j", tmp_path / "j.json", "-o", tmp_path / "k.jsonl")
    assert (tmp_path / "k.jsonl").read_text().splitlines() == dataset.read_text().splitlines()[:5]


def test_an_image_root_goes_before_every_path(tmp_path: Path) -> None:
    path = write_records(
        tmp_path / "q.jsonl", [question(1, "a?", image_path="x/ct.nii.gz"), question(2, "b?")]
    )
    run("import", path, "-o", tmp_path / "o.jsonl", "-f", "medspatial", "--image-root", "/data/")
    assert [one.image_path for one in rows(tmp_path / "o.jsonl")] == ["/data/x/ct.nii.gz", None]
    run("import", path, "-o", tmp_path / "p.jsonl", "-f", "medspatial")
    assert [one.image_path for one in rows(tmp_path / "p.jsonl")] == ["x/ct.nii.gz", None]


def test_fields_of_other_names_are_imported(tmp_path: Path) -> None:
    (tmp_path / "theirs.jsonl").write_text('{"frage": "Which side?", "soll": "left", "scan": "c1"}\n')
    names = [f"--field={pair}" for pair in ("question=frage", "answer=soll", "case=scan")]
    run("import", tmp_path / "theirs.jsonl", "-o", tmp_path / "o.jsonl", "-f", "jsonl", *names)
    (one,) = rows(tmp_path / "o.jsonl")
    assert (one.case_id, one.question, one.answer) == ("c1", "Which side?", "left")
    run("import", tmp_path / "theirs.jsonl", "-o", tmp_path / "x.jsonl", "-f", "jsonl", code=3)


def test_formats_are_written_and_read_back(dataset: Path, tmp_path: Path) -> None:
    for name, ending in (("3d-rad", "csv"), ("ct-spatialvqa", "json"), ("medspatial", "jsonl")):
        run("export", dataset, "-o", tmp_path / f"x.{ending}", "-f", name)
        run("import", tmp_path / f"x.{ending}", "-o", tmp_path / "back.jsonl", "-f", name)
        back = {(one.case_id, one.question, one.answer) for one in rows(tmp_path / "back.jsonl")}
        assert back == {(one.case_id, one.question, one.answer) for one in rows(dataset)}, name
    told = run("export", dataset, "-o", tmp_path / "y", "-f", "vqa-rad", code=3)
    assert "unknown dataset format 'vqa-rad'" in told.stderr


REPORTS = {
    f"valid_{n}_a_{r}.nii.gz": {"Findings_EN": text, "Impressions_EN": "Not given."}
    for n, text in ((1, "A 5 mm nodule is observed in the left lung."), (2, "Effusion on the right."))
    for r in (1, 2)
}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    (tmp_path / "reports.json").write_text(json.dumps(REPORTS))
    return tmp_path / "reports.json"


def test_reports_are_one_per_scan_and_limited_as_told(reports: Path, tmp_path: Path) -> None:
    def cases(*more: object) -> set[str]:
        run("from-reports", "-r", reports, "-o", tmp_path / "q.jsonl", *more)
        return {one.case_id for one in rows(tmp_path / "q.jsonl")}

    assert cases() == {"valid_1_a_1", "valid_2_a_1"}
    assert cases("--limit", 1) == {"valid_1_a_1"}
    assert cases("--all-reconstructions") == {f"valid_{n}_a_{r}" for n in (1, 2) for r in (1, 2)}
    assert cases("--all-reconstructions", "--limit", 2) == {"valid_1_a_1", "valid_1_a_2"}


def test_counts_of_the_rules_are_printed_as_json(reports: Path, tmp_path: Path) -> None:
    done = run("from-reports", "-r", reports, "-o", tmp_path / "q.jsonl", "--json")
    found = json.loads(done.stdout)
    asked = sum(row["count"] for row in found if row["of"] == "category")
    assert asked == len(rows(tmp_path / "q.jsonl")) > 0
    assert f"{asked} questions from 2 reports in {tmp_path / 'q.jsonl'}" in done.stderr


def test_a_model_is_asked_by_the_chosen_generator_and_prompt(
    reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    heard: list[str] = []

    def respond(request: ReceivedRequest) -> str:
        heard.append(f"{request.system}\n{request.text}")
        return json.dumps({"pairs": [], "facts": []})

    with FakeServer(respond) as server:
        base = ("from-reports", "-r", reports, "--llm", "openai:w", "--set", f"base_url={server.openai_url}")
        done = run(*base, "-o", tmp_path / "a.jsonl", "--json")
        summary = json.loads(done.stdout)
        assert (summary["pairs"], sum(summary["status"].values())) == (0, 2)
        assert f"0 questions in {tmp_path / 'a.jsonl'}" in done.stderr
        words = run(*base, "-o", tmp_path / "a2.jsonl").stdout
        assert words.startswith(f"0 questions in {tmp_path / 'a2.jsonl'}; refused by the evidence check: ")
        run(*base, "-o", tmp_path / "b.jsonl", "--generator", "templates")
        wrong = run(*base, "-o", tmp_path / "c.jsonl", "--generator", "poems", code=3)
        assert "poems" in wrong.stderr
        missing = run(*base, "-o", tmp_path / "d.jsonl", "--prompt", tmp_path / "none.md", code=3)
        assert "none.md" in missing.stderr
    manifests = [json.loads((tmp_path / f"{n}.manifest.json").read_text()) for n in "ab"]
    assert [one["configuration"]["generator"] for one in manifests] == ["free", "templates"]
    assert len(set(heard)) == 4, "two reports by two generators; the second free run asked both again"


def test_what_two_sets_state_is_compared(reports: Path, tmp_path: Path) -> None:
    run("from-reports", "-r", reports, "-o", tmp_path / "q.jsonl")
    done = run("compare-facts", tmp_path / "q.jsonl", tmp_path / "q.jsonl", "-r", reports, "--json")
    found = {row["figure"]: row["count"] for row in json.loads(done.stdout)}
    assert found["pairs"] == len(rows(tmp_path / "q.jsonl"))
    assert found["found"] == found["facts"] > 0
    assert (found["contradicted"], found["not_found"]) == (0, 0)
    sides = {"left": "right", "right": "left"}
    turned = [
        one.model_copy(update={"answer": sides.get(one.answer, one.answer)})
        for one in rows(tmp_path / "q.jsonl")
    ]
    write_records(tmp_path / "t.jsonl", turned)
    done = run("compare-facts", tmp_path / "q.jsonl", tmp_path / "t.jsonl", "-r", reports, "--json")
    assert {row["figure"]: row["count"] for row in json.loads(done.stdout)}["contradicted"] > 0


def test_evidence_that_a_report_does_not_hold_is_counted_by_rule(reports: Path, tmp_path: Path) -> None:
    run("from-reports", "-r", reports, "-o", tmp_path / "q.jsonl")
    count = len(rows(tmp_path / "q.jsonl"))
    done = run("check-evidence", tmp_path / "q.jsonl", "-r", reports, "--json")
    assert json.loads(done.stdout) == [{"rule": "(supported)", "refused": count}]
    stray = [*rows(tmp_path / "q.jsonl"), question(9, "On which side is the nodule?")]
    write_records(tmp_path / "s.jsonl", stray)
    done = run("check-evidence", tmp_path / "s.jsonl", "-r", reports, "--json", code=1)
    assert json.loads(done.stdout) == [
        {"rule": "(supported)", "refused": count},
        {"rule": "no_report", "refused": 1},
    ]
