"""The viewer as its user meets it: volumes drawn in a real browser, sides and places read off the pixels."""

from __future__ import annotations

import io
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from accessible import axe_or_skip, serious_faults
from browser_session import BrowserSession, browser_or_skip, viewer_or_skip
from PIL import Image
from served import Served
from viewed_run import LIVER, MARKER, middle

pytestmark = pytest.mark.browser
PANEL = "window.medspatialViewer"


@pytest.fixture(scope="module")
def server(run_folder: Path) -> Iterator[Served]:
    browser_or_skip()
    viewer_or_skip()
    found = Served(["view", run_folder, "--port", "0"])
    yield found
    found.stop()


@pytest.fixture(scope="module")
def browser(server: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserSession]:
    session = BrowserSession(tmp_path_factory.mktemp("profile"), 1100, 800, webgl=True)
    session.visit(server.links[0])
    ready(session)
    choose(session, "View", "axial")  # in software the 3D view takes seconds
    yield session
    session.close()


def ready(browser: BrowserSession) -> None:
    browser.wait("document.body && document.body.dataset.state === 'ready'", 60)


def ask(browser: BrowserSession, text: str) -> None:
    browser.run("location.hash = '';")
    browser.wait("!document.querySelector('#detail .places')", 60)
    script = """
        const links = [...document.querySelectorAll('#questions a')];
        links.find((one) => one.textContent.includes(arguments[0])).click();
    """
    browser.run(script, text)
    browser.wait("document.querySelector('#detail .places')", 60)
    ready(browser)


def choose(browser: BrowserSession, label: str, value: str) -> None:
    script = """
        const labels = [...document.querySelectorAll('.tools label')];
        const select = labels.find((one) => one.textContent.startsWith(arguments[0])).querySelector('select');
        select.value = arguments[1];
        select.dispatchEvent(new Event('change'));
    """
    browser.run(script, label, value)


@pytest.fixture
def canvas(browser: BrowserSession, tmp_path: Path) -> Callable[..., np.ndarray]:
    def picture(which: int = 0) -> np.ndarray:
        """Pixels of a canvas as shown, shape (rows, columns, 3)."""
        script = """
            const box = document.querySelectorAll('canvas')[arguments[0]];
            box.scrollIntoView({ block: 'center' });
            const { left, top, width, height } = box.getBoundingClientRect();
            return [left, top, width, height];
        """
        left, top, width, height = (round(one) for one in browser.run(script, which))
        browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));")
        browser.screenshot(tmp_path / "page.png")
        page = np.asarray(Image.open(io.BytesIO((tmp_path / "page.png").read_bytes())).convert("RGB"))
        return page[max(0, top) : top + height, left : left + width].astype(int)

    return picture


def tinted(picture: np.ndarray) -> np.ndarray:
    """Pixels with a colour: masks and points, not grey tissue and not the crosshair's red."""
    spread = picture.max(axis=2) - picture.min(axis=2)
    red = (picture[..., 0] > 150) & (picture[..., 1] < 90) & (picture[..., 2] < 90)
    return (spread > 40) & ~red


def test_nothing_is_loaded_from_elsewhere(browser: BrowserSession, server: Served) -> None:
    browser.visit(f"http://{server.address}/")
    ready(browser)
    choose(browser, "View", "axial")
    asked = [
        one
        for one in browser.requests()
        if not one.startswith(("chrome:", "chrome-untrusted:", "data:", "blob:"))
    ]
    assert asked
    assert all(one.startswith(f"http://{server.address}/") for one in asked), asked
    assert browser.problems() == []
    assert browser.run("return window.hacked === undefined;")


def test_the_crosshair_is_the_evidence_point(browser: BrowserSession) -> None:
    ask(browser, "How far is the liver")
    assert browser.run(f"return {PANEL}.stage.place();") == pytest.approx(middle(LIVER), abs=0.01)
    x, y, z = middle(LIVER)
    shown = browser.run("return document.querySelector('.place').value;")
    assert shown == f"R {x:.1f}  A {y:.1f}  S {z:.1f} mm"
    browser.run("document.querySelectorAll('.places button')[1].click();")
    assert browser.run(f"return {PANEL}.stage.place();") == pytest.approx(middle(MARKER), abs=0.01)
    assert browser.run("return document.querySelector('.place').value;").startswith("L 76.0")


def test_liver_on_the_patient_s_right(browser: BrowserSession, canvas: Callable[..., np.ndarray]) -> None:
    ask(browser, "On which side is the liver")
    browser.run(f"{PANEL}.stage.clearEvidence(); {PANEL}.stage.view.drawScene();")
    sides, letters = {}, {}
    for display in ("radiological", "neurological"):
        choose(browser, "Display", display)
        picture = canvas()
        liver = np.argwhere(tinted(picture))
        assert len(liver) > 500
        sides[display] = liver[:, 1].mean() / picture.shape[1]
        letters[display] = letters_of(picture)
    assert sides["radiological"] < 0.45  # seen from the feet: the patient's right is on the left
    assert sides["neurological"] > 0.55
    assert letters == {"radiological": ("R", "L"), "neurological": ("L", "R")}
    choose(browser, "Display", "radiological")


