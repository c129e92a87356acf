from pathlib import Path

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.volume.header import StoredGeometry, forms_conflict, is_plain, usable_affine, volume_shape

PATH = Path("scan.nii")


@pytest.mark.parametrize(
    ("matrix", "plain"),
    [
        (np.eye(4), True),
        (np.diag([0.7, 0.7, 5, 1]), True),
        (np.diag([-0.7, -0.7, 5, 1]), False),  # says LPS
        (np.diag([0.7, 0.7, 5, 1]) + np.eye(4, k=3) * 12, False),  # has an origin
        (np.eye(4)[[1, 0, 2, 3]], False),  # permuted
    ],
)
def test_plain_means_positive_diagonal_and_zero_origin(matrix, plain):
    assert is_plain(matrix) == plain


def test_a_missing_affine_names_its_reason_and_the_way_out():
    geometry = StoredGeometry(np.diag([-1.0, -1, 1, 1]), (1, 1, 1), missing="both codes are 0")
    with pytest.raises(InputError, match=r"scan\.nii: no usable affine.*both codes are 0.*--assume-axes LPS"):
        usable_affine(geometry, (2, 2, 2), PATH, None)
    affine, assumed = usable_affine(geometry, (3, 3, 3), PATH, "IPL")
    assert (affine.axcodes, assumed) == ("IPL", "IPL")
    assert affine.apply((1, 1, 1)) == pytest.approx((0, 0, 0))


def test_a_good_affine_is_kept():
    matrix = np.diag([-1.0, -1, 1, 1])
    affine, assumed = usable_affine(StoredGeometry(matrix, (1, 1, 1)), (2, 2, 2), PATH, "RAS")
    assert np.array_equal(affine.matrix, matrix)
    assert assumed is None


@pytest.mark.parametrize(
    ("stated", "kept"), [((3, 4, 5), (3, 4, 5)), ((3, 4, 5, 1, 1), (3, 4, 5)), ((3, 4, 1), (3, 4, 1))]
)
def test_trailing_ones_are_dropped_down_to_three(stated, kept):
    assert volume_shape(stated, PATH) == kept


@pytest.mark.parametrize(
    ("stated", "rule"),
    [((3, 4), "has 2"), ((3, 4, 5, 2), "has 4"), ((3, 4, 1, 2), "has 4"), ((3, 0, 5), "empty")],
)
def test_other_shapes_are_refused(stated, rule):
    with pytest.raises(InputError, match=rule):
        volume_shape(stated, PATH)


def test_conflict_begins_at_45_degrees():
    def turned(degrees):
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        return np.array([[c, -s, 0, 0], [s, c, 0, 9], [0, 0, 2, 0], [0, 0, 0, 1]])

    assert not forms_conflict(turned(0), turned(40))
    assert forms_conflict(turned(0), turned(50))
    assert forms_conflict(np.diag([-1.0, 1, 1, 1]), np.eye(4))
