"""Merlin's two models and how their published weights are read.

The contrastive model and the report generator hold the same kind of encoder under different names; neither
checkpoint states its sizes, so these are read off the shapes of its weights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaConfig, LlamaForCausalLM, LongformerConfig, LongformerModel

from medspatial.errors import InputError
from medspatial.models.merlin.vision import Encoder, EncoderSizes, pooled, tokens
from medspatial.models.runtime.checkpoint import load_weights, shapes, tensors
from medspatial.models.runtime.folder import empty_language_model
from medspatial.models.runtime.layout import Layout

LORA_ALPHA = 16
_ENCODER = "encode_image.i3_resnet."
_FEATURES = "encode_image.vision_model.features."
_DECODER = "decode_text.text_decoder.base_model.model."
_NAMES = {"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}
_LORA = re.compile(r"(.+)\.lora_([AB])\.default\.weight")

Shapes = Mapping[str, tuple[int, ...]]


class Contrastive(nn.Module):
    """Encoder with its two heads, and the text encoder."""

    def __init__(self, found: Shapes, text: LongformerConfig | None) -> None:
        super().__init__()
        sizes = EncoderSizes.of(_of_encoder(found, contrastive_name))
        self.encoder = Encoder(sizes)
        self.classifier = nn.Conv3d(sizes.channels, _rows(found, _ENCODER + "classifier.weight"), 1)
        rows = _rows(found, _ENCODER + "contrastive_head.weight")
        self.contrastive_head = nn.Conv3d(sizes.channels, rows, 1)
        if text is not None:
            self.text = LongformerModel(text)
            rows = _rows(found, "encode_text.linear_layer.weight")
            self.text_head = nn.Linear(int(text.hidden_size), rows)

    def embedding(self, image: Tensor) -> Tensor:
        """Return the mean features (B, channels) of images (B, 1, x, y, z)."""
        return pooled(self.encoder(image))

    def raw(self, embedding: Tensor) -> Tensor:
        """Return the contrastive head's output (B, dimensions), not normalised."""
        return _headed(self.contrastive_head, embedding)

    def phenotypes(self, embedding: Tensor) -> Tensor:
        """Return the logits of the phecodes (B, phecodes); their sigmoid is a probability."""
        return _headed(self.classifier, embedding)

    def image_features(self, embedding: Tensor) -> Tensor:
        """Return unit vectors (B, dimensions)."""
        return functional.normalize(self.raw(embedding), dim=1)

    def text_features(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return unit vectors (B, dimensions) of tokens (B, length).

        As trained there is no global attention, not even at position 0.
        """
        states = self.text(input_ids=ids, attention_mask=mask).last_hidden_state
        return functional.normalize(self.text_head(states[:, 0]), dim=1)


class ReportNetwork(nn.Module):
    """Encoder, one linear layer, and a Llama whose low-rank parts are merged."""

    def __init__(self, found: Shapes, language: LlamaConfig, attention: str) -> None:
        super().__init__()
        sizes = EncoderSizes.of(_of_encoder(found, report_name))
        self.encoder = Encoder(sizes)
        self.adapter = nn.Linear(sizes.channels, int(language.hidden_size))
        self.language = empty_language_model(LlamaForCausalLM, language, attention)

    def visual_tokens(self, image: Tensor) -> Tensor:
        """Return (B, tokens, hidden) of images (B, 1, x, y, z); tokens are ordered z, x, y, y fastest."""
        features = tokens(self.encoder(image)).to(self.adapter.weight.dtype)
        projected: Tensor = self.adapter(features)
        return projected


@dataclass(frozen=True)
class _Parts:
    """The three matrices of one adapted layer."""

    base: Tensor
    a: Tensor
    b: Tensor

    def merged(self) -> Tensor:
        """W + (alpha / rank) B A, in float32."""
        scaling = LORA_ALPHA / self.a.shape[0]
        return self.base.float() + scaling * (self.b.float() @ self.a.float())


def contrastive_name(key: str) -> str | None:
    """Return our name of a key of the contrastive checkpoint; None for what is not used."""
    if key == "logit_scale" or key.endswith("embeddings.position_ids"):
        return None
    if key.startswith(_ENCODER):
        name = key.removeprefix(_ENCODER)
        return name if name.startswith(("classifier.", "contrastive_head.")) else f"encoder.{name}"
    if key.startswith("encode_text.text_encoder."):
        return "text." + key.removeprefix("encode_text.text_encoder.")
    return key.replace("encode_text.linear_layer.", "text_head.")


def image_only_name(key: str) -> str | None:
    """As `contrastive_name`, without the text encoder."""
    return None if key.startswith("encode_text.") else contrastive_name(key)


def report_name(key: str) -> str | None:
    """Return our name of a key of the report checkpoint; None for low-rank parts, which are merged."""
    if _LORA.fullmatch(key) or key.endswith("rotary_emb.inv_freq"):
        return None
    if key.startswith(_FEATURES):
        number, _, rest = key.removeprefix(_FEATURES).partition(".")
        return f"encoder.{_NAMES.get(number, number)}.{rest}"
    if key.startswith("adapter.linear2."):
        return "adapter." + key.removeprefix("adapter.linear2.")
    if key.startswith(_DECODER):
        return "language." + key.removeprefix(_DECODER).replace(".base_layer.", ".")
    return key


def load_contrastive(
    file: Path, text: dict[str, Any] | None, *, device: torch.device, dtype: torch.dtype = torch.float32
) -> Contrastive:
    """Load the contrastive checkpoint; without a text configuration only its image side."""
    layout = contrastive_layout(file, text)
    network = layout.network
    assert isinstance(network, Contrastive)
    load_weights(network, [file], rename=layout.rename, dtype=dtype, device=device)
    return network.to(device).eval()


def contrastive_layout(file: Path, text: dict[str, Any] | None) -> Layout:
    """Return the empty contrastive network; sizes that no configuration states are read off the file."""
    config = None if text is None else LongformerConfig(**_plain(text))
    with init_empty_weights(include_buffers=False):
        network = Contrastive(shapes([file]), config)
    return Layout(network, image_only_name if config is None else contrastive_name)


def load_report(
    file: Path, language: dict[str, Any], *, device: torch.device, dtype: torch.dtype, attention: str = "sdpa"
) -> ReportNetwork:
    """Load the report checkpoint and merge its low-rank parts; the encoder stays float32."""
    layout = report_layout(file, language, attention)
    network = layout.network
    assert isinstance(network, ReportNetwork)
    pairs = lora_layers(shapes([file]))
    load_weights(network, [file], rename=layout.rename, dtype=dtype, keep=("encoder.",), device=device)
    _merge(network, file, pairs)
    return network.to(device).eval()


def report_layout(file: Path, language: dict[str, Any], attention: str = "sdpa") -> Layout:
    """Return the empty report network; sizes that no configuration states are read off the file."""
    with init_empty_weights(include_buffers=False):
        network = ReportNetwork(shapes([file]), LlamaConfig(**_plain(language)), attention)
    return Layout(network, report_name)


def lora_layers(found: Shapes) -> tuple[str, ...]:
    """Return the published names of the adapted layers.

    Raises
    ------
    InputError
        A layer has only one of its two low-rank matrices, or they do not fit it.
    """
    halves: dict[str, dict[str, tuple[int, ...]]] = {}
    for key, shape in found.items():
        match = _LORA.fullmatch(key)
        if match:
            halves.setdefault(match[1], {})[match[2]] = shape
    for name, pair in halves.items():
        base = found.get(f"{name}.base_layer.weight")
        fits = base is not None and set(pair) == {"A", "B"} and (pair["B"][0], pair["A"][1]) == base
        if not fits or pair["A"][0] != pair["B"][1]:
            raise InputError(f"merlin: low-rank parts of {name} do not fit: {pair}, layer {base}")
    return tuple(halves)


@torch.no_grad()
def _merge(network: ReportNetwork, file: Path, layers: tuple[str, ...]) -> None:
    """Merge from the file's own float32, not from what was rounded to the model's type."""
    wanted = {part for name in layers for part in _part_names(name)}
    held = {key: tensor for key, tensor in tensors(file) if key in wanted}
    for name in layers:
        base, a, b = (held[part] for part in _part_names(name))
        target = network.get_parameter(str(report_name(f"{name}.base_layer.weight")))
        target.copy_(_Parts(base, a, b).merged())


def _part_names(name: str) -> tuple[str, str, str]:
    return f"{name}.base_layer.weight", f"{name}.lora_A.default.weight", f"{name}.lora_B.default.weight"


def _of_encoder(found: Shapes, rename: Any) -> dict[str, tuple[int, ...]]:
    named = {rename(key): shape for key, shape in found.items()}
    return {name[8:]: shape for name, shape in named.items() if name and name.startswith("encoder.")}


def _rows(found: Shapes, key: str) -> int:
    if key not in found:
        raise InputError(f"merlin: the checkpoint has no key {key!r}; is it the contrastive one?")
    return found[key][0]


def _headed(head: nn.Module, embedding: Tensor) -> Tensor:
    out: Tensor = head(embedding[:, :, None, None, None])
    return out.flatten(1)


def _plain(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration without what names code or another library's model."""
    left_out = {"auto_map", "model_type", "architectures", "torch_dtype", "dtype", "transformers_version"}
    return {key: value for key, value in config.items() if key not in left_out}
