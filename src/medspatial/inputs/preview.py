"""Pictures of any representation from plain options, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.inputs.pictures import render
from medspatial.inputs.settings import PictureSettings
from medspatial.inputs.voxels import VoxelSettings, voxels
from medspatial.volume import MaskSet, Volume

_AXES = ("first", "second", "third")


def settings_of(options: Mapping[str, Any], where: str = "inputs") -> PictureSettings | VoxelSettings:
    """Return the settings that plain options stand for.

    Raises
    ------
    InputError
        Names the option, the rule and the value.
    """
    kind = VoxelSettings if options.get("representation") == "volume" else PictureSettings
    try:
        return kind.model_validate(dict(options))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "representation"
        unknown = first["type"] == "extra_forbidden"
        rule = "unknown option" if unknown else first["msg"].removeprefix("Value error, ")
        raise InputError(f"{where}: {field}: {rule}; got {first['input']!r}") from None


def picture_settings(options: Mapping[str, Any], where: str) -> PictureSettings:
    """Return the settings of a model that takes images.

    Raises
    ------
    InputError
        As `settings_of`, and voxels.
    """
    if options.get("representation") == "volume":
        raise InputError(f"{where}: representation 'volume': this model takes images, not voxels")
    settings = settings_of(options, where)
    assert isinstance(settings, PictureSettings)
    return settings


def preview(
    volume: Volume, options: Mapping[str, Any], masks: MaskSet | None = None
) -> list[tuple[NDArray[np.uint8], str]]:
    """Return pictures with captions; of voxels the middle section along each array axis, in array order."""
    settings = settings_of(options)
    if isinstance(settings, PictureSettings):
        made = render(volume, settings, masks)
        return list(zip(made.images, made.captions, strict=True))
    array, _ = voxels(volume, settings)
    low, high = settings.value_range
    grey = np.rint((array - low) / (high - low) * 255).astype(np.uint8)
    sections = []
    for axis, word in enumerate(_AXES):
        rows, columns = (letter for place, letter in enumerate(settings.axes) if place != axis)
        middle = array.shape[axis] // 2
        caption = f"{word} axis ({settings.axes[axis]}) at {middle} of {array.shape[axis]}; "
        caption += f"rows grow to {rows}, columns to {columns}"
        sections.append((np.stack([grey.take(middle, axis=axis)] * 3, axis=-1), caption))
    return sections
