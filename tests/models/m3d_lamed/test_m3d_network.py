"""M3D-LaMed: published keys at real size, what is skipped, what is refused, golden vectors."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from medspatial.errors import InputError
from medspatial.models.m3d_lamed.network import empty_network, load_network, published_name
from medspatial.models.m3d_lamed.projector import SpatialPoolingProjector
from medspatial.models.m3d_lamed.vision import Patches, ViTSizes
from medspatial.models.runtime.checkpoint import compare_keys, state_shapes
from medspatial.models.tools.verify import verify

REAL: dict[str, Any] = {
    "architectures": "LamedLlamaForCausalLM",
    "image_channel": 1,
    "image_size": [32, 256, 256],
    "patch_size": [4, 16, 16],
    "proj_pooling_size": 2,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 32,
    "tie_word_embeddings": False,
}
LLAMA = {
    **REAL,
    "model_type": "lamed_llama",
    "hidden_size": 4096,
    "intermediate_size": 11008,
    "vocab_size": 32004,
}
PHI3 = {
    **REAL,
    "model_type": "lamed_phi3",
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "vocab_size": 32015,
    "sliding_window": 2047,
    "pad_token_id": 32000,
}


@pytest.mark.parametrize(("variant", "config"), [("llama", LLAMA), ("phi3", PHI3)])
def test_real_keys_and_shapes(shared: Path, variant: str, config: dict[str, Any]) -> None:
    real = json.loads((shared / "parity/m3d_lamed/real_state_dict_shapes.json").read_text())[variant]
    renamed = {new: tuple(shape) for key, shape in real.items() if (new := published_name(key)) is not None}
    skipped = [key for key in real if published_name(key) is None]
    network = empty_network(config)
    assert not compare_keys(state_shapes(network), renamed)
    assert len(skipped) == 280
    assert all(".seg_" in key for key in skipped)
    assert network.projector.tokens == 256
    assert all(value.is_meta for value in network.parameters())


@pytest.mark.parametrize("variant", ["m3d_lamed", "m3d_lamed/phi3"])
def test_golden_vectors(shared: Path, variant: str) -> None:
    checks = verify("m3d_lamed", shared / "parity" / variant)
    assert [check for check in checks if not check.passed] == []
    names = {check.name for check in checks}
    assert {"encoder_features", "projected", "logits", "greedy_ids 0", "greedy_ids 1"} <= names
    if variant == "m3d_lamed":
        assert {"preprocess cap_minmax.sub", "preprocess refseg.sub", "preprocess seg.mean_per_W"} <= names


def test_a_wrong_weight_is_seen_by_verify(shared: Path, tmp_path: Path) -> None:
    for path in (shared / "parity/m3d_lamed").glob("*.*"):
        shutil.copyfile(path, tmp_path / path.name)
    weights = load_file(tmp_path / "weights.safetensors")
    weights["model.vision_tower.vision_tower.norm.bias"] += 0.01
    save_file(weights, str(tmp_path / "weights.safetensors"))
    failed = [check.name for check in verify("m3d_lamed", tmp_path) if not check.passed]
    assert "encoder_features" in failed
    assert "logits" in failed


def test_patches_run_depth_first_and_inside_a_patch_width_is_fastest() -> None:
    sizes = ViTSizes(image_size=(4, 4, 4), patch_size=(2, 2, 2))
    image = torch.arange(64.0).reshape(1, 1, 4, 4, 4)
    patches = Patches(sizes)(image)
    assert patches[0, 0].tolist() == [0, 1, 4, 5, 16, 17, 20, 21]
    assert patches[0, :, 0].tolist() == [0, 2, 8, 10, 32, 34, 40, 42]


def test_pooling_comes_before_the_layers_and_drops_an_odd_end() -> None:
    projector = SpatialPoolingProjector((3, 4, 4), vision=2, hidden=3)
    features = torch.rand(1, 48, 2)
    grid = features[0].reshape(3, 4, 4, 2)
    mean = grid[0:2, 0:2, 2:4].mean(dim=(0, 1, 2))
    assert projector.tokens == 4
    assert torch.allclose(projector(features)[0, 1], projector.projector(mean), atol=1e-6)


def test_the_position_is_not_added_to_the_class_token(tiny_m3d: Path) -> None:
    network = load_network(tiny_m3d, device=torch.device("cpu"), dtype=torch.float32)
    image = torch.rand(1, 1, 4, 8, 8)
    embedding = network.vision.patch_embedding
    x = torch.cat([network.vision.cls_token, embedding(image)], dim=1)
    for block in network.vision.blocks:
        x = block(x)
    expected = network.vision.norm(x)[:, 1:]
    assert torch.allclose(network.vision(image), expected)
    assert network.vision(image).shape == (1, 64, 16)  # and the class token is gone


def test_another_image_size_is_refused_by_shape(tiny_m3d: Path) -> None:
    network = load_network(tiny_m3d, device=torch.device("cpu"), dtype=torch.float32)
    with pytest.raises(RuntimeError):
        network.visual_tokens(torch.rand(1, 1, 8, 8, 8))


@pytest.mark.parametrize("architectures", ["LamedLlamaForCausalLM", ["LamedLlamaForCausalLM"], None])
def test_architectures_may_be_a_plain_string(m3d_folder: Callable[..., Path], architectures: object) -> None:
    folder = m3d_folder(architectures=architectures)
    assert (
        load_network(folder, device=torch.device("cpu"), dtype=torch.float32).language.config.vocab_size > 70
    )


def test_a_checkpoint_of_another_model_is_told(tiny_med3dvlm: Path) -> None:
    with pytest.raises(
        InputError, match=r"model_type.*must be one of lamed_llama, lamed_phi3, got 'vlm_qwen'"
    ):
        load_network(tiny_med3dvlm, device=torch.device("cpu"), dtype=torch.float32)


def test_weights_of_the_other_variant_are_listed(m3d_folder: Callable[..., Path]) -> None:
    folder = m3d_folder()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "model_type": "lamed_phi3"}))
    with pytest.raises(InputError, match=r"missing: .*qkv_proj.*unexpected: .*q_proj"):
        load_network(folder, device=torch.device("cpu"), dtype=torch.float32)


@pytest.mark.parametrize("name", ["longrope", "su"])
def test_phi3_takes_rope_and_window_from_the_config(name: str) -> None:
    half = 48  # of the head size of 96
    factors = {
        "short_factor": [1.0 + i / 50 for i in range(half)],
        "long_factor": [2.0 + i for i in range(half)],
    }
    config = {
        **PHI3,
        "num_hidden_layers": 1,
        "max_position_embeddings": 131072,
        "original_max_position_embeddings": 4096,
        "rope_theta": 10000.0,
        "rope_scaling": {"type": name, **factors},
        "sliding_window": 262144,
    }
    language = empty_network(config).language
    bare = 1.0 / 10000.0 ** (torch.arange(0, 96, 2) / 96)
    assert torch.allclose(language.model.rotary_emb.inv_freq, bare / torch.tensor(factors["short_factor"]))
    assert language.config.sliding_window == 262144
