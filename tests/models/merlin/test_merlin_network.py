"""Merlin's networks: published keys at real size, merging, axes, what is refused, golden vectors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, LongformerConfig

from medspatial.errors import InputError
from medspatial.models.merlin.folder import LANGUAGE, REPORT, TEXT
from medspatial.models.merlin.network import (
    Contrastive,
    ReportNetwork,
    contrastive_name,
    load_contrastive,
    load_report,
    lora_layers,
    report_name,
)
from medspatial.models.merlin.verify import checks, full_size
from medspatial.models.merlin.vision import Encoder, EncoderSizes, tokens
from medspatial.models.runtime.checkpoint import compare_keys, read_config, renamed_shapes, state_shapes
from medspatial.models.tools.verify import verify

CPU = torch.device("cpu")


def published(shared: Path, name: str) -> dict[str, tuple[int, ...]]:
    path = shared / "parity/merlin" / name
    return {key: tuple(shape) for key, shape in json.loads(path.read_text()).items()}


def test_golden_vectors(shared: Path) -> None:
    rows = verify("merlin", shared / "parity/merlin")
    failed = [row for row in rows if not row.passed]
    assert not failed
    names = " ".join(row.name for row in rows)
    for word in ("text_features", "generated_ids.1", "fullsize image_tokens", "preprocess sub_4_4_4"):
        assert word in names
    small = [r for r in rows if r.name.startswith(("stage", "contrastive", "report"))]
    assert len(small) > 15


@pytest.mark.slow
def test_a_wrong_weight_fails_the_full_size_check(shared: Path) -> None:
    expected = load_file(shared / "parity/merlin/fullsize_expected.safetensors")
    expected["image_embedding"][0, 0, 7] += 0.02
    assert [row.name for row in full_size(expected) if not row.passed] == ["fullsize image_embedding"]


def test_contrastive_keys_at_real_size(shared: Path) -> None:
    found = published(shared, "manifest_contrastive.json")
    text = LongformerConfig(vocab_size=50265, max_position_embeddings=4098, type_vocab_size=1)
    with torch.device("meta"):
        network = Contrastive(found, text)
    assert network.encoder.sizes == EncoderSizes()
    renamed = renamed_shapes(found, contrastive_name, Path("m"))
    assert not compare_keys(state_shapes(network), renamed)
    assert len(found) - len(renamed) == 1  # the temperature of training


def test_report_keys_at_real_size(shared: Path) -> None:
    found = published(shared, "manifest_report.json")
    language = LlamaConfig(vocab_size=32000, hidden_size=4096, intermediate_size=11008, num_hidden_layers=32)
    with torch.device("meta"):
        network = ReportNetwork(found, language, "sdpa")
    assert not compare_keys(state_shapes(network), renamed_shapes(found, report_name, Path("m")))
    assert len(lora_layers(found)) == 64


def test_low_rank_parts_are_merged_by_alpha_over_rank(tiny_merlin: Path) -> None:
    state = torch.load(tiny_merlin / REPORT, weights_only=True)
    config = read_config(tiny_merlin / LANGUAGE)
    network = load_report(tiny_merlin / REPORT, config, device=CPU, dtype=torch.float32)
    stem = "decode_text.text_decoder.base_model.model.model.layers.1.self_attn.v_proj"
    a, b = (state[f"{stem}.lora_{letter}.default.weight"] for letter in "AB")
    wanted = state[f"{stem}.base_layer.weight"] + 16 / 4 * b @ a
    assert torch.equal(network.language.model.layers[1].self_attn.v_proj.weight, wanted)
    kept = network.language.model.layers[1].self_attn.k_proj.weight
    assert torch.equal(kept, state[f"{stem.replace('v_proj', 'k_proj')}.weight"])


def test_the_merge_is_done_before_rounding(tiny_merlin: Path) -> None:
    config = read_config(tiny_merlin / LANGUAGE)
    exact = load_report(tiny_merlin / REPORT, config, device=CPU, dtype=torch.float32)
    rounded = load_report(tiny_merlin / REPORT, config, device=CPU, dtype=torch.bfloat16)
    for ours, wanted in zip(rounded.language.parameters(), exact.language.parameters(), strict=True):
        assert torch.equal(ours, wanted.bfloat16())
    assert rounded.encoder.conv1.weight.dtype == torch.float32


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_the_adapted_model_equals_low_rank_paths_beside_the_layers(tiny_merlin: Path) -> None:
    peft = pytest.importorskip("peft")
    config = read_config(tiny_merlin / LANGUAGE)
    plain = LlamaForCausalLM(LlamaConfig(**config)).eval()
    lora = peft.LoraConfig(r=4, lora_alpha=16, target_modules=["q_proj", "v_proj"], lora_dropout=0.1)
    adapted = peft.get_peft_model(plain, lora).eval()
    prefix = "decode_text.text_decoder."
    state = torch.load(tiny_merlin / REPORT, weights_only=True)
    own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    adapted.load_state_dict(own, strict=True)
    merged = load_report(tiny_merlin / REPORT, config, device=CPU, dtype=torch.float32).language
    ids = torch.arange(4, 16)[None]
    with torch.inference_mode():
        assert torch.allclose(adapted(ids).logits, merged(ids).logits, atol=1e-4)


def test_half_a_low_rank_pair_is_refused(tiny_merlin: Path, tmp_path: Path) -> None:
    state = torch.load(tiny_merlin / REPORT, weights_only=True)
    state.pop(next(key for key in state if "lora_B" in key))
    save_file(state, str(tmp_path / "r.safetensors"))
    with pytest.raises(InputError, match=r"low-rank parts of .* do not fit"):
        load_report(
            tmp_path / "r.safetensors",
            read_config(tiny_merlin / LANGUAGE),
            device=CPU,
            dtype=torch.float32,
        )


def test_missing_keys_are_listed(tiny_merlin: Path, tmp_path: Path) -> None:
    state = load_file(tiny_merlin / "contrastive.safetensors")
    state.pop("encode_image.i3_resnet.layer2.1.bn2.weight")
    save_file(state, str(tmp_path / "c.safetensors"))
    with pytest.raises(InputError, match=r"1 missing: encoder\.layer2\.1\.bn2\.weight"):
        load_contrastive(tmp_path / "c.safetensors", read_config(tiny_merlin / TEXT), device=CPU)
    save_file({"x": torch.zeros(1)}, str(tmp_path / "d.safetensors"))
    with pytest.raises(InputError, match="no image encoder"):
        load_contrastive(tmp_path / "d.safetensors", None, device=CPU)


def test_the_image_side_loads_without_a_text_model(tiny_merlin: Path) -> None:
    network = load_contrastive(tiny_merlin / "contrastive.safetensors", None, device=CPU)
    whole = load_contrastive(
        tiny_merlin / "contrastive.safetensors", read_config(tiny_merlin / TEXT), device=CPU
    )
    image = torch.rand(1, 1, 16, 16, 16)
    with torch.inference_mode():
        features = network.image_features(network.embedding(image))
        assert torch.equal(features, whole.image_features(whole.embedding(image)))
    assert features.norm().item() == pytest.approx(1.0)


def test_the_inner_axes_are_z_x_y_with_y_fastest() -> None:
    sizes = EncoderSizes(2, (2, 2, 2, 2), (1, 1, 1, 1))
    encoder = Encoder(sizes).eval()
    features = encoder(torch.rand(1, 1, 96, 64, 32))
    assert features.shape == (1, 8, 2, 3, 2)
    row = tokens(features)[0]
    assert torch.equal(row[(1 * 3 + 2) * 2 + 1], features[0, :, 1, 2, 1])


def test_both_checkpoints_give_one_encoder(tiny_merlin: Path) -> None:
    config = read_config(tiny_merlin / LANGUAGE)
    report = load_report(tiny_merlin / REPORT, config, device=CPU, dtype=torch.float32).encoder
    other = load_contrastive(tiny_merlin / "contrastive.safetensors", None, device=CPU).encoder
    image = torch.rand(1, 1, 16, 16, 16)
    with torch.inference_mode():
        assert torch.equal(report(image), other(image))


def test_a_folder_without_reference_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no config\.json"):
        list(checks(tmp_path, None))
