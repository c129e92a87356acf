"""Tables of differences: each figure in its own cell, missing ones as such, and each cell's questions."""

from __future__ import annotations

import pytest
from table_readers import csv_rows

from medspatial.compare.accuracy_result import EpochVariance, Interval
from medspatial.compare.arm_result import ArmContrast, Consistency, Grounding
from medspatial.report.charts import arm_panels
from medspatial.report.tables import (
    arms_table,
    consistency_table,
    epochs_table,
    failures_table,
    grounding_table,
    pairs_table,
)


def ends(low, high):
    return Interval(low=low, high=high, method="cluster_t")


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def having(study, **fields):
    return study.comparison.model_copy(update=fields)


CONTRASTS = (
    ArmContrast(
        model="seer", arm="blank", reference_arm="standard", n=50, clusters=9, reference_accuracy=0.8,
        arm_accuracy=0.35, gain=0.45, interval=ends(0.3, 0.6), p=0.0004, p_holm=0.0012,
    ),
    ArmContrast(
        model="seer", arm="wrong_patient", reference_arm="standard", n=48, clusters=9,
        reference_accuracy=0.79,
        arm_accuracy=0.85, gain=-0.06, interval=None, p=0.2, p_holm=0.4,
    ),
)  # fmt: skip


def test_each_figure_of_a_control_arm_stands_under_its_head(study):
    table = arms_table(having(study, contrasts=CONTRASTS), {"seer": "a model"})
    assert [column.title for column in table.columns] == [
        "Model", "Arm", "Reference arm", "Control arm", "Gain over control", "p (Holm)", "Questions",
    ]  # fmt: skip
    assert texts(table) == [
        ["seer (a model)", "blank", "80.0", "35.0", "+45.0 (30.0–60.0)", "0.001", "50"],
        ["seer (a model)", "wrong_patient", "79.0", "85.0", "−6.0", "0.40", "48"],
    ]
    pairs = [dict(cell.find).get("pair") for cell in table.rows[0]]
    assert pairs == [None, None, "before", "after", "one", "one", "judged"]
    assert {dict(cell.find)["arm"] for cell in table.rows[1][2:]} == {"wrong_patient"}
    assert "95 % intervals" in table.title
    first, second = csv_rows(table)
    assert (first["interval_low"], second["interval_low"]) == ("0.3", "")


def test_a_graded_metric_has_no_right_and_wrong_to_look_for(study):
    table = arms_table(having(study, contrasts=CONTRASTS, graded=True))
    assert {dict(cell.find)["pair"] for cell in table.rows[0][2:]} == {"judged"}


@pytest.mark.parametrize(("confidence", "firm"), [(0.95, [True, False]), (0.9995, [False, False])])
def test_an_effect_is_firm_by_the_level_of_the_comparison(study, confidence, firm):
    panels = arm_panels(having(study, contrasts=CONTRASTS, confidence=confidence))
    assert [panel.title for panel in panels] == ["blank", "wrong patient"]
    assert [panel.effects[0].firm for panel in panels] == firm
    blank, wrong = (panel.effects[0] for panel in panels)
    assert (blank.value, blank.low, blank.high) == pytest.approx((45, 30, 60))
    assert (wrong.low, wrong.high) == (None, None)


CONSISTENCY = (
    Consistency(
        model="seer", arm="mirrored", kind="turning", n=20, clusters=7, both_right=0.6,
        both_right_interval=ends(0.4, 0.8), exactly_one=0.25, neither=0.15, consistent=0.75,
        consistent_interval=ends(0.5, 0.9), same_answer=0.1, inverted=0.05,
    ),
    Consistency(
        model="seer", arm="permuted_options", kind="standing", n=31, clusters=8, both_right=0.5,
        exactly_one=0.2, neither=0.3, consistent=0.8, same_answer=None, inverted=None,
    ),
)  # fmt: skip


def test_consistency_says_what_the_answer_must_do(study):
    table = consistency_table(having(study, consistency=CONSISTENCY))
    assert [column.title for column in table.columns][3:] == [
        "Both right", "Consistent", "Exactly one", "Neither", "Same answer", "Inverted", "Pairs",
    ]  # fmt: skip
    assert texts(table) == [
        ["seer", "mirrored", "must turn",
         "60.0 (40.0–80.0)", "75.0 (50.0–90.0)", "25.0", "15.0", "10.0", "5.0", "20"],
        ["seer", "permuted_options", "must stand", "50.0", "80.0", "20.0", "30.0", "–", "–", "31"],
    ]  # fmt: skip
    turning, standing = table.rows
    pairs = [dict(cell.find).get("pair") for cell in turning[3:]]
    assert pairs == ["both", "equal", "one", "neither", "judged", "judged", "judged"]
    assert {dict(cell.find)["kind"] for cell in turning[3:]} == {"turning"}
    assert standing[7].find == standing[8].find == (), "a figure that was not measured leads nowhere"


