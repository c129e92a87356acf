"""The three parts of VILA-M3, each from its own folder: SigLIP and Llama of transformers, the projector."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel, SiglipVisionConfig, SiglipVisionModel

from medspatial.errors import InputError
from medspatial.models.runtime.checkpoint import load_weights, read_config, shapes, weight_files
from medspatial.models.runtime.checks import ended_generation, fitting_weights, known_tokenizer
from medspatial.models.runtime.folder import empty_language_model
from medspatial.models.runtime.layout import Layout, Part
from medspatial.models.vila_m3.projector import Projector
from medspatial.models.vila_m3.prompt import IMAGE_ID

_SELECTED = -2
# Top-level settings that the published checkpoints share; where a file leaves one out, this is meant.
_PUBLISHED: dict[str, Any] = {
    "mm_vision_select_layer": _SELECTED,
    "mm_vision_select_feature": "cls_patch",
    "image_aspect_ratio": "resize",
    "mm_use_im_start_end": False,
    "mm_use_im_patch_token": False,
    "s2": False,
}


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


@dataclass(frozen=True)
class Folder:
    """A published checkpoint: three parts in folders of their own, each with its configuration."""

    path: Path
    vision: dict[str, Any]
    language: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Folder:
        """Read the configurations.

        Raises
        ------
        InputError
            A missing part, or settings of another VILA than the published VILA-M3.
        """
        config = read_config(path)
        for field, value in _PUBLISHED.items():
            if config.get(field, value) != value:
                raise InputError(
                    f"{path}/config.json: field '{field}': must be {value!r}, got {config[field]!r}; "
                    "other forms of VILA are not supported"
                )
        parts = [read_config(path / name) for name in ("vision_tower", "llm")]
        projector = read_config(path / "mm_projector").get("mm_projector_type")
        if projector != "mlp_downsample":
            raise InputError(
                f"{path}/mm_projector/config.json: field 'mm_projector_type': must be 'mlp_downsample', "
                f"got {projector!r}"
            )
        return cls(path, *parts)

    def load(self, *, device: torch.device, dtype: torch.dtype, attention: str) -> Network:
        """Load all three parts, strictly."""
        where: dict[str, Any] = {"device": device, "dtype": dtype}
        projector = self.path / "mm_projector"
        return Network(
            loaded(vision_layout(self.vision), self.path / "vision_tower", **where),
            loaded(projector_layout(projector), projector, **where),
            loaded(language_layout(self.language, attention), self.path / "llm", **where),
        )


def spliced(language: Any, ids: Sequence[int], images: Sequence[Tensor]) -> Tensor:
    """Return embeddings (length, hidden) of ids, with images' tokens in their places in order of appearance.

    Raises
    ------
    ValueError
        More or fewer images than places.
    """
    table, parts, run = language.get_input_embeddings(), list[Tensor](), list[int]()
    left = list(images)
    for token in [*ids, None]:
        if token is not None and token != IMAGE_ID:
            run.append(token)
            continue
        parts.append(table(torch.tensor(run, dtype=torch.long, device=table.weight.device)))
        run = []
        if token == IMAGE_ID:
            if not left:
                raise ValueError("the prompt has more places for images than there are images")
            parts.append(left.pop(0).to(parts[-1].dtype))
    if left:
        raise ValueError("there are more images than places in the prompt")
    return torch.cat(parts)


def parts(path: Path) -> list[Part]:
    """Return what each part's folder must hold, for ``models check``."""
    folder = Folder.read(path)
    vision, projector, language = (path / name for name in ("vision_tower", "mm_projector", "llm"))
    rows = folder.language.get("vocab_size")
    return [
        Part(
            "vision_tower weights",
            lambda: fitting_weights(weight_files(vision), vision_layout(folder.vision)),
        ),
        Part(
            "mm_projector weights",
            lambda: fitting_weights(weight_files(projector), projector_layout(projector)),
        ),
        Part(
            "llm weights",
            lambda: fitting_weights(weight_files(language), language_layout(folder.language)),
        ),
        Part("llm tokenizer", lambda: known_tokenizer(language, rows)),
        Part("llm generation", lambda: ended_generation(language, folder.language)),
    ]


def vision_layout(config: dict[str, Any]) -> Layout:
    """Return the empty tower; on disk its keys stand one level deeper."""
    known = {key: value for key, value in config.items() if key not in {"architectures", "model_type"}}
    chosen = SiglipVisionConfig(**known, vision_use_head=False)
    return Layout(empty_language_model(SiglipVisionModel, chosen), _vision_name)


def projector_layout(folder: Path) -> Layout:
    """Return the empty projector; its sizes are read off its weights.

    Raises
    ------
    InputError
        Another kind of projector.
    """
    found = shapes(weight_files(folder))
    if "layers.2.weight" not in found:
        raise InputError(f"{folder}: not VILA's downsampling projector, key 'layers.2.weight' is missing")
    hidden, four = found["layers.2.weight"]
    with init_empty_weights(include_buffers=False):
        return Layout(Projector(four // 4, hidden), lambda key: key)


def language_layout(config: dict[str, Any], attention: str = "sdpa") -> Layout:
    """Return the empty language model."""
    known = {k: v for k, v in config.items() if k not in {"architectures", "model_type", "torch_dtype"}}
    return Layout(empty_language_model(LlamaForCausalLM, LlamaConfig(**known), attention), _language_name)


def loaded(layout: Layout, folder: Path, *, device: torch.device, dtype: torch.dtype) -> Any:
    """Fill an empty part with the weights of its folder, strictly."""
    load_weights(layout.network, weight_files(folder), rename=layout.rename, dtype=dtype, device=device)
    return torch.nn.Module.to(layout.network, device).eval()


def _vision_name(key: str) -> str | None:
    name = key.removeprefix("vision_model.")
    return None if name.startswith("head.") else name


def _language_name(key: str) -> str | None:
    return None if key.endswith("rotary_emb.inv_freq") else key
