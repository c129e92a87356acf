"""Reference checks of CT-CHAT."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedModel

from medspatial.models.ct_chat.adapter import load_adapter
from medspatial.models.ct_chat.ctvit import CTViT, CTViTSizes
from medspatial.models.ct_chat.language import Merge, build_language
from medspatial.models.ct_chat.network import load_encoder, load_projector
from medspatial.models.ct_chat.preparation import Preparation
from medspatial.models.ct_chat.prompt import split_at_image
from medspatial.models.ct_chat.system_prompt import load_system_prompt
from medspatial.models.ct_chat.templates import TEMPLATES
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.runtime.source_text import sha256
from medspatial.models.tools.verify import Check, exact_check, tensor_check
from medspatial.volume import read_volume

_TOLERANCE = 1e-4
_SAMPLES, _MEANS = 1e-3, 1e-5
_MERGES: tuple[Merge, ...] = ("formula", "peft")
_PLACEHOLDER = "{SYSTEM}"


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield encoder, projector, both merges, splice, logits, greedy ids, prompts, and preprocessing."""
    config = read_config(folder)
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    encoder = load_encoder(folder / "weights.safetensors", sizes=CTViTSizes.of(config))
    yield from _encoder(encoder, inputs["video"].float(), expected)
    adapter = load_adapter(folder)
    projector = load_projector(adapter.projector, folder, torch.float32)
    features = encoder(inputs["video"].float())
    yield _near("attn_pool", projector.attn_pool(features.flatten(1, 3)), expected)
    visual = projector(features)
    yield _near("projected_visual_tokens", visual, expected)
    for merge in _MERGES:
        model = build_language(
            config["language_model"],
            [folder / "base_llm.safetensors"],
            adapter,
            attention="eager",
            merge=merge,
        )
        yield _merged(folder, model, merge)
        yield from _answers(model, inputs["input_ids"][0].tolist(), visual[0], expected, merge)
    yield from _prompts(folder)
    if ct is not None and (folder / "preprocess_expected.safetensors").exists():
        yield from _preprocessing(folder, ct)


def _near(name: str, ours: Tensor, expected: dict[str, Tensor]) -> Check:
    return tensor_check(name, ours, expected[name], _TOLERANCE)


def _encoder(encoder: CTViT, video: Tensor, expected: dict[str, Tensor]) -> Iterator[Check]:
    patches = encoder.patch_embedding(video)
    side = encoder.sizes.side
    yield _near("patch_embedding", patches.unflatten(2, (side, side)), expected)
    yield _near("spatial_rel_pos_bias", encoder.spatial_rel_pos_bias(side, side), expected)
    within = encoder.within_slices(patches)
    yield _near("spatial_transformer_out", within, expected)
    tokens = encoder.across_slices(within, video.shape[0])
    yield _near("pre_vq_tokens", tokens, expected)
    ids = encoder.vq(tokens)[1].flatten().tolist()
    yield exact_check("codebook_ids", ids, expected["codebook_ids"].flatten().tolist())
    yield _near("encoder_features", encoder(video), expected)


def _merged(folder: Path, model: PreTrainedModel, merge: str) -> Check:
    """All parameters against the reference's own merge."""
    wanted = load_file(folder / "weights.safetensors")
    errors = [float((p - wanted[name]).abs().max()) for name, p in model.named_parameters()]
    return Check(f"merged weights ({merge})", max(errors), _TOLERANCE, f"{len(errors)} parameters")


def _answers(
    model: PreTrainedModel, ids: list[int], visual: Tensor, expected: dict[str, Tensor], merge: str
) -> Iterator[Check]:
    """Splice, logits and ids, through the shared prefix as answers are made."""
    wanted = expected["greedy_ids"][0].tolist()
    language = LanguageModel(model, GenerationSettings(max_new_tokens=len(wanted)))
    before, behind = (language.embed(part) for part in split_at_image(ids))
    start = torch.cat([before, visual])
    embeds = torch.cat([start, behind])[None]
    yield tensor_check(f"inputs_embeds ({merge})", embeds, expected["inputs_embeds"], _TOLERANCE)
    logits = model(inputs_embeds=embeds).logits[:, -1]
    yield tensor_check(f"last_logits ({merge})", logits, expected["last_logits"], _TOLERANCE)
    made = language.generate(language.prefix(start), [behind])[0]
    yield exact_check(f"greedy_ids ({merge})", made, wanted)


def _prompts(folder: Path) -> Iterator[Check]:
    """Texts with the system text left open; in full where it was fetched."""
    path = folder / "prompt_golden.json"
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    for entry in entries:
        template = TEMPLATES[entry["template"]]
        turns = [(question, answer) for question, answer in entry["turns"]]
        name = f"prompt {template.name}, {len(turns)} turns"
        held = _PLACEHOLDER if entry["system_len"] else ""
        yield exact_check(name, template.render(turns, held), entry["prompt_with_system_placeholder"])
        system = load_system_prompt(template)
        if system.origin != "none":
            made = sha256(template.render(turns, system.text))
            yield exact_check(f"{name}, in full", made, entry["prompt_sha256"])


def _preprocessing(folder: Path, ct: Path) -> Iterator[Check]:
    expected = load_file(folder / "preprocess_expected.safetensors")
    volume = read_volume(ct, unit="HU")
    made = {
        "as_stored": Preparation("stored")(volume),
        "lps_first": Preparation("canonical")(volume),
    }
    for variant, array in made.items():
        sample = array[:, ::4, ::6, ::6].astype(np.float16)
        yield tensor_check(f"{variant}.subsample", sample, expected[f"{variant}.subsample"], _SAMPLES)
        exact = array[0].astype(np.float64)
        for name, axes in {"hw": (1, 2), "dw": (0, 2), "dh": (0, 1)}.items():
            key = f"{variant}.mean_over_{name}"
            yield tensor_check(key, exact.mean(axis=axes), expected[key], _MEANS)
        stats = [exact.mean(), exact.std(), exact.min(), exact.max()]
        yield tensor_check(f"{variant}.stats", stats, expected[f"{variant}.stats"], _MEANS)
