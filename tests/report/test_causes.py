"""Tables and panels of why answers are right: each figure in its own cell, each cell with its questions."""

from __future__ import annotations

import pytest
from caused import ABSTENTION, CASES, GROUNDING, caused
from table_readers import csv_rows

from medspatial.compare.curve_result import InputResult
from medspatial.records import Sight
from medspatial.report.charts import abstention_panels, cause_panels, charts
from medspatial.report.figures import ONE_COLUMN
from medspatial.report.tables import (
    CASE_TITLES,
    abstention_table,
    cause_cases_table,
    causes_table,
    comparison_tables,
    inputs_table,
    ungrounded_table,
)
from medspatial.report.tables.causes import lost_table


@pytest.fixture
def comparison(study):
    return caused(study.comparison)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_each_figure_of_the_causes_stands_under_its_head(comparison):
    table = causes_table(comparison)
    assert [column.title for column in table.columns] == [
        "Model", "Category", "Accuracy", "Without evidence", "Effect of evidence", "Effect of irrelevant",
        "Causal grounding", "Changed with evidence", "Changed with irrelevant", "Questions",
    ]  # fmt: skip
    assert texts(table) == [
        ["seer", "All", "81.0", "32.0", "+49.0 (+30.0 to +60.0)", "+5.0 (−2.0 to +11.0)",
         "0.44 (0.25 to 0.63)", "70.0", "9.0", "40"],
        ["seer", "Distance & proximity", "60.0", "65.0", "−5.0 (−20.0 to −1.0)", "0.0 (−10.0 to +10.0)",
         "−0.05 (−0.30 to 0.20)", "21.0", "22.0", "17"],
    ]  # fmt: skip
    assert [column.align for column in table.columns] == ["left"] * 2 + ["right"] * 8


def test_the_csv_of_the_causes_is_unrounded(comparison):
    rows = csv_rows(causes_table(comparison))
    for row, one in zip(rows, GROUNDING, strict=True):
        assert float(row["accuracy_without"]) == one.accuracy_without
        for name in ("evidence", "irrelevant", "grounding"):
            value = getattr(one, name)
            assert float(row[f"{name}_value"]) == value.value
            assert float(row[f"{name}_interval_low"]) == value.interval.low
            assert float(row[f"{name}_interval_high"]) == value.interval.high
    assert [row["category"] for row in rows] == ["", "distance"]


def test_each_cell_of_the_causes_leads_to_the_questions_of_its_arm(comparison):
    first, second = causes_table(comparison).rows
    evidence, irrelevant = (dict(first[place].find) for place in (4, 5))
    assert evidence == {"model": "seer", "arm": "evidence_removed", "pair": "one"}
    assert irrelevant == {"model": "seer", "arm": "irrelevant_removed", "pair": "one"}
    pairs = [dict(cell.find).get("pair") for cell in first]
    assert pairs == [None, None, "before", "after", "one", "one", "judged", "judged", "judged", "judged"]
    assert {dict(cell.find)["category"] for cell in second[2:]} == {"distance"}
    assert dict(first[7].find)["arm"] == "evidence_removed"
    assert dict(first[8].find)["arm"] == "irrelevant_removed"


def test_the_note_counts_what_every_model_has_right_without_the_evidence(study):
    note = causes_table(caused(study.comparison, ungrounded=("a", "b", "c"))).note
    assert note.endswith("Right for every model without the evidence: 3 questions.")


def test_who_declines_what_nobody_could_know(comparison):
    table = abstention_table(comparison)
    assert [column.title for column in table.columns][3:] == [
        "Declined", "False answers", "Declined needlessly", "Told apart", "Questions",
    ]  # fmt: skip
    assert [row[3:] for row in texts(table)] == [
        ["75.0 (50.0–90.0)", "25.0", "15.0", "+60.0 (+35.0 to +85.0)", "30"],
        ["0.0 (0.0–20.0)", "100.0", "–", "–", "30"],
        ["25.0 (10.0–50.0)", "75.0", "–", "–", "12"],
        ["100.0 (70.0–100.0)", "0.0", "–", "–", "11"],
    ]
    assert [row[:3] for row in texts(table)] == [
        ["seer", "false_premise", "All"], ["guesser", "false_premise", "All"],
        ["seer", "unanswerable_crop", "All"], ["seer", "false_premise", "Laterality"],
    ]  # fmt: skip
    crop = table.rows[2]
    assert dict(crop[3].find) == {"model": "seer", "arm": "unanswerable_crop", "pair": "after"}
    assert dict(crop[4].find)["pair"] == "missed"
    assert dict(table.rows[3][4].find)["category"] == "laterality"
    assert len(csv_rows(table)) == len(ABSTENTION)


def test_single_questions_are_counted_and_the_first_three_named(comparison):
    table = cause_cases_table(comparison)
    assert texts(table) == [
        ["seer", "right, also without the evidence", "4", "q1, q2, q3"],
        ["guesser", "answered what nobody could know", "1", "q7"],
    ]
    assert csv_rows(table)[0]["ids"] == "q1; q2; q3; q4"
    assert set(CASE_TITLES) == set(type(CASES[0]).model_fields["kind"].annotation.__args__)


