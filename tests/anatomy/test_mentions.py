"""Structures in texts, with their sides."""

import doctest
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import medspatial.anatomy.mentions as module
from medspatial.anatomy import find_mentions, structures


def names(text):
    return [mention.name for mention in find_mentions(text)]


def test_docstring_examples():
    assert doctest.testmod(module).failed == 0


# A base whose plain name implies a side is found with it: "middle lobe" is the right one.
SPOKEN = [one for one in structures() if not (one.side is None and one.place_side and f"{one.name}_right" in
          {other.name for other in structures()})]  # fmt: skip


@pytest.mark.parametrize("one", SPOKEN, ids=lambda one: one.name)
def test_every_title_and_name_is_found_as_itself(one):
    for text in (one.title, one.name, f"{one.title.capitalize()}.", f"It is in the {one.title}, certainly."):
        assert names(text) == [one.name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RLL", ["lung_lower_lobe_right"]),
        ("left lung upper lobe", ["lung_upper_lobe_left"]),
        ("left upper lobe of the lung", ["lung_upper_lobe_left"]),
        ("upper left lobe", ["lung_upper_lobe_left"]),
        ("left superior lobe", ["lung_upper_lobe_left"]),
        ("In the right lung, lower lobe", ["lung_lower_lobe_right"]),
        ("apical segment of right upper lobe", ["lung_segment_apical_right"]),
        ("middle lobe", ["lung_middle_lobe_right"]),
        ("kidney on the left", ["kidney_left"]),
        ("the kidney (left)", ["kidney_left"]),
        ("kidney (R) and lower lobe, L", ["kidney_right", "lung_lower_lobe_left"]),
        ("liver segments VII and VIII", ["liver_segment_7", "liver_segment_8"]),
        ("right lower lobe superior segment", ["lung_segment_superior_right"]),
        ("right-sided kidney", ["kidney_right"]),
        ("Lt. kidney and Rt kidney", ["kidney_left", "kidney_right"]),
        ("L kidney", ["kidney_left"]),
        ("kidneys", ["kidney"]),
        ("left posterior lower lobe", ["lung_lower_lobe_left"]),
        ("hepatic segment VIII", ["liver_segment_8"]),
        ("Couinaud segment IVa", ["liver_segment_4a"]),
        ("segment 4a", ["liver_segment_4a"]),
        ("segments 5 and 6", ["liver_segment_5", "liver_segment_6"]),
        ("gallbladder", ["gallbladder"]),
        ("bladder", ["urinary_bladder"]),
        ("IVC", ["inferior_vena_cava"]),
        ("the oesophagus", ["esophagus"]),
        ("caecum", ["cecum"]),
        ("L1", ["vertebrae_L1"]),
        ("from T11-T12 to L1/L2", ["vertebrae_T11", "vertebrae_T12", "vertebrae_L1", "vertebrae_L2"]),
        ("12th thoracic vertebra", ["vertebrae_T12"]),
        ("twelfth thoracic vertebral body", ["vertebrae_T12"]),
        ("7th rib on the left", ["rib_left_7"]),
        ("left 5th and 6th ribs", ["rib_left_5", "rib_left_6"]),
        ("ribs 5 and 6 on the right", ["rib_right_5", "rib_right_6"]),
        ("right middle and lower lobes", ["lung_middle_lobe_right", "lung_lower_lobe_right"]),
        ("right upper and left lower lobes", ["lung_upper_lobe_right", "lung_lower_lobe_left"]),
        ("upper and lower lobes of the left lung", ["lung_upper_lobe_left", "lung_lower_lobe_left"]),
        ("renal artery and vein on the right", ["renal_artery_right", "renal_vein_right"]),
        ("left hepatic lobe", ["liver_lobe_left"]),
        ("hepatic flexure", ["hepatic_flexure"]),
        ("left ventricle and right atrium", ["heart_ventricle_left", "heart_atrium_right"]),
        ("left or right kidney", ["kidney_left", "kidney_right"]),
        ("left renal cyst", ["kidney_cyst_left"]),
        ("liver to the left of the spleen", ["liver", "spleen"]),
        ("is the kidney left of the aorta", ["kidney", "aorta"]),
        ("kidney, left adrenal gland", ["kidney", "adrenal_gland_left"]),
        ("delivery, deliverable and colonel", []),
        ("", []),
    ],
)
def test_phrases(text, expected):
    assert names(text) == expected


def test_spans_cover_the_words_of_the_side():
    text = "A cyst of the kidney on the left side, and the upper lobe of the left lung."
    spans = [text[one.start : one.end] for one in find_mentions(text)]
    assert spans == ["cyst", "kidney on the left side", "upper lobe of the left lung"]


def test_short_abbreviations_need_capitals():
    assert names("LK") == ["kidney_left"]
    assert names("lk") == []


_WORDS = """
    left right L Rt and or , ( ) . of the on side both kidneys lobe lobes upper lower middle lung ribs rib 5
    6th segment IV liver renal vein cyst L1 RLL effusion pleural xyz 's - apical base hepatic
"""
WORDS = st.sampled_from(_WORDS.split())


@settings(max_examples=300, deadline=None)
@given(st.lists(WORDS, max_size=14))
def test_mentions_lie_in_the_text_in_order(words):
    text = " ".join(words)
    known = {one.name for one in structures()}
    found = find_mentions(text)
    for one in found:
        assert one.name in known
        assert one.side in {None, "left", "right", "both"}
        assert 0 <= one.start < one.end <= len(text)
        if {"left", "right"} & set(one.name.split("_")):
            assert one.side in one.name.split("_")
    assert [one.start for one in found] == sorted(one.start for one in found)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read(text):
    find_mentions(text)


def test_case_does_not_matter_for_words():
    assert find_mentions("LEFT KIDNEY and Upper Lobe") == find_mentions("left kidney and upper lobe")


def test_speed_of_short_texts():
    texts = [f"The nodule number {n} lies in the upper lobe of the left lung." for n in range(2000)]
    find_mentions("warm up")
    start = time.perf_counter()
    for text in texts:
        find_mentions(text)
    rate = len(texts) / (time.perf_counter() - start)
    assert rate > 1000, f"{rate:.0f} texts per second"  # a fifth of what one quiet core does
