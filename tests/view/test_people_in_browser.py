"""Reading and reviewing with the keyboard, in a real browser; these work without the 3D part too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from accessible import axe_is_there, serious_faults
from browser_session import BrowserSession, browser_or_skip
from reader_study import write_study
from served import Served
from viewed_run import HOSTILE

from medspatial.datasets.review import assign, read_verdicts, write_assignments
from medspatial.records import Prediction, Question, read_records
from medspatial.view.pages import is_built

pytestmark = pytest.mark.browser


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[BrowserSession]:
    browser_or_skip()
    session = BrowserSession(tmp_path / "profile", 1000, 700, webgl=True)
    yield session
    session.close()


def ready(browser: BrowserSession) -> None:
    browser.wait("document.body && ['ready', 'done'].includes(document.body.dataset.state)", 60)


def test_reading_with_the_keyboard(browser: BrowserSession, tmp_path: Path) -> None:
    server = Served(["read", write_study(tmp_path, 3, readers=["anna"], title=HOSTILE), "--port", "0"])
    try:
        browser.visit(server.links[0])
        ready(browser)
        assert not axe_is_there() or serious_faults(browser) == []
        browser.press("\ue007")  # Enter without an answer
        browser.wait("document.getElementById('message').textContent.includes('Choose')")
        for number in range(3):
            browser.press("2")
            browser.run("document.querySelectorAll('[aria-label=\"How sure\"] button')[3].click();")
            browser.press("\ue007")
            browser.wait(f"document.getElementById('progress').textContent.includes('{number + 1} of 3')", 60)
            ready(browser)
        assert browser.run("return document.body.dataset.state;") == "done"
        browser.press("u")
        browser.wait("document.getElementById('progress').textContent.includes('2 of 3')", 60)
        ready(browser)
        browser.press("1")
        browser.run("document.querySelectorAll('[aria-label=\"How sure\"] button')[0].click();")
        browser.press("\ue007")
        browser.wait("document.body.dataset.state === 'done'", 60)
        assert browser.run("return window.hacked === undefined;")
        assert browser.problems() == []
    finally:
        server.stop()
    rows = read_records(tmp_path / "readers" / "predictions.jsonl", Prediction).rows
    assert [row.prediction for row in rows] == ["right", "right", "left"]
    assert [row.metadata["confidence"] for row in rows] == [4, 4, 1]
    assert all(row.metadata["seconds"] >= 0 for row in rows)
    assert all(is_built() != ("images" in row.metadata) for row in rows)


def test_script_in_every_text_that_a_reader_meets(browser: BrowserSession, tmp_path: Path) -> None:
    """Title, reader's name, question, option, the assistant's answer, and a note of the server."""
    study = write_study(
        tmp_path,
        1,
        words=HOSTILE,
        title=HOSTILE,
        readers=[HOSTILE],
        conditions=["assisted"],
        assistant="helper.jsonl",
    )
    server = Served(["read", study, "--port", "0"])
    try:
        browser.visit(server.links[0])
        ready(browser)
        shown = browser.run("return document.body.textContent;")
        assert shown.count("<script>window.hacked=1</script>") == 5
        assert browser.run("return document.querySelectorAll('body script, body img').length;") == 0
        browser.press("3")
        browser.run("document.querySelectorAll('[aria-label=\"How sure\"] button')[0].click();")
        browser.press("\ue007")
        browser.wait("document.body.dataset.state === 'done'", 60)
        assert browser.run("return window.hacked === undefined;")
        assert browser.problems() == []
    finally:
        server.stop()
    (row,) = read_records(tmp_path / "readers" / "predictions.jsonl", Prediction).rows
    assert row.prediction == HOSTILE


def test_reviewing_with_the_keyboard(browser: BrowserSession, tmp_path: Path, run_folder: Path) -> None:
    dataset = run_folder / "questions" / "questions.jsonl"
    asked = read_records(dataset, Question).rows
    write_assignments(tmp_path / "review", assign(asked, ["ann"], criteria=("spatial", "correct")))
    command = ["questions", "review", "serve", dataset, "--folder", tmp_path / "review"]
    server = Served([*command, "--cases", run_folder, "--port", "0"])
    try:
        browser.visit(server.links[0])
        ready(browser)
        assert not axe_is_there() or serious_faults(browser) == []
        browser.press("yn\ue007")
        browser.wait("document.getElementById('progress').textContent.includes('1 of 2')", 60)
        ready(browser)
        assert browser.run("return window.hacked === undefined;")
        assert browser.problems() == []
    finally:
        server.stop()
    (verdict,) = read_verdicts(tmp_path / "review" / "ann.verdicts.jsonl")
    assert verdict.verdicts == {"spatial": True, "correct": False}
