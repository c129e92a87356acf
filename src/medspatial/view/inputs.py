"""What a model is given of a case: a volume of its own in the patient's place, or pictures."""

from __future__ import annotations

import inspect
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.inputs import InputContract, preview
from medspatial.models.card import model_cards
from medspatial.models.tools.inventory import load, preparation
from medspatial.view.library import ShownModel
from medspatial.volume import Affine, MaskSet, Volume

_AXIS_OF = {"R": 0, "L": 0, "A": 1, "P": 1, "S": 2, "I": 2}


@dataclass(frozen=True)
class ModelInput:
    """A model's input to look at.

    Attributes
    ----------
    volume
        Its voxels in patient space; None where the model gets pictures.
    placed
        Whether the affine is known; else the volume lies about the origin by its axes alone.
    pictures
        PNG and caption of each.
    facts
        The contract in words.
    """

    volume: Volume | None
    placed: bool
    pictures: tuple[tuple[bytes, str], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def has_input(model: ShownModel) -> bool:
    """Say whether a model's input can be made without its weights."""
    card = model_cards().get(model.kind)
    return (card is not None and card.preparation is not None) or "representation" in model.options


def model_input(model: ShownModel, ct: Volume, masks: MaskSet | None = None) -> ModelInput:
    """Make a model's input of a CT, with the options of the run; no weights are needed.

    Raises
    ------
    MedspatialError
        The model states none, a package is missing, or the CT does not fit.
    """
    card = model_cards().get(model.kind)
    if card is None or card.preparation is None:
        if "representation" not in model.options:
            raise InputError(f"model '{model.name}': what it is given cannot be shown without its weights")
        return ModelInput(None, False, _pictures(preview(ct, _picture_options(model), masks)))
    known = inspect.signature(load(card.preparation)).parameters
    made = preparation(model.kind, **{key: value for key, value in model.options.items() if key in known})
    contract: InputContract = made.contract()
    facts = tuple(contract.lines())
    array = made(ct)
    if contract.representation != "volume":
        return ModelInput(None, False, _pictures([(array, contract.normalisation)]), facts)
    spatial = array[_middle(contract.channels)] if contract.channels else array
    affine = _grid(made, ct, contract, spatial.shape)
    placed = affine is not None
    affine = affine or Affine.from_axcodes(contract.axes, contract.spacing or (1.0, 1.0, 1.0))
    return ModelInput(Volume(spatial, affine, unit="intensity"), placed, facts=facts)


def _middle(channels: int) -> int:
    return channels // 2  # of colours the middle one: green, soft tissue


def _grid(made: Any, ct: Volume, contract: InputContract, shape: tuple[int, ...]) -> Affine | None:
    """The affine of an input: the preparation's own, or that of the whole field of view stretched."""
    if hasattr(made, "grid"):
        grid: Affine = made.grid(ct)
        return grid
    if hasattr(made, "prepared"):
        return Affine(made.prepared(ct).affine)
    stored = getattr(made, "orientation", "canonical") == "stored"
    whole = contract.spacing is None and not getattr(made, "crops", False) and not stored
    if not whole or _leaves_out(made, ct):
        return None
    return stretched_affine(ct, contract.axes, shape)


def _leaves_out(made: Any, ct: Volume) -> bool:
    """Whether slices are chosen, so that steps between them are not even."""
    most = getattr(made, "max_slices", None)
    return most is not None and ct.oriented("LPS").shape[2] > most


def stretched_affine(ct: Volume, axes: str, shape: tuple[int, ...]) -> Affine:
    """Return the affine of a CT's whole field of view on another number of voxels.

    Parameters
    ----------
    axes
        For each array axis the patient direction in which its index grows, any order.
    """
    turned = ct.oriented("RAS")
    step = np.zeros((4, 4))
    step[3, 3] = 1
    for place, letter in enumerate(axes):
        axis = _AXIS_OF[letter]
        scale = turned.shape[axis] / shape[place]
        first = (scale - 1) / 2  # voxels are boxes: the ends of the field of view coincide
        grows = letter in "RAS"
        step[axis, place] = scale if grows else -scale
        step[axis, 3] = first if grows else turned.shape[axis] - 1 - first
    return turned.affine.compose(step)


def _picture_options(model: ShownModel) -> dict[str, Any]:
    from medspatial.inputs.settings import PictureSettings
    from medspatial.inputs.voxels import VoxelSettings

    kind = VoxelSettings if model.options.get("representation") == "volume" else PictureSettings
    return {key: value for key, value in model.options.items() if key in kind.model_fields}


def _pictures(found: list[tuple[NDArray[np.uint8], str]]) -> tuple[tuple[bytes, str], ...]:
    from PIL import Image

    made = []
    for image, caption in found:
        stream = io.BytesIO()
        Image.fromarray(image).save(stream, "PNG")
        made.append((stream.getvalue(), caption))
    return tuple(made)
