from __future__ import annotations

import pytest
from stated import answers, kinds, picked, unasked

from medspatial.report_questions.side_compared import (
    one_side_only,
    same_side,
    sided,
    stronger_side,
    which_finding,
)


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("more prominent on the right", [("report-side-balance", "on both sides, more on the right")]),
        ("more prominent in the left lung", [("report-side-balance", "on both sides, more on the left")]),
        ("more prominent in the upper lobes", [("report-stronger-height", "in the upper lobes")]),
        ("more prominent in the right lower lobe", [("report-stronger-lobe", "right lower lobe")]),
    ],
)
def test_where_there_is_more(more, found):
    topic = kinds(f"Emphysema is observed in both lungs, {more}.")["emphysema@lung"]
    assert answers(stronger_side(topic)) == found


def test_more_in_two_places_is_not_asked():
    text = (
        "Emphysema is observed in both lungs, more prominent on the right. "
        "Emphysema is observed in both lungs, more prominent on the left."
    )
    assert unasked(stronger_side(kinds(text)["emphysema@lung"])) == ["contradicted"]


def test_several_on_one_side_only():
    assert answers(one_side_only(kinds("Nodules are observed in the left lung.")["nodule@lung"])) == [
        ("report-side-balance", "on the left only")
    ]
    assert answers(one_side_only(kinds("A nodule is observed in the left lung.")["nodule@lung"])) == []
    assert answers(one_side_only(kinds("Nodules are observed in both lungs.")["nodule@lung"])) == []


def _sided(text):
    return list(sided(list(kinds(text).values()), picked(text)))


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ("left", "left", "on the same side"),
        ("left", "right", "on opposite sides"),
    ],
)
def test_the_sides_of_two_findings(first, second, answer):
    text = f"A consolidation is observed in the {first} lung. A cyst is observed in the {second} kidney."
    assert answers(same_side(_sided(text))) == [("report-same-side", answer)]


def test_one_of_them_on_both_sides():
    text = "Emphysema is observed in both lungs. A cyst is observed in the right kidney."
    assert answers(same_side(_sided(text))) == [("report-same-side", "one of them is on both sides")]
    text = "Emphysema is observed in both lungs. Cysts are observed in both kidneys."
    assert answers(same_side(_sided(text))) == []


def test_two_of_one_sentence_or_of_like_kinds_are_not_compared():
    text = "A consolidation in the left lung and a cyst in the right kidney."
    assert answers(same_side(_sided(text))) == []
    text = "A nodule is observed in the left lung. A ground glass nodule is observed in the right lung."
    assert answers(same_side(_sided(text))) == []


def test_which_finding_lies_on_a_side():
    text = (
        "Emphysema is observed in both lungs. A consolidation is observed in the left lung. "
        "A cyst is observed in the right kidney."
    )
    assert [answer for _, answer in answers(which_finding(_sided(text)))] == [
        "the emphysema", "the consolidation", "the kidney cyst",
    ]  # fmt: skip
    text = "Emphysema is observed in both lungs. A consolidation is observed in the left lung."
    assert answers(which_finding(_sided(text))) == []
