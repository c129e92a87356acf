"""The documentation's site: it builds with every warning an error, and is read and searched from disk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_session import BrowserSession, browser_or_skip

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: pip install -e '.[docs]'")
    pytest.importorskip("mkdocstrings")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    as_they_are = {**os.environ, "MEDSPATIAL_SITE_EXECUTE": "false"}  # another test runs the notebooks
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=as_they_are)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module", params=[1280, 390], ids=["desk", "phone"])
def browser(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserSession]:
    browser_or_skip()
    session = BrowserSession(tmp_path_factory.mktemp("profile"), width=request.param, height=800)
    yield session
    session.close()


def test_the_site_builds_without_a_warning(site: Path) -> None:
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert {"index.html", "trust.html", "reference/cli.html", "reference/python.html"} <= pages
    assert {"notebooks/first_look.html", "notebooks/own_ct.html"} <= {
        name.replace("/index", "") for name in pages
    }
    commands = (site / "reference/cli.html").read_text()
    assert "medspatial cases doctor" in commands
    assert "--label-map" in commands
    names = (site / "reference/python.html").read_text()
    assert "read_volume" in names


def test_every_page_has_a_place_in_the_four_parts() -> None:
    nav = (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2]
    assert re.findall(r"^  - ([^:]+):", nav, re.M) == [
        "Start",
        "Tutorials",
        "How to",
        "Concepts",
        "Reference",
    ]
    listed = re.findall(r": (\S+\.md)$", nav, re.M)
    assert len(listed) == len(set(listed))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} <= set(listed)


def test_no_page_shows_markup_or_fetches_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert "```" not in page, path.name
        assert "<blockquote>\n<blockquote>" not in page, f"{path.name}: an example is shown as a quotation"
        assert re.findall(r"<script[^>]+src=\"?(?:https?:)?//[^>]*>", page) == [], path.name
        assert re.findall(r"<link[^>]+rel=\"?stylesheet\"?[^>]+href=\"?(?:https?:)?//[^>]*>", page) == [], (
            path.name
        )


@pytest.mark.browser
def test_the_site_is_searched_from_disk(site: Path, browser: BrowserSession) -> None:
    browser.open(site / "index.html", "?q=shuffled_slices")
    browser.wait("document.querySelector('.md-search-result__link')", seconds=30)
    links = "[...document.querySelectorAll('.md-search-result__link')].map(one => one.getAttribute('href'))"
    assert any("looking.html" in one for one in browser.run(f"return {links}"))
    assert [one for one in browser.requests() if one.startswith("http")] == []
    assert browser.problems() == []


@pytest.mark.browser
@pytest.mark.parametrize("page", ["index", "tutorial_own_ct", "left_right_hu", "contracts", "reference/cli"])
def test_a_page_is_no_wider_than_its_screen(site: Path, browser: BrowserSession, page: str) -> None:
    browser.open(site / f"{page}.html")
    assert browser.run("return document.documentElement.scrollWidth <= window.screen.width")
