"""Inputs that once went wrong in silence, each standing for a kind; they lie in the folder of real data.

Every room has tests of its own kinds on inputs made here. This file runs the recorded ones from end to end.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import said as cli
from scored import verdict

Run = tuple[int, str]


@pytest.fixture
def field_case(shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that copies one case beside the real CT and runs its script, if it has one."""

    def lay(name: str) -> Path:
        source = shared / "data" / "field_cases" / name
        if not source.is_dir():
            pytest.skip(f"the folder of real data has no field case {name}")
        home = tmp_path / "field_cases" / name
        shutil.copytree(source, home, copy_function=shutil.copyfile)
        home.chmod(0o755)
        (tmp_path / "real_ct").symlink_to(shared / "data" / "real_ct")
        monkeypatch.chdir(home)  # some scripts write where they are run
        if (home / "make.py").is_file() and name != "plain-rows-same-file-name":
            runpy.run_path(str(home / "make.py"), run_name="__main__")
        return home

    return lay


def ask(home: Path) -> tuple[Run, Run, list[dict]]:
    """``cases check`` and ``questions from-masks`` on the case's data, and the questions."""
    checked = cli("cases", "check", home / "data")
    asked = cli(
        "questions", "from-masks", home / "data", "-o", home / "q", "--no-balance", "--per-subtype", "60"
    )
    file = home / "q" / "questions.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []
    return checked, asked, rows


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("axis-head-feet-reversed", "head"),
        ("mask-of-another-place", "HU"),
        ("pixdim-against-sform", "pixdim"),
        ("labelmap-case-prefix", ""),
        ("hu-divided-by-1000", "HU"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_cause(field_case, name, words):
    home = field_case(name)
    checked, asked, rows = ask(home)
    if name == "labelmap-case-prefix" and rows:
        assert not any("tumor" in row["question"] for row in rows)
        return
    assert checked[0] == 1, checked[1]
    assert words in checked[1]
    assert rows == []
    assert asked[0] != 0 or name == "hu-divided-by-1000"


@pytest.mark.parametrize(
    ("name", "structures"),
    [
        ("labelmap-dataset-json-silent", {"liver", "spleen", "pancreas", "kidney_left", "kidney_right"}),
        ("labelmap-dataset-json-wrong-cause", {"liver", "spleen", "stomach", "aorta"}),
    ],
)
def test_names_that_stand_beside_the_data_are_read(field_case, name, structures):
    checked, _, rows = ask(field_case(name))
    assert checked[0] == 0, checked[1]
    used = {one for row in rows for one in row["evidence"]["structures"]}
    assert structures <= used
    livers = [
        row["value"] for row in rows if row["subtype"] == "V3" and row["evidence"]["structures"] == ["liver"]
    ]
    assert all(abs(value - 982) < 2 for value in livers) or name != "labelmap-dataset-json-silent"


def test_an_assumed_label_map_is_the_one_that_fits_and_is_said(field_case):
    checked, asked, rows = ask(field_case("labelmap-total-v1"))
    assert "label map totalsegmentator_v1 assumed for 1 case" in checked[1]
    assert "label map totalsegmentator_v1 assumed" in asked[1]
    assert rows
    for row in rows:
        assert "label map totalsegmentator_v1 assumed" in row["evidence"]["assumptions"]
    volumes = {row["evidence"]["structures"][0]: row["value"] for row in rows if row["subtype"] == "V3"}
    assert volumes.get("aorta", 152.4) == pytest.approx(152.4, abs=0.5)


def test_micrometres_are_read_as_such(field_case):
    checked, _, rows = ask(field_case("units-micron"))
    if checked[0] == 0:
        assert "4 x 4 x 4" in checked[1]
        assert all(row["value"] < 10_000 for row in rows if row.get("unit") in ("ml", "mm"))
    else:
        assert "micro" in checked[1]
        assert rows == []


def test_a_masks_own_border_cuts(field_case):
    checked, _, rows = ask(field_case("mask-ends-inside-ct"))
    assert "ends inside the CT" in checked[1] or "inside" in checked[1]
    cut = {"liver", "kidney_left", "kidney_right"}
    for row in rows:
        used = set(row["evidence"]["structures"])
        assert not (row["subtype"] in {"V1", "V2", "V3", "V4", "V6", "A5", "D3"} and used & cut), row[
            "question"
        ]
        assert not (row["subtype"] == "A6" and used & cut and row["answer"] == "all of it is inside")


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("dicom-ct-unseen", ["upper/CT", "plain/ct"]),
        ("masks-unseen", ["segmentation.seg.nrrd", "nested"]),
        ("several-cts-in-one-folder", ["p1.nii.gz", "p2.nii.gz", "image.nii.gz"]),
    ],
)
def test_what_lies_in_a_folder_is_used_or_named(field_case, name, named):
    home = field_case(name)
    listed = cli("cases", "list", home / "data", "--json")
    checked = cli("cases", "check", home / "data")
    for file in named:
        assert file in listed[1] + checked[1], (file, listed[1], checked[1])


