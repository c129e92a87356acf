"""Settings of pictures: what does not fit is refused with option, rule and value."""

from __future__ import annotations

import pytest

from medspatial.errors import InputError
from medspatial.inputs import PictureSettings, VoxelSettings, settings_of


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"representation": "video"}, "representation: .*'video'"),
        ({"count": 0}, "count: .*greater than or equal to 1; got 0"),
        ({"window": "lungs"}, "window.*unknown window 'lungs'; known: lung,"),
        ({"window": [300, 100]}, r"window.*\[low, high\] with low < high"),
        ({"step_mm": 5}, "'step_mm' needs 'around'"),
        ({"columns": 3}, "'columns' is for representation 'grid'"),
        ({"structures": ["liver"]}, "'structures' is for representation 'overlay'"),
        ({"size": 9000}, "size: .*4096; got 9000"),
        ({"colour": 1}, "colour: unknown option; got 1"),
        ({"representation": "volume", "axes": "SPX"}, "axes: .*SPX"),
    ],
)
def test_bad_settings(options: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        settings_of(options)


def test_plain_options_become_settings_and_back() -> None:
    made = settings_of(
        {"representation": "grid", "window": [-160, 240], "around": [1, 2, 3], "planes": "all"}
    )
    assert isinstance(made, PictureSettings)
    assert settings_of(made.model_dump(mode="json")) == made
    assert isinstance(settings_of({"representation": "volume"}), VoxelSettings)


def test_contract_says_what_comes_out() -> None:
    contract = PictureSettings(window="lung+mediastinum+bone").contract()
    assert (contract.representation, contract.dtype, contract.channels) == ("slices", "uint8", 3)
    assert "lung window (C −600, W 1500 HU)" in contract.normalisation
    assert contract.lines()
