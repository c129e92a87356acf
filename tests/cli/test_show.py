"""Listings: a table for people, JSON and CSV for programs, long lists cut."""

from __future__ import annotations

import csv
import io
import json
from typing import Annotated, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from medspatial.cli.bare_options import BareOptions
from medspatial.cli.show import csv_listing, listing, report_table, tell, tell_assumed
from medspatial.report.tables import Cell, Column, Table

ROWS: list[dict[str, Any]] = [
    {"name": "left [kidney]", "share": 0.123456, "sides": ("left", "right"), "note": None},
    {"name": "Nïere", "share": 20, "sides": (), "note": "x"},
]


def test_a_table_names_columns_in_words_and_rounds(capsys: pytest.CaptureFixture[str]) -> None:
    listing([{"per_case": 0.123456, "text": "a"}, {"per_case": 12, "text": "bb"}], as_json=False, title="T")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0].strip() == "T"
    assert lines[1:] == ["per case  text", "  0.1235  a", "      12  bb"]


def test_cells_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    listing(ROWS, as_json=False)
    out = capsys.readouterr().out
    assert "left [kidney]" in out
    assert "left, right" in out
    assert "None" not in out
    assert "Nïere" in out


def test_json_is_whole_and_readable(capsys: pytest.CaptureFixture[str]) -> None:
    listing(ROWS, as_json=True)
    out = capsys.readouterr().out
    assert json.loads(out)[0]["share"] == 0.123456
    assert json.loads(out)[0]["note"] is None
    assert "Nïere" in out


def test_no_rows_are_an_empty_table_or_array(capsys: pytest.CaptureFixture[str]) -> None:
    listing([], as_json=True)
    assert json.loads(capsys.readouterr().out) == []
    listing([], as_json=False)
    assert capsys.readouterr().err == ""


@given(
    st.lists(
        st.fixed_dictionaries(
            {name: st.text(st.characters(exclude_categories=["Cs", "Cc"])) for name in ("a", "b, c")}
        ),
        min_size=1,
        max_size=5,
    )
)
def test_csv_gives_back_every_cell(rows: list[dict[str, str]]) -> None:
    text = csv_listing(rows)
    assert list(csv.DictReader(io.StringIO(text, newline=""))) == rows
    assert "\r" not in text


def test_csv_of_nothing_has_no_row() -> None:
    assert csv_listing([]).strip() == ""


def test_long_lists_go_to_standard_error_and_are_cut(capsys: pytest.CaptureFixture[str]) -> None:
    tell(f"line {number}" for number in range(25))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [*(f"line {number}" for number in range(20)), "... and 5 more"]
    tell(f"line {number}" for number in range(20))
    assert "more" not in capsys.readouterr().err


def test_assumptions_count_cases_and_not_mentions(capsys: pytest.CaptureFixture[str]) -> None:
    tell_assumed([["HU", "HU", "axes"], ["HU"], []])
    said = capsys.readouterr()
    assert said.out == ""
    lines = said.err.splitlines()
    assert len(lines) == 2
    assert "HU" in lines[0]
    assert "2" in lines[0]
    assert "axes" in lines[1]


def test_a_table_of_the_report_has_intervals_below_and_its_note(capsys: pytest.CaptureFixture[str]) -> None:
    cells = (Cell("oracle"), Cell("100.0", "90–100", True))
    table = Table("n", "Title", (Column("Model", "left"), Column("All")), (cells,), (), note="A note.")
    report_table(table)
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0].strip() == "Title"
    assert lines[2] == "oracle   100.0"
    assert lines[3].strip() == "90–100"
    assert lines[-2:] == ["", "A note."]


class Bare(BareOptions):
    bare = {"--show": "20"}  # noqa: RUF012


@pytest.mark.parametrize(
    ("given_", "read"),
    [
        ([], None),
        (["--show"], "20"),
        (["--show", "3"], "3"),
        (["--show=4"], "4"),
        (["--show", "-x", "1"], "20"),
        (["-x", "1", "--show"], "20"),
    ],
)
def test_an_option_may_stand_alone(given_: list[str], read: str | None) -> None:
    app, seen = typer.Typer(), list[str | None]()

    @app.command(cls=Bare)
    def command(show: str | None = None, other: Annotated[str | None, typer.Option("-x")] = None) -> None:
        seen.append(show)

    app(given_, standalone_mode=False)
    assert seen == [read]
