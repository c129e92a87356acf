"""The page as a reader meets it: opened from disk in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from accessible import axe_or_skip, serious_faults
from browser_session import BrowserSession, browser_or_skip

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    browser_or_skip()
    session = BrowserSession(tmp_path_factory.mktemp("profile"))
    yield session
    session.close()


@pytest.fixture
def opened(browser: Any, page: Path) -> Any:
    browser.open(page)
    browser.run("document.getElementById('filters').reset();")
    browser.wait(
        "document.querySelector('.detail h3') && document.querySelectorAll('.question-list li').length == 25"
    )
    return browser


def choose(browser: Any, control: str, value: str) -> int:
    """Set a filter as a reader would, and return how many questions are left."""
    script = """
        const control = document.getElementById('filter-' + arguments[0]);
        control.value = arguments[1];
        control.dispatchEvent(new Event('input', { bubbles: true }));
        return document.querySelectorAll('.question-list li').length;
    """
    return int(browser.run(script, control, value))


def test_opens_from_disk_without_errors_or_network(opened: Any, page: Path) -> None:
    opened.wait("[...document.querySelectorAll('.slice image')].length === 3")
    assert opened.problems() == []
    asked = opened.requests()
    folder = page.parent.resolve().as_uri()
    # The browser's own empty tab asks for chrome: and data: addresses; neither is the network.
    of_page = [
        address for address in asked if not address.startswith(("chrome:", "chrome-untrusted:", "data:"))
    ]
    assert len(of_page) > 5
    assert all(address.startswith(folder) for address in of_page), of_page


def test_hostile_answers_do_nothing(opened: Any) -> None:
    assert choose(opened, "text", "hostile") == 1
    opened.run("document.querySelector('.question-list button').click();")
    opened.wait("document.querySelector('.detail h3').textContent.startsWith('Hostile')")
    assert opened.run("return window.hacked === undefined;")
    assert opened.run("return document.querySelectorAll('.detail script, .detail img').length;") == 0
    assert "<script>" in opened.run("return document.querySelector('.detail').textContent;")
    assert opened.problems() == []


def test_filters(opened: Any, study: Any) -> None:
    by_category = {
        name: sum(q.category == name for q in study.questions) for name in ("laterality", "distance")
    }
    assert choose(opened, "category", "laterality") == by_category["laterality"] == 12
    assert choose(opened, "subtype", "D3") == 0
    assert choose(opened, "category", "") == 13
    assert choose(opened, "subtype", "") == 25
    other = str(next(n for n, name in enumerate(study.comparison.models) if name != "oracle"))
    oracle = str(1 - int(other))
    choose(opened, "model", other)
    found = {mark: choose(opened, "verdict", mark) for mark in "rwufm"}
    assert found["u"] == found["f"] == found["m"] == 1
    assert sum(found.values()) == 25
    choose(opened, "model", oracle)
    assert choose(opened, "verdict", "r") == 25
    choose(opened, "model", "")
    assert choose(opened, "verdict", "r") == found["r"]  # right by all
    assert choose(opened, "verdict", "split") == 25 - found["r"]
    choose(opened, "verdict", "")
    assert choose(opened, "text", "case_3 LIVER") == 4
    assert opened.run("return document.getElementById('count').textContent;") == "4 questions"


def test_detail_shows_reference_evidence_and_every_answer(opened: Any) -> None:
    opened.run("document.querySelector('.question-list button').click();")
    text = opened.run("return document.querySelector('.detail').textContent;")
    for words in (
        "80 mm",
        "reference",
        "distance of centroids",
        "over 6 mm",
        "|a − b|",
        "out of memory",
        "Control",
    ):
        assert words.lower() in text.lower(), words
    assert opened.run("return document.querySelectorAll('.slice').length;") == 3
    assert opened.run("return document.querySelectorAll('.outline').length;") >= 2
    letters = opened.run(
        "return [...document.querySelectorAll('.slice:first-child .letters text')].map(t => t.textContent);"
    )
    assert sorted(letters) == ["A", "L", "P", "R"]


def test_evidence_can_be_hidden_and_enlarged(opened: Any) -> None:
    shown = "getComputedStyle(document.querySelector('.evidence')).display !== 'none'"
    assert opened.run(f"return {shown};")
    opened.run("document.querySelector('[data-act=hide]').click();")
    assert not opened.run(f"return {shown};")
    letters = "document.querySelectorAll('.letters').length"
    before = opened.run("return document.querySelector('.scale text').textContent;")
    opened.run("document.querySelector('[data-act=enlarge]')?.click();")
    assert opened.run(f"return {letters};") == 3
    assert before.endswith(("cm", "mm"))


def test_keyboard(opened: Any) -> None:
    first = opened.run("return document.querySelector('.detail h3').textContent;")
    press = "document.dispatchEvent(new KeyboardEvent('keydown', { key: arguments[0], bubbles: true }));"
    opened.run(press.replace("document.dispatch", "document.body.dispatch"), "j")
    opened.wait(f"document.querySelector('.detail h3').textContent !== {first!r}")
    assert opened.run("return location.hash;").startswith("#q=")
    opened.run(press.replace("document.dispatch", "document.body.dispatch"), "k")
    opened.wait(f"document.querySelector('.detail h3').textContent === {first!r}")
    opened.run(press.replace("document.dispatch", "document.body.dispatch"), "/")
    assert opened.run("return document.activeElement.id;") == "filter-text"
    unnamed = opened.run("""
        return [...document.querySelectorAll('button, a, input, select')].filter((one) =>
            !one.textContent.trim() && !one.getAttribute('aria-label') && !one.labels?.length).length;
    """)
    assert unnamed == 0


def test_failures_are_a_filter(opened: Any) -> None:
    options = opened.run(
        "return [...document.getElementById('filter-failure').options].map((one) => one.text);"
    )
    assert "prediction failed" in options
    value = opened.run(
        "return [...document.getElementById('filter-failure').options].find((one) => "
        "one.text === 'prediction failed').value;"
    )
    assert choose(opened, "failure", value) == 1
    assert choose(opened, "failure", "") == 25


def test_an_address_names_a_question(browser: Any, page: Path, study: Any) -> None:
    wanted = study.questions[17]
    browser.open(page.parent / "index.html", "?a#q=" + wanted.id)
    browser.wait("document.querySelector('.detail .facts')")
    text = browser.run("return document.querySelector('.detail').textContent;")
    assert wanted.id in text


def test_axe_finds_nothing_serious(opened: Any) -> None:
    axe_or_skip()
    for _ in range(2):  # in light and in dark
        assert serious_faults(opened) == []
        opened.run("document.getElementById('theme').click();")


def test_dark_and_light(opened: Any) -> None:
    paper = "return getComputedStyle(document.querySelector('.detail')).backgroundColor;"
    first = opened.run(paper)
    opened.run("document.getElementById('theme').click();")
    assert opened.run(paper) != first
    opened.run("document.getElementById('theme').click();")
    assert opened.run(paper) == first


def test_a_phone_needs_no_sideways_scrolling(page: Path, tmp_path: Path) -> None:
    browser_or_skip()
    phone = BrowserSession(tmp_path / "phone", width=390, height=800)
    try:
        phone.open(page)
        phone.wait("document.querySelector('.detail h3')")
        assert phone.run("return document.documentElement.scrollWidth <= innerWidth;")
        assert phone.run("return getComputedStyle(document.querySelector('.wide-only')).display;") == "none"
    finally:
        phone.close()


def follow(browser: Any, fragment: str) -> str:
    """Set the address as a click on a table's figure does, and return the count's words."""
    browser.run(
        """
        const fragment = arguments[0];
        return new Promise((done) => {
          let waiting;
          const later = () => { clearTimeout(waiting); waiting = setTimeout(done, 150); };
          addEventListener('hashchange', later);
          waiting = setTimeout(done, 5000);
          location.hash = '';
          location.hash = fragment;
        });
        """,
        fragment,
    )
    browser.wait(f"location.hash === {fragment!r}")
    return str(browser.run("return document.getElementById('count').textContent;"))


def test_every_figure_leads_to_as_many_questions_as_it_says(opened: Any, study: Any) -> None:
    addresses = opened.run(
        "return [...document.querySelectorAll('a.find')].map((a) => [a.getAttribute('href'), a.textContent]);"
    )
    assert len(addresses) > 30
    checked = 0
    for address, text in addresses:
        if any(name in address for name in ("right=", "failure=", "verdict=")):
            number = int(text.replace(",", ""))
            assert follow(opened, address) == ("1 question" if number == 1 else f"{number} questions"), (
                address
            )
            checked += 1
        elif "pair=judged" in address and text.isdigit():
            assert follow(opened, address) == f"{text} questions"
            checked += 1
    assert checked > 10
    assert opened.problems() == []


def test_figures_of_control_arms_lead_to_their_questions_and_the_note_says_which(
    opened: Any, study: Any
) -> None:
    (contrast,) = study.comparison.contrasts
    right = round(contrast.arm_accuracy * contrast.n)
    assert 0 < right < contrast.n
    note = "return document.getElementById('linked').textContent;"
    assert follow(opened, "#find?model=oracle&arm=blank&pair=after") == f"{right} questions"
    assert "asked in blank too, right with it by oracle" in opened.run(note)
    assert follow(opened, "#find?model=oracle&arm=blank&pair=one") == f"{contrast.n - right} questions"
    (grounding,) = study.comparison.grounding
    assert follow(opened, "#find?model=oracle&part=gain") == f"{grounding.gain_n} questions"
    assert "counted for the gain in the visual grounding of oracle" in opened.run(note)
    assert follow(opened, "#find?model=oracle&part=nonsense&arm=nowhere") == "0 questions"
    linked = (
        "return [...document.querySelectorAll('#controls tbody td')].filter((td) => !td.querySelector('a')"
    )
    assert opened.run(f"{linked} && /\\d/.test(td.textContent)).map((td) => td.textContent);") == []
    assert opened.problems() == []


def test_a_patient_is_shown_alone_and_all_come_back(opened: Any, study: Any) -> None:
    assert follow(opened, "#find?patient=patient_3") == "4 questions"
    note = "return document.getElementById('linked').textContent;"
    assert "patient patient_3" in opened.run(note)
    opened.run("document.querySelector('#linked button').click();")
    assert opened.run("return document.getElementById('count').textContent;") == "25 questions"
    assert opened.run("return document.getElementById('linked').hidden;")
    assert follow(opened, "#find?model=nobody&subtype=X") != ""
    assert opened.problems() == []


def test_request_and_raw_reply_are_under_every_answer(opened: Any) -> None:
    assert follow(opened, "#find?patient=patient_2") == "4 questions"
    opened.run("document.querySelector('.question-list button').click();")
    opened.wait("document.querySelectorAll('.exchange').length >= 2")
    words = opened.run(
        "return [...document.querySelectorAll('.exchange pre')].map((one) => one.textContent);"
    )
    assert any(text.startswith("Look! Question") and "<script>" in text for text in words)
    assert "80 mm" in words
    assert opened.run("return window.hacked === undefined;")


def test_subtypes_are_named(opened: Any) -> None:
    options = "return [...document.getElementById('filter-subtype').options].map((one) => one.textContent);"
    assert "D3: distance of two structures" in opened.run(options)
    assert "L5" in opened.run(options)
