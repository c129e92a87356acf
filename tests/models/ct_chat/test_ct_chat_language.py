"""The language model: vocabulary, classes, and placement on several devices."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from accelerate import dispatch_model
from torch import nn
from transformers import LlamaForCausalLM

from medspatial.errors import InputError
from medspatial.models.ct_chat import language
from medspatial.models.ct_chat.adapter import load_adapter
from medspatial.models.ct_chat.language import (
    build_language,
    device_map_of,
    grown,
    language_config,
    load_language,
    load_placed,
)
from medspatial.models.ct_chat.variants import VARIANTS, variant_of
from medspatial.models.runtime.folder import empty_language_model
from medspatial.models.runtime.language import GenerationSettings, LanguageModel

LLAMA_70B = {
    "model_type": "llama",
    "vocab_size": 128256,
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "rope_theta": 500000.0,
    "rope_scaling": {
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
        "rope_type": "llama3",
    },
}


def test_new_rows_are_the_mean_of_the_old() -> None:
    table = torch.arange(6.0).reshape(3, 2)
    assert torch.equal(grown(table, 5)[3:], torch.tensor([[2.0, 3.0], [2.0, 3.0]]))
    assert grown(table, 3) is table


def test_rows_grow_while_loading(tmp_path: Path, make: SimpleNamespace) -> None:
    make.base(tmp_path / "base", 30)
    model = load_language(tmp_path / "base", None, vocabulary=35)
    for table in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
        assert table.shape[0] == 35
        assert torch.allclose(table[34], table[:30].mean(dim=0), atol=1e-6)


def test_rows_of_the_checkpoint_come_first(tmp_path: Path, make: SimpleNamespace) -> None:
    make.base(tmp_path / "base", 30)
    make.adapter(tmp_path / "lora", {"vocab_size": 35})
    path = tmp_path / "lora" / "non_lora_trainables.bin"
    rows = torch.randn(35, 32, generator=torch.Generator().manual_seed(0))
    torch.save({**torch.load(path), "base_model.model.model.embed_tokens.weight": rows}, path)
    model = load_language(tmp_path / "base", load_adapter(tmp_path / "lora"), vocabulary=35)
    assert torch.equal(model.get_input_embeddings().weight, rows)


def test_mistral_is_wrapped_in_the_llama_class(tmp_path: Path, make: SimpleNamespace) -> None:
    make.base(tmp_path / "base", 30, model_type="mistral", sliding_window=None)
    model = load_language(tmp_path / "base", None)
    assert isinstance(model, LlamaForCausalLM)
    with pytest.raises(InputError, match="'sliding_window': 4096"):
        language_config({"model_type": "mistral", "sliding_window": 4096}, 10)
    with pytest.raises(InputError, match="must be llama or mistral, got 'phi3'"):
        language_config({"model_type": "phi3"}, 10)


def test_rotary_settings_of_llama_3_1_survive() -> None:
    config = language_config(LLAMA_70B, 128261)
    assert config.vocab_size == 128261
    assert config.rope_parameters["rope_type"] == "llama3"
    assert config.rope_parameters["rope_theta"] == 500000.0
    assert config.rope_parameters["factor"] == 8.0


def test_70b_spreads_over_gpus_by_whole_layers() -> None:
    empty = empty_language_model(LlamaForCausalLM, language_config(LLAMA_70B, 128261))
    spread = device_map_of(empty, {0: "60GiB", 1: "60GiB", 2: "60GiB", "cpu": "0GiB"}, torch.bfloat16)
    layers = [spread[f"model.layers.{n}"] for n in range(80)]
    assert layers == sorted(layers)
    assert set(spread.values()) == {0, 1, 2}
    with pytest.raises(InputError, match="do not fit the memory given"):
        device_map_of(empty, {0: "60GiB", "cpu": "1GiB"}, torch.bfloat16)


def test_each_tensor_goes_to_its_own_device(tmp_path: Path, make: SimpleNamespace) -> None:
    config = make.base(tmp_path / "base", 30)
    files = [tmp_path / "base" / "model.safetensors"]
    model = empty_language_model(LlamaForCausalLM, language_config(config, 30))
    where = {"model.embed_tokens": "cpu", "model.layers.0": "cpu", "model.layers.1": "meta"}
    rest = {"model.norm": "meta", "lm_head": "cpu"}
    load_placed(model, files, lambda _, tensor: tensor, {**where, **rest}, torch.bfloat16)
    devices = {name: p.device.type for name, p in model.named_parameters()}
    assert devices["model.layers.0.mlp.up_proj.weight"] == "cpu"
    assert devices["model.layers.1.mlp.up_proj.weight"] == "meta"
    assert devices["model.norm.weight"] == "meta"
    assert model.lm_head.weight.dtype == torch.bfloat16
    with pytest.raises(InputError, match=r"says nothing of lm_head\.weight"):
        load_placed(model, files, lambda _, tensor: tensor, {**where, "model.norm": "cpu"}, torch.bfloat16)


def test_a_spread_model_answers_as_one_on_a_single_device(
    tmp_path: Path, make: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through accelerate's hooks at every part; here all devices are the one CPU under two names."""

    def on_the_cpu(model: nn.Module, device_map: dict[str, str], skip_keys: object) -> nn.Module:
        assert set(device_map.values()) == {"cpu", "cpu:0"}
        same = dict.fromkeys(device_map, "cpu")
        return dispatch_model(model, device_map=same, skip_keys=skip_keys, force_hooks=True)

    monkeypatch.setattr(language, "dispatch_model", on_the_cpu)
    config = make.base(tmp_path / "base", 30)
    files = [tmp_path / "base" / "model.safetensors"]
    where = {
        "model.embed_tokens": "cpu:0",
        "model.rotary_emb": "cpu:0",
        "model.layers.0": "cpu:0",
        "model.layers.1": "cpu",
        "model.norm": "cpu",
        "lm_head": "cpu",
    }
    answers = []
    for device_map in (None, where):
        model = build_language(config, files, None, device_map=device_map)
        assert bool(getattr(model, "hf_device_map", None)) == (device_map is not None)
        runner = LanguageModel(model, GenerationSettings(max_new_tokens=5))
        start = runner.prefix(runner.embed([3, 4, 5, 6]))
        answers.append(runner.generate(start, [runner.embed([7]), runner.embed([8, 9])]))
    assert answers[0] == answers[1]


def test_variants_and_their_vocabularies() -> None:
    assert {name: v.vocabulary for name, v in VARIANTS.items()} == {
        "llama_3.1_8b": 128261,
        "llama_3.1_70b": 128261,
        "vicuna_13b": 32004,  # its tokenizer has a pad token: four new ones, not five
        "mistral_7b": 32005,
    }
    assert variant_of({"vocab_size": 32000, "hidden_size": 5120}).name == "vicuna_13b"
    assert variant_of({"vocab_size": 32000, "hidden_size": 4096}).template == "mistral_instruct"
    assert variant_of(LLAMA_70B).name == "llama_3.1_70b"
    assert variant_of({}, "llama_3.1_8b").template == "llama3"
    with pytest.raises(InputError, match="variant must be auto or one of"):
        variant_of({}, "llama_2")
    with pytest.raises(InputError, match="vocabulary 10 and width 4 is none of the variants"):
        variant_of({"vocab_size": 10, "hidden_size": 4})
