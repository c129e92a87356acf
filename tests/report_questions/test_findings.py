from __future__ import annotations

import pytest

from medspatial.report_questions.findings import COUNTED, find_findings, findings, plural_phrase


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("A nodule in the left lung.", ["nodule"]),
        ("NODULES", ["nodules"]),
        ("ground-glass nodule", ["ground-glass nodule"]),  # the longest phrase wins
        ("ground glass nodules", ["ground-glass nodules"]),
        ("Pleural effusion and atelectasis", ["pleural effusion", "atelectasis"]),
        ("bullae", ["bullae"]),
        ("nodularity", []),
        ("The lungs are clear.", []),
        ("", []),
    ],
)
def test_findings_are_found_by_their_phrases(text, titles):
    assert [one.title for one in find_findings(text)] == titles


def test_what_is_found_stands_in_the_text_in_order():
    text = "Emphysema, a 5 mm nodule and pleural effusions."
    found = find_findings(text)
    assert [text[one.start : one.end] for one in found] == ["Emphysema", "nodule", "pleural effusions"]
    assert [one.plural for one in found] == [False, False, True]


@pytest.mark.parametrize(
    ("one", "many"),
    [("nodule", "nodules"), ("opacity", "opacities"), ("metastasis", "metastases"), ("mass", "masses")],
)
def test_plurals(one, many):
    assert plural_phrase(one) == many


def test_the_table_says_nothing_twice():
    names = [one.name for one in findings()]
    phrases = [phrase for one in findings() for phrase in one.phrases]
    assert len(names) == len(set(names))
    assert len(phrases) == len(set(phrases))
    assert set(names) >= COUNTED
    for one in findings():
        for phrase in one.phrases:
            (seen,) = find_findings(phrase)
            assert seen.finding == one, phrase
