"""Questions per second: encode once and share the prefix, against the original's way.

The original's way reads, prepares and encodes the volume again for every question, runs the whole prompt
through the language model, and answers one question at a time. Both ways run in one process on the same
random weights and must give the same answers (float32; in bfloat16 the share that agrees is told).

    python benchmarks/encode_once.py                                   # mid-size model on the CPU
    python benchmarks/encode_once.py --device cuda --size real --dtype bfloat16
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from transformers import DynamicCache

from medspatial.cases import make_phantom
from medspatial.models.m3d_lamed.network import Network, empty_network
from medspatial.models.m3d_lamed.preparation import Preparation
from medspatial.models.runtime.device import choose_device, choose_dtype
from medspatial.models.runtime.language import GenerationSettings, LanguageModel
from medspatial.volume import read_volume, write_volume

SIZES: dict[str, dict[str, Any]] = {
    "mid": {"hidden_size": 512, "intermediate_size": 1376, "num_hidden_layers": 8, "num_attention_heads": 8},
    "real": {
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
    },
}
TOWERS = {
    "mid": {"vision_hidden_size": 256, "vision_mlp_dim": 1024, "vision_num_layers": 6, "vision_num_heads": 8}
}


def network_of(size: str, device: torch.device, dtype: torch.dtype) -> Network:
    config = {
        "model_type": "lamed_llama",
        "image_size": [32, 256, 256],
        "patch_size": [4, 16, 16],
        "vocab_size": 32004,
        "tie_word_embeddings": False,
        **SIZES[size],
        "num_key_value_heads": SIZES[size]["num_attention_heads"],
        **({"tiny_vision_override": TOWERS[size]} if size in TOWERS else {}),
    }
    network = empty_network(config)
    generator = torch.Generator(device=device).manual_seed(0)
    state = {
        key: torch.empty(value.shape, dtype=dtype, device=device).normal_(0, 0.04, generator=generator)
        for key, value in network.state_dict().items()
    }
    network.load_state_dict(state, assign=True)
    return network.to(device).eval()


@torch.inference_mode()
def originals_way(
    network: Network, path: Path, prepare: Preparation, tails: list[list[int]], new_tokens: int
) -> list[list[int]]:
    language, device = network.language, network.language.device
    table = language.get_input_embeddings()
    answers = []
    for tail in tails:
        pixels = torch.from_numpy(prepare(read_volume(path, unit="HU")))[None].to(device, language.dtype)
        visual = network.visual_tokens(pixels)
        words = table(torch.tensor([[1, *tail]], device=device))
        step: dict[str, Any] = {"inputs_embeds": torch.cat([words[:, :1], visual, words[:, 1:]], dim=1)}
        cache, ids = DynamicCache(config=language.config), []
        for _ in range(new_tokens):
            logits = language(**step, past_key_values=cache, use_cache=True, logits_to_keep=1).logits[:, -1]
            ids.append(int(logits.argmax(-1)))
            step = {"input_ids": torch.tensor([[ids[-1]]], device=device)}
        answers.append(ids)
    return answers


@torch.inference_mode()
def encode_once(
    network: Network, path: Path, prepare: Preparation, tails: list[list[int]], new_tokens: int
) -> list[list[int]]:
    model = LanguageModel(network.language, GenerationSettings(max_new_tokens=new_tokens))
    pixels = torch.from_numpy(prepare(read_volume(path, unit="HU")))[None]
    visual = network.visual_tokens(pixels.to(network.language.device, network.language.dtype))[0]
    prefix = model.prefix(torch.cat([model.embed([1]), visual]))
    return model.generate(prefix, [model.embed(tail) for tail in tails])


def timed(work: Callable[[], list[list[int]]], device: torch.device) -> tuple[float, list[list[int]]]:
    started = time.perf_counter()
    result = work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--size", choices=sorted(SIZES), default="mid")
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--new-tokens", type=int, default=16)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--spacing", type=float, default=2.0, help="of the CT that is read, mm")
    options = parser.parse_args()
    device = choose_device(options.device)
    network = network_of(options.size, device, choose_dtype(options.dtype, device))
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(15, 50, (options.questions,), generator=generator).tolist()
    tails = [torch.randint(3, 32000, (length,), generator=generator).tolist() for length in lengths]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ct.nii.gz"
        write_volume(make_phantom(0, spacing=(options.spacing,) * 3).ct, path)
        prepare = Preparation()
        work = (network, path, prepare, tails, options.new_tokens)
        encode_once(network, path, prepare, tails[:1], 1)  # warm
        # In turn, and the best of each: what else the machine does falls on both.
        once_s = own_s = float("inf")
        for _ in range(options.repeats):
            seconds, once = timed(lambda: encode_once(*work), device)
            once_s = min(once_s, seconds)
            seconds, own = timed(lambda: originals_way(*work), device)
            own_s = min(own_s, seconds)
    count = options.questions
    print(
        json.dumps(
            {
                **vars(options),
                "original_questions_per_s": round(count / own_s, 3),
                "encode_once_questions_per_s": round(count / once_s, 3),
                "ratio": round(own_s / once_s, 2),
                "same_answers": sum(a == b for a, b in zip(once, own, strict=True)),
                "threads": torch.get_num_threads(),
                "gpu": torch.cuda.get_device_name(device) if device.type == "cuda" else None,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
