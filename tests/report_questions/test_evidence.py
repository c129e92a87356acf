from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import EVIDENCE_RULES, check_content, check_pair, locate_quote, sentences

FINDINGS = (
    "A 5 mm nodule is observed in the lower lobe of the left lung. Effusion measures 23 and 18 mm. "
    "No mass was detected in both lungs. Heart size is normal."
)
REPORT = Report("valid_1_a_1", FINDINGS, "Nodule on the left.")
NODULE = "A 5 mm nodule is observed in the lower lobe of the left lung."


@pytest.mark.parametrize(
    ("question", "answer", "quote", "rule"),
    [
        ("Where is the nodule?", "lower lobe of the left lung", NODULE, None),
        ("Where is the nodule?", "lower lobe of the right lung", NODULE, "side"),
        ("Where is the nodule?", "on both sides", NODULE, "side"),
        ("Where is the nodule?", "upper lobe of the left lung", NODULE, "level"),
        ("How large is it?", "5 mm", NODULE, None),
        ("How large is it?", "5 cm", NODULE, "number"),
        ("How large is it?", "6 mm", NODULE, "number"),
        ("How large is the effusion?", "23 mm", "Effusion measures 23 and 18 mm.", None),
        ("Is there a nodule?", "No nodule is seen.", NODULE, "silence"),
        ("Is the heart normal?", "It is normal.", NODULE, "silence"),
        ("Where is the mass?", "in both lungs", "No mass was detected in both lungs.", "polarity"),
        (
            "Is there a mass?",
            "No mass was detected in both lungs.",
            "No mass was detected in both lungs.",
            None,
        ),
        ("Is there a mass?", "No.", "No mass was detected in both lungs.", None),
        ("Is it in the right lung?", "No, it is in the left lung.", NODULE, None),
        ("Where in the left lung is the nodule?", "in the left lung", NODULE, "leak"),
        ("Is it in the left or right lung?", "left lung", NODULE, None),
        ("Where is the nodule?", "left lung", "Nodule in the left lung.", "quote_not_in_report"),
        ("Where is the nodule?", "left lung", NODULE.replace("  ", " ").lower(), "quote_not_in_report"),
        ("Where is the nodule?", "left lung", "left", "no_quote"),
        ("", "left lung", NODULE, "empty"),
        ("Where is the nodule?", " ", NODULE, "empty"),
    ],
)
def test_rules(question, answer, quote, rule):
    refusal = check_pair(REPORT, question, answer, quote)
    assert (refusal.rule if refusal else None) == rule
    if refusal:
        assert EVIDENCE_RULES[rule] in str(refusal)


def test_side_belongs_to_its_structure():
    quote = "Cyst in the left kidney and stone in the right ureter."
    assert check_content("Where is the cyst?", "left kidney", quote) is None
    assert check_content("Where is the cyst?", "right kidney", quote).rule == "side"


def test_word_of_both_without_a_side_of_the_body():
    quote = "Central and peripheral areas of the right lung are involved."
    assert check_content("Which areas?", "Both central and peripheral areas of the right lung", quote) is None


def test_quote_is_located_in_its_section():
    assert locate_quote(REPORT, "Nodule on the left.") == ("impression", 0, 19)
    assert locate_quote(REPORT, "Nodule on  the left.") is None


def test_sentences_keep_numbers_whole():
    report = Report("x", "A 4.5 mm nodule. Another, approx. 3 mm.In the liver, none; e.g. a cyst.")
    texts = [one.text for one in sentences(report)]
    assert texts == ["A 4.5 mm nodule.", "Another, approx. 3 mm.", "In the liver, none; e.g. a cyst."]


@given(st.text(max_size=200), st.text(max_size=80))
def test_sentences_are_the_reports_own_text(findings, impression):
    report = Report("x", findings, impression)
    sections = dict(report.sections)
    for one in sentences(report):
        assert sections[one.section][one.start : one.end] == one.text
        assert locate_quote(report, one.text) is not None
