from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from medspatial.compare import Comparison, compare
from medspatial.errors import InputError
from medspatial.report.formatting import percent
from medspatial.report.tables import (
    Cell,
    Column,
    Table,
    accuracy_table,
    comparison_tables,
    drops_table,
    pairs_table,
    question_table,
    subtype_table,
    to_csv,
    to_json,
    to_latex,
    to_markdown,
    write_tables,
)

HOSTILE = "a|b & 50% $x$ #1 _y_ {z} ~ ^ \\ <b>*`"


def table(text: str = HOSTILE) -> Table:
    return Table(
        name="t",
        title="Title",
        columns=(Column("Name", "left"), Column("Figure")),
        rows=((Cell(text), Cell("71.2", "64.1–77.5", strong=True)), (Cell("b"), Cell("−3"))),
        records=({"name": text, "value": 0.7123456}, {"name": "b", "value": None}),
        note="50 % of it",
    )


def markdown_cells(text: str) -> list[list[str]]:
    """Cells of a Markdown table, with its escapes undone."""
    rows = [line[2:-2] for line in text.splitlines() if line.startswith("|")]
    undone = [re.split(r" (?<!\\)\| ", row) for row in rows]
    entities = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}

    def plain(cell: str) -> str:
        cell = re.sub(r"\\(.)", r"\1", cell.strip().removeprefix("**").removesuffix("**"))
        for entity, mark in entities.items():
            cell = cell.replace(entity, mark)
        return cell

    return [[plain(cell) for cell in row] for row in undone]


def test_markdown_reads_back() -> None:
    head, rule, first, second = markdown_cells(to_markdown(table()))
    assert head == ["Name", "Figure"]
    assert rule == [":---", "---:"]
    assert first == [HOSTILE, "71.2 (64.1–77.5)"]
    assert second == ["b", "−3"]


def test_csv_reads_back_unrounded() -> None:
    first, second = csv.DictReader(io.StringIO(to_csv(table())))
    assert first == {"name": HOSTILE, "value": "0.7123456"}
    assert second == {"name": "b", "value": ""}


def test_json_reads_back() -> None:
    content = json.loads(to_json(table()))
    assert content["records"] == [{"name": HOSTILE, "value": 0.7123456}, {"name": "b", "value": None}]


def test_latex_leaves_no_special_character_alone() -> None:
    latex = to_latex(table())
    body = latex.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert re.findall(r"(?<!\\)[#%$_&~^]", body.replace("$-$", "")) == ["&", "&"]  # the two column breaks
    assert r"\textbf{71.2} (64.1--77.5)" in body
    assert latex.count(r"\toprule") == latex.count(r"\bottomrule") == 1


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex not installed")
def test_latex_compiles(tmp_path: Path) -> None:
    document = "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{booktabs}\\begin{document}\n"
    (tmp_path / "t.tex").write_text(document + to_latex(table()) + "\\end{document}\n", encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_a_row_of_the_wrong_length_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="1 cells for 2 columns"):
        Table("t", "T", (Column("a"), Column("b")), ((Cell("x"),),), ())


def test_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must be one of md, csv, tex, json; got 'xlsx'"):
        write_tables(tmp_path, [table()], ["xlsx"])
    assert not list(tmp_path.iterdir())


def test_write_tables(tmp_path: Path) -> None:
    paths = write_tables(tmp_path / "deep", [table()])
    assert sorted(path.name for path in paths) == ["t.csv", "t.json", "t.md", "t.tex"]
    assert all(path.read_text(encoding="utf-8") for path in paths)


def test_accuracy_table_shows_the_comparisons_figures(study) -> None:
    comparison: Comparison = study.comparison
    found = accuracy_table(comparison)
    assert [row[0].main for row in found.rows] == [*comparison.models, "Guessing"]
    titles = [column.title for column in found.columns]
    for row, model in zip(found.rows, comparison.models, strict=False):
        result = comparison.result(model)
        assert row[1].main == percent(result.overall.accuracy)
        cells = dict(zip(titles, (cell.main for cell in row), strict=True))
        assert cells["Laterality"] == percent(result.by_category["laterality"].accuracy)
        assert cells["Unanswered"] == str(result.overall.unanswered)
        assert cells["Failed predictions"] == str(result.overall.failed)
        assert cells["With verdict only"] == percent(result.overall.accuracy_scored)
        assert cells["Missing"] == str(result.overall.missing)


