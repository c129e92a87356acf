"""Reference checks of MedGemma: slice indices, windows, JPEG variant, and pixels of the image processor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

from medspatial.inputs import through_jpeg
from medspatial.models.medgemma.preparation import Preparation, coloured, selected
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.tools.verify import Check, exact_check, tensor_check
from medspatial.volume import Volume, read_volume

_MEANS, _JPEG, _PIXELS = 1e-3, 3.0, 1e-4
_STRIDE = 8


def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield tables of indices and window points, and where a CT is given slices and pixels."""
    config = read_config(folder)
    for count, indices in config["index_tables"].items():
        yield exact_check(f"indices of {count} slices", selected(int(count)), indices)
    points = config["window_points"]
    hu = np.array([int(value) for value in points])
    yield exact_check("window points", coloured(hu).tolist(), list(points.values()))
    if ct is not None:
        yield from _slices(load_file(folder / "preprocess_expected.safetensors"), read_volume(ct, unit="HU"))


def _slices(expected: dict[str, Any], volume: Volume) -> Iterator[Check]:
    ordered = volume.oriented("LPS").voxels.transpose(2, 1, 0)[::-1]
    indices = selected(len(ordered))
    yield exact_check("selected indices", indices, expected["selected_indices_superior_first"].tolist())
    slices = Preparation().slices(volume)
    means = ordered[indices].astype(np.float64).mean(axis=(1, 2))
    yield tensor_check("hu_slice_mean", means, expected["hu_slice_mean"], _MEANS)
    yield tensor_check("rgb_mean_per_slice", slices.mean(axis=(1, 2)), expected["rgb_mean_per_slice"], _MEANS)
    highest = slices.max(axis=(1, 2))
    yield tensor_check("rgb_max_per_slice", highest, expected["rgb_max_per_slice"], 0.0)
    places = sorted({int(key.split(".")[0][5:]) for key in expected if key.startswith("slice")})
    for place in places:
        name = f"slice{place}"
        picture = slices[place]
        yield tensor_check(f"{name}.hu", ordered[indices[place]], expected[f"{name}.hu_int16"], 0.0)
        yield tensor_check(f"{name}.rgb", picture, expected[f"{name}.rgb_uint8"], 0.0)
        yield tensor_check(f"{name}.jpeg", through_jpeg(picture), expected[f"{name}.jpeg_decoded_rgb"], _JPEG)
        if f"{name}.pixel_values_pil_rgb_uint8_stride8" in expected:
            yield from _pixels(expected, name, picture)


def _pixels(expected: dict[str, Any], name: str, picture: Any) -> Iterator[Check]:
    """Gemma 3's own image processor without torchvision, at every eighth row and column."""
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    processor = Gemma3ImageProcessorPil(size={"height": 896, "width": 896})
    for kind, source in (("rgb_uint8", picture), ("jpeg_decoded_rgb", expected[f"{name}.jpeg_decoded_rgb"])):
        made = processor(Image.fromarray(source), return_tensors="np")["pixel_values"]
        pixels = np.asarray(made).reshape(3, 896, 896)[:, ::_STRIDE, ::_STRIDE]
        key = f"{name}.pixel_values_pil_{kind}_stride8"
        yield tensor_check(key, pixels, expected[key], _PIXELS)
