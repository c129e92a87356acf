from __future__ import annotations

import pytest

from medspatial.report.names import mask_name, spoken, title


@pytest.mark.parametrize(
    ("name", "mask", "words"),
    [
        ("kidney_left", "kidney_left", "left kidney"),
        ("nodule#2", "nodule", "lung nodule 2"),
        ("liver", "liver", "liver"),
        ("my_own_label", "my_own_label", "my own label"),
    ],
)
def test_mask_and_title(name: str, mask: str, words: str) -> None:
    assert mask_name(name) == mask
    assert title(name) == words


def test_identifiers_inside_a_text() -> None:
    assert spoken("surface of kidney_left") == "surface of left kidney"
    assert spoken("nodule#1: 3 mm") == "lung nodule 1: 3 mm"
    assert spoken("one end") == "one end"
    assert spoken("centroid of the left kidney") == "centroid of the left kidney"