def test_states_that_are_not_answers_are_apart(study) -> None:
    row = accuracy_table(study.comparison).rows[1]
    assert [cell.main for cell in row[-3:]] == ["1", "1", "1"]


def test_answers_without_a_verdict_are_no_failures(study) -> None:
    other = next(name for name in study.comparison.models if name != "oracle")
    scores = [
        row.model_copy(update={"status": "unscored", "correct": None, "score": None, "rule": "free"})
        if row.model == other and row.arm == "standard" and row.correct
        else row
        for row in study.scores
    ]
    unread = sum(row.rule == "free" for row in scores)
    made = accuracy_table(compare(scores, questions=study.questions))
    titles = [column.title for column in made.columns]
    cells = {row[0].main: dict(zip(titles, (cell.main for cell in row), strict=True)) for row in made.rows}
    assert cells[other]["No verdict"] == str(unread) != "0"
    assert cells[other]["Failed predictions"] == "1"
    assert cells[other]["With verdict only"] == cells[other]["All"] == "0.0"
    assert cells["oracle"]["No verdict"] == "0"
    assert f"{unread} answers came but have no verdict; they are no failures." in made.note


def test_without_unscored_rows_there_are_no_columns_about_them(study) -> None:
    scores = [row for row in study.scores if row.status != "unscored"]
    titles = [column.title for column in accuracy_table(compare(scores, questions=study.questions)).columns]
    assert not {"With verdict only", "No verdict"} & set(titles)
    assert titles[-3:] == ["Unanswered", "Failed predictions", "Missing"]


def test_csv_of_a_comparison_holds_its_exact_figures(study) -> None:
    comparison: Comparison = study.comparison
    rows = list(csv.DictReader(io.StringIO(to_csv(accuracy_table(comparison)))))
    for row in rows:
        result = comparison.result(row["model"])
        accuracy = result.overall if row["scope"] == "all" else result.by_category[row["group"]]
        assert float(row["accuracy"]) == accuracy.accuracy
        assert float(row["low"]) == accuracy.interval.low
        assert int(row["n"]) == accuracy.n
    assert len(rows) == len(comparison.models) * (1 + len(comparison.categories))


@pytest.mark.parametrize("make", [accuracy_table, subtype_table, pairs_table])
def test_every_format_shows_the_same_figures(study, make: Callable[[Comparison], Table]) -> None:
    made = make(study.comparison)
    markdown = markdown_cells(to_markdown(made))[2:]
    assert markdown == [[cell.text.strip() for cell in row] for row in made.rows]
    for row in made.rows:
        for cell in row:
            if re.fullmatch(r"[\d.]+", cell.main):
                assert cell.main in to_latex(made)


def test_pairs_table_marks_what_holds_after_holm(study) -> None:
    pair = study.comparison.pairs[0]
    row = pairs_table(study.comparison).rows[0]
    assert row[2].strong == pair.significant
    assert row[2].main == f"+{percent(pair.difference)}"


def test_question_table_counts(study) -> None:
    found = question_table(study.questions)
    counts = {record["subtype"]: record["questions"] for record in found.records}
    assert counts == {"L5": 12, "D3": 13}
    assert found.records[0]["category"] == "laterality"  # the taxonomy's order
    assert {record["patients"] for record in found.records} == {6, 7}


def test_drops_table_is_ordered_by_number() -> None:
    assert [row[0].main for row in drops_table({"b": 2, "a": 2, "c": 9}).rows] == ["c", "a", "b"]


def test_empty_tables_are_left_out(study) -> None:
    names = {found.name for found in comparison_tables(study.comparison)}
    assert {"accuracy", "subtypes", "pairs", "arms", "accuracy_blank"} <= names
    assert "questions" not in names
    assert all(found.rows for found in comparison_tables(study.comparison, study.questions, {}))
