"""MONAI's own VISTA3D network and the weights of its bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from medspatial.errors import InputError, require
from medspatial.models.option_values import whole, wrong
from medspatial.models.runtime.checkpoint import load_weights, shapes
from medspatial.models.runtime.checks import fitting_weights
from medspatial.models.runtime.layout import Layout, Part

_FILES = ("models/model.pt", "model.pt", "models/model.safetensors", "model.safetensors")
_STEM = "image_encoder.encoder.conv_init.weight"
_WRAPPER = "network."
STEP = 16  # the encoder halves each axis four times


def window_edge(edge: Any, option: str = "window", model: str = "vista3d") -> int:
    """Return the edge of a window in voxels, held to what the network takes.

    Raises
    ------
    InputError
        Not a multiple of 16, or 16, of which one voxel would be left in the deepest stage to normalise over.
    """
    found = whole(edge, option, model)
    if found % STEP or found < 2 * STEP:
        raise wrong(edge, f"a multiple of {STEP} from {2 * STEP}", option, model)
    return found


def network_of(embedding: int) -> nn.Module:
    """Build MONAI's network with that many channels in its first stage (48 published)."""
    require("monai", "models")
    from monai.networks.nets.vista3d import vista3d132

    made: Any = vista3d132(encoder_embed_dim=embedding, in_channels=1)
    network: nn.Module = made.eval()
    return network


def published_name(key: str) -> str:
    """Return the network's name of a published key; some packagings wrap it once more."""
    return key.removeprefix(_WRAPPER)


def weights_of(path: Path) -> Path:
    """Return the weight file: ``path`` itself, or the one in a bundle's folder.

    Raises
    ------
    InputError
        There is none.
    """
    if path.is_file():
        return path
    for name in _FILES:
        if (path / name).is_file():
            return path / name
    raise InputError(f"{path}: no VISTA3D weights; looked for {', '.join(_FILES)}")


def embedding_of(file: Path) -> int:
    """Return the channels of the first stage, read off a weight file."""
    found = {published_name(key): shape for key, shape in shapes([file]).items()}
    if _STEM not in found:
        raise InputError(f"{file}: not VISTA3D's weights, key {_STEM!r} is missing")
    return found[_STEM][0]


def parts(path: Path) -> list[Part]:
    """Return what a bundle must hold, for ``models check``: its weights, and nothing besides."""

    def check() -> str:
        file = weights_of(path)
        with torch.device("meta"):
            network = network_of(embedding_of(file))
        return f"{file.name}: {fitting_weights([file], Layout(network, published_name))}"

    return [Part("weights", check)]


def load_network(path: Path, device: torch.device) -> nn.Module:
    """Load a bundle's weights, strictly; the size is read off them."""
    file = weights_of(path)
    network = network_of(embedding_of(file))
    load_weights(network, [file], rename=published_name, dtype=torch.float32, device=device)
    return network.to(device).eval()
