"""Case sources of installed packages: found by name, held to their options, one line where they break."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import medspatial as ms
from medspatial.cases import find_cases, is_outside, load_case, outside_cases, write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.study import StudyConfig, find_study, read_study, run_study
from medspatial.study.check import check_study
from medspatial.view.library import open_library

CODE = """
from dataclasses import replace
from pathlib import Path
from medspatial.cases import Discovery, find_cases
from medspatial.records import Case

def few(folder: str | Path, most: int = 1):
    found = find_cases(Path(folder))
    return replace(found, cases=found.cases[:most])

def open_to_all(**options):
    return few(options["folder"], options.get("most", 1))

def nothing(folder):
    return Discovery([], Path(folder))

def twice(folder):
    return Discovery([Case(case_id="a", patient_id="p")] * 2, Path(folder))

def nowhere(folder):
    return Discovery([Case(case_id="a", patient_id="p")], Path(folder) / "none")

def a_list(folder):
    return find_cases(Path(folder)).cases

def breaks(folder):
    raise ValueError("the archive\\nis closed")
"""
NAMES = ("few", "open_to_all", "nothing", "twice", "nowhere", "a_list", "breaks")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive") / "ct"
    write_phantoms(folder, 2, spacing=10.0)
    return folder


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package ``their-cases`` whose every function is a source."""
    site = tmp_path / "site"
    info = site / "their_cases-3.0.dist-info"
    info.mkdir(parents=True)
    (site / "their_cases.py").write_text(CODE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-cases\nVersion: 3.0\n")
    entries = "".join(f"{name} = their_cases:{name}\n" for name in (*NAMES, "gone"))
    (info / "entry_points.txt").write_text(f"[medspatial.case_sources]\n{entries}")
    monkeypatch.syspath_prepend(site)
    monkeypatch.delitem(sys.modules, "their_cases", raising=False)


def medspatial(*arguments: object) -> str:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_its_cases_are_read_like_those_of_a_folder(data: Path) -> None:
    found = find_cases(f"few:folder={data}")
    assert (found.cases, found.root) == (find_cases(data).cases[:1], data)
    assert load_case(found.cases[0], found.root).masks is not None
    forced = find_cases(f"few:folder={data}", label_map="totalsegmentator_v2")
    assert [one.label_map for one in forced.cases[0].masks] == ["totalsegmentator_v2"]
    assert len(outside_cases("open_to_all", {"folder": data, "most": 2}).cases) == 2


def test_every_command_and_the_notebook_take_it_by_name(data: Path, tmp_path: Path) -> None:
    one, both = f"few:folder={data}", f"few:folder={data},most=2"
    assert len(json.loads(medspatial("cases", "list", both, "--json"))) == 2
    assert len(json.loads(medspatial("cases", "check", one, "--json"))) == 1
    medspatial("questions", "from-masks", one, "-o", tmp_path / "q", "-s", "L1")
    asked = tmp_path / "q" / "questions.jsonl"
    assert [each.question for each in ms.questions(one, subtypes=["L1"])] == [
        each.question for each in ms.read_records(asked, ms.Question)
    ]
    medspatial("predict", "-m", "random", "-d", asked, "--cases", one, "-o", tmp_path / "p", "--arm", "blank")
    assert {each.arm for each in ms.read_predictions(tmp_path / "p" / "random@blank.jsonl")} == {"blank"}
    assert list(open_library(one).cases) == [find_cases(data).cases[0].case_id]


def test_a_study_runs_on_it_and_the_viewer_finds_its_files(data: Path, tmp_path: Path) -> None:
    path = data.parent / "study.yaml"
    path.write_text(
        "cases: {source: few, options: {folder: ct}}\nmodels: [oracle]\nreport: {max_pictures: 0}\n"
    )
    config = read_study(path)
    assert (config.title, config.cases.options) == ("Spatial questions from few", {"folder": str(data)})
    assert find_study(f"few:folder={data}").cases == config.cases
    lines: list[str] = []
    config = config.model_copy(update={"questions": config.questions.model_copy(update={"limit": 4})})
    run_study(config, tmp_path / "out", lines.append)
    assert lines[0] == f"cases: 1 of 1 patients in few, below {data}"
    library = open_library(tmp_path / "out")
    (case_id,) = library.cases
    assert library.root == data
    assert (library.root / str(library.check(case_id).image_path)).is_file()
    assert library.loader().volume(case_id).unit == "HU"


def test_a_study_without_one_is_the_study_it_was(data: Path, tmp_path: Path) -> None:
    config = StudyConfig.model_validate({"cases": {"path": str(data)}, "models": ["oracle"]})
    limited = config.model_copy(update={"questions": config.questions.model_copy(update={"limit": 1})})
    run_study(limited, tmp_path / "out")
    settings = json.loads((tmp_path / "out" / "manifest.json").read_text())["configuration"]["cases"]
    assert {"source", "options"}.isdisjoint(settings)


def test_the_check_holds_its_options_and_does_not_ask_it(tmp_path: Path) -> None:
    def told(options: dict[str, object], source: str = "few") -> tuple[int, str]:
        config = StudyConfig.model_validate({"cases": {"source": source, "options": options}})
        found = check_study(config, tmp_path, network=False)
        return found.exit_code, next(str(one) for one in found.findings if one.part == "cases")

    known = "few of package their-cases 3.0: its options are right, its cases are known when the study runs"
    assert told({"folder": "/no/such/folder"}) == (0, f"cases: {known}")
    assert told({"folder": "x", "mst": 2}) == (
        3,
        "cases: case source 'few': unknown option 'mst' (did you mean 'most'?); it takes: folder, most",
    )
    assert told({}) == (3, "cases: case source 'few': option 'folder' is required")
    assert told({}, "feww")[1].startswith("cases: unknown case source 'feww' (did you mean 'few'?); known: ")


def test_a_source_named_as_a_path_is_told_how_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("cases: few\n")
    found = check_study(read_study(tmp_path / "study.yaml"), network=False)
    assert "no such folder or file; a case source is written {source: few}" in str(found.of("wrong")[0])


def test_options_without_a_source_have_no_effect_and_are_refused() -> None:
    with pytest.raises(ValueError, match="'options' are those of a 'source', and there is none"):
        StudyConfig.model_validate({"cases": {"path": "ct", "options": {"most": 1}}})
    with pytest.raises(ValueError, match="needs one of 'path', 'phantom', 'source'"):
        StudyConfig.model_validate({"cases": {"path": "ct", "source": "few"}})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "gave no cases"),
        ("twice", "gave case 'a' twice"),
        ("nowhere", "its root must be a folder, got .*none"),
        ("a_list", r"it must name a callable that returns a medspatial.cases.Discovery, got .*list"),
        ("breaks", r"the call failed \(ValueError: the archive is closed\)"),
        ("gone", r"cannot be imported \(AttributeError"),
    ],
)
def test_a_broken_one_is_one_line(name: str, words: str, data: Path) -> None:
    where = f"^case source '{name}': entry point '{name} = their_cases:{name}' of package their-cases 3.0: "
    with pytest.raises(InputError, match=where + words) as told:
        find_cases(f"{name}:folder={data}")
    assert "\n" not in str(told.value)


def test_a_name_that_is_a_folder_too_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_phantoms(tmp_path / "few", 1, spacing=12.0)
    with pytest.raises(InputError, match=r"few: is a file or folder here and a case source of package their"):
        find_cases("few")
    assert len(find_cases("./few").cases) == len(find_cases(Path("few")).cases) == 1
    assert is_outside("few:folder=few")
    assert not is_outside("fewer")
    assert len(find_cases("few:folder=few").cases) == 1
    with pytest.raises(InputError, match=r"case source 'few': option 'folder' is required"):
        find_cases("few:")


def test_they_are_listed_with_their_package() -> None:
    rows = json.loads(medspatial("plugins", "--json"))
    few = {"kind": "case source", "name": "few", "package": "their-cases 3.0", "entry": "their_cases:few"}
    assert few in rows
    assert "their_cases" not in sys.modules
