"""A tiny CT-CHAT in the published layout: base model, LoRA folder, encoder file."""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

VISION: dict[str, int] = {
    "dim": 16,
    "codebook_size": 32,
    "image_size": 12,
    "patch_size": 4,
    "temporal_patch_size": 2,
    "spatial_depth": 2,
    "temporal_depth": 2,
    "dim_head": 4,
    "heads": 2,
}
LLAMA3_TOKENS = ("<|begin_of_text|>", "<|eot_id|>", "<|start_header_id|>", "<|end_header_id|>")
PLAIN_TOKENS = ("<s>", "</s>")
MERGED = ("q_proj", "v_proj", "down_proj")


@dataclass(frozen=True)
class Checkpoint:
    """Where the parts of a tiny model lie."""

    lora: Path
    base: Path
    encoder: Path

    def options(self, **more: Any) -> dict[str, Any]:
        """Arguments of the model."""
        return {
            "path": self.lora,
            "base": self.base,
            "encoder": self.encoder,
            "template": "llama3",
            "device": "cpu",
            "system_prompt": "none",
            "max_new_tokens": 6,
            **more,
        }


def character_tokenizer(begin: str, others: tuple[str, ...], pad: str | None = None) -> Any:
    """One token per character, special tokens whole, a begin token in front."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    vocabulary = {c: i for i, c in enumerate(["<unk>", *string.printable])}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    special = [begin, *others]
    plain.add_special_tokens(special)
    number = plain.token_to_id(begin)
    plain.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A", special_tokens=[(begin, number)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, bos_token=begin, eos_token=others[0], unk_token="<unk>", pad_token=pad
    )


def write_adapter(folder: Path, config: dict[str, Any], seed: int = 3, **settings: Any) -> None:
    """A LoRA folder of rank 2 on some layers, and the projector."""
    from safetensors.torch import save_file

    from medspatial.models.ct_chat.projector import Projector

    generator = torch.Generator().manual_seed(seed)
    hidden, inner, state = 32, 48, {}
    shapes = {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.v_proj": (16, hidden),
        "mlp.down_proj": (hidden, inner),
    }
    for layer in range(2):
        for name, (out, into) in shapes.items():
            stem = f"base_model.model.model.layers.{layer}.{name}"
            state[f"{stem}.lora_A.weight"] = torch.randn(2, into, generator=generator)
            state[f"{stem}.lora_B.weight"] = torch.randn(out, 2, generator=generator) * 0.2
    folder.mkdir(parents=True, exist_ok=True)
    save_file(state, str(folder / "adapter_model.safetensors"))
    facts = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none", "target_modules": list(MERGED)}
    (folder / "adapter_config.json").write_text(json.dumps({**facts, **settings}))
    (folder / "config.json").write_text(json.dumps(config))
    projector = Projector(VISION["dim"], hidden, queries=5)
    made = {
        f"base_model.model.model.mm_projector.{key}": torch.randn(value.shape, generator=generator) * 0.3
        for key, value in projector.state_dict().items()
    }
    torch.save(made, folder / "non_lora_trainables.bin")


def random_encoder(seed: int = 4) -> Any:
    """A tiny encoder with random weights and a codebook of rows of any length."""
    from medspatial.models.ct_chat.ctvit import CTViT, CTViTSizes

    generator = torch.Generator().manual_seed(seed)
    encoder = CTViT(CTViTSizes(**VISION, frames=6)).eval()
    for name, value in encoder.state_dict().items():
        spread = 2.0 if name.endswith("embed") else 0.4
        value.copy_(torch.randn(value.shape, generator=generator) * spread)
    return encoder


def published_encoder(encoder: Any, prefix: str = "visual_transformer.") -> dict[str, Any]:
    """Its state as published, with the parts that inference leaves aside."""
    state = {prefix + key: value for key, value in encoder.state_dict().items()}
    unused = {
        "to_pixels.0.bias": torch.zeros(3),
        "to_patch_emb_first_frame.1.weight": torch.zeros(3),
        "enc_spatial_transformer.layers.0.1.null_kv": torch.zeros(2, 0, 4),
        "enc_spatial_transformer.layers.0.1.context_norm.gamma": torch.ones(16),
        "vq._codebook.cluster_size": torch.zeros(1, 32),
        "vq._codebook.initted": torch.ones(1),
    }
    return {**state, **{prefix + key: value for key, value in unused.items()}}


def write_base(folder: Path, rows: int, seed: int = 5, **changes: Any) -> dict[str, Any]:
    """A Llama (or what ``changes`` say) of two layers; return its configuration."""
    from safetensors.torch import save_file
    from transformers import LlamaConfig, LlamaForCausalLM

    config = {
        "model_type": "llama",
        "vocab_size": rows,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": False,
        "eos_token_id": [102],
    }
    generator = torch.Generator().manual_seed(seed)
    model = LlamaForCausalLM(LlamaConfig(**config))
    state = {k: torch.randn(v.shape, generator=generator) * 0.3 for k, v in model.state_dict().items()}
    folder.mkdir(parents=True)
    save_file(state, str(folder / "model.safetensors"), metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
    return config


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """One tiny model, not to be changed."""
    root = tmp_path_factory.mktemp("ct_chat")
    begin, *others = LLAMA3_TOKENS
    tokenizer = character_tokenizer(begin, tuple(others))
    write_base(root / "base", len(tokenizer))
    tokenizer.save_pretrained(str(root / "base"))
    tuned = {"vocab_size": len(tokenizer) + 5, "vision_tower": VISION, "num_frames": 6}
    write_adapter(root / "any_name", tuned)
    torch.save({**published_encoder(random_encoder()), "temperature": torch.ones(())}, root / "CT-CLIP_v2.pt")
    return Checkpoint(root / "any_name", root / "base", root / "CT-CLIP_v2.pt")


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """The makers above."""
    return SimpleNamespace(
        encoder=random_encoder,
        published=published_encoder,
        tokenizer=character_tokenizer,
        adapter=write_adapter,
        base=write_base,
        llama3=LLAMA3_TOKENS,
        plain=PLAIN_TOKENS,
        vision=VISION,
    )
