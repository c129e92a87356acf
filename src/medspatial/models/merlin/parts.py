"""What Merlin's folder must hold: for each mode weights, and a folder of configuration and tokenizer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from medspatial.models.merlin.folder import (
    CONTRASTIVE,
    LANGUAGE,
    REPORT,
    TEXT,
    language_tokenizer,
    part,
    weights_of,
)
from medspatial.models.merlin.network import contrastive_layout, lora_layers, report_layout
from medspatial.models.runtime.checkpoint import shapes
from medspatial.models.runtime.checks import fitting_weights, known_tokenizer
from medspatial.models.runtime.folder import load_tokenizer
from medspatial.models.runtime.layout import Part


def parts(folder: Path) -> list[Part]:
    """Return the parts, for ``models check``; one mode alone needs only its own two."""
    return [
        Part("choices: weights", lambda: _contrastive(folder)),
        Part(f"choices: {TEXT}", lambda: _tokenizer(folder, TEXT, load_tokenizer)),
        Part("generate: weights", lambda: _report(folder)),
        Part(f"generate: {LANGUAGE}", lambda: _tokenizer(folder, LANGUAGE, language_tokenizer)),
    ]


def _contrastive(folder: Path) -> str:
    file = weights_of(folder, CONTRASTIVE, "contrastive")
    _, config = part(folder, None, TEXT)
    return fitting_weights([file], contrastive_layout(file, config))


def _report(folder: Path) -> str:
    file = weights_of(folder, REPORT, "report")
    _, config = part(folder, None, LANGUAGE)
    layers = lora_layers(shapes([file]))
    return f"{fitting_weights([file], report_layout(file, config))}; {len(layers)} layers with low-rank parts"


def _tokenizer(folder: Path, name: str, load: Callable[[Path], Any]) -> str:
    place, config = part(folder, None, name)
    return known_tokenizer(place, config.get("vocab_size"), load=load)
