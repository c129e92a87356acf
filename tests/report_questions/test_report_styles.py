"""Reports that are written otherwise than CT-RATE's: what they state is read, and nothing else."""

from __future__ import annotations

import re

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import questions_from_reports, read_report

LEFT, RIGHT, BOTH = frozenset({"left"}), frozenset({"right"}), frozenset({"left", "right"})
TELEGRAPHIC = (
    "Right lower lobe nodule, 7 mm. Atelectasis left lower lobe. No effusion. Emphysema upper lobes bilat.",
    "",
)
SECTIONED = (
    "LUNGS: There is a 6 mm nodule in the right upper lobe. No consolidation. Mild emphysema in both upper "
    "lobes.\nPLEURA: Small left pleural effusion. No pneumothorax.\nKIDNEYS: 4 mm nonobstructing stone in "
    "the left kidney.\nMEDIASTINUM: No lymphadenopathy.",
    "1. 6 mm nodule in the right upper lobe.\n2. Small left pleural effusion.\n3. Left nephrolithiasis.",
)
NUMBERED = (
    "1) Nodule of 8 mm in the right middle lobe. 2) Atelectasis in the left lower lobe. 3) No effusion on "
    "either side. 4) Cyst of 2 cm in the right kidney.",
    "",
)
GERMAN = (
    "In the right lower lobe a nodule of 9 mm. Left-sided pleural effusion of 2 cm. Consolidations in the "
    "left lower lobe. No evidence of a mass. Dystelectasis on both sides. No enlarged lymph nodes "
    "mediastinal or axillary.",
    "Pleural effusion on the left. Nodule in the right lower lobe.",
)
NEGATIONS = (
    "No nodule, mass or consolidation in either lung. There is no effusion on the right; small effusion on "
    "the left. Neither kidney shows a stone. The left lung is free of emphysema. Nodules in the right lung: "
    "none. Mass absent.",
    "",
)
STATED = [
    (TELEGRAPHIC, {"nodule": RIGHT, "atelectasis": LEFT, "emphysema": BOTH}, {"pleural_effusion"}),
    (
        SECTIONED,
        {
            "nodule": RIGHT,
            "emphysema": BOTH,
            "pleural_effusion": LEFT,
            "stone": LEFT,
            "nephrolithiasis": LEFT,
        },
        {"consolidation", "pneumothorax", "lymph_node"},
    ),
    (NUMBERED, {"nodule": RIGHT, "atelectasis": LEFT, "cyst": RIGHT}, {"pleural_effusion"}),
    (
        GERMAN,
        {"nodule": RIGHT, "pleural_effusion": LEFT, "consolidation": LEFT, "atelectasis": BOTH},
        {"mass", "lymph_node"},
    ),
    (NEGATIONS, {"pleural_effusion": LEFT}, {"nodule", "mass", "consolidation", "pleural_effusion", "stone"}),
]
IDS = ["telegraphic", "sectioned", "numbered", "german", "negations"]


@pytest.mark.parametrize(("report", "stated", "denied"), STATED, ids=IDS)
def test_what_is_stated_is_read_with_its_side_and_what_is_denied_is_not(report, stated, denied):
    statements = read_report(Report("c", *report)).statements
    read = {}
    for one in statements:
        if one.status == "read":
            read.setdefault(one.finding.name, set()).add(one.sides)
    assert read == {name: {sides} for name, sides in stated.items()}
    assert {one.finding.name for one in statements if one.status == "denied"} == denied


@pytest.mark.parametrize(
    ("report", "facts"),
    [
        (TELEGRAPHIC, {("nodule", "right"), ("nodule", "right lower lobe"), ("emphysema", "both sides")}),
        (SECTIONED, {("nodule", "right upper lobe"), ("effusion", "left"), ("nephrolithiasis", "left")}),
        (NUMBERED, {("nodule", "right middle lobe"), ("cyst", "right"), ("atelectasis", "left lower lobe")}),
        (GERMAN, {("nodule", "right lower lobe"), ("effusion", "left"), ("consolidations", "left")}),
        (NEGATIONS, {("effusion", "left")}),
    ],
    ids=IDS,
)  # fmt: skip
def test_questions_ask_for_it(report, facts):
    (made,) = questions_from_reports([Report("c", *report)])
    for noun, answer in facts:
        assert any(noun in one.question and one.answer == answer for one in made.questions), (noun, answer)


def test_nothing_is_asked_of_what_is_denied():
    (made,) = questions_from_reports([Report("c", *NEGATIONS)])
    assert made.questions
    for one in made.questions:
        assert not re.search("nodule|mass|consolidation|stone|emphysema", f"{one.question} {one.options}")


def test_abbreviated_lobes_are_left_alone_and_named():
    (made,) = questions_from_reports([Report("c", "7 mm nodule RLL.", "")])
    assert made.questions == []
    (one,) = read_report(Report("c", "7 mm nodule RLL.", "")).statements
    assert (one.status, one.why) == ("unclear", "word not known: rll")