def test_questions_that_are_right_for_the_wrong_reason(study):
    known = study.questions[3]
    comparison = caused(study.comparison, ungrounded=(known.id, "unknown"))
    assert texts(ungrounded_table(comparison, study.questions)) == [
        [known.id, known.case_id, known.subtype, known.question, known.answer]
    ]
    assert ungrounded_table(comparison).rows == (), "without the questions nothing can be shown"


def test_without_those_arms_there_is_no_such_table(study):
    for comparison in (study.comparison, study.comparison.model_copy(update={"causes": None})):
        for make in (causes_table, abstention_table, cause_cases_table, ungrounded_table):
            assert make(comparison).rows == ()
        assert not {"causes", "abstention", "cause_cases"} & {
            one.name for one in comparison_tables(comparison)
        }
        assert cause_panels(comparison) == abstention_panels(comparison) == ()


def test_panels_show_all_questions_in_points_with_their_intervals(comparison):
    evidence, irrelevant, grounding = cause_panels(comparison)
    titles = [one.title for one in (evidence, irrelevant, grounding)]
    assert titles == ["Effect of the evidence", "Effect of the irrelevant", "Causal grounding"]
    for panel, value in ((evidence, 49), (irrelevant, 5), (grounding, 44)):
        (row,) = panel.effects  # categories are for the table
        assert row.name == "seer"
        assert row.value == pytest.approx(value)
    assert (evidence.effects[0].low, evidence.effects[0].high) == pytest.approx((30, 60))
    assert [panel.effects[0].firm for panel in (evidence, irrelevant, grounding)] == [True, False, True]


def test_a_negative_effect_whose_interval_leaves_out_zero_is_firm_too(study):
    comparison = caused(study.comparison)
    turned = GROUNDING[1].model_copy(update={"category": None})
    found = comparison.causes.model_copy(update={"grounding": (turned,)})
    evidence, irrelevant, _ = cause_panels(comparison.model_copy(update={"causes": found}))
    assert evidence.effects[0].firm
    assert not irrelevant.effects[0].firm


def test_panels_of_declining_are_per_arm(comparison):
    panels = abstention_panels(comparison)
    assert [panel.title for panel in panels] == [
        "Declined, false premise", "Told apart, false premise", "Declined, unanswerable crop",
    ]  # fmt: skip
    assert [[row.name for row in panel.effects] for panel in panels] == [
        ["seer", "guesser"],
        ["seer"],
        ["seer"],
    ]
    assert [[row.value for row in panel.effects] for panel in panels] == [[75, 0], [60], [25]]


def test_both_are_drawn_with_their_figures(comparison):
    made = {chart.name: chart for chart in charts(comparison, [])}
    causes = made["causes"].draw(ONE_COLUMN)
    marks = [line.get_xdata()[0] for axes in causes.axes for line in axes.lines if line.get_marker() == "o"]
    assert marks == pytest.approx([49, 5, 44])
    abstention = made["abstention"].draw(ONE_COLUMN)
    assert {axes.get_xlim() for axes in (*causes.axes, *abstention.axes)} == {(-100, 100)}
    assert made["causes"].section == made["abstention"].section == "controls"


def test_what_inputs_hold(study):
    inputs = (
        InputResult(input="8_slices", n=40, lost=10, right=0.82),
        InputResult(input="8_slices", category="laterality", n=8, lost=8, right=0.3),
    )
    table = inputs_table(study.comparison.model_copy(update={"inputs": inputs}))
    assert texts(table) == [
        ["8_slices", "All", "40", "10", "25.0", "82.0"],
        ["8_slices", "Laterality", "8", "8", "100.0", "30.0"],
    ]  # fmt: skip
    assert csv_rows(table)[1] == {
        "input": "8_slices", "category": "laterality", "n": "8", "lost": "8", "right": "0.3",
    }  # fmt: skip


def test_lost_questions_per_subtype_without_a_comparison(study):
    questions = study.questions[:4]  # D3, L5, D3, L5

    def sight(number, name, structure, *, lost):
        d = 0.0 if lost else 9.0
        return Sight(
            id=questions[number].id, input=name, structure=structure, d=d, seen=float(not lost), contrast=1
        )

    sights = [
        sight(0, "slices", "liver", lost=True),
        sight(1, "slices", "kidney_left", lost=False),
        sight(2, "slices", "spleen", lost=True),
        sight(3, "slices", "kidney_left", lost=False),
        sight(0, "whole", "liver", lost=False),
    ]
    table = lost_table(sights, questions)
    assert texts(table) == [
        ["slices", "All", "4", "2", "50.0", ""],
        ["slices", "D3", "2", "2", "100.0", "liver, spleen"],
        ["whole", "All", "1", "0", "0.0", ""],
    ]
    assert csv_rows(table)[0] == {"input": "slices", "subtype": "", "n": "4", "lost": "2"}
