"""Reference checks of M3D-LaMed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file

from medspatial.models.m3d_lamed.network import Network, load_network
from medspatial.models.m3d_lamed.preparation import Preparation, Recipe
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.tools.verify import Check, exact_check, sampled_checks, tensor_check
from medspatial.volume import read_volume

_TOLERANCE, _LOGITS = 1e-4, 5e-4
# name in the reference: recipe, tolerance of samples (float16) and of means
_VARIANTS: dict[str, tuple[Recipe, float, float]] = {
    "cap_minmax": ("minmax", 1e-3, 1e-5),
    "refseg": ("refseg", 1e-3, 1e-5),
    "seg": ("seg", 2e-3, 1e-4),
}


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield tower, projector, splice, logits, greedy ids, and preprocessing where a CT is given."""
    network = load_network(folder, device=torch.device("cpu"), dtype=torch.float32, attention="eager")
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    features = network.vision(inputs["image"].float())
    visual = network.projector(features)
    yield tensor_check("encoder_features", features, expected["encoder_features"], _TOLERANCE)
    yield tensor_check("projected", visual, expected["projected"], _TOLERANCE)
    embeds = _spliced(network, inputs["input_ids"], visual)
    yield tensor_check("inputs_embeds", embeds, expected["inputs_embeds"], _TOLERANCE)
    logits = network.language(inputs_embeds=embeds).logits
    yield tensor_check("logits", logits, expected["logits"], _LOGITS)
    wanted = expected["greedy_ids"].tolist()
    for row, ids in enumerate(_greedy(network, embeds, visual.shape[1], len(wanted[0]))):
        yield exact_check(f"greedy_ids {row}", ids, wanted[row])
    if ct is not None and (folder / "preprocess_expected.safetensors").exists():
        yield from _preprocessing(folder, ct)


def _spliced(network: Network, ids: torch.Tensor, visual: torch.Tensor) -> torch.Tensor:
    words = network.language.get_input_embeddings()(ids)
    return torch.cat([words[:, :1], visual, words[:, 1 + visual.shape[1] :]], dim=1)


def _greedy(network: Network, embeds: torch.Tensor, visual: int, count: int) -> Iterator[list[int]]:
    """Through the shared prefix, as answers are made."""
    model = LanguageModel(network.language, GenerationSettings(max_new_tokens=count))
    for row in embeds:
        prefix = model.prefix(row[: 1 + visual])
        yield model.generate(prefix, [row[1 + visual :]])[0]


def _preprocessing(folder: Path, ct: Path) -> Iterator[Check]:
    expected = load_file(folder / "preprocess_expected.safetensors")
    volume = read_volume(ct, unit="HU")
    for variant, (recipe, tolerance, mean_tolerance) in _VARIANTS.items():
        prepared = Preparation(recipe, "stored", None)(volume)[0]
        yield from sampled_checks(
            variant,
            prepared,
            dict(expected),
            strides=(1, 4, 4),
            tolerance=tolerance,
            mean_tolerance=mean_tolerance,
        )
