"""A tiny Merlin with random weights under the published names, made in the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    LongformerConfig,
    LongformerModel,
    PreTrainedTokenizerFast,
)

from medspatial.models.merlin.folder import CONTRASTIVE, LANGUAGE, REPORT, TEXT
from medspatial.models.merlin.vision import Encoder, EncoderSizes

SIZES = EncoderSizes(stem=4, planes=(2, 3, 4, 5), blocks=(1, 2, 1, 1))
WORDS = "which kidney is larger how far liver left right a b yes no report for spleen . : ? #".split()  # noqa: SIM905
RANK = 4
NUMBERS = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
LLAMA: dict[str, Any] = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
LONGFORMER: dict[str, Any] = {
    "hidden_size": 8,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 12,
    "max_position_embeddings": 66,
    "type_vocab_size": 1,
    "attention_window": [8],
    "pad_token_id": 3,
}


def encoder_state() -> dict[str, torch.Tensor]:
    """Random weights of a tiny encoder under our names."""
    generator = torch.Generator().manual_seed(3)
    state = Encoder(SIZES).state_dict()
    for key, value in state.items():
        if key.endswith("running_var"):
            state[key] = 0.5 + torch.rand(value.shape, generator=generator)
        elif value.is_floating_point():
            spread = 0.6 if value.ndim > 1 else 0.2
            state[key] = spread * torch.randn(value.shape, generator=generator) + (value.ndim == 1)
    return state


def _tokenizer(folder: Path, first: str) -> int:
    vocabulary = {piece: place for place, piece in enumerate(["<unk>", "<s>", "</s>", "<pad>", *WORDS])}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()]
    )
    plain.post_processor = processors.TemplateProcessing(
        single=f"{first} $A", special_tokens=[(first, vocabulary[first])]
    )
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    PreTrainedTokenizerFast(tokenizer_object=plain, **names).save_pretrained(str(folder))
    return len(vocabulary)


def _part(folder: Path, config: dict[str, Any], first: str) -> dict[str, Any]:
    folder.mkdir(parents=True)
    full = {**config, "vocab_size": _tokenizer(folder, first)}
    (folder / "config.json").write_text(json.dumps(full))
    return full


def report_state(config: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The report checkpoint: encoder, adapter, Llama with separate low-rank parts."""
    torch.manual_seed(5)
    state = {}
    for key, value in encoder_state().items():
        head, _, rest = key.partition(".")
        state[f"encode_image.vision_model.features.{NUMBERS[head]}.{rest}"] = value
    state["adapter.linear2.weight"] = 0.5 * torch.randn(config["hidden_size"], SIZES.channels)
    state["adapter.linear2.bias"] = 0.1 * torch.randn(config["hidden_size"])
    for key, start in LlamaForCausalLM(LlamaConfig(**config)).state_dict().items():
        name = f"decode_text.text_decoder.base_model.model.{key}"
        value = start + 0.3 * torch.randn(start.shape)
        if "q_proj" in key or "v_proj" in key:
            stem = name.removesuffix(".weight")
            state[f"{stem}.lora_A.default.weight"] = 0.4 * torch.randn(RANK, value.shape[1])
            state[f"{stem}.lora_B.default.weight"] = 0.4 * torch.randn(value.shape[0], RANK)
            name = f"{stem}.base_layer.weight"
        state[name] = value
    return state


def contrastive_state(config: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The contrastive checkpoint: encoder, two heads, Longformer and its linear layer."""
    torch.manual_seed(6)
    state = {f"encode_image.i3_resnet.{key}": value for key, value in encoder_state().items()}
    for name, rows in (("classifier", 7), ("contrastive_head", 6)):
        state[f"encode_image.i3_resnet.{name}.weight"] = torch.randn(rows, SIZES.channels, 1, 1, 1)
        state[f"encode_image.i3_resnet.{name}.bias"] = torch.randn(rows)
    for key, value in LongformerModel(LongformerConfig(**config)).state_dict().items():
        state[f"encode_text.text_encoder.{key}"] = value + 0.3 * torch.randn(value.shape)
    state["encode_text.linear_layer.weight"] = torch.randn(6, config["hidden_size"])
    state["encode_text.linear_layer.bias"] = torch.randn(6)
    state["logit_scale"] = torch.tensor(1.0)
    return state


@pytest.fixture(scope="session")
def tiny_merlin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published layout: one pickled state dict, one converted to safetensors, two folders besides."""
    folder = tmp_path_factory.mktemp("merlin") / "tiny"
    language = _part(folder / LANGUAGE, LLAMA, "<s>")
    text = _part(folder / TEXT, LONGFORMER, "<s>")
    torch.save(report_state(language), folder / REPORT)
    save_file(contrastive_state(text), str(folder / "contrastive.safetensors"))
    assert CONTRASTIVE.endswith(".pt")
    return folder
