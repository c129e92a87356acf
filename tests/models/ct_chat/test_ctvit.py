"""The encoder: each fact of the original that a plausible rewrite would get wrong has its own test."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional

from medspatial.models.ct_chat import ctvit
from medspatial.models.ct_chat.attention import PEG, CosineAttention, FeedForward
from medspatial.models.ct_chat.codebook import Quantiser
from medspatial.models.ct_chat.ctvit import CTViT, CTViTSizes
from medspatial.models.ct_chat.matmul import apply, linear
from medspatial.models.ct_chat.network import load_encoder
from medspatial.models.ct_chat.position import RelativePositionBias
from medspatial.models.runtime.checkpoint import read_config
from medspatial.models.tools.verify import verify


@pytest.fixture(scope="module")
def encoder(make: SimpleNamespace) -> CTViT:
    made: CTViT = make.encoder()
    return made


@pytest.fixture(scope="module")
def video(encoder: CTViT) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(2, 1, *encoder.sizes.shape, generator=generator) * 2 - 1


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_reference_vectors(shared: Path) -> None:
    checks = verify("ct_chat", shared / "parity" / "ct_chat")
    assert [check for check in checks if not check.passed] == []
    names = {check.name for check in checks}
    assert {"codebook_ids", "greedy_ids (formula)", "greedy_ids (peft)", "lps_first.subsample"} <= names
    assert len(checks) >= 34


@torch.inference_mode()
def test_the_scrambled_grid_stays_scrambled(encoder: CTViT) -> None:
    """PEG of the temporal transformer reads (B, h, w) x t as (B, t, h, w)."""
    b, t, side, dim = 2, 3, 3, 16
    peg = encoder.enc_temporal_transformer.layers[0]["0"]
    columns = noise(b * side * side, t, dim)
    scrambled = columns.reshape(b, t, side, side, dim).permute(0, 4, 1, 2, 3)
    wanted = peg.dsconv(functional.pad(scrambled, (1, 1, 1, 1, 2, 0))).permute(0, 2, 3, 4, 1)
    assert torch.allclose(peg(columns, (b, t, side, side)), wanted.reshape(columns.shape), atol=1e-6)


@torch.inference_mode()
def test_unscrambling_changes_most_codebook_ids(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shared / "parity" / "ct_chat"
    golden = load_encoder(folder / "weights.safetensors", sizes=CTViTSizes.of(read_config(folder)))
    video = load_file(folder / "inputs.safetensors")["video"].float()
    wanted = load_file(folder / "expected.safetensors")["codebook_ids"].flatten()
    right = PEG.forward

    def unscrambled(self: PEG, x: torch.Tensor, grid: tuple[int, int, int, int]) -> torch.Tensor:
        b, t, h, w = grid
        if x.shape[1] != t:  # within slices the memory is in order
            return right(self, x, grid)
        ordered = x.reshape(b, h * w, t, -1).transpose(1, 2).reshape(b * t, h * w, -1)
        mixed = right(self, ordered, grid).reshape(b, t, h * w, -1)
        return mixed.transpose(1, 2).reshape(x.shape)

    monkeypatch.setattr(PEG, "forward", unscrambled)
    ids = golden.vq(golden.tokens(video))[1].flatten()
    assert float((ids != wanted).float().mean()) > 0.9


@torch.inference_mode()
def test_codebook_rows_come_out_raw() -> None:
    quantiser = Quantiser(6, 4)
    rows = noise(6, 4) * torch.tensor([0.1, 1.0, 3.0, 9.0, 0.5, 2.0])[:, None]
    quantiser._codebook.embed.copy_(rows[None])
    found, ids = quantiser(rows[None, [3, 0, 4]] * 7)
    assert ids.tolist() == [[3, 0, 4]]
    assert torch.equal(found, rows[None, [3, 0, 4]])


@torch.inference_mode()
def test_the_codebook_is_chosen_by_direction_not_length() -> None:
    quantiser = Quantiser(2, 2)
    quantiser._codebook.embed.copy_(torch.tensor([[[100.0, 100.0], [0.01, 0.0]]]))
    assert quantiser.ids(torch.tensor([[5.0, 0.5]])).tolist() == [1]


@torch.inference_mode()
def test_the_codebook_is_used_at_inference(encoder: CTViT, video: torch.Tensor) -> None:
    features = encoder(video).reshape(-1, 16)
    rows = encoder.vq._codebook.embed[0]
    assert all(bool((rows == token).all(dim=1).any()) for token in features)


@torch.inference_mode()
def test_the_codebook_works_in_float32_whatever_comes() -> None:
    quantiser = Quantiser(8, 16)
    quantiser._codebook.embed.copy_(noise(1, 8, 16))
    tokens = noise(1, 5, 16, seed=2).bfloat16()
    assert quantiser(tokens)[0].dtype == torch.float32
    assert torch.equal(quantiser(tokens)[1], quantiser(tokens.float())[1])


def written_out(layer: CosineAttention, x: torch.Tensor, source: torch.Tensor, scale: float) -> torch.Tensor:
    """Attention by hand; ``source`` is what keys and values are made of."""
    q, (k, v) = layer.to_q(layer.norm(x)), layer.to_kv(source).chunk(2, dim=-1)
    heads = [part.unflatten(-1, (layer.heads, -1)).transpose(1, 2) for part in (q, k, v)]
    q, k, v = heads
    q, k = functional.normalize(q, dim=-1) * layer.q_scale, functional.normalize(k, dim=-1) * layer.k_scale
    weights = (scale * q @ k.transpose(-1, -2)).softmax(dim=-1)
    return layer.to_out((weights @ v).transpose(1, 2).flatten(2))


@torch.inference_mode()
def test_keys_and_values_come_from_the_un_normalised_input(encoder: CTViT) -> None:
    layer = encoder.enc_spatial_transformer.layers[0]["1"]
    x = noise(2, 9, 16) * 3 + 1
    assert torch.allclose(layer(x), written_out(layer, x, x, 8.0), atol=1e-5)
    assert not torch.allclose(layer(x), written_out(layer, x, layer.norm(x), 8.0), atol=1e-2)


@torch.inference_mode()
def test_the_attention_scale_is_eight_not_the_root_of_the_head(encoder: CTViT) -> None:
    layer = encoder.enc_spatial_transformer.layers[0]["1"]
    x = noise(1, 9, 16)
    assert not torch.allclose(layer(x), written_out(layer, x, x, 4**-0.5), atol=1e-3)


@torch.inference_mode()
def test_peg_is_causal_along_time_only() -> None:
    peg = PEG(4).eval()
    x = noise(1 * 5, 9, 4)
    changed = x.clone()
    changed[3] += 1
    same = (peg(x, (1, 5, 3, 3)) - peg(changed, (1, 5, 3, 3))).abs().amax(dim=(1, 2)) == 0
    assert same.tolist() == [True, True, True, False, False]


@torch.inference_mode()
def test_attention_across_slices_is_not_causal(encoder: CTViT) -> None:
    layer = encoder.enc_temporal_transformer.layers[0]["1"]
    x = noise(1, 4, 16)
    changed = x.clone()
    changed[:, -1] += 1
    assert bool(((layer(x) - layer(changed)).abs().amax(dim=2) > 1e-6).all())


@torch.inference_mode()
def test_the_first_frame_is_not_special(encoder: CTViT) -> None:
    block = torch.rand(1, 1, 2, 12, 12, generator=torch.Generator().manual_seed(3))
    patches = encoder.patch_embedding(block.repeat(1, 1, 3, 1, 1))
    assert torch.equal(patches[:, 0], patches[:, 1])


@torch.inference_mode()
def test_the_gate_is_the_second_half() -> None:
    layer = FeedForward(6)
    x = noise(3, 6)
    value, gate = layer["1"](layer["0"](x)).chunk(2, dim=-1)
    assert layer["4"].in_features == int(4 * (2 / 3) * 6) == 16
    assert torch.allclose(layer(x), layer["4"](functional.gelu(gate) * value), atol=1e-6)


@torch.inference_mode()
def test_bias_of_differences_equals_bias_of_all_pairs() -> None:
    bias = RelativePositionBias(8, 2)
    places = torch.tensor([(r, c) for r in range(3) for c in range(4)], dtype=torch.float32)
    x = places[:, None] - places[None]
    x = torch.sign(x) * torch.log(x.abs() + 1)
    for layer in bias.net:
        x = layer(x)
    assert torch.allclose(bias(3, 4), x.permute(2, 0, 1), atol=1e-6)


@torch.inference_mode()
def test_the_bias_acts_within_slices_only(encoder: CTViT, video: torch.Tensor) -> None:
    patches = encoder.patch_embedding(video)
    before = encoder.within_slices(patches)
    across = encoder.across_slices(before.clone(), 2)
    weight = encoder.spatial_rel_pos_bias.net[2].weight
    kept = weight.clone()
    weight.mul_(-2)
    changed, across_again = encoder.within_slices(patches), encoder.across_slices(before.clone(), 2)
    weight.copy_(kept)
    assert not torch.allclose(before, changed)
    assert torch.equal(across, across_again)


@torch.inference_mode()
def test_working_piecewise_changes_nothing(
    encoder: CTViT, video: torch.Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encoder.tokens(video)
    monkeypatch.setattr(ctvit, "_TOKENS_AT_A_TIME", 1)
    assert torch.allclose(encoder.tokens(video), whole, atol=1e-5)


@torch.inference_mode()
def test_the_input_is_not_changed(encoder: CTViT, video: torch.Tensor) -> None:
    kept = video.clone()
    encoder(video)
    assert torch.equal(video, kept)


@torch.inference_mode()
@pytest.mark.parametrize("rows", [5, 300])
def test_products_are_those_of_torch(rows: int) -> None:
    layer = torch.nn.Linear(12, 7)
    x = noise(rows, 12)
    assert torch.allclose(apply(layer, x), layer(x), atol=1e-5)
    stacked = linear(x.reshape(1, rows, 12), layer.weight)
    assert torch.allclose(stacked[0], x @ layer.weight.T, atol=1e-5)


def test_real_sizes() -> None:
    with torch.device("meta"):
        encoder = CTViT(CTViTSizes())
    shapes = {key: tuple(value.shape) for key, value in encoder.state_dict().items()}
    assert sum(p.numel() for p in encoder.parameters()) == pytest.approx(25.9e6, rel=0.15)
    assert shapes["to_patch_emb.2.weight"] == (512, 4000)
    assert shapes["enc_temporal_transformer.layers.3.3.1.weight"] == (2730, 512)
    assert shapes["enc_temporal_transformer.layers.3.3.4.weight"] == (512, 1365)
    assert shapes["enc_spatial_transformer.layers.0.1.to_kv.weight"] == (512, 512)
    assert shapes["vq._codebook.embed"] == (1, 8192, 512)
    assert encoder.sizes.shape == (240, 480, 480)
    assert encoder.sizes.grid == (24, 24, 24)
