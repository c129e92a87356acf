"""The table of structures: complete, consistent, and forgiving about spelling."""

import doctest
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.anatomy import (
    canonical_name,
    describe,
    is_part,
    load_label_map,
    part_of,
    structure,
    structures,
    swap_side,
    vertebra_order,
)
from medspatial.errors import InputError

NAMES = [one.name for one in structures()]


def test_docstring_examples():
    assert doctest.testmod(sys.modules[structure.__module__]).failed == 0


def test_names_are_unique():
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("label", load_label_map("totalsegmentator_v2").labels.values())
def test_all_117_labels_are_organs_or_lesions(label):
    assert structure(label).name == label
    assert structure(label).kind in {"organ", "lesion"}
    assert structure(label).title
    assert structure(label).group


@pytest.mark.parametrize("one", structures(), ids=lambda one: one.name)
def test_references_exist_and_sides_agree(one):
    assert set(one.within) <= set(NAMES)
    assert one.side is None or one.side in one.name.split("_")
    if one.side:
        assert one.side in one.title.split()
        assert one.base in NAMES
    if one.partner:
        partner = structure(one.partner)
        assert (partner.partner, partner.base) == (one.name, one.base)
        assert partner.side != one.side
        assert (partner.solid, partner.thin, partner.group) == (one.solid, one.thin, one.group)
    assert one.name not in part_of(one.name)
    assert one.code is None or one.code.isdigit()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("kidney_left", "left kidney"),
        ("lung_upper_lobe_left", "upper lobe of the left lung"),
        ("rib_right_11", "eleventh rib on the right"),
        ("vertebrae_T12", "T12 vertebra"),
        ("clavicula_left", "left clavicle"),
        ("kidney", "kidney"),
    ],
)
def test_titles_are_natural_english(name, title):
    assert structure(name).title == title


def test_codes_are_distinct():
    codes = [one.code for one in structures() if one.code]
    assert len(codes) == len(set(codes)) > 80


def test_flags_follow_the_rules_for_whole_and_margins():
    solid = {one.base or one.name for one in structures("organ") if one.solid and one.group != "spine"}
    assert solid == {
        "liver", "spleen", "pancreas", "kidney", "adrenal_gland", "gallbladder", "urinary_bladder",
        "prostate", "heart", "thyroid_gland", "brain",
    }  # fmt: skip
    assert all(structure(name).solid for name in vertebra_order())
    scattered = {one.base or one.name for one in structures("organ") if one.scattered}
    assert scattered == {"colon", "small_bowel", *(f"rib_{n}" for n in range(1, 13))}
    thin = {one.base or one.name for one in structures("organ") if one.thin and not one.vessel}
    assert thin == {
        "adrenal_gland", "pancreas", "duodenum", "esophagus", "spinal_cord", "iliopsoas", "atrial_appendage"
    }  # fmt: skip
    assert all(one.thin for one in structures() if one.vessel)


def test_bones_and_muscles_come_from_groups():
    assert structure("rib_left_3").bone
    assert structure("femur_left").bone
    assert structure("vertebrae_L1").bone
    assert structure("iliopsoas_left").muscle
    assert not structure("liver").bone


def test_lone_sides_have_no_partner_but_swap():
    assert structure("lung_middle_lobe_right").partner is None
    assert structure("atrial_appendage_left").partner is None
    assert swap_side("lung_middle_lobe_right") == "lung_middle_lobe_left"
    assert structure("lung_middle_lobe_left").kind == "region"


@given(st.sampled_from(NAMES))
def test_swapping_sides_twice_is_nothing(name):
    assert swap_side(swap_side(name)) == name
    assert (swap_side(name) != name) == (structure(name).side is not None)
    assert swap_side(name) in NAMES


def test_unknown_name_lists_near_matches():
    with pytest.raises(InputError, match=r"unknown structure 'kidny_left'; near matches: kidney_left"):
        structure("kidny_left")
    with pytest.raises(InputError, match=r"unknown structure 'qqqq'$"):
        structure("qqqq")


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("Left Kidney", "kidney_left"),
        ("right-kidney", "kidney_right"),
        ("lung_nodules", "nodule"),
        ("kidney_tumour", "kidney_tumor"),
        ("upper lobe of the left lung", "lung_upper_lobe_left"),
        ("portal_vein", "portal_vein"),  # not the joint label of portal and splenic vein
        ("organ_x", "organ_x"),
    ],
)
def test_canonical_names(given_name, name):
    assert canonical_name(given_name) == name


def test_custom_structures_keep_their_name_and_side():
    nerve = describe("vagus_nerve_left")
    assert (nerve.title, nerve.side, nerve.base) == ("left vagus nerve", "left", "vagus_nerve")
    assert (nerve.partner, nerve.kind) == ("vagus_nerve_right", "organ")
    assert describe("left_to_right_shunt").side is None
    assert describe("bone_lesions").kind == "lesion"
    assert describe("kidney_left") is structure("kidney_left")


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_can_be_described(name):
    assert describe(name).kind in {"organ", "lesion", "region"}


@pytest.mark.parametrize(
    ("inner", "outer", "expected"),
    [
        ("lingula", "lung_upper_lobe_left", True),
        ("lingula", "lung_left", True),
        ("lingula", "lung", True),
        ("lingula", "lung_right", False),
        ("kidney_left", "kidney", True),
        ("kidney", "kidney_left", False),
        ("liver_segment_4a", "liver", True),
        ("liver_segment_4a", "liver_segment_4", True),
        ("rib_left_7", "rib_left", True),
        ("rib_left_7", "rib_7", True),
        ("vertebrae_T12", "thoracic_spine", True),
        ("vertebrae_T12", "spine", True),
        ("liver", "liver", False),
        ("aortic_arch", "aorta", True),
        ("heart_atrium_left", "heart", True),
        ("unheard_of", "liver", False),
    ],
)
def test_parts(inner, outer, expected):
    assert is_part(inner, outer) is expected


def test_vertebrae_run_from_head_to_foot():
    order = vertebra_order()
    assert len(order) == 25
    assert order[0] == "vertebrae_C1"
    assert order.index("vertebrae_T12") + 1 == order.index("vertebrae_L1")
    assert all(structure(name).name == name for name in order)
