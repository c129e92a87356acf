from __future__ import annotations

import pytest
from stated import answers, kinds, picked

from medspatial.report_questions.heights import (
    heights,
    nearer_apex,
    nearest_landmark,
    nearest_landmark_of_kind,
)


def _landmarks(text):
    return [answer for single in picked(text) for _, answer in answers(nearest_landmark(single))]


@pytest.mark.parametrize(
    ("place", "landmarks"),
    [
        ("apical segment of the right upper lobe", ["the apex of the right lung"]),
        ("apicoposterior segment of the left upper lobe", ["the apex of the left lung"]),
        ("posterobasal segment of the left lower lobe", ["the left half of the diaphragm"]),
        ("superior segment of the left lower lobe", []),
        ("right upper lobe", []),
        ("middle lobe", []),
    ],
)
def test_only_the_ends_of_a_lung_are_near_a_landmark(place, landmarks):
    assert _landmarks(f"A nodule is observed in the {place}.") == landmarks


def test_a_kind_at_one_end_is_near_it():
    topic = kinds("Consolidations are observed in the posterobasal segment of the right lower lobe.")
    assert answers(nearest_landmark_of_kind(topic["consolidation@lung"])) == [
        ("report-landmark", "the right half of the diaphragm")
    ]
    topic = kinds("Consolidations are observed in the basal segments of both lower lobes.")
    assert answers(nearest_landmark_of_kind(topic["consolidation@lung"])) == []


def _higher(text):
    found = list(kinds(text).values())
    return dict(answers(nearer_apex(list(heights(found, picked(text))))))


def test_which_of_two_lies_higher():
    text = (
        "A nodule is observed in the apical segment of the right upper lobe. "
        "A consolidation is observed in the posterobasal segment of the left lower lobe."
    )
    assert _higher(text) == {
        "report-nearer-apex": "the lung nodule", "report-nearer-base": "the consolidation",
    }  # fmt: skip


@pytest.mark.parametrize(
    "second",
    [
        "superior segment of the left lower lobe",  # nearer neither end for certain
        "right upper lobe",
        "left lung",
    ],
)
def test_heights_that_may_overlap_are_not_compared(second):
    text = f"A nodule is observed in the left upper lobe. A consolidation is observed in the {second}."
    assert _higher(text) == {}
