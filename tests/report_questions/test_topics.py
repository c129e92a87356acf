"""Names of findings, and which of them are several."""

from __future__ import annotations

import re

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import questions_from_reports, read_report
from medspatial.report_questions.topics import topics

NODULE = "A nodule is observed in the left lower lobe."


def _noun(text, key, impression=""):
    found = {one.key: one for one in topics(read_report(Report("c", text, impression)))}
    return found[key].noun()


@pytest.mark.parametrize(
    "text",
    [
        NODULE,
        f"{NODULE} Schmorl nodules are observed in the lower thoracic vertebrae.",
        f"{NODULE} Solid nodules, the largest of which is 25 mm, are observed in the right thyroid lobe.",
        f"{NODULE} A zzyzx nodule of the left lung.",
        f"{NODULE} It is also present in the previous examination.",
        "A nodule with calcification is observed in the left lower lobe.",
    ],
)  # fmt: skip
def test_one_is_named_in_the_singular(text):
    assert _noun(text, "nodule@lung") == "lung nodule"


@pytest.mark.parametrize(
    "text",
    [
        "Nodules are observed in the left lower lobe.",
        "Multiple nodule is observed in the left lower lobe.",
        f"{NODULE} A nodule is observed in the right upper lobe.",
        f"{NODULE} A zzyzx nodule of the right lung.",
        "A 4 mm nodule is observed in the left lower lobe. A 6 mm nodule is observed in the left lower lobe.",
        "Nodules are observed in both lungs, the largest of which is 5 mm in the left lower lobe.",
    ],
)
def test_several_are_named_in_the_plural(text):
    assert _noun(text, "nodule@lung") == "lung nodules"


def test_changes_are_always_several():
    text = (
        "Sequela changes are observed in the left lung. Fibrotic recession is seen in the right upper lobe."
    )
    assert _noun(text, "sequela@lung") == "sequela changes"
    assert _noun(text, "fibrosis@lung") == "fibrotic changes"
    (made,) = questions_from_reports([Report("c", text, "")])
    questions = " ".join(one.question for one in made.questions)
    assert "the fibrotic changes" in questions
    assert not re.search("(?:is|does) the (?:sequela|fibrotic) changes", questions, re.IGNORECASE)


def test_names_of_organs():
    text = (
        "A hypodense lesion is observed in the left kidney. A nodular lesion is observed in the right "
        "kidney. Lymph nodes are observed in the left axilla. A nodule is seen in the left adrenal gland. "
    )
    nouns = {one.key: one.noun() for one in topics(read_report(Report("c", text, "")))}
    assert nouns == {
        "hypodense_lesion@kidney": "hypodense kidney lesion",
        "nodule@kidney": "nodular kidney lesion",
        "lymph_node@axilla": "axillary lymph nodes",
        "nodule@adrenal gland": "adrenal nodule",
    }


def _asked(text):
    (made,) = questions_from_reports([Report("c", text, "")])
    return {one.subtype: one for one in made.questions}


def test_depth_is_not_asked_of_all_where_one_is_said():
    text = "A subpleural 6 mm nodule is observed in the left lower lobe."
    assert "report-surface" in _asked(text)
    several = f"{text} Nodules are observed in the right upper lobe."
    unread = f"{text} Zzyzx nodules are observed in the right upper lobe."
    for one in (several, unread):
        assert "report-depth" not in _asked(one)


def test_stations_before_the_trachea_are_not_told_apart():
    text = "Lymph nodes are observed in the mediastinum, the largest of which is 9 mm in the precarinal area."
    one = _asked(text)["report-largest-node"]
    assert one.answer == "precarinal"
    assert not {"paratracheal", "lower paratracheal", "pretracheal"} & set(one.options)


def test_largest_node_is_not_asked_where_nodes_lie_elsewhere():
    text = "Lymph nodes are observed in the mediastinum, the largest of which is 9 mm in the subcarinal area."
    assert _asked(text)["report-largest-node"].answer == "subcarinal"
    assert "report-largest-node" not in _asked(f"{text} A lymph node of 14 mm is seen in the left axilla.")


def test_evidence_quotes_what_the_options_show():
    text = (
        "A cyst is observed in the left kidney. Emphysema is observed in both lungs. Bronchiectasis is "
        "observed in both lungs. Atelectasis is seen in the right lower lobe. Mosaic attenuation is seen in "
        "both lungs. A nodule is observed in the right thyroid lobe."
    )
    one = _asked(text)["report-which-finding"]
    assert one.answer == "the kidney cyst"
    assert len(one.evidence.details["quotes"]) == len(one.options) == 4
