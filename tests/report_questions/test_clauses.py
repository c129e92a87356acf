from __future__ import annotations

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import read_report


def _read(text, impression=""):
    return read_report(Report("valid_1_a_1", text, impression)).statements


def _one(text):
    found = [one for one in _read(text) if one.status == "read"]
    assert len(found) == 1, [(one.finding.name, one.status, one.why) for one in _read(text)]
    return found[0]


@pytest.mark.parametrize(
    "heading",
    [
        "In the evaluation of both lungs;",
        "When the images are examined in the lung window of the left side;",
        "LEFT LUNG:",
        "In the sections of both lungs,",
    ],
)
def test_a_heading_states_nothing(heading):
    assert _one(f"{heading} a nodule in the right lower lobe.").sides == {"right"}


def test_a_side_belongs_to_its_own_clause():
    text = "Emphysema in the left lung and atelectasis in the right lower lobe; a cyst in the left kidney."
    found = {one.finding.name: one.sides for one in _read(text)}
    assert found == {"emphysema": {"left"}, "atelectasis": {"right"}, "cyst": {"left"}}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("No nodule was detected in the right lung.", "denied"),
        ("Effusion was not observed on the left.", "denied"),
        ("In the earlier scan, a previous nodule was seen in the left lung.", "past"),
        ("The nodule in the left lung increased in size.", "past"),
        ("There may be a nodule in the left lung.", "hedged"),
        ("Lymph node in the right lower lobe?", "hedged"),
        ("A zzyzx nodule is seen in the left lung.", "unclear"),
        ("Nodules with no clear borders are observed in both lungs.", "unclear"),
        ("Infiltration is not observed on the left, and nodules are observed in both lungs.", "unclear"),
        ("No mass was detected, there are nodules in the lower lobe of the right lung.", "unclear"),
        ("A nodule in the right upper lobe and the left lower lobe.", "unclear"),
    ],
)
def test_what_is_denied_past_hedged_or_not_understood(text, status):
    assert {one.status for one in _read(text)} == {status}
    assert all(one.why for one in _read(text))


def test_an_interpretation_is_no_finding_and_its_place_belongs_to_what_is_seen():
    found = {
        one.finding.name: one
        for one in _read("A nodule consistent with a granuloma is seen in the left lung.")
    }
    assert found["granuloma"].status == "hedged"
    assert (found["nodule"].status, found["nodule"].sides) == ("read", {"left"})


def test_size_largest_relation_and_zone():
    one = _one("A subpleural nodule of 5 mm is seen in the left lower lobe, adjacent to the major fissure.")
    assert [size.text for size in one.sizes] == ["5 mm"]
    assert one.units[0].zones == ("pleura",)
    assert [relation.units[0].fissures for relation in one.relations] == [("major fissure",)]
    several, largest = _read(
        "Several nodules in both lungs, the largest of which is 8 mm in the right upper lobe."
    )
    assert (several.plural, several.largest, largest.largest) == (True, False, True)
    assert (largest.units[0].lobe, largest.sizes[0].text) == ("upper", "8 mm")
    strong = _one("Emphysematous changes in both lungs, more prominent on the right.")
    assert strong.prominent[0].sides == {"right"}


def test_a_zone_belongs_to_the_finding_that_it_stands_with():
    found = _read("Emphysema, consolidations and subpleural nodules are seen in both lungs.")
    zones = {one.finding.name: one.units[0].zones for one in found}
    assert zones == {"emphysema": (), "consolidation": (), "nodule": ("pleura",)}


@pytest.mark.parametrize(
    "text",
    [
        "LUNGS\n- RLL nodule 5mm\n- no effusion\n",
        "Chest: clear. Liver: nl.",
        "Nodule.",
        "5 mm",
        "",
        "; : , .",
        "Findings: (see above",
        "Stable.  No change.  Nodule 4 mm right upper lobe  Effusion none",
    ],
)
def test_short_telegraphic_and_sectioned_reports_do_not_break_it(text):
    for one in _read(text, text):
        assert one.status in {"read", "denied", "hedged", "past", "unclear"}


def test_a_list_of_an_impression_is_read_line_by_line():
    found = _read("", "Nodule in the left lung  Effusion on the right\nCyst in the left kidney")
    assert {one.finding.name: one.sides for one in found} == {
        "nodule": {"left"}, "pleural_effusion": {"right"}, "cyst": {"left"},
    }  # fmt: skip


def test_a_size_before_a_finding_is_that_finding_s():
    nodule, cyst = _read("A nodule in the right upper lobe and a 2 cm cyst in the left kidney.")
    assert (nodule.sizes, [size.text for size in cyst.sizes]) == ((), ["2 cm"])
