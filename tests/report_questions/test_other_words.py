"""What a report says of a finding in other words, or of one like it, keeps questions from being asked."""

from __future__ import annotations

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import questions_from_reports, read_report
from medspatial.report_questions.other_words import in_other_words


def _statements(text, name):
    found = read_report(Report("c", text, "")).statements
    return [(one.status, one.why) for one in found if one.finding.name == name]


def _asked(text):
    (made,) = questions_from_reports([Report("c", text, "")])
    return made.questions


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Both lungs are emphysematous.", "emphysema"),
        ("Frosted-glass views in the left lung.", "ground_glass"),
        ("A fibrotic recession of the fissure.", "sequela"),
        ("The bronchi are dilated on the left.", None),
        ("The heart is of normal size.", None),
    ],
)
def test_roots(text, name):
    assert [one.name for one in in_other_words(text, set())] == ([name] if name else [])
    if name:
        family = next(in_other_words(text, set())).family
        assert list(in_other_words(text, {family})) == []


def test_schmorl_nodules_are_no_nodules():
    assert list(in_other_words("Schmorl nodules of the end plates.", set())) == []
    assert [one.name for one in in_other_words("Nodularity of the wall.", set())] == ["nodule"]


def test_other_words_in_a_sentence_of_their_own_forbid_the_side():
    stated = "Emphysema is seen in the left upper lobe."
    assert {one.answer for one in _asked(stated) if one.subtype == "report-side"} == {"left"}
    text = f"{stated} Both lungs are emphysematous."
    assert _statements(text, "emphysema") == [("read", ""), ("unclear", "in other words")]
    assert [one for one in _asked(text) if one.subtype == "report-side"] == []


@pytest.mark.parametrize(
    "second",
    [
        "A similar appearance is seen in the right upper lobe.",
        "It is also present in the right upper lobe.",
        "The appearance suggests pneumonia. There is a similar lesion in the right upper lobe.",
    ],
)
def test_a_similar_finding_lies_there_too(second):
    stated = "A consolidation is observed in the left lower lobe."
    assert ("unclear", "a similar one") in _statements(f"{stated} {second}", "consolidation")
    asked = _asked(f"{stated} {second}")
    assert [one for one in asked if one.subtype == "report-side"] == []
    for one in asked:
        assert "right upper lobe" not in one.options


def test_similar_size_or_a_denial_carries_nothing_on():
    stated = "A consolidation is observed in the left lower lobe."
    for second in (
        "The spleen is similar to the previous examination.",
        "No similar nodule was seen on the right.",
    ):
        assert _statements(f"{stated} {second}", "consolidation") == [("read", "")]
