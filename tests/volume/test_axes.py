import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, validate_axcodes
from medspatial.volume.axes import OPPOSITE, array_axis, axis_moves, closest_axcodes, world_axis


def test_there_are_48_different_codes():
    assert len(AXIS_CODES) == len(set(AXIS_CODES)) == 48
    assert {"RAS", "LPS", "IPL", "SAR"} <= set(AXIS_CODES)


@pytest.mark.parametrize("code", ["ras", "LPS", "Ipl"])
def test_codes_are_returned_in_capitals(code):
    assert validate_axcodes(code) == code.upper()


@pytest.mark.parametrize("code", ["", "RA", "RASS", "RLS", "XYZ", "AAA", None, 3])
def test_other_codes_are_refused_with_the_value(code):
    with pytest.raises(InputError, match="need three letters") as caught:
        validate_axcodes(code)
    assert repr(code) in str(caught.value)


def test_letters_name_the_direction_of_growth():
    assert world_axis("R") == (0, 1)
    assert world_axis("L") == (0, -1)
    assert world_axis("I") == (2, -1)
    with pytest.raises(InputError, match="'Q'"):
        world_axis("Q")


def test_opposites_are_mutual():
    assert all(OPPOSITE[OPPOSITE[letter]] == letter != OPPOSITE[letter] for letter in "RLAPSI")


@pytest.mark.parametrize(
    ("source", "target", "moves"),
    [
        ("RAS", "RAS", ((0, 1, 2), (False, False, False))),
        ("RAS", "LPS", ((0, 1, 2), (True, True, False))),
        ("IPL", "RAS", ((2, 1, 0), (True, True, True))),
        ("SAR", "RAS", ((2, 1, 0), (False, False, False))),
    ],
)
def test_moves_between_orientations(source, target, moves):
    assert axis_moves(source, target) == moves


def test_array_axis_finds_the_left_right_axis():
    assert [array_axis(code, "LR") for code in ("RAS", "PIL", "ALS")] == [0, 2, 1]


@given(st.sampled_from(AXIS_CODES), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_closest_codes_agree_with_nibabel_for_tilted_grids(code, seed):
    rng = np.random.default_rng(seed)
    directions = np.zeros((3, 3))
    for k, letter in enumerate(code):
        axis, sign = world_axis(letter)
        directions[axis, k] = sign
    skew = np.cross(np.eye(3), rng.uniform(-0.2, 0.2, 3))
    turned = (np.eye(3) + skew) @ directions
    turned /= np.linalg.norm(turned, axis=0)
    affine = np.eye(4)
    affine[:3, :3] = turned
    assert closest_axcodes(turned) == code == "".join(nib.aff2axcodes(affine))


def test_exact_45_degrees_gives_a_code_all_the_same():
    half = np.sqrt(0.5)
    assert closest_axcodes(np.array([[half, -half, 0], [half, half, 0], [0, 0, 1.0]])) in AXIS_CODES
