"""Reading AlignScore checkpoints: tensors only, and every key accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.errors import InputError, MedspatialError, require
from medspatial.files import cause

if TYPE_CHECKING:
    import torch

HEADS = {"bin_layer": 2, "tri_layer": 3, "reg_layer": 1}
_OLD_BUFFERS = frozenset(
    {"base_model.embeddings.position_ids"}
)  # no parameter; current transformers builds it


def read_tensors(path: str | Path) -> dict[str, torch.Tensor]:
    """Return the tensors of a ``.safetensors`` file or a Lightning ``.ckpt`` by their published names.

    Raises
    ------
    InputError
        Missing file, or a pickle that holds more than tensors and plain values (it is not executed).
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"alignscore: no checkpoint file '{path}'")
    if path.suffix == ".safetensors":
        try:
            tensors: dict[str, torch.Tensor] = require("safetensors.torch", "models").load_file(str(path))
        except MedspatialError:
            raise
        except Exception as error:
            raise InputError(f"{path}: damaged or not a safetensors file ({cause(error)})") from None
        return tensors
    torch = require("torch", "models")
    try:
        loaded: Any = torch.load(path, weights_only=True, map_location="cpu")
    except Exception as error:  # refused pickles, and damaged bytes of any kind
        raise InputError(
            f"{path}: the checkpoint holds more than tensors and was not loaded ({cause(error)}); save its "
            f"'state_dict' as "
            "safetensors on a machine where you trust the file, and give that"
        ) from None
    state = loaded.get("state_dict", loaded) if isinstance(loaded, dict) else None
    if not isinstance(state, dict) or not all(hasattr(value, "shape") for value in state.values()):
        raise InputError(f"{path}: has no 'state_dict' of tensors")
    return state


def split_tensors(
    tensors: dict[str, torch.Tensor], source: str
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Return (encoder, heads) tensors; training-only tensors are dropped, anything unknown is an error.

    Raises
    ------
    InputError
        A missing head or an unexpected key.
    """
    encoder: dict[str, torch.Tensor] = {}
    heads: dict[str, torch.Tensor] = {}
    for name, tensor in tensors.items():
        if name in _OLD_BUFFERS or name.startswith("mlm_head."):
            continue
        if name.startswith("base_model."):
            encoder[name.removeprefix("base_model.")] = tensor
        elif name.rpartition(".")[0] in HEADS:
            heads[name] = tensor
        else:
            raise InputError(f"{source}: unexpected tensor '{name}' in an AlignScore checkpoint")
    missing = [
        f"{head}.{part}" for head in HEADS for part in ("weight", "bias") if f"{head}.{part}" not in heads
    ]
    if missing:
        raise InputError(f"{source}: no AlignScore checkpoint, lacks {', '.join(missing)}")
    return encoder, heads
