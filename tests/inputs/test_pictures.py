"""Pictures: proportions, sides, captions, grids, and what is recorded."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.inputs import PictureSettings, render
from medspatial.volume import Affine, MaskSet, Volume


def ct(shape: tuple[int, int, int] = (40, 20, 10), spacing: tuple[float, float, float] = (2, 2, 4)) -> Volume:
    voxels = np.full(shape, -1000, dtype=np.int16)
    voxels[: shape[0] // 4, : shape[1] // 4, :] = 1000  # RAS: left and posterior
    return Volume(voxels, Affine(np.diag([*spacing, 1.0])), "HU")


def lit(image: np.ndarray) -> tuple[float, float]:
    """Centre of what is bright, as shares of height and width."""
    rows, columns = np.nonzero(image[..., 0] > 128)
    return rows.mean() / image.shape[0], columns.mean() / image.shape[1]


def test_radiological_display() -> None:
    """The mark lies at the patient's left and back."""
    axial = render(ct(), PictureSettings(count=1, size=80)).images[0]
    row, column = lit(axial)
    assert column > 0.5
    assert row > 0.5
    coronal = render(ct(), PictureSettings(planes="coronal", count=4, size=80)).images[-1]
    assert lit(coronal)[1] > 0.5
    sagittal = render(ct(), PictureSettings(planes="sagittal", count=4, size=80)).images[-1]
    assert lit(sagittal)[1] > 0.5  # anterior is on the left, the mark is posterior


def test_true_proportions_and_square_margins() -> None:
    plain = render(ct(), PictureSettings(count=1, size=80, square=False)).images[0]
    assert plain.shape == (40, 80, 3)
    square = render(ct(), PictureSettings(count=1, size=80)).images[0]
    assert square.shape == (80, 80, 3)
    assert np.array_equal(square[20:60], plain)
    assert not square[:20].any()
    coronal = render(ct(), PictureSettings(planes="coronal", count=1, size=80, square=False)).images[0]
    assert coronal.shape == (40, 80, 3)  # 10 slices of 4 mm against 40 columns of 2 mm


def test_captions_and_history() -> None:
    made = render(ct(), PictureSettings(count=2, size=32))
    assert made.captions == ("Slice 1 of 2: axial, z = 28.0 mm", "Slice 2 of 2: axial, z = 8.0 mm")
    step = made.history[-1]
    assert (step.name, step.parameters["slices"], step.parameters["count"]) == (
        "pictures",
        {"axial": [7, 2]},
        2,
    )


def test_grid_is_one_picture_of_labelled_tiles() -> None:
    settings = PictureSettings(representation="grid", count=6, size=64)
    made = render(ct(), settings)
    assert [image.shape for image in made.images] == [(128, 192, 3)]
    assert made.captions[0].startswith(
        "Grid of 6 axial slices in reading order, 3 in a row, from z = 36.0 mm to"
    )
    assert len(made.frames[0]) == 6
    tile = made.images[0][:64, :64]
    plain = render(ct(), PictureSettings(count=6, size=64)).images[0]
    assert np.array_equal(tile[32:48], plain[32:48])  # below the label
    assert not np.array_equal(tile[:16], plain[:16])  # the label


def test_grid_of_all_planes_is_three_pictures_and_columns_can_be_chosen() -> None:
    settings = PictureSettings(representation="grid", planes="all", count=4, size=32, columns=4)
    assert [image.shape for image in render(ct(), settings).images] == [(32, 128, 3)] * 3


@pytest.mark.parametrize("mark", ["letters", "scale_bar", "position"])
def test_marks_are_burnt_in_on_request_only(mark: str) -> None:
    plain = render(ct(), PictureSettings(count=1, size=128)).images[0]
    marked = render(ct(), PictureSettings.model_validate({"count": 1, "size": 128, mark: True})).images[0]
    assert not np.array_equal(plain, marked)
    if mark == "letters":
        changed = np.argwhere((plain != marked).any(axis=-1)) / 128
        for edge in ([0.5, 0.03], [0.5, 0.97], [0.04, 0.5], [0.96, 0.5]):
            assert np.abs(changed - edge).sum(axis=1).min() < 0.08


def test_scale_bar_has_its_length() -> None:
    settings = PictureSettings(count=1, size=160, scale_bar=True)  # 80 mm wide: 2 pixels per mm, bar 20 mm
    image = render(
        Volume(np.full((40, 40, 3), -1000, dtype=np.int16), Affine(np.diag([2, 2, 2, 1.0])), "HU"), settings
    ).images[0]
    longest = max(
        len(run)
        for row in image[..., 0] == 255
        for run in "".join("x" if lit else " " for lit in row).split()
    )
    assert longest == 40


def masks(volume: Volume) -> MaskSet:
    first, second = np.zeros((2, *volume.shape), dtype=bool)
    first[5:15, 5:15, 2:8] = True
    second[25:35, 5:15, 5:8] = True
    return MaskSet.from_masks({"liver": first, "kidney_left": second}, volume.affine)


def test_overlay_draws_outlines_or_fills_and_names_colours() -> None:
    volume = ct()
    options = {"representation": "overlay", "count": 2, "size": 80, "legend": False}
    outlined = render(volume, PictureSettings.model_validate(options), masks(volume))
    assert outlined.captions[0].endswith("marked: liver in sky blue, kidney left in orange")
    assert outlined.captions[1].endswith("marked: liver in sky blue")
    filled = render(
        volume, PictureSettings.model_validate({**options, "style": "fill", "opacity": 1}), masks(volume)
    )
    blue = np.array([86, 180, 233])
    inside = (filled.images[0] == blue).all(axis=-1)
    edge = (outlined.images[0] == blue).all(axis=-1)
    assert inside.sum() == 20 * 20  # ten by ten voxels of two pixels
    assert 0 < edge.sum() < inside.sum()
    assert not (edge & ~inside).any()


def test_legend_is_a_strip_below() -> None:
    volume = ct()
    with_legend = PictureSettings(representation="overlay", count=1, size=128)
    made = render(volume, with_legend, masks(volume)).images[0]
    bare = render(volume, with_legend.model_copy(update={"legend": False}), masks(volume)).images[0]
    assert made.shape[0] > bare.shape[0]
    assert np.array_equal(made[:128], bare)
    strip = made[128:].reshape(-1, 3).tolist()
    assert [86, 180, 233] in strip
    assert [230, 159, 0] in strip


def test_overlay_that_cannot_be_drawn() -> None:
    volume = ct()
    settings = PictureSettings(representation="overlay")
    with pytest.raises(InputError, match="'overlay' needs masks"):
        render(volume, settings)
    with pytest.raises(InputError, match="no mask of 'spleen'; there are: liver, kidney_left"):
        render(volume, settings.model_copy(update={"structures": ("spleen",)}), masks(volume))
    with pytest.raises(InputError, match="'liver' does not lie on the grid"):
        render(volume, settings, masks(ct((40, 20, 12))))
    labels = np.arange(np.prod(volume.shape)).reshape(volume.shape) % 10
    many = MaskSet([labels], [{i: f"m{i}" for i in range(1, 10)}], volume.affine)
    with pytest.raises(InputError, match="9 structures, but only 6 colours"):
        render(volume, settings, many)
