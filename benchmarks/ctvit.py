"""CTViT at its real size: time, peak memory and ids, against the way of the original.

    python benchmarks/ctvit.py [--threads 2] [--output FILE]

Both ways run the same random weights on the same random volume of 240 x 480 x 480, each in a process of
its own. "original" works as the published code does: the whole volume at once, the position network on
every pair of places, attention weights written out, and an int64 one-hot of 13,824 tokens by 8,192 rows.
Peak memory is what the process holds at most beyond what it held with weights and input in place.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from medspatial.models.ct_chat.attention import COSINE_SCALE, PEG, Block, CosineAttention
from medspatial.models.ct_chat.codebook import Quantiser
from medspatial.models.ct_chat.ctvit import CTViT, CTViTSizes
from medspatial.models.ct_chat.position import RelativePositionBias

WAYS = ("ours", "original")
MIB = 1024.0


def peg_whole(self: PEG, x: Tensor, grid: tuple[int, int, int, int]) -> Tensor:
    """One 3D convolution of the whole grid, channels moved first and back."""
    volume = x.reshape(*grid, x.shape[-1]).permute(0, 4, 1, 2, 3)
    out: Tensor = self.dsconv(functional.pad(volume, (1, 1, 1, 1, 2, 0)))
    return out.permute(0, 2, 3, 4, 1).reshape(x.shape)


def attention_written_out(self: CosineAttention, x: Tensor, bias: Tensor | None = None) -> Tensor:
    """All sequences at once, logits and weights as tensors."""
    q, (k, v) = self.to_q(self.norm(x)), self.to_kv(x).chunk(2, dim=-1)
    q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
    q = functional.normalize(q, dim=-1) * self.q_scale
    k = functional.normalize(k, dim=-1) * self.k_scale
    logits = torch.einsum("bhid,bhjd->bhij", q, k) * COSINE_SCALE
    if bias is not None:
        logits = logits + bias
    mixed = torch.einsum("bhij,bhjd->bhid", logits.softmax(dim=-1), v)
    out: Tensor = self.to_out(mixed.transpose(1, 2).flatten(2))
    return out


def bias_of_all_pairs(self: RelativePositionBias, height: int, width: int) -> Tensor:
    """The network on every pair of places."""
    places = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"))
    places = places.flatten(1).T
    x = (places[:, None] - places[None]).float()
    x = torch.sign(x) * torch.log(x.abs() + 1)
    for layer in self.net:
        x = layer(x)
    return x.permute(2, 0, 1)


def quantise_by_one_hot(self: Quantiser, tokens: Tensor) -> tuple[Tensor, Tensor]:
    """All similarities, a one-hot of them (made as in training and not used further), a gather."""
    rows = self._codebook.embed
    flat = functional.normalize(tokens.reshape(1, -1, tokens.shape[-1]), dim=-1)
    similarity = torch.einsum("hnd,hcd->hnc", flat, functional.normalize(rows, dim=-1))
    ids = similarity.argmax(dim=-1)
    one_hot = functional.one_hot(ids, rows.shape[1]).type(tokens.dtype)
    index = ids[..., None].expand(-1, -1, rows.shape[-1])
    found = rows.gather(1, index)
    del one_hot
    return found.reshape(tokens.shape), ids.reshape(tokens.shape[:-1])


def use_the_original_way(model: CTViT) -> None:
    """Replace the pieces of this process's classes by the published code's way of computing."""
    PEG.forward = peg_whole  # type: ignore[method-assign]
    CosineAttention.forward = attention_written_out  # type: ignore[method-assign]
    RelativePositionBias.forward = bias_of_all_pairs  # type: ignore[method-assign]
    Quantiser.forward = quantise_by_one_hot  # type: ignore[method-assign]

    def patches_at_once(video: Tensor) -> Tensor:
        out: Tensor = model.to_patch_emb(video)
        return out

    def at_once(
        self: Block, x: Tensor, grid: tuple[int, int, int, int], bias: Tensor | None, _: int
    ) -> Tensor:
        x = self["0"](x, grid) + x
        x = self["1"](x, bias) + x
        out: Tensor = self["3"](x) + x
        return out

    model.patch_embedding = patches_at_once  # type: ignore[method-assign]
    Block.forward = at_once  # type: ignore[method-assign, assignment]


def random_model(sizes: CTViTSizes) -> CTViT:
    """Weights of one seed, scaled so that no layer swamps the next."""
    generator = torch.Generator().manual_seed(0)
    model = CTViT(sizes).eval()
    for name, tensor in model.state_dict().items():
        if tensor.ndim == 1 and not name.endswith("bias"):
            continue  # scales of norms stay one
        spread = 1.0 if name.endswith("embed") else max(tensor[0].numel(), 64) ** -0.5
        tensor.copy_(torch.randn(tensor.shape, generator=generator) * spread)
    return model


def peak_mib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB


def measure(way: str, ids_file: Path, threads: int) -> dict[str, float]:
    """Run one way once; the ids go into a file for comparison."""
    torch.set_num_threads(threads)
    model = random_model(CTViTSizes())
    video = torch.empty(1, 1, *model.sizes.shape)
    video.uniform_(-1, 1, generator=torch.Generator().manual_seed(1))
    found: list[Tensor] = []
    model.vq.register_forward_hook(lambda module, given, out: found.append(out[1]))
    if way == "original":
        use_the_original_way(model)
    before, started, cpu = peak_mib(), time.perf_counter(), time.process_time()
    model(video)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    torch.save(found[0], ids_file)
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "peak_mib": peak_mib() - before,
        "process_mib": peak_mib(),
    }


def compare(threads: int) -> dict[str, object]:
    """Both ways, one after the other, and their ratios."""
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            command = [sys.executable, __file__, "--way", way, "--ids", f"{folder}/{way}.pt"]
            done = subprocess.run(
                [*command, "--threads", str(threads)], check=True, capture_output=True, text=True
            )
            results[way] = json.loads(done.stdout)
        ids = [torch.load(f"{folder}/{way}.pt") for way in WAYS]
    ratios = {key: round(results["ours"][key] / results["original"][key], 3) for key in results["ours"]}
    differing = int((ids[0] != ids[1]).sum())
    return {**results, "ours/original": ratios, "differing_ids": differing, "ids": ids[0].numel()}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--ids", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments.way, arguments.ids, arguments.threads)))
        return
    text = json.dumps(compare(arguments.threads), indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
