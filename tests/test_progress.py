"""Progress: plain lines for log files, a bar for terminals, listings that end."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial import progress as module
from medspatial.progress import Silent, capped, progress


def test_without_a_terminal_a_line_at_the_end_and_every_ten_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([100.0, 103.0, 111.0, 112.0, 113.0])
    monkeypatch.setattr(module.time, "monotonic", lambda: next(clock))
    with progress("questions", 4) as bar:
        for note in ("a", "b", "", "d"):
            bar.advance(note=note)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["questions: 2/4 after 11 s (b)", "questions: 4/4 after 13 s (d)"]


def test_on_a_terminal_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress("cases", 3) as bar:
        bar.advance(2, "case_2")
        bar.advance(note="case_3")
    shown = screen.getvalue()
    assert "cases" in shown
    assert "3/3" in shown
    assert "case_3" in shown


def test_silence_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Silent().advance(3, "note")
    assert capsys.readouterr() == ("", "")


@given(count=st.integers(0, 60), most=st.integers(1, 30))
def test_a_long_listing_ends_with_how_many_more(count: int, most: int) -> None:
    lines = [f"line {number}" for number in range(count)]
    shown = list(capped(lines, most))
    assert shown[: min(count, most)] == lines[:most]
    assert shown[most:] == ([f"... and {count - most} more"] if count > most else [])
