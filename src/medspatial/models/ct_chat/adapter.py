"""The published LoRA folder: low-rank updates of the language model, and the projector beside them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from transformers import PreTrainedModel

from medspatial.errors import InputError, require
from medspatial.models.runtime.checkpoint import read_config, tensors

_ADAPTER_FILES = ("adapter_model.safetensors", "adapter_model.bin")
_OTHER_FILES = ("non_lora_trainables.bin", "non_lora_trainables.safetensors", "mm_projector.bin")
_PROJECTOR = "mm_projector."
T = TypeVar("T")
_WORD_ROWS = ("model.embed_tokens.weight", "lm_head.weight")
# Settings of peft that would change the merge and are not supported, with their values without effect.
_NOT_DONE = {
    "use_dora": (False, None),
    "rank_pattern": ({}, None),
    "alpha_pattern": ({}, None),
    "bias": ("none",),
    "modules_to_save": (None, []),
}


@dataclass(frozen=True)
class Adapter:
    """What a LoRA folder holds.

    Attributes
    ----------
    config
        Of ``config.json``: sizes of the tuned model.
    settings
        Of ``adapter_config.json``.
    pairs
        Base parameter to its (A, B), shapes (r, in) and (out, r).
    projector
        By the projector's own names.
    words
        Embedding rows, where the folder has them.
    """

    folder: Path
    config: dict[str, Any]
    settings: dict[str, Any]
    pairs: Mapping[str, tuple[Tensor, Tensor]]
    projector: Mapping[str, Tensor]
    words: Mapping[str, Tensor]

    @property
    def scale(self) -> float:
        """Alpha over r (over its root with rank-stabilised LoRA)."""
        rank = float(self.settings["r"])
        return float(self.settings["lora_alpha"]) / (rank**0.5 if self.settings.get("use_rslora") else rank)

    def merged(self, name: str, weight: Tensor) -> Tensor:
        """Return ``weight + scale * B @ A`` (the weight itself where there is no update), in its type."""
        if name not in self.pairs:
            return weight
        a, b = (part.to(weight.device, torch.float32) for part in self.pairs[name])
        return (weight.float() + self.scale * (b @ a)).to(weight.dtype)


def load_adapter(folder: Path) -> Adapter:
    """Read a LoRA folder, whatever its name.

    Raises
    ------
    InputError
        No adapter or no projector in any of the places where they may lie, an update without its
        partner, a key of no known kind, or settings that change the merge.
    """
    settings, config = adapter_settings(folder), read_config(folder)
    found = {key: tensor for file in adapter_files(folder) for key, tensor in tensors(file)}
    return Adapter(folder, config, settings, *sorted_keys(folder, found))


def adapter_files(folder: Path) -> list[Path]:
    """Return the files of a LoRA folder that hold weights.

    Raises
    ------
    InputError
        There is no adapter.
    """
    name = next((name for name in _ADAPTER_FILES if (folder / name).exists()), None)
    if name is None:
        raise InputError(f"{folder}: no adapter; looked for {', '.join(_ADAPTER_FILES)}")
    return [folder / name, *(folder / other for other in _OTHER_FILES if (folder / other).exists())]


def merge_with_peft(model: PreTrainedModel, adapter: Adapter) -> PreTrainedModel:
    """Merge by peft's own code; the result is the plain model again."""
    peft = require("peft", extra="models")
    settings = peft.LoraConfig(
        r=int(adapter.settings["r"]),
        lora_alpha=adapter.settings["lora_alpha"],
        lora_dropout=float(adapter.settings.get("lora_dropout", 0.0)),
        target_modules=list(adapter.settings["target_modules"]),
        use_rslora=bool(adapter.settings.get("use_rslora", False)),
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for a renamed property
        wrapped = peft.get_peft_model(model, settings)
    state = {}
    for name, (a, b) in adapter.pairs.items():
        stem = f"base_model.model.{name.removesuffix('.weight')}"
        state[f"{stem}.lora_A.weight"], state[f"{stem}.lora_B.weight"] = a, b
    result = peft.set_peft_model_state_dict(wrapped, state)
    if result.unexpected_keys:
        raise InputError(f"{adapter.folder}: peft knows no {', '.join(result.unexpected_keys[:4])}")
    merged: PreTrainedModel = wrapped.merge_and_unload().eval()
    return merged


def adapter_settings(folder: Path) -> dict[str, Any]:
    """Read ``adapter_config.json``.

    Raises
    ------
    InputError
        Not LoRA, a missing field, or settings that change the merge.
    """
    settings = read_config(folder, "adapter_config.json")
    where = folder / "adapter_config.json"
    if settings.get("peft_type") != "LORA":
        raise InputError(f"{where}: field 'peft_type': must be LORA, got {settings.get('peft_type')!r}")
    for field in ("r", "lora_alpha", "target_modules"):
        if field not in settings:
            raise InputError(f"{where}: lacks the field {field!r}")
    for field, neutral in _NOT_DONE.items():
        if settings.get(field, neutral[0]) not in neutral:
            raise InputError(f"{where}: field '{field}': {settings[field]!r} is not supported")
    return settings


def _bare(key: str) -> str:
    """Strip the wrappers that training puts around a name."""
    key = key.removeprefix("base_model.").replace(".default.", ".")
    return key.removeprefix("model.") if key.startswith(("model.model.", "model.lm_head.")) else key


def sorted_keys(
    folder: Path, published: Mapping[str, T]
) -> tuple[dict[str, tuple[T, T]], dict[str, T], dict[str, T]]:
    """Return updates by base parameter, the projector and word rows, of tensors or of their shapes.

    Raises
    ------
    InputError
        As `load_adapter`.
    """
    found = {_bare(key): value for key, value in published.items()}
    projector = {key.split(_PROJECTOR, 1)[1]: value for key, value in found.items() if _PROJECTOR in key}
    words = {key: value for key, value in found.items() if key in _WORD_ROWS}
    halves = {key for key in found if ".lora_A." in key or ".lora_B." in key}
    unknown = sorted(set(found) - halves - set(words) - {key for key in found if _PROJECTOR in key})
    if unknown:
        raise InputError(f"{folder}: {len(unknown)} keys of no known kind: {', '.join(unknown[:8])}")
    pairs = {}
    for key in sorted(halves):
        other = (
            key.replace(".lora_A.", ".lora_B.") if ".lora_A." in key else key.replace(".lora_B.", ".lora_A.")
        )
        if other not in found:
            raise InputError(f"{folder}: {key} has no partner {other}")
        if ".lora_A." in key:
            pairs[key.replace(".lora_A.", ".")] = found[key], found[other]
    if not pairs:
        raise InputError(f"{folder}: the adapter holds no LoRA updates")
    if not projector:
        places = ", ".join((*_OTHER_FILES, *_ADAPTER_FILES))
        raise InputError(f"{folder}: no projector (keys with {_PROJECTOR}); looked in {places}")
    return pairs, projector, words
