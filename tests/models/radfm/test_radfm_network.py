"""Tower, perceiver, splice and loading of RadFM; each trap of the original has its own test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from medspatial.errors import InputError
from medspatial.models.radfm.network import Network, empty_network, language_config, load_network
from medspatial.models.radfm.perceiver import Perceiver, PerceiverSizes
from medspatial.models.radfm.vision import Patches, Positions, ViT3D, ViTSizes, spread
from medspatial.models.runtime.checkpoint import read_config, read_pickle
from medspatial.models.tools.verify import verify

TINY = ViTSizes(
    image_size=16,
    frames=64,
    image_patch_size=4,
    frame_patch_size=2,
    dim=12,
    depth=2,
    heads=2,
    dim_head=4,
    mlp_dim=16,
)


@pytest.fixture(scope="module")
def network(tiny_radfm: Path) -> Network:
    return load_network(tiny_radfm, read_config(tiny_radfm))


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_reference_vectors(shared: Path) -> None:
    checks = verify("radfm", shared / "parity" / "radfm")
    assert [check for check in checks if not check.passed] == []
    names = {check.name for check in checks}
    assert {"greedy_ids 0", "display_layout.subsample", "as_stored.subsample"} <= names
    assert len(checks) >= 18


def test_depth_is_the_fastest_token_axis_and_the_channel_inside_a_patch() -> None:
    h, w, d = 8, 4, 4
    image = torch.arange(3 * h * w * d).reshape(1, 3, h, w, d).float()
    patches = Patches(TINY)(image)
    assert patches.shape == (1, 2 * 1 * 2, 4 * 4 * 2 * 3)
    assert torch.equal(patches[0, 1, :3], image[0, :, 0, 0, 2])  # second token: next in depth
    assert torch.equal(patches[0, 2, :3], image[0, :, 4, 0, 0])
    assert torch.equal(patches[0, 0, 3:6], image[0, :, 0, 0, 1])  # inside: depth, then column, then row
    assert torch.equal(patches[0, 0, 6:9], image[0, :, 0, 1, 0])


def test_positions_use_spread_rows() -> None:
    assert spread(8, 16).tolist() == [1, 3, 5, 7, 9, 11, 13, 15]
    assert spread(16, 128).tolist() == list(range(7, 128, 8))
    assert spread(12, 128).tolist() == list(range(9, 120, 10))
    assert spread(1, 128).tolist() == [127]
    with pytest.raises(InputError, match="17 patches along an axis, the position table has 16 rows"):
        spread(17, 16)


@torch.inference_mode()
def test_positions_are_row_column_depth() -> None:
    positions = Positions(TINY)
    found = positions(2, 4, 3).reshape(2, 4, 3, 12)
    assert torch.equal(found[1, 2, 0, :4], positions.row_embed.weight[3])
    assert torch.equal(found[1, 2, 0, 4:8], positions.col_embed.weight[2])
    assert torch.equal(found[1, 2, 1, 8:], positions.dep_embed.weight[19])


def test_an_image_of_the_wrong_size() -> None:
    with pytest.raises(InputError, match=r"image of \(8, 6, 4\) cannot be cut"):
        Patches(TINY)(torch.zeros(1, 3, 8, 6, 4))


def test_the_inner_width_is_not_the_width() -> None:
    with torch.device("meta"):
        vision = ViT3D(ViTSizes())
    shapes = {key: tuple(value.shape) for key, value in vision.state_dict().items()}
    assert shapes["transformer.layers.0.0.fn.to_qkv.weight"] == (1536, 768)
    assert shapes["transformer.layers.11.0.fn.to_out.0.weight"] == (768, 512)
    assert shapes["to_patch_embedding.1.weight"] == (12288,)
    assert shapes["pos_embedding.dep_embed.weight"] == (128, 256)
    assert sum(p.numel() for p in vision.parameters()) == pytest.approx(66.2e6, rel=0.002)


@torch.inference_mode()
def test_no_class_token_and_no_final_norm(network: Network) -> None:
    image = noise(1, 3, 8, 8, 4)
    features = network.vision(image)
    assert features.shape == (1, 2 * 2 * 2, 12)
    assert float(features.mean(dim=-1).abs().max()) > 1e-3


@torch.inference_mode()
def test_the_perceiver_reads_media_first_then_latents() -> None:
    perceiver = Perceiver(PerceiverSizes(dim=12, depth=1, dim_head=4, heads=2, num_latents=3, ff_mult=2))
    torch.nn.init.normal_(perceiver.latents)
    media = noise(1, 5, 12)
    layer = perceiver.layers[0]
    attention = layer[0]
    latents = attention.norm_latents(perceiver.latents[None])
    both = torch.cat([attention.norm_media(media), latents], dim=1)
    k, v = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in attention.to_kv(both).chunk(2, dim=-1))
    q = attention.to_q(latents).unflatten(-1, (2, 4)).transpose(1, 2)
    mixed = ((q @ k.transpose(-1, -2)) / 2).softmax(-1) @ v
    x = perceiver.latents[None] + attention.to_out(mixed.transpose(1, 2).flatten(2))
    assert torch.allclose(perceiver(media), perceiver.norm(x + layer[1](x)), atol=1e-5)


@torch.inference_mode()
def test_every_image_is_resampled_by_itself(network: Network) -> None:
    images = noise(1, 2, 3, 8, 8, 4)
    together = network.visual_tokens(images)
    alone = [network.visual_tokens(images[:, i : i + 1]) for i in range(2)]
    assert together.shape == (1, 6, 32)
    assert torch.allclose(together, torch.cat(alone, dim=1), atol=1e-6)


@torch.inference_mode()
def test_looking_up_equals_the_one_hot_product(network: Network) -> None:
    table = network.table(noise(3, 32))
    words = table.shape[0] - 5
    ids = torch.tensor([1, words, words + 2, words + 3, words + 4, words + 1, 7])
    one_hot = torch.nn.functional.one_hot(ids, table.shape[0]).float()
    assert torch.allclose(table[ids], one_hot @ table)
    with pytest.raises(IndexError):
        table[torch.tensor([words + 5])]


def test_the_published_ids_are_wrong_and_replaced(tiny_radfm: Path) -> None:
    stated = json.loads((tiny_radfm / "config.json").read_text())["language_model"]
    assert (stated["bos_token_id"], stated["eos_token_id"], stated["pad_token_id"]) == (0, 1, -1)
    made = language_config({"language_model": stated})
    assert (made.bos_token_id, made.eos_token_id, made.pad_token_id) == (1, 2, 0)
    published = language_config({"hidden_size": 5120, "pad_token_id": -1})  # its own file, flat
    assert (published.pad_token_id, published.num_hidden_layers, published.num_key_value_heads) == (0, 40, 40)


def test_real_sizes_of_the_whole() -> None:
    network = empty_network({})
    assert sum(p.numel() for p in network.language.parameters()) == pytest.approx(13.0e9, rel=0.01)
    assert sum(p.numel() for p in network.perceiver.parameters()) == pytest.approx(37.8e6, rel=0.01)
    assert network.figure.shape == (2, 5120)
    assert network.image_tokens == 32


def test_strict_keys(tiny_radfm: Path, tmp_path: Path) -> None:
    state = read_pickle(tiny_radfm / "pytorch_model.bin")
    config = read_config(tiny_radfm)
    state["embedding_layer.fc.scale"] = torch.zeros(1)
    del state["embedding_layer.perceiver.latents"]
    torch.save(state, tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"1 missing: perceiver\.latents; 1 unexpected: fc\.scale"):
        load_network(tmp_path, config)


def anonymous_kib() -> int:
    """Memory of this process that no file backs."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1])


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_the_file_is_mapped_not_copied(tmp_path: Path) -> None:
    """float32 from disk takes no memory of its own, bfloat16 half the file's size."""
    from accelerate import init_empty_weights

    config = {"language_model": {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}}
    config = {**config, "vit": {"dim": 12, "depth": 1}, "perceiver": {"dim": 12, "depth": 1}}
    config["language_model"] |= {"vocab_size": 100_000, "intermediate_size": 8}
    with init_empty_weights():
        network = empty_network(config)
    prefixes = {
        "vision.": "embedding_layer.vision_encoder.",
        "perceiver.": "embedding_layer.perceiver.",
        "fc.": "embedding_layer.fc.",
        "language.": "lang_model.",
        "figure": "embedding_layer.figure_token_weight",
    }
    state = {}
    for key, value in network.state_dict().items():
        ours = next(prefix for prefix in prefixes if key.startswith(prefix))
        state[prefixes[ours] + key.removeprefix(ours)] = torch.ones(value.shape)
    path = tmp_path / "pytorch_model.bin"
    torch.save(state, path)
    del state, value
    size = path.stat().st_size / 1024
    assert size > 45_000
    before = anonymous_kib()
    mapped = load_network(tmp_path, config)
    assert anonymous_kib() - before < 0.2 * size
    before = anonymous_kib()
    half = load_network(tmp_path, config, dtype=torch.bfloat16)
    assert anonymous_kib() - before < 0.7 * size
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    assert bool((mapped.language.lm_head.weight == 1).all())
