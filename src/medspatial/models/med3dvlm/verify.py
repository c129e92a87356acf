"""Reference checks of Med3DVLM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from medspatial.models.med3dvlm.network import Network, load_network
from medspatial.models.med3dvlm.preparation import Preparation, Recipe
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.tools.verify import Check, exact_check, sampled_checks, tensor_check
from medspatial.volume import read_volume

_TOLERANCE, _LOOSE = 1e-4, 5e-4  # loose: stages of the tower, and logits
_PENALTIES = {
    "greedy_ids": 1.0,
    "greedy_ids_repetition_penalty_1_05": 1.05,
    "greedy_ids_repetition_penalty_1_5": 1.5,
}
# recipe: tolerance of samples (0..1 as float16, HU as float32) and of means
_VARIANTS: dict[Recipe, tuple[float, float]] = {"dataprep128": (1e-3, 1e-5), "app_raw_hu": (1e-2, 1e-2)}


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield tower, projector, splice, logits, greedy ids, and preprocessing where a CT is given."""
    network = load_network(folder, device=torch.device("cpu"), dtype=torch.float32, attention="eager")
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    stages = network.vision.stages(inputs["image"].float())
    yield from _tower(stages, expected)
    yield from _mixers(network, stages, expected)
    visual = network.projector((stages[-2], stages[-1]))
    yield tensor_check("projected", visual, expected["projected"], _TOLERANCE)
    embeds = _spliced(network, inputs["input_ids"], visual)
    yield tensor_check("inputs_embeds", embeds, expected["inputs_embeds"], _TOLERANCE)
    logits = network.language(inputs_embeds=embeds).logits
    yield tensor_check("logits", logits, expected["logits"], _LOOSE)
    for name, penalty in _PENALTIES.items():
        wanted = expected[name].tolist()
        settings = GenerationSettings(max_new_tokens=len(wanted[0]), repetition_penalty=penalty)
        model = LanguageModel(network.language, settings)
        for row, ids in zip(embeds, wanted, strict=True):
            start = 1 + visual.shape[1]
            yield exact_check(name, model.generate(model.prefix(row[:start]), [row[start:]])[0], ids)
    if ct is not None and (folder / "preprocess_expected.safetensors").exists():
        yield from _preprocessing(folder, ct)


def _tower(stages: list[Tensor], expected: dict[str, Tensor]) -> Iterator[Check]:
    stem = stages[0]
    some = expected["encoder_stage_0_tokens_0_64"]
    yield tensor_check("encoder_stage_0", stem[:, : some.shape[1]], some, _LOOSE)
    moments = torch.stack([stem.mean(), stem.std()])
    yield tensor_check("encoder_stage_0_mean_std", moments, expected["encoder_stage_0_mean_std"], _LOOSE)
    for number, tokens in enumerate(stages[1:], start=1):
        yield tensor_check(f"encoder_stage_{number}", tokens, expected[f"encoder_stage_{number}"], _LOOSE)


def _mixers(network: Network, stages: list[Tensor], expected: dict[str, Tensor]) -> Iterator[Check]:
    streams = {"low": network.projector.low_mixer, "high": network.projector.high_mixer}
    for (name, mixers), x in zip(streams.items(), stages[-2:], strict=True):
        for number, mixer in enumerate(mixers):
            x = mixer(x)  # noqa: PLW2901 (layer by layer)
            key = f"mixer_{name}_{number}"
            yield tensor_check(key, x, expected[key], _TOLERANCE)


def _spliced(network: Network, ids: Tensor, visual: Tensor) -> Tensor:
    """Position 0 kept, the next ones replaced: the first token of the question is lost."""
    words = network.language.get_input_embeddings()(ids)
    return torch.cat([words[:, :1], visual, words[:, 1 + visual.shape[1] :]], dim=1)


def _preprocessing(folder: Path, ct: Path) -> Iterator[Check]:
    expected = load_file(folder / "preprocess_expected.safetensors")
    volume = read_volume(ct, unit="HU")
    for recipe, (tolerance, mean_tolerance) in _VARIANTS.items():
        yield from sampled_checks(
            recipe,
            Preparation(recipe, "stored", None)(volume)[0],
            dict(expected),
            strides=(4, 4, 4),
            tolerance=tolerance,
            mean_tolerance=mean_tolerance,
            depth_step=2,
        )
