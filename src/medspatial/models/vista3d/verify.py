"""Reference checks of VISTA3D: keys at the real size, logits, label map, preprocessing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from medspatial.models.runtime.checkpoint import compare_keys, read_config, state_shapes
from medspatial.models.tools.verify import Check, exact_check, tensor_check
from medspatial.models.vista3d.inference import Windows, finished_rows, label_maps, padded
from medspatial.models.vista3d.network import network_of
from medspatial.models.vista3d.preparation import Preparation
from medspatial.models.vista3d.prompts import expanded
from medspatial.volume import read_volume

_TOLERANCE, _SAMPLES = 5e-3, 1e-3
_REAL = 48


@torch.inference_mode()
def checks(folder: Path, ct: Path | None) -> Iterator[Check]:
    """Yield the checks; the network has the recipe's weights."""
    config = read_config(folder)
    inputs, expected = load_file(folder / "inputs.safetensors"), load_file(folder / "expected.safetensors")
    yield from _keys(folder / "manifest.json")
    labels = expanded(config["label_prompt"])
    yield exact_check("expanded labels", labels, config["label_prompt_after_subclass_expansion"])
    network = recipe_network(int(config["encoder_embed_dim"]), int(config["seed"]))
    x, y, z = config["roi_size"]
    windows = Windows((x, y, z), float(config["overlap"]))
    image = inputs["image"]
    prompts = torch.tensor(labels)[:, None]
    single = network(image[..., :x, :y, :z], class_vector=prompts)
    yield _near("single_window_logits", single, expected["single_window_logits"])
    logits = _blended(network, image, labels, windows)
    yield _near("sliding_logits", logits, expected["sliding_logits"])
    one_each = Windows(windows.roi, windows.overlap, 1e-9)  # no room: every label in a pass of its own
    for name, chunks in (("at once", windows), ("one by one", one_each)):
        ours = label_maps(network, image, {name: labels}, chunks)[name]
        yield _labels(f"label_map {name}", ours, expected["label_map"][0].numpy(), logits[0])
    if ct is not None and (folder / "preprocess_expected.safetensors").exists():
        yield from _preprocessing(ct, load_file(folder / "preprocess_expected.safetensors"))


def _blended(network: nn.Module, image: Tensor, labels: Sequence[int], windows: Windows) -> Tensor:
    """Return logits (1, labels, x, y, z) of all windows together."""
    whole, offset = padded(image, windows.roi)
    rows = [logits for _, logits in finished_rows(network, whole, labels, 0, windows)]
    box = tuple(slice(a, a + n) for a, n in zip(offset, image.shape[2:], strict=True))
    return torch.cat(rows, dim=1)[(slice(None), *box)][None]


def recipe_network(embedding: int, seed: int) -> nn.Module:
    """Build the network with weights that its keys and a seed determine."""
    network = network_of(embedding)
    state = network.state_dict()
    for key, value in state.items():
        if value.is_floating_point():
            draw = np.random.default_rng([seed, zlib.crc32(key.encode())]).standard_normal(tuple(value.shape))
            state[key] = torch.from_numpy(np.asarray(_scaled(key, draw.astype(np.float32)), dtype=np.float32))
    network.load_state_dict(state)
    return network


def _scaled(key: str, x: NDArray[np.float32]) -> Any:
    if x.ndim <= 1:
        return 1 + np.float32(0.2) * x if key.endswith("weight") else np.float32(0.1) * x
    if "embed" in key:
        return np.float32(0.7) * x
    return x * np.float32(np.sqrt(1.8 / np.prod(x.shape[1:])))


def _keys(manifest: Path) -> Iterator[Check]:
    if not manifest.exists():
        return
    published = {key: tuple(shape) for key, shape in json.loads(manifest.read_text()).items()}
    with torch.device("meta"):
        problems = compare_keys(state_shapes(network_of(_REAL)), published)
    detail = str(problems) or f"{len(published)} keys"
    yield Check("keys at the real size", float(bool(problems)), 0.0, detail)


def _labels(name: str, ours: NDArray[np.uint8], wanted: NDArray[Any], logits: Tensor) -> Check:
    """Count differing voxels, but not those where the two highest of background and labels nearly tie."""
    floor = torch.zeros_like(logits[:1])
    highest, second = torch.cat([floor, logits]).topk(2, dim=0).values
    clear = ((highest - second) >= _TOLERANCE).numpy()
    differing = float(((ours != wanted) & clear).sum())
    return Check(name, differing, 0.0, f"{int(clear.sum())} of {clear.size} voxels are clear")


def _near(name: str, ours: Tensor, wanted: Tensor) -> Check:
    scale = 1.0 + wanted.float().abs()  # 5e-3 relative and absolute
    return tensor_check(name, ours / scale, wanted.float() / scale, _TOLERANCE)


def _preprocessing(ct: Path, expected: Mapping[str, Tensor]) -> Iterator[Check]:
    prepared = Preparation().prepared(read_volume(ct, unit="HU"))
    v = np.asarray(prepared.voxels)
    yield exact_check("preprocess shape", [1, *v.shape], expected["shape"].tolist())
    yield tensor_check("preprocess affine", prepared.affine.matrix, expected["affine"], 1e-4)
    stats = [v.mean(dtype=np.float64), v.std(dtype=np.float64), v.min(), v.max()]
    middle = [n // 2 for n in v.shape]
    parts = {
        "stats_mean_std_min_max": stats,
        "sub_4_4_4": v[::4, ::4, ::4],
        "mid_axial": v[:, :, middle[2]],
        "mid_coronal": v[:, middle[1]],
    }
    for name, made in parts.items():
        yield tensor_check(f"preprocess {name}", made, expected[name], _SAMPLES)
