from __future__ import annotations

import time

import pytest

from medspatial.cases.ct_rate import Report, one_per_scan, read_reports
from medspatial.report_questions import (
    REPORT_DROPS,
    check_quotes,
    questions_from_report,
    questions_from_reports,
)
from medspatial.report_questions.asking import wordings


def _made(findings, impression=""):
    return questions_from_report(Report("valid_1_a_1", findings, impression))


def _answers(findings, impression="", subtype=None):
    questions = _made(findings, impression).questions
    return {one.subtype: one.answer for one in questions if subtype in (None, one.subtype)}


NODULE = "A 5 mm nodule is seen in the posterobasal segment of the lower lobe of the right lung."


def test_one_nodule_gives_side_lobe_segment_and_landmark():
    assert _answers(NODULE) == {
        "report-side": "right",
        "report-lobe": "right lower lobe",
        "report-segment": "posterobasal segment",
        "report-landmark": "the right half of the diaphragm",
    }


def test_every_answer_has_its_quote_and_every_distractor_is_unsaid():
    report = Report("valid_1_a_1", NODULE)
    for one in questions_from_report(report).questions:
        assert one.evidence.quote == NODULE
        assert check_quotes(report, one) is None
        assert one.answer in one.options or not one.options
        assert not one.options or len(one.options) > 1


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("Effusion on the left.", "Effusion on the right."),
        ("Nodules in the lower lobes.", ""),
        ("Fracture lines in the anterolateral aspects of the ribs.", ""),
        ("No nodule was detected in the lungs. A nodule in the left lung.", ""),
        ("There is a 4 mm nodule in the left lung. There is a nodule at the zzyzx of the right lung.", ""),
    ],
)
def test_no_side_where_the_report_does_not_agree_on_one(findings, impression):
    assert "report-side" not in _answers(findings, impression)


def test_two_clauses_together_are_inferred_with_both_quotes():
    made = _made(
        "Atelectasis in the right lower lobe. There is a scar. Atelectasis in the lingula of the left lung."
    )
    side = next(one for one in made.questions if one.subtype == "report-side")
    assert side.answer == "both sides"
    assert side.evidence.details["inferred"]
    assert [entry["quote"][:11] for entry in side.evidence.details["quotes"]] == ["Atelectasis"] * 2


def test_repeats_are_one_and_several_are_told_apart_by_size():
    once = _made("A 4 mm nodule in the left upper lobe.", "4 mm nodule in the left lung.").questions
    assert [one.answer for one in once if one.subtype.startswith("report-lobe")] == ["left upper lobe"]
    made = _made("A 4 mm nodule in the left upper lobe. A 9 mm nodule in the right lower lobe.").questions
    lobes = {one.question: one.answer for one in made if one.subtype == "report-lobe"}
    assert sorted(lobes.values()) == ["left upper lobe", "right lower lobe"]
    assert all("4 mm" in question or "9 mm" in question for question in lobes)
    same = _made("A 4 mm nodule in the left upper lobe. A 4 mm nodule in the right lower lobe.").questions
    assert not [one for one in same if one.subtype == "report-lobe"]


def test_no_bare_size_is_asked():
    assert not any("How large" in text for one in wordings().values() for text in (*one.closed, *one.open))
    assert not [one for one in _made(NODULE).questions if one.category == "volume"]


def test_sizes_are_compared():
    larger = _answers("A 4 mm nodule in the left upper lobe. A 9 mm nodule in the right lower lobe.")
    assert larger["report-largest-lobe"] == "right lower lobe"
    assert larger["report-larger"].startswith("the lung nodule in the")
    thick = _answers("Effusion of 20 mm on the right and 8 mm on the left.", subtype="report-thicker")
    assert thick == {"report-thicker": "on the right"}


def test_sides_are_compared():
    strong = "Emphysematous changes in both lungs, more prominent on the right."
    text = f"{strong} Effusion on the left. A cyst in the left kidney."
    found = _answers(text)
    assert found["report-which-finding"] in {
        "the emphysematous changes",
        "the pleural effusion",
        "the kidney cyst",
    }
    assert "report-same-side" in found


def test_a_finding_near_the_pleura_or_on_a_fissure():
    assert _answers("Peripheral ground-glass densities in both lungs.")["report-depth"].startswith(
        "in the outer"
    )
    fissure = _answers("A 3 mm nodule on the minor fissure.", subtype="report-surface")
    assert fissure == {"report-surface": "an interlobar fissure"}


def test_equal_input_gives_equal_output():
    report = Report("valid_1_a_1", "Nodules in both lungs. Atelectasis in the middle lobe of the right lung.")
    one, two = (questions_from_report(report).questions for _ in range(2))
    assert [q.to_json() for q in one] == [q.to_json() for q in two]


def test_what_is_left_out_has_a_known_reason():
    made = _made(
        "No nodule in the left lung. Nodules in the lower lobes. Perhaps a zzyzx effusion on the left."
    )
    assert made.drops
    assert {one.rule for one in made.drops} <= set(REPORT_DROPS)


def test_real_reports(shared):
    """All pairs verify, in time; the figures of the documentation."""
    reports = {r.case_id: r for r in read_reports(shared / "data" / "ct_spatialvqa" / "reports.json.gz")}
    scans = one_per_scan(list(reports.values()))
    start = time.process_time()
    results = list(questions_from_reports(scans))
    assert time.process_time() - start < 20
    pairs = [one for result in results for one in result.questions]
    assert len(scans) == 1564
    assert len(pairs) > 4300
    for one in pairs:
        assert check_quotes(reports[one.case_id], one) is None
        details = one.evidence.details
        text = dict(reports[one.case_id].sections)[details["section"]]
        assert text[details["start"] : details["end"]] == one.evidence.quote
    assert len({one.id for one in pairs}) == len(pairs)
