"""Tower, perceiver and language model of RadFM, and their published names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from medspatial.models.radfm.perceiver import Perceiver, PerceiverSizes
from medspatial.models.radfm.vision import ViT3D, ViTSizes
from medspatial.models.runtime.checkpoint import load_weights, weight_files
from medspatial.models.runtime.folder import empty_language_model

_PREFIXES = {
    "embedding_layer.vision_encoder.": "vision.",
    "embedding_layer.perceiver.": "perceiver.",
    "embedding_layer.fc.": "fc.",
    "lang_model.": "language.",
}
# For training alone, or (the word table) the same tensor as in the language model.
_SKIPPED = (
    "embedding_layer.bert_model.",
    "embedding_layer.bert_projection_fc.",
    "embedding_layer.transformer_decoder.",
    "embedding_layer.transformer_decoder_mlp.",
    "embedding_layer.output_upscaling.",
    "embedding_layer.cls_head.",
    "embedding_layer.weight",
)
# The published configuration says begin 0, end 1, pad -1; the tokenizer and the training say otherwise.
BEGIN, END, PAD = 1, 2, 0
_LANGUAGE: dict[str, Any] = {
    "vocab_size": 32000,
    "hidden_size": 5120,
    "intermediate_size": 13824,
    "num_hidden_layers": 40,
    "num_attention_heads": 40,
    "num_key_value_heads": 40,
    "rms_norm_eps": 1e-6,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": False,
}


class Network(nn.Module):
    """The parts that answer questions.

    Parameters
    ----------
    config
        Sizes that differ from the published ones: ``vit``, ``perceiver``, ``language_model``.
    """

    def __init__(self, config: Mapping[str, Any], attention: str = "sdpa") -> None:
        super().__init__()
        self.sizes = ViTSizes.of(config.get("vit", {}))
        resampler = PerceiverSizes.of(config.get("perceiver", {}))
        llama = language_config(config)
        hidden = int(llama.hidden_size or 0)
        self.vision = ViT3D(self.sizes)
        self.perceiver = Perceiver(resampler)
        self.fc = nn.Linear(resampler.dim, hidden)
        self.figure = nn.Parameter(torch.zeros(2, hidden))
        self.language = empty_language_model(LlamaForCausalLM, llama, attention)
        self.image_tokens = resampler.num_latents

    def visual_tokens(self, images: Tensor) -> Tensor:
        """Return (B, S * latents, hidden) of images (B, S, 3, H, W, D), one image after the other."""
        batch, series = images.shape[:2]
        features = self.vision(images.flatten(0, 1))
        tokens: Tensor = self.fc(self.perceiver(features))
        return tokens.reshape(batch, series * tokens.shape[1], -1)

    def table(self, visual: Tensor | None) -> Tensor:
        """Return the rows that ids look up: words, begin and end of an image, visual tokens (n, hidden)."""
        words = self.language.get_input_embeddings().weight
        assert isinstance(words, Tensor)
        parts = [words, self.figure.to(words.dtype)]
        if visual is not None:
            parts.append(visual.to(words.dtype))
        return torch.cat(parts)


def language_config(config: Mapping[str, Any]) -> LlamaConfig:
    """Return the language model's configuration, with the right begin, end and pad ids.

    ``config`` is ours (``language_model``) or the published ``config.json`` of the language model.
    """
    stated = config.get("language_model", config)
    sizes = {name: stated.get(name, default) for name, default in _LANGUAGE.items()}
    if "num_key_value_heads" not in stated:
        sizes["num_key_value_heads"] = sizes["num_attention_heads"]
    return LlamaConfig(**sizes, bos_token_id=BEGIN, eos_token_id=END, pad_token_id=PAD)


def published_name(key: str) -> str | None:
    """Return this network's name of a published key; None for what answers do not need."""
    if key.startswith(_SKIPPED) or key.endswith("rotary_emb.inv_freq"):
        return None
    if key == "embedding_layer.figure_token_weight":
        return "figure"
    for published, ours in _PREFIXES.items():
        if key.startswith(published):
            return ours + key.removeprefix(published)
    return key


def empty_network(config: Mapping[str, Any], attention: str = "sdpa") -> Network:
    """Build the network without weights (meta device)."""
    with init_empty_weights(include_buffers=False):
        return Network(config, attention).eval()


def load_network(
    folder: Path,
    config: Mapping[str, Any],
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype = torch.float32,
    attention: str = "sdpa",
) -> Network:
    """Load ``pytorch_model.bin``, mapped from disk: each tensor is read, cast and placed by itself."""
    network = empty_network(config, attention)
    files = weight_files(folder)
    load_weights(network, files, rename=published_name, dtype=dtype, device=device)
    return network.to(device).eval()
