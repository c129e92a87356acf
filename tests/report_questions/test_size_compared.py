from __future__ import annotations

import pytest
from stated import answers, kinds, picked, unasked

from medspatial.report_questions.size_compared import (
    larger_of_two,
    largest_node,
    largest_of_kind,
    lost_volume,
)
from medspatial.report_questions.topics import singles


def _largest(text):
    topic = kinds(text)["nodule@lung"]
    return list(largest_of_kind(topic, list(singles(topic))))


def test_the_largest_where_the_report_says_so():
    text = "Nodules are observed in both lungs, the largest of which is 8 mm in the right upper lobe."
    assert answers(_largest(text)) == [("report-largest-lobe", "right upper lobe")]
    text = "Nodules are observed in both lungs, the largest of which is 8 mm in the right lung."
    assert answers(_largest(text)) == [("report-largest-side", "the right lung")]


def test_the_largest_by_the_sizes():
    text = "A {} mm nodule is in the right upper lobe. A 6 mm nodule is in the left lower lobe."
    assert answers(_largest(text.format(12))) == [("report-largest-lobe", "right upper lobe")]
    assert answers(_largest(text.format(4))) == [("report-largest-lobe", "left lower lobe")]
    assert unasked(_largest(text.format(6.5))) == ["sizes_too_close"]


def test_another_that_is_as_large():
    text = (
        "Nodules are observed in both lungs, the largest of which is 8 mm in the right upper lobe. "
        "A 9 mm nodule is observed in the left lower lobe."
    )
    assert unasked(_largest(text)) == ["ambiguous"]


@pytest.mark.parametrize(
    ("first", "second", "larger", "smaller"),
    [("20 mm", "6 mm", "mass", "cyst"), ("2 cm", "6 cm", "cyst", "mass")],
)
def test_the_larger_of_two(first, second, larger, smaller):
    text = f"A {first} mass is observed in the right upper lobe. A {second} cyst is in the left kidney."
    found = dict(answers(larger_of_two(picked(text))))
    assert larger in found["report-larger"]
    assert smaller in found["report-smaller"]


def test_sizes_that_differ_little_are_not_compared():
    text = "A 20 mm mass is observed in the right upper lobe. A 19 mm cyst is in the left kidney."
    assert unasked(larger_of_two(picked(text))) == ["sizes_too_close"]


def test_the_largest_node():
    text = "Lymph nodes are observed, the largest of which is 12 mm in the subcarinal area."
    (topic,) = kinds(text).values()
    assert answers(largest_node(topic)) == [("report-largest-node", "subcarinal")]
    (topic, *_) = kinds(f"{text} A 15 mm lymph node is observed in the prevascular area.").values()
    assert unasked(largest_node(topic)) == ["ambiguous"]


def test_the_largest_node_of_a_hilum():
    text = "Lymph nodes are observed, the largest of which is 12 mm in the right hilum."
    (topic,) = kinds(text).values()
    assert answers(largest_node(topic)) == [("report-largest-node", "right hilar")]


def test_two_of_a_kind_are_told_apart_by_their_sides():
    text = "A 20 mm nodule is observed in the right lung. A 6 mm nodule is observed in the left lung."
    found = dict(answers(larger_of_two(picked(text))))
    assert found == {
        "report-larger": "the lung nodule on the right", "report-smaller": "the lung nodule on the left",
    }  # fmt: skip


def test_the_lobe_that_lost_volume():
    (topic,) = kinds("Volume loss is observed in the left lower lobe.").values()
    assert answers(lost_volume(topic)) == [("report-lost-volume", "left lower lobe")]
    (topic,) = kinds("Volume loss is observed in the left lung.").values()
    assert answers(lost_volume(topic)) == []