GROUNDING = (
    Grounding(
        model="seer", value=0.7, interval=ends(0.5, 0.9), clusters=8, turning=0.8, turning_n=12, gain=0.6,
        gain_n=30, verdict="grounded",
    ),
    Grounding(
        model="mirrored", value=-0.4, interval=ends(-0.7, -0.1), clusters=8, turning=-0.4, turning_n=12,
        verdict="mirrored",
    ),
)  # fmt: skip


def test_grounding_and_its_two_parts(study):
    table = grounding_table(having(study, grounding=GROUNDING), {"seer": "baseline, told the answers"})
    assert texts(table) == [
        ["seer (baseline, told the answers)", "0.70 (0.50 to 0.90)", "0.80", "0.60", "grounded"],
        ["mirrored", "−0.40 (−0.70 to −0.10)", "−0.40", "–", "mirrored"],
    ]
    assert [dict(cell.find).get("part") for cell in table.rows[0]] == [None, "both", "turning", "gain", None]
    assert table.rows[1][3].find == ()
    assert table.note.startswith("A baseline that is told the answers")
    assert grounding_table(having(study, grounding=GROUNDING), {"seer": "a model"}).note == ""


def epoch(**fields):
    values = {
        "model": "seer", "arm": "standard", "epochs": 3, "n": 40, "patients": 8,
        "accuracies": (0.7, 0.55, 0.6),
        "accuracy": 0.62, "changed": 0.15, "patient": 0.006, "question": 0.003, "epoch": 0.001, "share": 0.1,
        "share_of_mean": 0.04, "se": 0.1, "se_of_mean": 0.09,
    }  # fmt: skip
    return EpochVariance(**values | fields)


def test_repeated_runs_and_where_their_variance_comes_from(study):
    table = epochs_table(having(study, epochs=(epoch(),)))
    assert [column.title for column in table.columns] == [
        "Model", "Runs", "Lowest to highest", "Verdict changes", "Patients", "Questions", "Draws",
        "Draws, mean",
    ]  # fmt: skip
    assert texts(table) == [["seer", "3", "55.0 to 70.0", "15.0", "60.0", "30.0", "10.0", "4.0"]]
    assert csv_rows(table)[0]["accuracies"] == "0.7; 0.55; 0.6"


def test_several_repeated_arms_are_told_apart(study):
    table = epochs_table(having(study, epochs=(epoch(), epoch(arm="blank", patient=0, question=0, epoch=0))))
    assert table.columns[1].title == "Arm"
    assert [row[1].main for row in table.rows] == ["standard", "blank"]
    assert [cell.main for cell in table.rows[1][5:8]] == ["0.0", "0.0", "0.0"], "no variance has no parts"


def test_failures_are_those_of_the_reference_arm_over_all_categories(study):
    comparison = study.comparison
    table = failures_table(comparison)
    classes = {one.failure for one in comparison.failures if one.arm == "standard"}
    assert len(table.columns) == 1 + len(classes)
    for row in table.rows:
        mine = [
            one
            for one in comparison.failures
            if (one.model, one.arm, one.category) == (row[0].main, "standard", None)
        ]
        shown = {dict(cell.find)["failure"]: cell.main for cell in row[1:] if cell.find}
        assert shown == {one.failure: str(one.count) for one in mine}
        assert all(dict(cell.find)["model"] == row[0].main for cell in row[1:] if cell.find)


def test_the_only_right_ones_of_a_pair_lead_to_their_own_questions(study):
    comparison = study.comparison
    row, pair = pairs_table(comparison).rows[0], comparison.pairs[0]
    assert [row[5].main, row[6].main, row[7].main] == [str(pair.n10), str(pair.n01), str(pair.n)]
    assert dict(row[5].find) == {"right": pair.first, "wrong": pair.second}
    assert dict(row[6].find) == {"right": pair.second, "wrong": pair.first}
    assert pair.n10 - pair.n01 == round(pair.difference * pair.n)


def test_one_model_has_no_pairs(study):
    from medspatial.compare import compare
    from medspatial.report.tables import comparison_tables

    alone = compare(
        [one for one in study.scores if one.model == "oracle" and one.arm == "standard"], resamples=50
    )
    assert pairs_table(alone).rows == arms_table(alone).rows == ()
    names = [table.name for table in comparison_tables(alone)]
    assert names == ["accuracy", "subtypes"]
