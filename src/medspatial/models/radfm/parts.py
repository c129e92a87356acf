"""What RadFM's folder must hold: one file of weights, and the tokenizer of the original's repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.models.radfm.model import stated_sizes
from medspatial.models.radfm.network import empty_network, language_config, published_name
from medspatial.models.radfm.perceiver import PerceiverSizes
from medspatial.models.radfm.tokens import RadFMTokenizer
from medspatial.models.runtime.checkpoint import weight_files
from medspatial.models.runtime.checks import fitting_weights
from medspatial.models.runtime.layout import Layout, Part


def parts(folder: Path) -> list[Part]:
    """Return the parts, for ``models check``."""
    config = stated_sizes(folder)
    return [
        Part("weights", lambda: _weights(folder, config)),
        Part("tokenizer", lambda: _tokenizer(folder / "tokenizer.model", config)),
    ]


def _weights(folder: Path, config: Mapping[str, Any]) -> str:
    return fitting_weights(weight_files(folder), Layout(empty_network(config), published_name))


def _tokenizer(path: Path, config: Mapping[str, Any]) -> str:
    if not path.is_file():
        raise InputError(
            f"{path}: no such file; it is in Quick_demo/Language_files of RadFM's repository. "
            "Put it there, or name its place with the option tokenizer"
        )
    latents = PerceiverSizes.of(config.get("perceiver", {})).num_latents
    words, rows = RadFMTokenizer(path, latents).words, language_config(config).vocab_size
    if words != rows:
        raise InputError(f"{path}: has {words} pieces, the model {rows} words")
    return f"{words} pieces of {rows} words"
