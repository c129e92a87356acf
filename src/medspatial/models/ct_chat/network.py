"""Encoder and projector of CT-CHAT out of the published files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from accelerate import init_empty_weights
from torch import Tensor

from medspatial.errors import InputError
from medspatial.models.ct_chat.ctvit import CTViT, CTViTSizes
from medspatial.models.ct_chat.projector import Projector
from medspatial.models.runtime.checkpoint import compare_keys, load_weights, shapes, state_shapes

_PREFIX = "visual_transformer."
# Published with the encoder, without a part in its answer.
_UNUSED = ("to_pixels.", "to_pixels_first_frame.", "to_patch_emb_first_frame.")
_UNUSED_ENDS = (
    ".null_kv",
    ".context_norm.gamma",
    ".context_norm.beta",
    "._codebook.cluster_size",
    "._codebook.initted",
)


def encoder_name(key: str) -> str | None:
    """Return the encoder's name of a key without prefix; None for what inference does not need."""
    return None if key.startswith(_UNUSED) or key.endswith(_UNUSED_ENDS) else key


def published_name(key: str) -> str | None:
    """Return the encoder's name of a key of the whole CT-CLIP file; None for its other parts."""
    return encoder_name(key.removeprefix(_PREFIX)) if key.startswith(_PREFIX) else None


def renamer(keys: Mapping[str, tuple[int, ...]]) -> Callable[[str], str | None]:
    """Return the naming of a file: whole CT-CLIP (with prefix), or the encoder alone (without)."""
    return published_name if any(key.startswith(_PREFIX) for key in keys) else encoder_name


def load_encoder(path: Path, *, sizes: CTViTSizes | None = None, device: torch.device | str = "cpu") -> CTViT:
    """Load ``CT-CLIP_v2.pt``, ``clip_visual_encoder.pth`` or a safetensors file of either; float32.

    Raises
    ------
    InputError
        Missing, unexpected or misshapen keys.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file; the encoder is CT-CLIP_v2.pt of the CT-RATE repository")
    with init_empty_weights(include_buffers=True):
        encoder = CTViT(sizes or CTViTSizes())
    load_weights(encoder, [path], rename=renamer(shapes([path])), dtype=torch.float32)
    return encoder.to(device).eval()


def load_projector(state: Mapping[str, Tensor], where: Path, dtype: torch.dtype) -> Projector:
    """Build the projector from its tensors, whose shapes tell its sizes.

    Raises
    ------
    InputError
        Missing, unexpected or misshapen keys.
    """
    projector = empty_projector({key: tuple(tensor.shape) for key, tensor in state.items()}, where)
    projector.load_state_dict({key: tensor.to(dtype) for key, tensor in state.items()}, assign=True)
    return projector.eval()


def empty_projector(found: Mapping[str, tuple[int, ...]], where: Path) -> Projector:
    """Build the projector without weights (meta device) from the shapes of its tensors.

    Raises
    ------
    InputError
        Missing, unexpected or misshapen keys.
    """
    query, out = found.get("attn_pool.query"), found.get("proj.2.weight")
    if query is None or out is None:
        raise InputError(f"{where}: the projector lacks attn_pool.query or proj.2.weight")
    with init_empty_weights(include_buffers=True):
        projector = Projector(query[1], out[0], queries=query[0])
    problems = compare_keys(state_shapes(projector), found)
    if problems:
        raise InputError(f"{where}: the weights do not fit the projector: {problems}")
    return projector
