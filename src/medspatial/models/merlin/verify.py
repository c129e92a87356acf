"""Reference checks of Merlin: small nets, the real size from a recipe, and preprocessing."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor

from medspatial.models.merlin.network import (
    Contrastive,
    ReportNetwork,
    load_contrastive,
    load_report,
)
from medspatial.models.merlin.preparation import Preparation
from medspatial.models.merlin.text import sanitized
from medspatial.models.merlin.vision import Encoder, EncoderSizes, pooled, tokens
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.runtime.folder import load_tokenizer
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.models.tools.verify import Check, exact_check, tensor_check
from medspatial.volume import read_volume

_TOLERANCE = 1e-4
_SAMPLES = 1e-3
_SEED, _EVERY = 4101, 16
_PREFIX = "encode_image.i3_resnet."
_FULL = ("contrastive_raw", "ehr_logits", "image_embedding", "image_tokens", "adapter_out_every_16th_channel")

Expected = Mapping[str, Tensor]


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield both small models, the texts, the full-size encoder, and preprocessing where a CT is given."""
    config = read_config(folder)
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    cpu = torch.device("cpu")
    contrastive = load_contrastive(
        folder / "weights_contrastive.safetensors", config["text_encoder"], device=cpu
    )
    yield from _contrastive(contrastive, inputs, expected)
    report = load_report(
        folder / "weights_report.safetensors",
        config["llama"],
        device=cpu,
        dtype=torch.float32,
        attention="eager",
    )
    yield from _report(report, inputs["image"], expected, folder, config["generation"])
    texts = config["sanitize_report"]
    yield exact_check("sanitized texts", [sanitized(text) for text in texts["in"]], texts["out"])
    if (folder / "fullsize_expected.safetensors").exists():
        yield from full_size(load_file(folder / "fullsize_expected.safetensors"))
    if ct is not None and (folder / "preprocess_expected.safetensors").exists():
        prepared = Preparation()(read_volume(ct, unit="HU"))
        yield from _preprocessing(prepared, load_file(folder / "preprocess_expected.safetensors"))


def _contrastive(network: Contrastive, inputs: Expected, expected: Expected) -> Iterator[Check]:
    image = inputs["image"]
    for name, stage in zip(
        ("stem", "layer1", "layer2", "layer3", "layer4"), network.encoder.stages(image), strict=True
    ):
        yield _near(f"stage.{name}", stage, expected)
    embedding = network.embedding(image)
    logits = network.phenotypes(embedding)
    yield _near("image_embedding", embedding[None], expected)
    yield _near("contrastive.ehr_logits", logits, expected)
    yield _near("phenotype_probs", logits.sigmoid(), expected)
    pictures = network.image_features(embedding)
    texts = network.text_features(inputs["text_input_ids"], inputs["text_attention_mask"])
    yield _near("contrastive.image_features", pictures, expected)
    yield _near("contrastive.text_features", texts, expected)
    yield _near("contrastive.cosine", pictures @ texts.T, expected)


def _report(
    network: ReportNetwork, image: Tensor, expected: Expected, folder: Path, generation: dict[str, Any]
) -> Iterator[Check]:
    yield _near("report.image_tokens", tokens(network.encoder(image)), expected)
    visual = network.visual_tokens(image)
    yield _near("report.adapter_out", visual, expected)
    tokenizer = load_tokenizer(folder)
    ids = [tokenizer.encode(prompt) for prompt in generation["prompts"]]
    yield exact_check("report.prompt_ids", ids[0], expected["report.prompt_ids_with_bos"][0].tolist())
    words = network.language.get_input_embeddings()
    tails = [words(torch.tensor(row[1:])) for row in ids]
    embeds = torch.cat([visual[0], tails[0]])[None]
    yield _near("report.inputs_embeds", embeds, expected)
    logits = network.language(inputs_embeds=embeds).logits[:, -8:]
    yield _near("report.logits_last8", logits, expected)
    count, penalty = int(generation["max_new_tokens"]), float(generation["repetition_penalty"])
    for penalised in (penalty, 1.0):
        settings = GenerationSettings(
            max_new_tokens=count, eos_ids=(2,), pad_id=2, repetition_penalty=penalised
        )
        yield from _greedy(LanguageModel(network.language, settings), visual, tails, expected)


