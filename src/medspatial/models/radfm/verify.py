"""Reference checks of RadFM."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from medspatial.models.radfm.network import Network, load_network
from medspatial.models.radfm.preparation import Preparation
from medspatial.models.radfm.tokens import RadFMTokenizer
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.tools.verify import Check, exact_check, tensor_check
from medspatial.volume import read_volume

_TOLERANCE = 1e-4
_PIXELS = 2e-3
_VARIANTS = {
    "as_stored": Preparation("stored", None),
    "display_layout": Preparation("canonical", None),
}


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield tower, perceiver, splice, logits, greedy ids, token ids, and preprocessing.

    Token ids need the original's ``tokenizer.model`` in the folder, or named by the variable
    ``MEDSPATIAL_RADFM_TOKENIZER``.
    """
    network = load_network(folder, read_config(folder), attention="eager")
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    images = inputs["vision_x"].float()
    yield from _tower(network, images, expected)
    visual = network.visual_tokens(images)
    wanted = expected["projected_visual_tokens"].flatten(1, 2)
    yield tensor_check("projected_visual_tokens", visual, wanted, _TOLERANCE)
    ids = inputs["lang_x"]
    embeds = torch.stack([network.table(tokens)[row] for tokens, row in zip(visual, ids, strict=True)])
    yield _near("inputs_embeds", embeds, expected)
    yield _near("last_logits", network.language(inputs_embeds=embeds).logits[:, -1], expected)
    yield from _greedy(network, embeds, expected["greedy_ids"].tolist())
    yield from _tokens(folder)
    if ct is not None and (folder / "preprocess_expected.safetensors").exists():
        yield from _preprocessing(folder, ct)


def _near(name: str, ours: Tensor, expected: dict[str, Tensor]) -> Check:
    return tensor_check(name, ours, expected[name], _TOLERANCE)


def _tower(network: Network, images: Tensor, expected: dict[str, Tensor]) -> Iterator[Check]:
    flat = images.flatten(0, 1)
    vision = network.vision
    yield _near("patch_embedding", vision.to_patch_embedding(flat), expected)
    positions = vision.pos_embedding(*vision.patches.grid(flat))
    yield tensor_check("position_embedding", positions[None], expected["position_embedding"], _TOLERANCE)
    features = vision(flat)
    yield _near("encoder_features", features, expected)
    latents = network.perceiver(features)
    yield _near("perceiver_out", latents.unflatten(0, images.shape[:2]), expected)


def _greedy(network: Network, embeds: Tensor, wanted: list[list[int]]) -> Iterator[Check]:
    """Through the shared prefix, as answers are made."""
    language = LanguageModel(network.language, GenerationSettings(max_new_tokens=len(wanted[0])))
    for number, (row, ids) in enumerate(zip(embeds, wanted, strict=True)):
        made = language.generate(language.prefix(row[:-2]), [row[-2:]])[0]
        yield exact_check(f"greedy_ids {number}", made, ids)


def _tokens(folder: Path) -> Iterator[Check]:
    tokenizer_file = tokenizer_path(folder)
    golden = folder / "tokens_golden.json"
    if tokenizer_file is None or not golden.exists():
        return
    tokenizer = RadFMTokenizer(tokenizer_file)
    for name, entry in json.loads(golden.read_text(encoding="utf-8")).items():
        if name.startswith("_"):
            continue
        text = re.sub(r"\{IMG(\d+)\}", lambda m: tokenizer.image_block(int(m[1])), entry["text"])
        ids = tokenizer.encode(text)
        yield exact_check(f"token ids {name}", ids, entry["input_ids"])
        decoded = tokenizer.decode(ids, skip_special_tokens=True)
        yield exact_check(f"decoded {name}", decoded, entry["decoded_skip_special"])


def tokenizer_path(folder: Path) -> Path | None:
    """Return the original's tokenizer, beside the reference vectors or where the user says."""
    stated = os.environ.get("MEDSPATIAL_RADFM_TOKENIZER")
    found = Path(stated) if stated else folder / "tokenizer.model"
    return found if found.exists() else None


def _preprocessing(folder: Path, ct: Path) -> Iterator[Check]:
    expected = load_file(folder / "preprocess_expected.safetensors")
    volume = read_volume(ct, unit="HU")
    for variant, preparation in _VARIANTS.items():
        array = preparation(volume)
        sample = array[None, :1, ::8, ::8, :]
        key = f"{variant}.subsample"
        yield tensor_check(key, sample, expected[key], _PIXELS)
        exact = array[0].astype("float64")
        for name, axes in {"hd": (0, 2), "wd": (1, 2), "hw": (0, 1)}.items():
            key = f"{variant}.mean_over_{name}"
            yield tensor_check(key, exact.mean(axis=axes), expected[key], _PIXELS)
        stats = [exact.mean(), exact.std(), exact.min(), exact.max()]
        yield tensor_check(f"{variant}.stats", stats, expected[f"{variant}.stats"], _PIXELS)
