from __future__ import annotations

import numpy as np
import pytest

from medspatial.inputs.windows import BONE, LUNG, SOFT_TISSUE, Window
from medspatial.report.pictures.windows import window_for


@pytest.mark.parametrize(
    ("structures", "window"),
    [
        (("lung_upper_lobe_left", "trachea"), LUNG),
        (("nodule",), LUNG),
        (("vertebrae_T12", "rib_left_7"), BONE),
        (("hip_left",), BONE),
        (("liver", "spleen"), SOFT_TISSUE),
        (("lung_upper_lobe_left", "heart"), SOFT_TISSUE),
        (("rib_left_7", "liver"), SOFT_TISSUE),
        (("my_own_label",), SOFT_TISSUE),
        ((), SOFT_TISSUE),
    ],
)
def test_window_follows_what_is_asked(structures: tuple[str, ...], window: Window) -> None:
    assert window_for(structures) is window


def test_grey_is_linear_and_clipped() -> None:
    grey = SOFT_TISSUE.grey(np.array([-2000, -160, 40, 240, 3000], dtype=np.int16))
    assert grey.tolist() == [0, 0, 128, 255, 255]
    assert grey.dtype == np.uint8


def test_label_names_centre_and_width() -> None:
    assert LUNG.label == "lung window (C −600, W 1500 HU)"
