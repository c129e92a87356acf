from __future__ import annotations

import pytest

from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.grammar import Unclear, read_groups


def _place(unit):
    return " ".join([*sorted(unit.sides), *filter(None, (unit.lobe, unit.organ))])


def _read(text):
    return [
        ([one.value for one in group.findings], [_place(unit) for unit in group.units])
        for group in read_groups(read_chunks(text))
    ]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("A nodule in the left lung", [(["nodule"], ["left lung"])]),
        ("In the left lung, a nodule is observed", [(["nodule"], ["left lung"])]),
        ("Nodules and emphysema in both lungs", [(["nodule", "emphysema"], ["left right lung"])]),
        (
            "A nodule in the left lung and a cyst in the right kidney",
            [(["nodule"], ["left lung"]), (["cyst"], ["right kidney"])],
        ),
        (
            "In the left lung a nodule, in the right kidney a cyst",
            [(["nodule"], ["left lung"]), (["cyst"], ["right kidney"])],
        ),
        ("A nodule in the right lung in the upper lobe", [(["nodule"], ["right upper lung"])]),
        (
            "A nodule in the left lung and a cyst",
            [(["nodule"], ["left lung"]), (["cyst"], [])],
        ),
        ("A nodule", [(["nodule"], [])]),
    ],
)
def test_places_belong_to_the_findings_that_they_stand_with(text, groups):
    assert _read(text) == groups


@pytest.mark.parametrize(
    "text",
    [
        "in the left lung",  # no finding
        "A zzyzx nodule in the left lung",  # a word that no table has
        "A nodule in the left lung a cyst in the right kidney in the spleen",
        "Emphysema, a nodule in the right lung",  # whether the first shares the place
        "A nodule in the right left lung",
        "A nodule adjacent to",
        "A nodule or a cyst in the left kidney",
        "A nodule in the liver in the left lung",
        "A nodule in both lungs, the right upper lobe",  # of both lungs only one side
    ],
)
def test_what_is_not_certain_is_not_read(text):
    with pytest.raises(Unclear):
        read_groups(read_chunks(text))


def test_the_largest_has_its_own_place_and_size():
    (group,) = read_groups(read_chunks("Nodules in both lungs, the largest 8 mm in the right upper lobe"))
    assert [_place(unit) for unit in group.units] == ["left right lung"]
    assert [_place(unit) for unit in group.largest_units] == ["right upper lung"]
    assert [one.value for one in group.largest_sizes] == ["8 mm"]


def test_where_there_is_more_of_it():
    (group,) = read_groups(read_chunks("Emphysema in both lungs, more prominent in the right upper lobe"))
    assert [_place(unit) for unit in group.prominent] == ["right upper lung"]


def test_what_it_lies_next_to():
    (group,) = read_groups(read_chunks("A nodule in the left lung adjacent to the aorta"))
    assert [unit.organ for relation in group.relations for unit in relation.units] == ["aorta"]


def test_sizes_belong_to_the_finding_behind_them():
    first, second = read_groups(
        read_chunks("A 5 mm nodule in the left lung and a 2 cm cyst in the right kidney")
    )
    assert [one.value for one in first.sizes] == ["5 mm"]
    assert [one.value for one in second.sizes] == ["2 cm"]
