"""The command line: what it prints, its exit codes, and one line per error."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command import medspatial

from medspatial import __version__


def test_help_names_every_command_and_the_exit_codes() -> None:
    done = medspatial("--help")
    assert done.returncode == 0
    for word in (
        "run",
        "cases",
        "questions",
        "predict",
        "score",
        "compare",
        "report",
        "models",
        "Exit codes",
    ):
        assert word in done.stdout


@pytest.mark.parametrize(
    "command",
    ["run", "predict", "score", "compare", "report", "cases list", "cases phantom", "questions from-masks"],
)
def test_every_command_has_an_example(command: str) -> None:
    done = medspatial(*command.split(), "--help")
    assert done.returncode == 0
    assert "xample" in done.stdout


def test_cases_are_listed_as_json(phantoms: Path) -> None:
    rows = json.loads(medspatial("cases", "list", phantoms, "--json").stdout)
    assert [row["case"] for row in rows] == ["phantom_00005", "phantom_00006"]
    assert rows[0]["label_map"] == ["phantom"]


def test_cases_are_checked(phantoms: Path) -> None:
    done = medspatial("cases", "check", phantoms, "--json")
    assert done.returncode == 0
    assert [row["problem"] for row in json.loads(done.stdout)] == ["", ""]


def test_the_stages_alone_give_a_comparison_and_a_report(
    questions: Path, phantoms: Path, tmp_path: Path
) -> None:
    for model in ("random", "oracle"):
        done = medspatial("predict", "-m", model, "-d", questions, "-o", tmp_path / "p")
        assert done.returncode == 0, done.stderr
    files = [f"-p{tmp_path / 'p' / name}.jsonl" for name in ("random", "oracle")]
    found = tmp_path / "found.json"
    scoring = ["-m", "structured", "-m", "exact", "-o", tmp_path / "s", "--report", found, "--json"]
    done = medspatial("score", *files, *scoring)
    assert done.returncode == 0, done.stderr
    wrong = [row for row in json.loads(found.read_text())["mismatches"] if row["metric"] == "structured"]
    assert {row["model"] for row in wrong} == {"random"}
    by_name = {(row["file"], row["metric"]): row["accuracy"] for row in json.loads(done.stdout)}
    assert by_name["oracle.jsonl", "structured"] == 1.0
    matrix = tmp_path / "matrix.csv"
    done = medspatial(
        "compare", "--reports-dir", tmp_path / "s" / "structured", "--questions", questions, "-o", matrix
    )
    assert done.returncode == 0, done.stderr
    assert "oracle" in done.stdout
    assert matrix.read_text().splitlines()[0].endswith("oracle,random")
    done = medspatial(
        *("report", "--questions", questions, "--scores-dir", tmp_path / "s" / "structured"),
        *("--cases", phantoms, "-o", tmp_path / "report", "--max-pictures", 2, "--resamples", 100),
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report" / "index.html").exists()


def test_model_options_are_passed_and_checked(questions: Path, tmp_path: Path) -> None:
    done = medspatial(
        "predict", "-m", "random", "-d", questions, "-o", tmp_path, "--set", "seed=7", "--limit", 3
    )
    assert done.returncode == 0, done.stderr
    manifest = json.loads((tmp_path / "random.manifest.json").read_text())
    assert manifest["configuration"]["seed"] == 7
    done = medspatial("predict", "-m", "random", "-d", questions, "-o", tmp_path, "--set", "sead=7")
    assert (done.returncode, done.stderr.count("\n")) == (3, 1)
    assert "unknown option 'sead'" in done.stderr


def test_bad_rows_are_skipped_counted_and_listed(questions: Path, tmp_path: Path) -> None:
    dataset = tmp_path / "q.jsonl"
    dataset.write_text(questions.read_text() + '{"question": "no case", "answer": "x"}\n{broken\n')
    strict = medspatial("predict", "-m", "echo", "-d", dataset, "-o", tmp_path / "a")
    assert strict.returncode == 3
    assert "q.jsonl:" in strict.stderr
    kept = medspatial("predict", "-m", "echo", "-d", dataset, "-o", tmp_path / "a", "--keep-going")
    assert kept.returncode == 0
    assert kept.stderr.count("skipped: ") == 2
    assert "2 bad rows skipped" in kept.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "nothing_here"], 3, "unknown study 'nothing_here'"),
        (["run", "none.yaml"], 3, "none.yaml: no such study file"),
        (["predict", "-m", "randm", "-d", "{q}", "-o", "{t}"], 3, "unknown model 'randm'"),
        (["predict", "-m", "random", "-d", "{t}/no.jsonl", "-o", "{t}"], 3, "no.jsonl: no such file"),
        (["predict", "-m", "random", "-d", "{q}", "-o", "{t}", "--arm", "upside"], 3, "unknown arm 'upside'"),
        (["predict", "-m", "random", "-d", "{q}", "-o", "{t}", "--set", "seed"], 3, "needs KEY=VALUE"),
        (["score", "-m", "exact"], 3, "name at least one file"),
        (["score", "-p", "{q}", "-m", "exakt"], 3, "unknown metric 'exakt'"),
        (["compare", "--reports-dir", "{t}/none"], 3, "no such folder"),
        (["cases", "list", "{t}/none"], 3, "none"),
        (["questions", "from-masks", "{p}", "-o", "{t}", "--subtype", "X9"], 3, "X9"),
        (["questions", "from-masks", "{p}", "-o", "{t}", "--workers", "0"], 2, "workers"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_a_mistake_is_one_clear_line_and_an_exit_code(
    arguments: list[str], code: int, words: str, questions: Path, phantoms: Path, tmp_path: Path
) -> None:
    places = {"q": questions, "p": phantoms, "t": tmp_path}
    done = medspatial(*(argument.format(**places) for argument in arguments))
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    if code == 3:
        assert done.stderr.startswith("error: ")
        assert done.stderr.count("\n") == 1


def test_subtypes_are_listed_with_their_rules() -> None:
    rows = json.loads(medspatial("questions", "subtypes", "--json").stdout)
    assert len(rows) == 32


def test_models_are_listed() -> None:
    done = medspatial("models", "list", "--json")
    assert {"random", "prior", "oracle", "echo", "m3d_lamed"} <= {
        row["name"] for row in json.loads(done.stdout)
    }


def test_the_installed_program_runs_and_starts_light() -> None:
    """A real process: its exit code, its output, and no heavy package for a mere help text."""
    code = (
        "import sys; sys.argv = ['medspatial', '--version']\n"
        "from medspatial.cli.app import main\n"
        "try: main()\n"
        "finally: print([m for m in ('torch', 'scipy', 'matplotlib', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [f"medspatial {__version__}", "[]"]
    wrong = subprocess.run(
        [sys.executable, "-m", "medspatial.cli.app", "run", "none.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (wrong.returncode, wrong.stderr) == (3, "error: none.yaml: no such study file\n")
