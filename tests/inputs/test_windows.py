"""Windows by name, by HU, one or three."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.inputs.windows import BONE, LUNG, MEDIASTINUM, WINDOWS, channels_of, coloured


def test_one_name_is_grey_and_three_are_colours() -> None:
    assert channels_of("lung") == (LUNG,)
    assert channels_of("lung+mediastinum+bone") == (LUNG, MEDIASTINUM, BONE)
    assert channels_of(["lung", "mediastinum", "bone"]) == (LUNG, MEDIASTINUM, BONE)


def test_a_pair_of_hu() -> None:
    (window,) = channels_of([-160, 240])
    assert (window.range, window.name) == ((-160.0, 240.0), "-160..240 HU")
    red, green, blue = channels_of([(-1024, 1024), "mediastinum", (0, 80)])
    assert (red.width, green, blue.centre) == (2048, MEDIASTINUM, 40)


@pytest.mark.parametrize(
    "bad", ["lungs", "lung+bone", [240, -160], [1, 2, 3, 4], [(0, 1, 2)], ["lung", "bone"]]
)
def test_what_makes_no_window(bad: object) -> None:
    with pytest.raises(ValueError, match=r"window"):
        channels_of(bad)  # type: ignore[arg-type]


def test_colours_are_the_windows_in_order() -> None:
    hu = np.array([[-1000, 40], [300, 3000]])
    made = coloured(hu, channels_of("lung+mediastinum+bone"))
    for channel, window in enumerate((LUNG, MEDIASTINUM, BONE)):
        assert np.array_equal(made[..., channel], window.grey(hu))
    grey = coloured(hu, (BONE,))
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_each_window_reaches_both_ends() -> None:
    for window in WINDOWS.values():
        low, high = window.range
        assert window.grey(np.array([low - 1, low, high, high + 1])).tolist() == [0, 0, 255, 255]
