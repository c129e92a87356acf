"""Where Merlin's parts lie: its own repository, and two whose tokenizers and configurations it needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import LlamaTokenizer

from medspatial.errors import InputError
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.folder import load_tokenizer

CONTRASTIVE = "i3_resnet_clinical_longformer_best_clip_04-02-2024_23-21-36_epoch_99.pt"
REPORT = "resnet_gpt2_best_stanford_report_generation_average.pt"
LANGUAGE, TEXT = "RadLLaMA-7b", "Clinical-Longformer"


def weights_of(folder: Path, published: str, short: str) -> Path:
    """Return a weight file by its published name, or ``SHORT.safetensors`` where it was converted.

    Raises
    ------
    InputError
        Neither is there.
    """
    for name in (published, f"{short}.safetensors"):
        if (folder / name).is_file():
            return folder / name
    raise InputError(f"{folder}: has neither {published} nor {short}.safetensors")


def part(folder: Path, chosen: str | Path | None, name: str) -> tuple[Path, dict[str, Any]]:
    """Return the folder of a part (default: one of that name inside ``folder``) and its configuration."""
    place = folder / name if chosen is None else Path(chosen)
    if not place.is_dir():
        raise InputError(f"{place}: no such folder; it must hold config.json and tokenizer of {name}")
    return place, read_config(place)


def language_tokenizer(folder: Path) -> Any:
    """Load RadLLaMA's tokenizer; where its repository names code of its own, as plain Llama's."""
    named = folder / "tokenizer_config.json"
    if named.exists() and "auto_map" in read_config(folder, named.name):
        return LlamaTokenizer.from_pretrained(str(folder))
    return load_tokenizer(folder)
