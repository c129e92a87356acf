"""LoRA folders: where their parts may lie, both ways of merging, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file

from medspatial.errors import InputError
from medspatial.models.ct_chat.adapter import load_adapter
from medspatial.models.ct_chat.language import build_language
from medspatial.models.runtime.checkpoint import read_config

CONFIG = {"vocab_size": 40}


@pytest.fixture
def folder(tmp_path: Path, make: SimpleNamespace) -> Path:
    make.adapter(tmp_path / "lora", CONFIG)
    return tmp_path / "lora"


def test_merge_is_base_plus_alpha_over_r_times_b_a(folder: Path) -> None:
    adapter = load_adapter(folder)
    name = "model.layers.1.self_attn.q_proj.weight"
    a, b = adapter.pairs[name]
    weight = torch.randn(32, 32, generator=torch.Generator().manual_seed(0))
    assert adapter.scale == 2.0
    assert torch.allclose(adapter.merged(name, weight), weight + 2 * b @ a)
    assert adapter.merged("model.norm.weight", weight) is weight
    assert adapter.merged(name, weight.bfloat16()).dtype == torch.bfloat16


def test_both_ways_of_merging_agree(tmp_path: Path, make: SimpleNamespace) -> None:
    base = make.base(tmp_path / "base", 40)
    make.adapter(tmp_path / "lora", CONFIG)
    adapter, files = load_adapter(tmp_path / "lora"), [tmp_path / "base" / "model.safetensors"]
    plain = dict(build_language(base, files, None).named_parameters())
    formula = dict(build_language(base, files, adapter, merge="formula").named_parameters())
    peft = dict(build_language(base, files, adapter, merge="peft").named_parameters())
    assert formula.keys() == peft.keys() == plain.keys()
    for name, weight in formula.items():
        assert torch.allclose(weight, peft[name], atol=1e-6)
        assert torch.equal(weight, plain[name]) == (name not in adapter.pairs)


def test_rank_stabilised_scale(folder: Path, make: SimpleNamespace) -> None:
    make.adapter(folder, CONFIG, use_rslora=True)
    assert load_adapter(folder).scale == pytest.approx(4 / 2**0.5)


@pytest.mark.parametrize(
    "name", ["mm_projector.bin", "adapter_model.safetensors", "non_lora_trainables.safetensors"]
)
def test_the_projector_may_lie_in_several_places(folder: Path, name: str) -> None:
    found = load_adapter(folder).projector
    state = {f"model.mm_projector.{key}": value for key, value in found.items()}
    (folder / "non_lora_trainables.bin").unlink()
    if name.endswith(".bin"):
        torch.save(state, folder / name)
    else:
        old = load_file(folder / name) if (folder / name).exists() else {}
        save_file({**old, **{f"base_model.model.{k}": v for k, v in state.items()}}, folder / name)
    again = load_adapter(folder).projector
    assert again.keys() == found.keys()
    assert "attn_pool.query" in again


def test_no_projector_anywhere_is_told(folder: Path) -> None:
    (folder / "non_lora_trainables.bin").unlink()
    with pytest.raises(InputError, match=r"no projector .* looked in non_lora_trainables\.bin"):
        load_adapter(folder)


def test_names_with_the_adapter_inside(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    wanted = load_adapter(folder).pairs
    save_file({k.replace(".weight", ".default.weight"): v for k, v in load_file(path).items()}, path)
    assert load_adapter(folder).pairs.keys() == wanted.keys()


def test_a_half_pair_is_refused(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    state = load_file(path)
    state.pop("base_model.model.model.layers.0.mlp.down_proj.lora_B.weight")
    save_file(state, path)
    with pytest.raises(InputError, match=r"down_proj\.lora_A\.weight has no partner"):
        load_adapter(folder)


def test_foreign_keys_are_refused(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    save_file({**load_file(path), "base_model.model.score.weight": torch.zeros(1)}, path)
    with pytest.raises(InputError, match=r"1 keys of no known kind: .*score\.weight"):
        load_adapter(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"peft_type": "IA3"}, "'peft_type': must be LORA, got 'IA3'"),
        ({"use_dora": True}, "'use_dora': True is not supported"),
        ({"rank_pattern": {"q_proj": 8}}, "'rank_pattern'"),
        ({"bias": "all"}, "'bias': 'all' is not supported"),
    ],
)
def test_settings_that_change_the_merge(folder: Path, change: dict[str, object], message: str) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=message):
        load_adapter(folder)


def test_an_update_of_another_base_is_refused(tmp_path: Path, folder: Path, make: SimpleNamespace) -> None:
    config = make.base(tmp_path / "base", 40)
    adapter = load_adapter(folder)
    pairs = {f"{name[:13]}9{name[14:]}": pair for name, pair in adapter.pairs.items()}
    other = type(adapter)(**{**vars(adapter), "pairs": pairs})
    with pytest.raises(InputError, match=r"update of model\.layers\.9.*is this its base model"):
        build_language(config, [tmp_path / "base" / "model.safetensors"], other)


def test_published_folder_of_the_reference(shared: Path) -> None:
    folder = shared / "parity" / "ct_chat"
    adapter = load_adapter(folder)
    assert len(adapter.pairs) == 14
    assert adapter.scale == 2.0
    assert read_config(folder, "adapter_config.json")["r"] == 4
