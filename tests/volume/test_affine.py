import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.volume import AXIS_CODES, Affine

OBLIQUE = np.array([[0.8, -0.3, 0.2, 5.0], [0.25, 0.9, -0.4, -7.0], [-0.1, 0.3, 2.0, 11.0], [0, 0, 0, 1.0]])


def test_properties_of_a_plain_case():
    affine = Affine([[-0.5, 0, 0, 10], [0, -0.75, 0, 20], [0, 0, 2, -30], [0, 0, 0, 1]])
    assert affine.axcodes == "LPS"
    assert affine.spacing == (0.5, 0.75, 2.0)
    assert affine.vmax == 2.0
    assert affine.origin == (10, 20, -30)
    assert affine.voxel_volume_ml == pytest.approx(0.75e-3)
    assert np.array_equal(affine.directions, np.diag([-1.0, -1, 1]))
    assert not affine.sheared
    assert not affine.oblique
    assert repr(affine) == "Affine(LPS, 0.5 x 0.75 x 2 mm, origin 10.0, 20.0, -30.0)"


def test_spacing_of_oblique_axes_is_the_norm_of_columns():
    affine = Affine(OBLIQUE)
    assert affine.spacing == pytest.approx(np.linalg.norm(OBLIQUE[:3, :3], axis=0))
    assert affine.oblique
    assert affine.sheared
    assert affine.axcodes == "RAS"


def test_apply_takes_any_leading_shape():
    points = np.arange(24.0).reshape(2, 4, 3)
    got = Affine(OBLIQUE).apply(points)
    assert got.shape == (2, 4, 3)
    assert got[1, 2] == pytest.approx((OBLIQUE @ [*points[1, 2], 1])[:3])
    with pytest.raises(InputError, match="3 numbers"):
        Affine(OBLIQUE).apply([1.0, 2.0])


@given(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3))
@settings(max_examples=50, deadline=None)
def test_inverse_goes_back(point):
    affine = Affine(OBLIQUE)
    assert affine.inverse().apply(affine.apply(point)) == pytest.approx(point, abs=1e-6)


def test_matrix_cannot_be_changed():
    source = OBLIQUE.copy()
    affine = Affine(source)
    source[0, 0] = 99
    assert affine.matrix[0, 0] == 0.8
    with pytest.raises(ValueError, match="read-only"):
        affine.matrix[0, 0] = 1


def test_equality_has_a_tolerance_and_no_hash():
    near, far = OBLIQUE.copy(), OBLIQUE.copy()
    near[0, 3] += 1e-4
    far[0, 3] += 1e-2
    assert Affine(OBLIQUE) == Affine(near) != Affine(far)
    assert Affine(OBLIQUE) != "RAS"
    with pytest.raises(TypeError):
        hash(Affine(OBLIQUE))


@pytest.mark.parametrize("codes", AXIS_CODES)
def test_from_axcodes_has_these_axes(codes):
    affine = Affine.from_axcodes(codes, (1, 2, 3), origin=(4, 5, 6))
    assert affine.axcodes == codes
    assert affine.spacing == (1, 2, 3)
    assert affine.origin == (4, 5, 6)


def test_from_axcodes_with_a_shape_is_centred():
    affine = Affine.from_axcodes("LPS", (1, 2, 3), shape=(5, 6, 7))
    assert affine.apply([2, 2.5, 3]) == pytest.approx([0, 0, 0])


def test_three_rows_are_enough():
    assert np.array_equal(Affine(OBLIQUE[:3]).matrix, OBLIQUE)


@pytest.mark.parametrize(
    ("matrix", "rule"),
    [
        (np.eye(3), "4x4"),
        (np.diag([1, 1, 0, 1]), "singular"),
        (np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "singular"),
        (np.diag([1, np.nan, 1, 1]), "finite"),
        (np.diag([1, 1, 1, 2]), "last row"),
    ],
)
def test_bad_matrices_are_refused(matrix, rule):
    with pytest.raises(InputError, match=rule):
        Affine(matrix)