def test_uneven_slices_are_refused(field_case):
    home = field_case("dicom-uneven-steps")
    code, said = cli("cases", "check", home / "data")
    assert code == 1
    assert re.search(r"slice|evenly|line", said)


def test_rows_are_told_apart_by_their_whole_path(field_case, monkeypatch):
    home = field_case("plain-rows-same-file-name")
    monkeypatch.chdir(home)
    assert cli("cases", "phantom", "-o", "ph", "-n", "3", "--spacing", "6")[0] == 0
    assert cli("questions", "from-masks", "ph", "-o", "q")[0] == 0
    runpy.run_path(str(home / "make.py"), run_name="__main__")
    code, said = cli("score", "-p", "same.jsonl", "-m", "exact", "-o", "s")
    assert code == 0, said
    assert len((home / "s" / "exact" / "same.jsonl").read_text().splitlines()) == 3
    code, said = cli("predict", "-m", "random", "-d", "plain.jsonl", "--image-root", "ph", "-o", "p")
    assert code == 0, said
    rows = [json.loads(line) for line in (home / "p" / "random.jsonl").read_text().splitlines()]
    assert len({row["case_id"] for row in rows}) == 3


TEXTS = [
    "figures-scientific-and-split-units",
    "html-tags",
    "options-with-own-letters",
    "other-languages",
    "reasoning-delimiters",
    "refusal-with-no",
    "text-after-end-of-turn",
    "verdict-per-option",
]


@pytest.mark.parametrize("name", TEXTS)
def test_replies_are_read_as_people_would(field_case, name):
    home = field_case(name)
    code, said = cli("score", "-p", home / "rows.jsonl", "-m", "structured", "-o", home / "s")
    assert code in (0, 1), said
    expected = {
        row["id"]: row["metadata"]["expected"]
        for row in map(json.loads, (home / "rows.jsonl").read_text().splitlines())
    }
    rows = [json.loads(line) for line in (home / "s" / "structured" / "rows.jsonl").read_text().splitlines()]
    got = {row["id"]: verdict(row) for row in rows}
    assert got == expected


def test_long_cells_are_read_and_doubled_columns_refused(field_case):
    home = field_case("csv-long-cell")
    code, said = cli("score", "-p", home / "rows.csv", "-m", "structured", "-o", home / "s")
    assert code == 0, said
    doubled = home.parents[1] / "field_cases" / "csv-double-column"
    shutil.copytree(_source("csv-double-column"), doubled, copy_function=shutil.copyfile)
    code, said = cli("score", "-p", doubled / "rows.csv", "-m", "structured", "-o", doubled / "s")
    assert code == 3
    assert "prediction" in said


def _source(name: str) -> Path:
    root = Path(os.environ.get("MEDSPATIAL_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    return root / "data" / "field_cases" / name


@pytest.fixture
def judge_server(field_case, tmp_path):
    """A function that starts a case's server in one of its modes, and gives the address and the rows."""
    running = []

    def start(name: str, mode: str) -> tuple[str, Path]:
        home = field_case(name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        running.append(subprocess.Popen([sys.executable, str(home / "server.py"), str(port), mode]))
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        return f"http://127.0.0.1:{port}/v1", home

    yield start
    for server in running:
        server.terminate()
        server.wait()


def judged(address: str, home: Path, *more: str) -> tuple[Run, dict]:
    options = [part for pair in (f"base_url={address}", "retries=1", *more) for part in ("--set", pair)]
    rows, out = home / "rows.jsonl", home / "s"
    found = cli("score", "-p", rows, "-m", "judge", "--model", "openai:m1", *options, "-o", out)
    written = next(out.rglob("rows.jsonl"), None)
    return found, json.loads(written.read_text().splitlines()[0]) if written else {}


@pytest.mark.parametrize(
    ("mode", "said", "way"),
    [
        ("no_temperature", "--set temperature=null", "temperature=null"),
        ("no_seed", "--set seed=null", "seed=null"),
        ("reasoning", "reasoning_content", None),
    ],
)
def test_a_judging_without_a_verdict_ends_with_its_cause(judge_server, mode, said, way):
    address, home = judge_server("judge-no-verdict", mode)
    (code, text), row = judged(address, home)
    assert (code, row["status"]) == (1, "unscored"), text
    assert said in text
    if way:
        shutil.rmtree(home / "s")
        (code, text), row = judged(address, home, way)
        assert (code, row["correct"]) == (0, True), text


@pytest.mark.parametrize("mode", ["good", "think_braces", "fence_tail", "latex", "capital", "extra", "null"])
def test_verdicts_that_are_there_are_read(judge_server, mode):
    address, home = judge_server("judge-reply-forms", mode)
    (code, text), row = judged(address, home, "json_mode=prompt")
    assert (code, row["correct"]) == (0, True), text
