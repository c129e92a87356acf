"""Encoder and projector out of published files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch.nn import functional

from medspatial.errors import InputError
from medspatial.models.ct_chat.ctvit import CTViTSizes
from medspatial.models.ct_chat.network import load_encoder, load_projector
from medspatial.models.ct_chat.projector import AttentionalPooler, Projector

SIZES = CTViTSizes(
    dim=16,
    codebook_size=32,
    image_size=12,
    patch_size=4,
    temporal_patch_size=2,
    spatial_depth=2,
    temporal_depth=2,
    dim_head=4,
    heads=2,
    frames=6,
)


def saved(folder: Path, state: dict[str, Any], name: str = "CT-CLIP_v2.pt") -> Path:
    torch.save(state, folder / name)
    return folder / name


@pytest.mark.parametrize("prefix", ["visual_transformer.", ""])
def test_with_and_without_prefix(prefix: str, make: SimpleNamespace, tmp_path: Path) -> None:
    encoder = make.encoder()
    state = make.published(encoder, prefix)
    if prefix:
        state |= {"text_transformer.embeddings.weight": torch.zeros(2), "temperature": torch.ones(())}
    loaded = load_encoder(saved(tmp_path, state), sizes=SIZES)
    for name, value in encoder.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_a_half_file_is_float32_in_memory(make: SimpleNamespace, tmp_path: Path) -> None:
    state = {key: value.half() for key, value in make.published(make.encoder()).items()}
    loaded = load_encoder(saved(tmp_path, state), sizes=SIZES)
    assert {value.dtype for value in loaded.state_dict().values()} == {torch.float32}


def test_missing_and_unexpected_keys_are_named(make: SimpleNamespace, tmp_path: Path) -> None:
    state = make.published(make.encoder(), "")
    del state["vq._codebook.embed"]
    state["vq._codebook.rows"] = torch.zeros(1)
    with pytest.raises(
        InputError, match=r"1 missing: vq\._codebook\.embed; 1 unexpected: vq\._codebook\.rows"
    ):
        load_encoder(saved(tmp_path, state), sizes=SIZES)


def test_no_encoder_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"CT-CLIP_v2\.pt of the CT-RATE"):
        load_encoder(tmp_path / "nothing.pt")


def test_projector_sizes_come_from_its_tensors(tmp_path: Path) -> None:
    made = Projector(16, 24, queries=3).state_dict()
    loaded = load_projector(made, tmp_path, torch.bfloat16)
    assert loaded.attn_pool.query.shape == (3, 16)
    assert {p.dtype for p in loaded.parameters()} == {torch.bfloat16}
    with pytest.raises(InputError, match=r"1 missing: ln\.bias"):
        load_projector(
            {key: value for key, value in made.items() if key != "ln.bias"}, tmp_path, torch.float32
        )
    with pytest.raises(InputError, match=r"lacks attn_pool\.query"):
        load_projector({}, tmp_path, torch.float32)


@torch.inference_mode()
def test_the_pooler_has_no_mask_no_positions_no_residual() -> None:
    pooler = AttentionalPooler(16, queries=3, heads=8)
    torch.nn.init.normal_(pooler.query)
    features = torch.randn(1, 10, 16, generator=torch.Generator().manual_seed(0))
    shuffled = features[:, torch.tensor([3, 1, 9, 0, 2, 8, 7, 5, 4, 6])]
    assert torch.allclose(pooler(features), pooler(shuffled), atol=1e-6)
    pooler.to_out.weight.zero_()
    assert float(pooler(features).abs().max()) == 0


@torch.inference_mode()
def test_features_are_flattened_time_slowest() -> None:
    projector = Projector(16, 8, queries=2)
    features = torch.randn(1, 2, 3, 4, 16, generator=torch.Generator().manual_seed(0))
    pooled = projector.attn_pool(features.reshape(1, 24, 16))
    wanted = projector.proj[2](functional.gelu(projector.proj[0](projector.ln(pooled))))
    assert torch.allclose(projector(features), wanted, atol=1e-6)