def _greedy(model: LanguageModel, visual: Tensor, tails: list[Tensor], expected: Expected) -> Iterator[Check]:
    """Greedy ids through the shared prefix: both prompts in one batch, and the second volume."""
    plain = model.settings.repetition_penalty == 1.0
    first = model.generate(model.prefix(visual[0]), tails)
    if plain:
        yield _ids("report.generated_ids_nopenalty.0", first[0], expected["report.generated_ids_nopenalty.0"])
        return
    for number, made in enumerate(first):
        yield _ids(f"report.generated_ids.{number}", made, expected[f"report.generated_ids.{number}"])
    second = model.generate(model.prefix(visual[1]), tails[:1])[0]
    batch = expected["report.generated_ids.batch"]
    for row, made in enumerate((first[0], second)):
        yield _ids(f"report.generated_ids.batch {row}", made, batch[row : row + 1])


def _ids(name: str, made: list[int], wanted: Tensor) -> Check:
    row = wanted[0].tolist()
    return exact_check(name, made, row[: row.index(2) + 1] if 2 in row else row)


def full_size(expected: Expected) -> Iterator[Check]:
    """The real ResNet-152 with the recipe's weights; relative 1e-3 and 2e-3 besides."""
    sizes = EncoderSizes()
    with torch.device("meta"):
        encoder = Encoder(sizes).eval()
    empty = encoder.state_dict()
    encoder.load_state_dict({key: _drawn(_PREFIX + key, empty[key].shape) for key in empty}, assign=True)
    generator = np.random.default_rng([_SEED, zlib.crc32(b"image")])
    image = torch.from_numpy(generator.random((1, 1, 64, 64, 48)).astype(np.float32))
    features = encoder(image)
    embedding = pooled(features)
    sequence = tokens(features)
    adapter = _linear(sequence, "adapter.linear2", (4096, sizes.channels))
    made = (
        _linear(embedding, _PREFIX + "contrastive_head", (512, sizes.channels, 1, 1, 1)),
        _linear(embedding, _PREFIX + "classifier", (1692, sizes.channels, 1, 1, 1)),
        embedding[None],
        sequence,
        adapter[..., ::_EVERY],
    )
    for name, ours in zip(_FULL, made, strict=True):
        wanted = expected[name]
        scale = 1.0 + wanted.abs() / 2  # |difference| <= 2e-3 + 1e-3 |wanted|
        yield tensor_check(f"fullsize {name}", ours / scale, wanted / scale, 2e-3)


def _linear(values: Tensor, name: str, shape: tuple[int, ...]) -> Tensor:
    weight, bias = _drawn(f"{name}.weight", shape), _drawn(f"{name}.bias", shape[:1])
    return torch.nn.functional.linear(values, weight.flatten(1), bias)


def _drawn(key: str, shape: tuple[int, ...]) -> Tensor:
    """Weights of the recipe: seeded by the key, scaled by what the key is."""
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    draw = np.random.default_rng([_SEED, zlib.crc32(key.encode())]).standard_normal(tuple(shape))
    return torch.from_numpy(np.asarray(_scaled(key, draw.astype(np.float32)), dtype=np.float32))


def _scaled(key: str, x: NDArray[np.float32]) -> NDArray[np.float32]:
    if key.endswith("running_var"):
        return np.asarray(np.exp(np.float32(0.2) * x), dtype=np.float32)
    if key.endswith(("running_mean", "bias")):
        return np.float32(0.1) * x
    if x.ndim > 1:
        return np.multiply(x, np.float32(np.sqrt(2.0 / np.prod(x.shape[1:]))))
    if key.endswith("bn3.weight"):
        return np.float32(0.2) + np.float32(0.05) * x
    return np.float32(1) + np.float32(0.1) * x


def _preprocessing(prepared: NDArray[np.float32], expected: Expected) -> Iterator[Check]:
    yield exact_check("preprocess shape", list(prepared.shape), expected["shape"].tolist())
    v = prepared[0]
    stats = [v.mean(dtype=np.float64), v.std(dtype=np.float64), v.min(), v.max()]
    parts: dict[str, Any] = {
        "stats_mean_std_min_max": stats,
        "sub_4_4_4": v[::4, ::4, ::4],
        "axial_z80": v[:, :, 80],
        "coronal_y112": v[:, 112],
        "sagittal_x112": v[112],
    }
    for name, made in parts.items():
        yield tensor_check(f"preprocess {name}", made, expected[name], _SAMPLES)
    places = np.nonzero(v)
    box = [[int(axis.min()), int(axis.max())] for axis in places]
    yield exact_check("preprocess nonzero_bbox", box, expected["nonzero_bbox"].tolist())
    for axis, name in enumerate(("sum_x_profile", "sum_y_profile", "sum_z_profile")):
        others = tuple(other for other in range(3) if other != axis)
        means = v.mean(axis=others, dtype=np.float64)  # the profiles are means, whatever their name
        yield tensor_check(f"preprocess {name}", means, expected[name], 1e-5)


def _near(name: str, ours: Tensor, expected: Expected) -> Check:
    return tensor_check(name, ours, expected[name], _TOLERANCE)
