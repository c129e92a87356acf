"""What a folder must hold that transformers runs as image-text-to-text."""

from __future__ import annotations

from pathlib import Path

from transformers import AutoConfig
from transformers.models.auto.modeling_auto import MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING

from medspatial.errors import InputError
from medspatial.models.image_text.loading import load_processor
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.checks import whole_weights
from medspatial.models.runtime.layout import Part


def parts(folder: Path) -> list[Part]:
    """Return the parts, for ``models check``."""
    read_config(folder)
    return [
        Part("architecture", lambda: _architecture(folder)),
        Part("weights", lambda: whole_weights(folder)),
        Part("processor", lambda: _processor(folder)),
    ]


def _architecture(folder: Path) -> str:
    try:
        config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"unknown to transformers ({str(error).strip().splitlines()[0]})") from None
    if type(config) not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING:
        raise InputError(f"transformers has no image-text-to-text model of type {config.model_type!r}")
    return f"image-text-to-text of transformers, {config.model_type}"


def _processor(folder: Path) -> str:
    processor, without_video = load_processor(str(folder), revision=None, chat_template=None)
    return f"{type(processor).__name__}{', without its video part' if without_video else ''}"
