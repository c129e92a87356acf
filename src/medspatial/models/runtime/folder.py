"""Language models and tokenizers out of a checkpoint's folder, without its code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from accelerate import init_empty_weights
from transformers import AutoTokenizer, GenerationConfig, PretrainedConfig, PreTrainedModel

from medspatial.errors import InputError
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.language import GenerationSettings

ATTENTION = ("eager", "sdpa", "flash_attention_2")


def empty_language_model(
    kind: type[PreTrainedModel], config: PretrainedConfig, attention: str = "sdpa"
) -> PreTrainedModel:
    """Build a model of transformers without weights (parameters on the meta device, buffers real)."""
    if attention not in ATTENTION:
        raise InputError(f"attention: must be one of {', '.join(ATTENTION)}, got {attention!r}")
    config._attn_implementation = attention
    with init_empty_weights(include_buffers=False):
        model = kind(config)
    model.eval()
    return model


def load_tokenizer(folder: Path, **options: Any) -> Any:
    """Load the tokenizer of a checkpoint's folder, never its code.

    Raises
    ------
    InputError
        The folder holds no usable tokenizer.
    """
    try:
        return AutoTokenizer.from_pretrained(str(folder), trust_remote_code=False, **options)
    except (OSError, ValueError, KeyError) as error:
        first = str(error).strip().splitlines()[0]
        raise InputError(f"{folder}: no usable tokenizer ({first})") from None


def generation_settings(folder: Path, config: dict[str, Any], **chosen: Any) -> GenerationSettings:
    """Merge the checkpoint's ``generation_config.json`` with what the model and the user choose.

    End and pad tokens come from there (else from ``config.json``), and so does the repetition
    penalty, which acts on greedy answers too; sampling settings count only when sampling is chosen.
    """
    saved: dict[str, Any] = dict(config)
    if (folder / "generation_config.json").exists():
        saved.update(read_config(folder, "generation_config.json"))
    defaults = GenerationConfig()
    ends = saved.get("eos_token_id")
    settings: dict[str, Any] = {
        "eos_ids": tuple(ends) if isinstance(ends, list) else (() if ends is None else (ends,)),
        "pad_id": saved.get("pad_token_id") or 0,
        "repetition_penalty": saved.get("repetition_penalty") or defaults.repetition_penalty or 1.0,
    }
    if chosen.get("do_sample"):
        for name in ("temperature", "top_p", "top_k"):
            if saved.get(name) is not None:
                settings[name] = saved[name]
    settings.update({name: value for name, value in chosen.items() if value is not None})
    return GenerationSettings(**settings)


def dtype_of(model: PreTrainedModel) -> torch.dtype:
    """Return the number type of a model's embeddings."""
    weight = model.get_input_embeddings().weight
    assert isinstance(weight, torch.Tensor)
    return weight.dtype
