"""Tower, projector and language model of M3D-LaMed, and their published names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, Phi3Config, Phi3ForCausalLM, PreTrainedModel

from medspatial.errors import InputError
from medspatial.models.m3d_lamed.projector import SpatialPoolingProjector
from medspatial.models.m3d_lamed.vision import ViT3D, ViTSizes
from medspatial.models.runtime.checkpoint import load_weights, read_config, required, weight_files
from medspatial.models.runtime.folder import empty_language_model
from medspatial.models.runtime.layout import Layout
from medspatial.models.runtime.spliced import IMAGE_TOKEN

_KINDS = {
    "lamed_llama": (LlamaConfig, LlamaForCausalLM),
    "lamed_phi3": (Phi3Config, Phi3ForCausalLM),
}
_PREFIXES = {
    "model.vision_tower.vision_tower.": "vision.",
    "model.mm_projector.": "projector.",
}
_OLD_LONG_ROPE = ("su", "yarn")  # what early Phi-3 configurations call it
_SKIPPED = ("model.seg_module.", "model.seg_projector.", "seg_module.", "seg_projector.")


class Network(nn.Module):
    """The three parts; built from the checkpoint's own ``config.json``."""

    def __init__(self, config: dict[str, Any], attention: str = "sdpa") -> None:
        super().__init__()
        self.language = _language_model(config, attention)
        sizes = _sizes(config)
        self.vision = ViT3D(sizes)
        self.projector = SpatialPoolingProjector(
            sizes.grid,
            sizes.hidden,
            int(required(config, "hidden_size")),
            int(config.get("proj_pooling_size", 2)),
        )

    def visual_tokens(self, image: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of images (B, 1, D, H, W)."""
        tokens: Tensor = self.projector(self.vision(image))
        return tokens


def published_name(key: str) -> str | None:
    """Return this module's name of a published key; None for what text answers do not need."""
    if key.startswith(_SKIPPED) or key.endswith("rotary_emb.inv_freq"):
        return None
    for published, ours in _PREFIXES.items():
        if key.startswith(published):
            return ours + key.removeprefix(published)
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
    """Load a published (or tiny) checkpoint folder."""
    network = empty_network(read_config(folder), attention)
    load_weights(network, weight_files(folder), rename=published_name, dtype=dtype, device=device)
    return network.to(device).eval()


def _sizes(config: dict[str, Any]) -> ViTSizes:
    """Sizes of the tower; the original states only image and patch size, the rest is fixed there."""
    tiny = config.get("tiny_vision_override", {})
    return ViTSizes(
        image_size=tuple(required(config, "image_size")),
        patch_size=tuple(required(config, "patch_size")),
        channels=int(config.get("image_channel", 1)),
        hidden=int(tiny.get("vision_hidden_size", 768)),
        mlp=int(tiny.get("vision_mlp_dim", 3072)),
        layers=int(tiny.get("vision_num_layers", 12)),
        heads=int(tiny.get("vision_num_heads", 12)),
    )


def _language_model(config: dict[str, Any], attention: str) -> PreTrainedModel:
    kind = config.get("model_type")
    if kind not in _KINDS:
        raise InputError(f"config.json: field 'model_type': must be one of {', '.join(_KINDS)}, got {kind!r}")
    config_class, model_class = _KINDS[kind]
    known = {key: value for key, value in config.items() if key not in {"auto_map", "model_type"}}
    known.pop("architectures", None)  # the original stores a plain string there
    rope = known.get("rope_scaling")
    if isinstance(rope, dict) and rope.get("type") in _OLD_LONG_ROPE:
        known["rope_scaling"] = {**rope, "type": "longrope"}
    return empty_language_model(model_class, config_class(**known), attention)
