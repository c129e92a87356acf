"""Tiny checkpoints in the published layouts, tokenizer included, made in the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
torch.set_num_threads(1)  # tiny matrices: threads only wait for each other

WORDS = """
which what is the a left right kidney liver side lies larger near of to in how many far mm ml
Choices A. B. C. D. yes no upper lower ? : , .
""".split()  # noqa: SIM905

Build = Callable[..., Path]

M3D_CONFIG: dict[str, Any] = {
    "architectures": "LamedLlamaForCausalLM",  # the original's merge script stores a plain string
    "auto_map": {"AutoModelForCausalLM": "modeling_lamed.LamedLlamaForCausalLM"},
    "model_type": "lamed_llama",
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 256,
    "image_channel": 1,
    "image_size": [4, 8, 8],
    "patch_size": [1, 2, 2],
    "proj_pooling_size": 2,
    "mm_hidden_size": 16,
    "tie_word_embeddings": False,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "tiny_vision_override": {
        "vision_hidden_size": 16,
        "vision_mlp_dim": 24,
        "vision_num_layers": 2,
        "vision_num_heads": 2,
    },
}
PHI3_CONFIG = {
    **M3D_CONFIG,
    "model_type": "lamed_phi3",
    "architectures": ["LamedPhi3ForCausalLM"],
    "original_max_position_embeddings": 256,
}
MED3DVLM_CONFIG: dict[str, Any] = {
    "architectures": "VLMQwenForCausalLM",
    "model_type": "vlm_qwen",
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "input_size": [64, 32, 64],
    "low_input_size": [4, 12],
    "high_input_size": [1, 16],
    "low_output_size": [5, 6],
    "high_output_size": [3, 4],
    "mm_mlp_depth": 2,
    "tie_word_embeddings": False,
    "eos_token_id": 2,
    "pad_token_id": 0,
    "tiny_vision_override": {"num_blocks": [1, 2, 1, 1, 1], "channels": [4, 6, 8, 12, 16]},
}


def write_tokenizer(folder: Path, *, bos: bool) -> int:
    """Save a word tokenizer with ``<im_patch>``; return its length."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    # As real ones do: the space before a word belongs to its token.
    pieces = [piece for word in WORDS for piece in (word, f"▁{word}")]
    vocabulary = {piece: place for place, piece in enumerate(["<pad>", "<s>", "</s>", "<unk>", "▁", *pieces])}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="never"),
            pre_tokenizers.Split(Regex(r"[?:,]"), behavior="isolated"),
        ]
    )
    if bos:
        plain.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=plain,
        bos_token="<s>" if bos else None,
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        additional_special_tokens=["<im_patch>"],
    )
    tokenizer.save_pretrained(str(folder))
    return len(tokenizer)


def write_weights(folder: Path, state: dict[str, Any], shards: int = 2) -> None:
    """Write published keys as sharded safetensors with an index."""
    from safetensors.torch import save_file

    keys = sorted(state)
    weight_map = {}
    for number in range(shards):
        name = f"model-{number + 1:05d}-of-{shards:05d}.safetensors"
        part = {key: state[key].contiguous() for key in keys[number::shards]}
        save_file(part, str(folder / name), metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, name))
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def random_state(layout: Any, prefixes: dict[str, str], seed: int) -> dict[str, Any]:
    """Random weights of a network under their published names."""
    generator = torch.Generator().manual_seed(seed)
    state = {}
    for key, value in layout.network.state_dict().items():
        name = key.removeprefix("language.")
        for published, ours in prefixes.items():
            if key.startswith(ours):
                name = published + key.removeprefix(ours)
        assert layout.rename(name) == key
        if key.endswith("num_batches_tracked"):
            state[name] = torch.tensor(7)
        elif key.endswith("running_var"):
            state[name] = 0.5 + torch.rand(value.shape, generator=generator)
        else:
            state[name] = 0.3 * torch.randn(value.shape, generator=generator)
    return state


def _build(folder: Path, config: dict[str, Any], network: Any, *, bos: bool, seed: int) -> Path:
    folder.mkdir(parents=True)
    rows = write_tokenizer(folder, bos=bos)
    full = {**config, "vocab_size": rows}
    (folder / "config.json").write_text(json.dumps(full))
    generation = {"eos_token_id": 2, "pad_token_id": 0, "transformers_version": "4.44.2"}
    (folder / "generation_config.json").write_text(json.dumps(generation))
    write_weights(folder, random_state(network.layout(full), network._PREFIXES, seed))
    return folder


@pytest.fixture(scope="session")
def m3d_folder(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Make a tiny M3D-LaMed checkpoint: options ``phi3``, ``bos``, ``seed`` and changes to the config."""
    from medspatial.models.m3d_lamed import network

    def build(*, phi3: bool = False, bos: bool = True, seed: int = 0, **changes: Any) -> Path:
        folder = tmp_path_factory.mktemp("m3d") / "tiny"
        return _build(
            folder, {**(PHI3_CONFIG if phi3 else M3D_CONFIG), **changes}, network, bos=bos, seed=seed
        )

    return build


@pytest.fixture(scope="session")
def med3dvlm_folder(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Make a tiny Med3DVLM checkpoint: options ``seed`` and changes to the config."""
    from medspatial.models.med3dvlm import network

    def build(*, bos: bool = False, seed: int = 0, **changes: Any) -> Path:
        folder = tmp_path_factory.mktemp("med3dvlm") / "tiny"
        return _build(folder, {**MED3DVLM_CONFIG, **changes}, network, bos=bos, seed=seed)

    return build


@pytest.fixture(scope="session")
def tiny_m3d(m3d_folder: Build) -> Path:
    """One tiny M3D-LaMed, not to be changed."""
    return m3d_folder()


@pytest.fixture(scope="session")
def tiny_med3dvlm(med3dvlm_folder: Build) -> Path:
    """One tiny Med3DVLM, not to be changed."""
    return med3dvlm_folder()


@pytest.fixture(scope="session")
def tiny_vista3d(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small VISTA3D with random weights: ``models/model.pt``, its keys wrapped as in some packagings."""
    pytest.importorskip("monai")
    from medspatial.models.vista3d.verify import recipe_network

    folder = tmp_path_factory.mktemp("vista3d") / "bundle"
    (folder / "models").mkdir(parents=True)
    state = recipe_network(8, 7).state_dict()
    torch.save({f"network.{key}": value for key, value in state.items()}, folder / "models/model.pt")
    return folder


@pytest.fixture
def noise_volume() -> Any:
    """A small CT of noise with a slope, so that every axis and side differs."""
    from medspatial.volume import Affine, Volume

    rng = np.random.default_rng(5)
    shape = (11, 9, 13)
    slope = np.linspace(-900, 500, 11)[:, None, None] + np.linspace(0, 300, 13)
    voxels = (slope + rng.normal(0, 120, shape)).astype(np.int16)
    return Volume(voxels, Affine(np.diag([3.0, 2.0, 4.0, 1.0])), unit="HU")
