"""A tiny RadFM in the published layout: one whole-model file and a SentencePiece model."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
sentencepiece = pytest.importorskip("sentencepiece")

SIZES: dict[str, dict[str, int]] = {
    "vit": {
        "image_size": 16,
        "frames": 64,
        "image_patch_size": 4,
        "frame_patch_size": 2,
        "dim": 12,
        "depth": 2,
        "heads": 2,
        "dim_head": 4,
        "mlp_dim": 16,
    },
    "perceiver": {"dim": 12, "depth": 2, "dim_head": 4, "heads": 2, "num_latents": 3, "ff_mult": 2},
    "language_model": {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    },
}
# What the published configuration says, wrongly.
WRONG_IDS = {"bos_token_id": 0, "eos_token_id": 1, "pad_token_id": -1}
SENTENCES = [
    "Which kidney is larger? left right",
    "Can you see the lesion in the image?\nA. left\nB. right",
    "How far is the liver from the spleen, in mm or cm?",
] * 20


def write_tokenizer(path: Path) -> int:
    """Train a SentencePiece model with LLaMA's settings; return its pieces."""
    made = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=made,
        model_type="bpe",
        vocab_size=380,
        hard_vocab_limit=False,
        byte_fallback=True,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=3,
    )
    path.write_bytes(made.getvalue())
    return int(sentencepiece.SentencePieceProcessor(model_file=str(path)).get_piece_size())


def published_state(network: Any, seed: int = 2) -> dict[str, Any]:
    """Random weights under the published names, with all that the file holds besides."""
    from medspatial.models.radfm.network import published_name

    prefixes = {
        "vision.": "embedding_layer.vision_encoder.",
        "perceiver.": "embedding_layer.perceiver.",
        "fc.": "embedding_layer.fc.",
        "language.": "lang_model.",
        "figure": "embedding_layer.figure_token_weight",
    }
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, value in network.state_dict().items():
        ours = next(prefix for prefix in prefixes if key.startswith(prefix))
        name = prefixes[ours] + key.removeprefix(ours)
        assert published_name(name) == key
        state[name] = torch.randn(value.shape, generator=generator) * 0.3
    state["embedding_layer.weight"] = state["lang_model.model.embed_tokens.weight"]
    for name in ("bert_model.embeddings.position_ids", "cls_head.weight", "output_upscaling.0.bias"):
        state[f"embedding_layer.{name}"] = torch.zeros(2)
    state["lang_model.model.layers.0.self_attn.rotary_emb.inv_freq"] = torch.zeros(4)
    return state


@pytest.fixture(scope="session")
def tiny_radfm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One tiny RadFM, not to be changed."""
    from medspatial.models.radfm.network import empty_network

    folder = tmp_path_factory.mktemp("radfm")
    pieces = write_tokenizer(folder / "tokenizer.model")
    language = {**SIZES["language_model"], "vocab_size": pieces, **WRONG_IDS}
    config = {**SIZES, "language_model": language}
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(published_state(empty_network(config)), folder / "pytorch_model.bin")
    return folder
