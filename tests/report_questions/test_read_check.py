from __future__ import annotations

import pytest

from medspatial.report_questions.read_check import check_reading

QUOTE = "A 5 mm nodule in the right upper lobe and a 2 cm cyst in the left kidney."


@pytest.mark.parametrize(
    ("question", "answer", "quote", "rule"),
    [
        ("On which side is the nodule?", "left", QUOTE, "reader_side"),
        ("On which side is the cyst?", "the right kidney", QUOTE, "reader_side"),
        ("In which lobe is the nodule?", "right lower lobe", QUOTE, "reader_place"),
        ("Is the nodule larger than 1 cm?", "It measures 2 cm", QUOTE, "reader_figure"),
        ("Where is the nodule?", "left lung", "No nodule was detected in the left lung.", "reader_status"),
        ("Where is the nodule?", "left lung", "There may be a nodule in the left lung.", "reader_status"),
        ("How large is the nodule?", "5 mm", QUOTE, "bare_size"),
        ("What is the diameter of the cyst?", "2 cm", QUOTE, "bare_size"),
    ],
)
def test_a_quote_that_says_something_else(question, answer, quote, rule):
    assert check_reading(question, answer, quote).rule == rule


@pytest.mark.parametrize(
    ("question", "answer", "quote"),
    [
        ("On which side is the nodule?", "right", QUOTE),
        ("In which lobe is the nodule?", "right upper lobe", QUOTE),
        ("Which is larger, the nodule or the cyst?", "the cyst", QUOTE),
        ("Is there a nodule in the left lung?", "No", "No nodule was detected in the left lung."),
        ("On which side is the zzyzx?", "left", QUOTE),
    ],
)
def test_what_agrees_or_is_not_understood_passes(question, answer, quote):
    assert check_reading(question, answer, quote) is None
