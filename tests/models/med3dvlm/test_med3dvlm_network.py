"""Med3DVLM: published keys at real size, the traps of its tower and checkpoint, golden vectors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from medspatial.errors import InputError
from medspatial.models.med3dvlm.network import Network, empty_network, load_network, published_name
from medspatial.models.med3dvlm.vision import Block, DecomposedConv
from medspatial.models.runtime.checkpoint import compare_keys, state_shapes, weight_files
from medspatial.models.tools.verify import verify

REAL: dict[str, Any] = {
    "architectures": "VLMQwenForCausalLM",
    "model_type": "vlm_qwen",
    "hidden_size": 3584,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
    "intermediate_size": 18944,
    "vocab_size": 151666,
    "low_input_size": [256, 384],
    "high_input_size": [32, 768],
    "low_output_size": [192, 128],
    "high_output_size": [64, 128],
    "tie_word_embeddings": False,
}


def loaded(folder: Path, dtype: torch.dtype = torch.float32) -> Network:
    return load_network(folder, device=torch.device("cpu"), dtype=dtype)


def rewrite(folder: Path, change: Callable[[str, torch.Tensor], dict[str, torch.Tensor]]) -> None:
    """Write every shard anew with changed keys or values, and the index to match."""
    weight_map = {}
    for path in weight_files(folder):
        state: dict[str, torch.Tensor] = {}
        for key, value in load_file(path).items():
            state.update(change(key, value))
        save_file(state, str(path))
        weight_map.update(dict.fromkeys(state, path.name))
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": weight_map}))


def test_real_keys_and_shapes(shared: Path) -> None:
    real = json.loads((shared / "parity/med3dvlm/real_state_dict_shapes.json").read_text())["med3dvlm"]
    renamed = {str(published_name(key)): tuple(shape) for key, shape in real.items()}
    network = empty_network(REAL)
    assert not compare_keys(state_shapes(network), renamed)
    assert len(renamed) == len(real) == 813
    assert network.projector.tokens == 256


def test_golden_vectors(shared: Path) -> None:
    checks = verify("med3dvlm", shared / "parity/med3dvlm")
    assert [check for check in checks if not check.passed] == []
    names = {check.name for check in checks}
    assert {
        "encoder_stage_0",
        "encoder_stage_4",
        "mixer_low_1",
        "mixer_high_1",
        "projected",
        "logits",
    } <= names
    assert {"greedy_ids", "greedy_ids_repetition_penalty_1_05", "greedy_ids_repetition_penalty_1_5"} <= names
    assert {"preprocess dataprep128.sub", "preprocess app_raw_hu.sub"} <= names


def test_both_spellings_of_the_layer_scale(med3dvlm_folder: Callable[..., Path]) -> None:
    folder = med3dvlm_folder()
    image = torch.rand(1, 1, 64, 64, 32)
    expected = loaded(folder).visual_tokens(image)
    rewrite(folder, lambda key, value: {key.replace(".scale", ".gamma"): value})
    assert any(".gamma" in key for path in weight_files(folder) for key in load_file(path))
    assert torch.equal(loaded(folder).visual_tokens(image), expected)


def test_missing_layer_scales_are_an_error(med3dvlm_folder: Callable[..., Path]) -> None:
    folder = med3dvlm_folder()
    rewrite(folder, lambda key, value: {} if key.endswith(".scale") else {key: value})
    with pytest.raises(InputError, match=r"5 missing: .*s1\.0\.scale"):
        loaded(folder)


def test_untrained_layer_scales_are_an_error(med3dvlm_folder: Callable[..., Path]) -> None:
    folder = med3dvlm_folder()
    rewrite(folder, lambda k, v: {k: torch.full_like(v, 1e-6) if k.endswith(".scale") else v})
    with pytest.raises(InputError, match="every layer scale of the tower is 1e-06"):
        loaded(folder)


def test_running_statistics_are_loaded_and_used(tiny_med3dvlm: Path) -> None:
    network = loaded(tiny_med3dvlm)
    norm = network.vision.s0[0][0].c1[1]
    assert not torch.allclose(norm.running_var, torch.ones(4))
    image = torch.rand(1, 1, 64, 64, 32)
    before = network.visual_tokens(image)
    norm.running_mean += 0.5
    assert not torch.allclose(network.visual_tokens(image), before)
    assert not network.vision.training


def test_the_stem_is_linear() -> None:
    """No activation there: the original passes it where it does nothing."""
    network = empty_network(
        {**REAL, "num_hidden_layers": 1, "tiny_vision_override": {"channels": [4, 6, 8, 12, 16]}}
    )
    stem = network.vision.s0.to_empty(device="cpu").double()
    for value in stem.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value) + 0.1)
    a, b = (torch.randn(1, 1, 16, 16, 16, dtype=torch.float64) for _ in range(2))
    zero = torch.zeros_like(a)
    assert torch.allclose(stem(a + b) + stem(zero), stem(a) + stem(b))


def test_a_decomposed_convolution_is_long_along_each_axis_in_turn() -> None:
    convolution = DecomposedConv(2, 2, 5, groups=2)
    sizes = [tuple(branch[0].weight.shape) for branch in (convolution.c1, convolution.c2, convolution.c3)]
    assert sizes == [(2, 1, 5, 1, 1), (2, 1, 1, 5, 1), (2, 1, 1, 1, 5)]


def test_a_block_with_scale_zero_does_nothing() -> None:
    block = Block(4, 3).eval()
    x = torch.randn(1, 4, 3, 3, 3)
    with torch.no_grad():
        assert not torch.allclose(block(x), x)
        block.scale.zero_()
        assert torch.equal(block(x), x)


def test_tokens_come_out_depth_slowest_and_low_level_first(tiny_med3dvlm: Path) -> None:
    network = loaded(tiny_med3dvlm)
    image = torch.rand(1, 1, 64, 64, 32)
    stages = network.vision.stages(image)
    assert [stage.shape[1] for stage in stages] == [16 * 16 * 8, 8 * 8 * 4, 4 * 4 * 2, 2 * 2 * 1, 1]
    changed = image.clone()
    changed[:, :, :4] += 1  # the first slices alone
    moved = (network.vision.stages(changed)[0] - stages[0]).abs().sum(-1)[0].reshape(16, 16, 8)
    assert moved[:3].sum() > 0
    assert moved[6:].sum() == 0
    visual = network.visual_tokens(image)
    assert visual.shape == (1, 6 + 4, 32)
    assert torch.equal(visual[:, :6], network.projector.low_mixer(stages[3]))


def test_the_tower_stays_float32(tiny_med3dvlm: Path) -> None:
    network = loaded(tiny_med3dvlm, torch.bfloat16)
    assert {p.dtype for p in network.vision.parameters()} == {torch.float32}
    assert {p.dtype for p in network.language.parameters()} == {torch.bfloat16}
    assert network.visual_tokens(torch.rand(1, 1, 64, 64, 32)).dtype == torch.bfloat16


def test_another_models_checkpoint_is_told(tiny_m3d: Path) -> None:
    with pytest.raises(InputError, match="must be vlm_qwen, got 'lamed_llama'"):
        loaded(tiny_m3d)


def test_a_missing_field_is_named(med3dvlm_folder: Callable[..., Path]) -> None:
    folder = med3dvlm_folder()
    config = json.loads((folder / "config.json").read_text())
    del config["low_input_size"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="field 'low_input_size' is missing"):
        loaded(folder)
