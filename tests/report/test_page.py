from __future__ import annotations

import contextlib
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from medspatial.errors import InputError
from medspatial.report import write_report
from medspatial.report.formatting import percent

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
HOSTILE_TAG = "<script>window.hacked"


class Reader(HTMLParser):
    """Checks that every tag is closed in order, and keeps what the tests ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attributes}) == len(attributes), f"<{tag}> repeats an attribute"
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


@pytest.fixture(scope="module")
def parsed(page: Path) -> Reader:
    reader = Reader()
    reader.feed(page.read_text(encoding="utf-8"))
    assert reader.open == []
    return reader


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the figures, which take most of the time, where a test is not about them."""
    monkeypatch.setattr("medspatial.report.page._figures", lambda *arguments, **more: [])


def rewrite(study, folder: Path, **changes: object) -> Path:
    arguments: dict[str, object] = {
        "title": "T",
        "questions": study.questions,
        "predictions": study.predictions,
        "scores": study.scores,
        "comparison": study.comparison,
        "figure_formats": (),
        **changes,
    }
    return write_report(folder, **arguments)


def test_html_is_well_formed_and_ids_are_unique(parsed: Reader) -> None:
    ids = [attributes["id"] for _, attributes in parsed.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {"results", "differences", "controls", "question-set", "questions", "provenance"} <= set(ids)


def test_every_link_leads_to_a_file_of_the_folder_or_a_place_of_the_page(page: Path, parsed: Reader) -> None:
    ids = {attributes.get("id") for _, attributes in parsed.tags}
    links = [
        link
        for tag, attributes in parsed.tags
        for name in ("href", "src", "xlink:href")
        if (link := attributes.get(name)) is not None and tag != "svg"
    ]
    assert len(links) > 30
    for link in links:
        if link.startswith("#find?"):
            assert dict(parse_qsl(link[6:], strict_parsing=True)), link
        elif link.startswith("#"):
            assert link[1:] in ids, link
        else:
            assert (page.parent / link).is_file(), link


def test_nothing_is_asked_of_the_network(page: Path) -> None:
    names = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names of formats, never loaded
    for path in page.parent.rglob("*"):
        if path.suffix in {".html", ".css", ".js"}:
            text = path.read_text(encoding="utf-8")
            assert set(re.findall(r"https?://[^\s\"'<>)]+", text)) <= names, path
            assert "@import" not in text
            assert not re.search(r"\b(fetch|XMLHttpRequest|WebSocket|sendBeacon)\b", text), path


def test_hostile_texts_stay_texts(page: Path, parsed: Reader) -> None:
    assert HOSTILE_TAG not in page.read_text(encoding="utf-8")
    assert any(HOSTILE_TAG in words for words in parsed.words)  # shown, as text
    scripts = [attributes for tag, attributes in parsed.tags if tag == "script"]
    assert all(attributes.get("src", "").startswith(("assets/", "data/")) for attributes in scripts)
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    for path in (page.parent / "data").iterdir():
        assert "<" not in path.read_text(encoding="utf-8")


def test_no_script_of_ours_reads_text_as_html(page: Path) -> None:
    for path in (page.parent / "assets").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text
        )


def test_the_page_shows_the_comparisons_figures(parsed: Reader, study) -> None:
    words = {words.strip() for words in parsed.words}
    for model in study.comparison.models:
        assert model in words
        assert percent(study.comparison.result(model).overall.accuracy) in words
    assert "run.versions.numpy" in words
    assert "too close" in words


@pytest.mark.usefixtures("no_figures")
def test_a_page_without_images_predictions_and_manifest(study, tmp_path: Path) -> None:
    page = rewrite(study, tmp_path / "r", predictions=[], load=None, manifest=None)
    text = page.read_text(encoding="utf-8")
    assert "0 of 25 questions have pictures" in text
    assert "No manifest was given" in text
    assert "made without the cases' images" in (tmp_path / "r/data/details-0001.js").read_text("utf-8")


@pytest.mark.usefixtures("no_figures")
def test_cases_that_cannot_be_drawn_are_listed(study, tmp_path: Path) -> None:
    def load(case_id: str):
        raise InputError(f"{case_id}: not there")

    text = rewrite(study, tmp_path / "r", load=load).read_text(encoding="utf-8")
    assert "7 case(s) could not be drawn" in text
    assert "case_3: not there" in text


@pytest.mark.usefixtures("no_figures")
def test_an_earlier_report_is_replaced(study, tmp_path: Path) -> None:
    rewrite(study, tmp_path / "r")
    stray = tmp_path / "r" / "pictures" / "old.webp"
    stray.parent.mkdir()
    stray.touch()
    (tmp_path / "r" / "notes.txt").write_text("mine")
    rewrite(study, tmp_path / "r")
    assert not stray.exists()
    assert (tmp_path / "r" / "notes.txt").read_text() == "mine"


def test_a_folder_that_no_report_made_is_left_alone(study, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "precious.nii.gz").touch()
    with pytest.raises(InputError, match="holds data, made by no report; choose an empty folder"):
        rewrite(study, tmp_path)
    assert (tmp_path / "data" / "precious.nii.gz").exists()


class Killed(BaseException):
    """Stands for a kill: no handler of errors sees it."""


@pytest.mark.usefixtures("no_figures")
@pytest.mark.parametrize("earlier", [False, True])
def test_a_kill_at_any_step_of_its_own_files_leaves_a_folder_to_go_on_with(
    study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    rewrite(study, tmp_path / "whole")
    whole = contents(tmp_path / "whole")
    for step in range(0, 300, 3 if earlier else 1):
        folder = tmp_path / str(step)
        if earlier:
            rewrite(study, folder)
        left = step
        with monkeypatch.context() as patch:

            def dying(name: str, owner: object = Path, patch=patch) -> None:
                own = getattr(owner, name)

                def call(*args, **more):
                    nonlocal left
                    if left == 0:
                        raise Killed
                    left -= 1
                    return own(*args, **more)

                patch.setattr(owner, name, call)

            for name in ("mkdir", "write_bytes", "rename"):
                dying(name)
            for name in ("unlink", "rmdir"):  # of rmtree
                dying(name, os)
            with contextlib.suppress(Killed):
                rewrite(study, folder)
        rewrite(study, folder)
        assert contents(folder) == whole
        if left > 0:
            return
    pytest.fail("the steps do not end")


@pytest.mark.usefixtures("no_figures")
def test_assets_that_an_earlier_version_left_half_written_are_gone_on_with(study, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "browser.js").write_text("half")
    rewrite(study, tmp_path)
    assert (tmp_path / "index.html").exists()
    (tmp_path / "other" / "assets").mkdir(parents=True)
    (tmp_path / "other" / "assets" / "precious.png").touch()
    with pytest.raises(InputError, match="holds assets, made by no report"):
        rewrite(study, tmp_path / "other")


def test_two_questions_with_one_id_are_refused(study, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="two questions have id"):
        rewrite(study, tmp_path / "r", questions=[study.questions[0], study.questions[0]])


@pytest.mark.usefixtures("no_figures")
def test_a_file_in_the_way_is_named(study, tmp_path: Path) -> None:
    (tmp_path / "r").write_text("x")
    with pytest.raises(InputError, match="cannot be written here"):
        rewrite(study, tmp_path / "r")


def test_same_input_gives_the_same_page(study, tmp_path: Path, load) -> None:
    for name in ("a", "b"):
        rewrite(study, tmp_path / name, load=load, figure_formats=("svg",))
    first, second = (contents(tmp_path / name) for name in ("a", "b"))
    assert first == second
