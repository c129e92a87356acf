"""Tower, projector and language model of Med3DVLM, and their published names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor, nn
from transformers import PreTrainedModel, Qwen2Config, Qwen2ForCausalLM

from medspatial.errors import InputError
from medspatial.models.med3dvlm.projector import MixerProjector, Stream
from medspatial.models.med3dvlm.vision import DCFormer, DCFormerSizes
from medspatial.models.runtime.checkpoint import load_weights, read_config, required, weight_files
from medspatial.models.runtime.folder import empty_language_model
from medspatial.models.runtime.layout import Layout
from medspatial.models.runtime.spliced import IMAGE_TOKEN

MODEL_TYPE = "vlm_qwen"
_PREFIXES = {
    "model.vision_tower.vision_tower.encoder.": "vision.",
    "model.mm_projector.": "projector.",
}
_UNTRAINED = 1e-6  # what the layer scales are before training: every block of the tower is then off


class Network(nn.Module):
    """The three parts; built from the checkpoint's own ``config.json``. The tower stays float32."""

    def __init__(self, config: dict[str, Any], attention: str = "sdpa") -> None:
        super().__init__()
        self.language = _language_model(config, attention)
        hidden = int(required(config, "hidden_size"))
        self.vision = DCFormer(_sizes(config))
        self.projector = MixerProjector(_stream(config, "low"), _stream(config, "high"), hidden)

    def visual_tokens(self, image: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of images (B, 1, D, H, W)."""
        low, high = self.vision(image.float())
        dtype = next(self.projector.parameters()).dtype
        tokens: Tensor = self.projector((low.to(dtype), high.to(dtype)))
        return tokens


def published_name(key: str) -> str | None:
    """Return this module's name of a published key; older files call the layer scale ``gamma``."""
    if key.endswith("rotary_emb.inv_freq"):
        return None
    for published, ours in _PREFIXES.items():
        if key.startswith(published):
            name = ours + key.removeprefix(published)
            return name.removesuffix("gamma") + "scale" if name.endswith(".gamma") else name
    return "language." + key


def empty_network(config: dict[str, Any], attention: str = "sdpa") -> Network:
    """Build the network without weights (meta device)."""
    with init_empty_weights(include_buffers=False):
        return Network(config, attention).eval()


def layout(config: dict[str, Any]) -> Layout:
    """Return what a checkpoint of this configuration must hold."""
    return Layout(empty_network(config), published_name, IMAGE_TOKEN)


def load_network(
    folder: Path, *, device: torch.device, dtype: torch.dtype, attention: str = "sdpa"
) -> Network:
    """Load a published (or tiny) checkpoint folder.

    Raises
    ------
    InputError
        Keys that do not fit, or layer scales that were never loaded into the file.
    """
    network = empty_network(read_config(folder), attention)
    load_weights(
        network, weight_files(folder), rename=published_name, dtype=dtype, keep=("vision.",), device=device
    )
    network.vision.float()
    _check_scales(network.vision, folder)
    return network.to(device).eval()


def _check_scales(vision: DCFormer, folder: Path) -> None:
    scales = torch.cat(
        [value.detach().flatten() for key, value in vision.named_parameters() if key.endswith("scale")]
    )
    if bool((scales.abs() <= 1.01 * _UNTRAINED).all()):
        raise InputError(
            f"{folder}: every layer scale of the tower is {_UNTRAINED:g}, its untrained value, which "
            "switches the tower off; this file lost them ('gamma' renamed on saving)"
        )


def _sizes(config: dict[str, Any]) -> DCFormerSizes:
    tiny = config.get("tiny_vision_override", {})
    default = DCFormerSizes()
    return DCFormerSizes(
        blocks=tuple(tiny.get("num_blocks", default.blocks)),
        channels=tuple(tiny.get("channels", default.channels)),
    )


def _stream(config: dict[str, Any], name: str) -> Stream:
    tokens, channels = required(config, f"{name}_input_size")
    return Stream(int(tokens), int(channels), tuple(int(n) for n in required(config, f"{name}_output_size")))


def _language_model(config: dict[str, Any], attention: str) -> PreTrainedModel:
    kind = config.get("model_type")
    if kind != MODEL_TYPE:
        raise InputError(f"config.json: field 'model_type': must be {MODEL_TYPE}, got {kind!r}")
    foreign = {"auto_map", "model_type", "architectures"}
    known = {key: value for key, value in config.items() if key not in foreign}
    return empty_language_model(Qwen2ForCausalLM, Qwen2Config(**known), attention)
