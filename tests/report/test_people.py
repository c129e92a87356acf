"""The table and figure of people and models: rows, differences, what is not defined."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from medspatial.compare.multireader import Estimate
from medspatial.compare.reader_means import ReaderMean
from medspatial.readers.results import ReaderResults
from medspatial.report.charts import charts
from medspatial.report.page import write_report
from medspatial.report.tables import people_table, write_tables

MEAN = ReaderMean(
    Estimate(0.75, 0.05, 4.2, 0.61, 0.89, 1e-4), readers=3, questions=30, patients=10, answers=60
)


@pytest.fixture
def found() -> ReaderResults:
    return ReaderResults(
        accuracy={"reader:anna": (0.8, 20), "model": (0.5, 30)},
        mean={"alone": MEAN, "assisted": replace(MEAN, answers=90)},
        assistance=replace(MEAN, estimate=Estimate(0.05, 0.02, math.inf, 0.01, 0.09, 0.012)),
        against={"model": replace(MEAN, estimate=Estimate(-0.25, 0.0, math.inf, -0.25, -0.25, math.nan))},
        why_not=["mean assisted: without reader:zoe, with fewer than two patients"],
    )


def test_rows_and_what_they_rest_on(found: ReaderResults) -> None:
    table = people_table(found)
    rows = {row[0].main: [cell.text for cell in row[1:]] for row in table.rows}
    assert rows["Readers alone, mean"] == ["60", "75.0 (61.0–89.0)", "–", "–", "–"]
    assert rows["Readers assisted, mean"][2:] == ["+5.0 (1.0–9.0)", "∞", "0.012"]
    assert rows["reader:anna"] == ["20", "80.0", "–", "–", "–"]
    assert rows["model"] == ["30", "50.0", "−25.0 (−25.0 to −25.0)", "∞", "–"]
    small = {row[0].main: row[0].small for row in table.rows}
    assert "2.0 readers to a question" in small["Readers alone, mean"]
    assert "all by all" in small["Readers assisted, mean"]


def test_records_are_json_without_infinity(found: ReaderResults, tmp_path: Path) -> None:
    write_tables(tmp_path, [people_table(found)])
    records = json.loads((tmp_path / "people.json").read_text(), parse_constant=pytest.fail)["records"]
    by_name = {one["who"]: one for one in records}
    assert by_name["readers alone"]["right_df"] == 4.2
    assert by_name["readers assisted"]["difference_df"] is None
    assert (by_name["model"]["difference"], by_name["model"]["difference_p"]) == (-0.25, None)
    assert by_name["reader:anna"]["difference"] is None


def test_on_the_page(found: ReaderResults, study, tmp_path: Path) -> None:
    given = {
        "title": "T",
        "questions": study.questions,
        "predictions": (),
        "scores": study.scores,
        "comparison": study.comparison,
        "figure_formats": ("svg",),
    }
    text = write_report(tmp_path / "with", **given, people=found, people_page=True).read_text()
    for words in ("Readers alone, mean", "figure-people", 'href="readers/index.html"', "without reader:zoe"):
        assert words in text
    assert (tmp_path / "with" / "tables" / "people.tex").is_file()
    names = [chart.name for chart in charts(study.comparison, (), people=found)]
    assert "people" in names
    assert "people" not in [chart.name for chart in charts(study.comparison, (), people=ReaderResults())]
    plain = write_report(tmp_path / "with", **given).read_text()
    assert "People" not in plain
