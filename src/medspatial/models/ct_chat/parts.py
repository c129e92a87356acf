"""What the LoRA folder of CT-CHAT must hold; its base model and its encoder lie elsewhere."""

from __future__ import annotations

from pathlib import Path

from medspatial.models.ct_chat.adapter import adapter_files, adapter_settings, sorted_keys
from medspatial.models.ct_chat.ctvit import CTViTSizes
from medspatial.models.ct_chat.network import empty_projector
from medspatial.models.runtime.checkpoint import read_config, shapes
from medspatial.models.runtime.checks import sizes
from medspatial.models.runtime.layout import Part


def parts(folder: Path) -> list[Part]:
    """Return the parts, for ``models check``."""
    CTViTSizes.of(read_config(folder))
    return [
        Part("adapter settings", lambda: _settings(folder)),
        Part("adapter and projector", lambda: _weights(folder)),
        Part("base and encoder", lambda: "not covered: they lie elsewhere (options base and encoder)"),
    ]


def _settings(folder: Path) -> str:
    settings = adapter_settings(folder)
    return f"LoRA of rank {settings['r']}, alpha {settings['lora_alpha']}"


def _weights(folder: Path) -> str:
    files = adapter_files(folder)
    pairs, projector, words = sorted_keys(folder, shapes(files))
    empty_projector(projector, folder)
    counts = f"{len(pairs)} updates, {len(projector)} tensors of the projector, {len(words)} of words"
    return f"{sizes(files)}, {counts}"
