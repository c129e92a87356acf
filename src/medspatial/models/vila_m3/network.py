"""The three parts of VILA-M3, each from its own folder: SigLIP and Llama of transformers, the projector."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, SiglipVisionConfig, SiglipVisionModel

from medspatial.errors import InputError
from medspatial.models.runtime.checkpoint import load_weights, shapes, weight_files
from medspatial.models.runtime.folder import empty_language_model
from medspatial.models.vila_m3.projector import Projector

_SELECTED = -2


@dataclass
class Network:
    """Tower, projector, language model."""

    vision: PreTrainedModel
    projector: Projector
    language: PreTrainedModel

    def features(self, pixels: Tensor) -> Tensor:
        """Return (B, patches, width) of pixels (B, 3, side, side): the last layer but one, no norm."""
        states: Any = self.vision(pixel_values=pixels, output_hidden_states=True).hidden_states
        chosen: Tensor = states[_SELECTED]
        return chosen

    def visual_tokens(self, pixels: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of pixels (B, 3, side, side)."""
        tokens: Tensor = self.projector(self.features(pixels))
        return tokens


def load_vision(
    folder: Path, config: dict[str, Any], *, device: torch.device, dtype: torch.dtype
) -> PreTrainedModel:
    """Load the tower; on disk its keys stand one level deeper."""
    known = {key: value for key, value in config.items() if key not in {"architectures", "model_type"}}
    chosen = SiglipVisionConfig(**known, vision_use_head=False)
    tower = empty_language_model(SiglipVisionModel, chosen)
    load_weights(tower, weight_files(folder), rename=_vision_name, dtype=dtype, device=device)
    torch.nn.Module.to(tower, device)
    return tower


def load_projector(folder: Path, *, device: torch.device, dtype: torch.dtype) -> Projector:
    """Load the projector; its sizes are read off its weights."""
    files = weight_files(folder)
    found = shapes(files)
    if "layers.2.weight" not in found:
        raise InputError(f"{folder}: not VILA's downsampling projector, key 'layers.2.weight' is missing")
    hidden, four = found["layers.2.weight"]
    with init_empty_weights(include_buffers=False):
        projector = Projector(four // 4, hidden)
    load_weights(projector, files, dtype=dtype, device=device)
    return projector.to(device).eval()


def load_language(
    folder: Path,
    config: dict[str, Any],
    *,
    device: torch.device,
    dtype: torch.dtype,
    attention: str = "sdpa",
) -> PreTrainedModel:
    """Load the language model."""
    known = {k: v for k, v in config.items() if k not in {"architectures", "model_type", "torch_dtype"}}
    model = empty_language_model(LlamaForCausalLM, LlamaConfig(**known), attention)
    load_weights(model, weight_files(folder), rename=_language_name, dtype=dtype, device=device)
    torch.nn.Module.to(model, device)
    return model


def _vision_name(key: str) -> str | None:
    name = key.removeprefix("vision_model.")
    return None if name.startswith("head.") else name


def _language_name(key: str) -> str | None:
    return None if key.endswith("rotary_emb.inv_freq") else key
