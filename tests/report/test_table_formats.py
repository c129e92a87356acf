"""One table in every format: what is written reads back as what it was made of."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_readers import csv_rows, html_outside, html_rows, latex_rows

from medspatial.report.tables import Cell, Column, Table, comparison_tables, to_csv, to_json, to_latex

WORDS = st.text(
    st.sampled_from("ab1 &%$#_{}~^\\<>|`*\"'–−±×äß"), max_size=12
).map(lambda text: "x" + " ".join(text.split()))  # fmt: skip


def one_cell(text, small="", **fields):
    return Table(
        "t", text, (Column(text, "left"), Column("n")), ((Cell(text, small), Cell("1")),), (), **fields
    )


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS)
def test_html_holds_the_text_and_no_markup_of_it(text, small):
    table = one_cell(text, small, note=text, source=small)
    shown = f"{text} {small}" if small else text
    assert html_rows(table) == [[text, "n"], [shown, "1"]]
    assert html_outside(table) == [text, text, small]


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS)
def test_latex_holds_the_text(text, small):
    table = one_cell(text, small)
    shown = f"{text} ({small})" if small else text
    head, row = latex_rows(to_latex(table))
    assert head[0].strip() == text
    assert row[0].strip() == shown


def test_latex_marks_what_is_strong_and_aligns_figures_right():
    table = Table(
        "t", "T", (Column("a", "left"), Column("b")), ((Cell("x"), Cell("−5 %", "1–2", strong=True)),), ()
    )
    text = to_latex(table)
    assert r"\begin{tabular}{lr}" in text
    assert r"x & \textbf{$-$5 \%} (1--2) \\" in text
    assert latex_rows(text) == [["a", "b"], ["x", "−5 % (1–2)"]]
    assert r"\label{tab:t}" in text


def test_notes_and_sources_stand_under_the_table_and_only_where_there_are_some():
    bare, full = one_cell("a"), one_cell("a", note="N_1", source="S&2")
    assert "footnotesize" not in to_latex(bare)
    assert to_latex(full).split("\\end{tabular}")[1].splitlines()[1:3] == [
        r"\par\footnotesize N\_1",
        r"\par\footnotesize S\&2",
    ]
    assert "source" not in json.loads(to_json(bare))
    assert json.loads(to_json(full))["source"] == "S&2"


def test_a_csv_gives_every_figure_of_a_group_a_column():
    records = (
        {"model": "a", "interval": {"low": 0.1, "high": 0.25, "method": "x"}, "arms": ("blank", "text")},
        {"model": "b", "interval": None, "arms": (), "late": 3},
    )
    table = Table("t", "T", (Column("a"),), (), records)
    assert to_csv(table).splitlines()[0] == "model,interval_low,interval_high,interval_method,arms,late"
    assert csv_rows(table) == [
        {
            "model": "a", "interval_low": "0.1", "interval_high": "0.25", "interval_method": "x",
            "arms": "blank; text", "late": "",
        },
        {
            "model": "b", "interval_low": "", "interval_high": "", "interval_method": "", "arms": "",
            "late": "3",
        },
    ]  # fmt: skip


def test_a_figure_that_is_never_defined_keeps_its_column():
    table = Table("t", "T", (Column("a"),), (), ({"n": 1, "interval": None}, {"n": 0, "interval": None}))
    assert to_csv(table) == "n,interval\n1,\n0,\n"


def test_groups_in_groups_are_flat_too():
    table = Table("t", "T", (Column("a"),), (), ({"evidence": {"value": 0.5, "interval": {"low": 0.0}}},))
    assert csv_rows(table) == [{"evidence_value": "0.5", "evidence_interval_low": "0.0"}]


def test_a_table_without_records_is_an_empty_line():
    assert to_csv(Table("t", "T", (Column("a"),), (), ())) == "\n"


def test_every_table_of_a_study_reads_back_from_every_format(study):
    tables = comparison_tables(
        study.comparison, study.questions, {"too near": {"D3": 1}}, scores=study.scores
    )
    assert len({table.name for table in tables}) == len(tables) > 10
    for table in tables:
        heads = [column.title for column in table.columns]
        cells = [
            [f"{cell.main} {cell.small}" if cell.small else cell.main for cell in row] for row in table.rows
        ]
        assert html_rows(table) == [heads, *cells]
        plain = [[cell.text.replace("\n", " ") for cell in row] for row in table.rows]
        assert latex_rows(to_latex(table)) == [heads, *plain]
        rows = csv_rows(table)
        assert len(rows) == len(table.records)
        assert not [value for row in rows for value in row.values() if value and value[0] in "{[("]
        assert json.loads(to_json(table))["records"] == json.loads(json.dumps(table.records))


@pytest.mark.parametrize("cells", [0, 1, 3])
def test_a_row_needs_a_cell_for_each_column(cells):
    with pytest.raises(ValueError, match=f"table t: {cells} cells for 2 columns"):
        Table("t", "T", (Column("a"), Column("b")), (tuple(Cell("x") for _ in range(cells)),), ())


def test_the_address_of_a_cell_is_its_filters():
    assert Cell("1").address == ""
    cell = Cell("1").about(model="a & b", category=None, arm="", pair="one")
    assert cell.find == (("model", "a & b"), ("pair", "one"))
    assert cell.address == "#find?model=a+%26+b&pair=one"
    assert cell.about(model="c").find == (("model", "c"),), "the last word counts"