def letters_of(picture: np.ndarray) -> tuple[str, str]:
    """The letters at the left and at the right edge: an L has nothing at its top right, an R much."""
    height = picture.shape[0]
    white = (picture.min(axis=2) > 120)[height // 2 - 40 : height // 2 + 40]
    columns = np.flatnonzero(white.any(axis=0))
    found = []
    for start in (columns[0], columns[-1] - 21):
        part = white[:, max(0, start) : start + 22]
        rows, across = np.nonzero(part)
        letter = part[rows.min() : rows.max() + 1, across.min() : across.max() + 1]
        corner = letter[: letter.shape[0] // 2, letter.shape[1] // 2 :]
        found.append("R" if corner.mean() > 0.2 else "L")
    return found[0], found[1]


def test_nothing_of_an_earlier_case_stays(browser: BrowserSession, canvas: Callable[..., np.ndarray]) -> None:
    ask(browser, "On which side is the liver")
    assert canvas().max() > 200
    message = browser.run(
        f"return {PANEL}.showCase('no such case').then(() => '', (error) => error.message);"
    )
    assert "no case" in message
    assert len(browser.problems()) == 1  # the refused request alone
    assert browser.run(f"return [{PANEL}.stage.view.volumes.length, {PANEL}.stage.view.meshes.length];") == [
        0,
        0,
    ]
    assert browser.run("return document.querySelectorAll('.masks input').length;") == 0
    assert (
        browser.run(f"return {PANEL}.showCase('case_1').then(() => {PANEL}.stage.view.volumes.length);") == 1
    )


def test_windows_change_the_picture(browser: BrowserSession, canvas: Callable[..., np.ndarray]) -> None:
    ask(browser, "On which side is the liver")
    browser.run(f"{PANEL}.mask('liver', false);")
    soft = canvas().mean()
    choose(browser, "Window", "bone")
    bone = canvas().mean()
    choose(browser, "Window", "soft-tissue")
    assert soft - bone > 5
    assert canvas().mean() == pytest.approx(soft, abs=1)


def test_a_model_s_pictures_and_hostile_text(browser: BrowserSession) -> None:
    ask(browser, "How far is the liver")
    browser.run(
        "const one = document.querySelectorAll('#detail select')[1]; one.value = 'grid';"
        "one.dispatchEvent(new Event('change'));"
    )
    browser.wait(
        "[...document.querySelectorAll('.inputs img')].some((one) => one.complete && one.naturalWidth)", 60
    )
    assert browser.run("return window.hacked === undefined;")
    assert browser.run("return document.querySelectorAll('#detail script, #detail img').length;") == 0
    assert "<script>" in browser.run("return document.querySelector('#detail').textContent;")


def test_a_model_s_input_lies_beside_the_ct(
    browser: BrowserSession, canvas: Callable[..., np.ndarray]
) -> None:
    ask(browser, "How far is the liver")
    browser.run(
        "const [first, second] = document.querySelectorAll('#detail select'); second.value = '';"
        "first.value = arguments[0]; first.dispatchEvent(new Event('change'));",
        "merlin",
    )
    browser.wait(f"{PANEL}.others.length === 1", 60)
    browser.run("document.querySelectorAll('.places button')[1].click();")
    browser.wait(f"Math.abs({PANEL}.others[0].place()[0] - {PANEL}.stage.place()[0]) < 1", 10)
    place = browser.run(f"return {PANEL}.others[0].place();")
    assert place == pytest.approx(middle(MARKER), abs=1.6)  # half a voxel of the input
    other = browser.run(
        f"""
        const volume = {PANEL}.others[0].view.volumes[0];
        const at = {PANEL}.others[0].view.frac2vox({PANEL}.others[0].view.scene.crosshairPos);
        return volume.getValue(...at);
        """
    )
    assert other == pytest.approx(1.0, abs=0.01)  # the marker of 1000 HU, at the top of Merlin's window
    assert browser.problems() == []


def test_from_the_report_into_the_viewer(browser: BrowserSession, server: Served) -> None:
    browser.visit(f"http://{server.address}/report/index.html")
    browser.wait("document.querySelector('.detail h3')")
    assert browser.problems() == []
    question = browser.run("return document.querySelector('.detail h3').textContent;")
    browser.run("document.querySelector('.detail a[href^=\"/#question\"]').click();")
    browser.wait("document.getElementById('detail')?.querySelector('.places')", 60)
    assert browser.run("return document.querySelector('#detail h2').textContent;") == question
    ready(browser)


def test_axe_finds_nothing_serious_in_light_and_dark(browser: BrowserSession) -> None:
    axe_or_skip()
    paper = "return getComputedStyle(document.body).backgroundColor;"
    colours = set()
    for scheme in ("dark", "light"):
        browser.prefer(scheme)
        colours.add(browser.run(paper))
        assert serious_faults(browser) == []
    assert len(colours) == 2


def test_a_phone_needs_no_sideways_scrolling(browser: BrowserSession, server: Served) -> None:
    browser.visit(f"http://{server.address}/")
    ready(browser)
    browser.resize(390, 800)
    try:
        browser.wait("matchMedia('(max-width: 900px)').matches")
        assert browser.run("return [document.documentElement.scrollWidth, innerWidth];") == [390, 390]
    finally:
        browser.resize(1100, 800)


def test_the_cookie_is_out_of_reach_of_scripts(browser: BrowserSession, server: Served) -> None:
    assert browser.run("return document.cookie;") == ""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError, match="401"):
        opener.open(f"http://{server.address}/api/library")
