"""VISTA3D's label maps: one pass whose rows are reduced as they are done, against MONAI's stock inference.

    python benchmarks/vista3d.py [--threads 2] [--output FILE]

Three ways run the same random network (a narrow one, so that all else weighs more than with the published
one) on the same random volume with the 117 labels of "everything", each in a process of its own. "ours" makes
the label maps of VILA-M3's other nine groups besides. "stock" is `sliding_window_inference` with the logits
of all labels for the whole volume. "stock in chunks" asks for as many labels at a time as fit into the
memory that ours takes for logits, and keeps the highest.
Peak memory is what the process holds at most beyond what it held with network and volume in place.
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

import numpy as np
import torch
from monai.inferers.utils import sliding_window_inference
from torch import Tensor, nn

from medspatial.models.vila_m3.calls import GROUPS
from medspatial.models.vista3d.inference import Windows, label_maps
from medspatial.models.vista3d.prompts import EVERYTHING, expanded
from medspatial.models.vista3d.verify import recipe_network

WAYS = ("ours", "stock", "stock in chunks")
SHAPE = (88, 72, 200)
WINDOWS = Windows((48, 48, 48), 0.3)
MIB = 1024.0


def stock_logits(network: nn.Module, image: Tensor, labels: list[int]) -> Tensor:
    """Logits (labels, x, y, z) as the published bundle has them made."""
    made: Tensor = sliding_window_inference(
        image,
        WINDOWS.roi,
        1,
        network,
        overlap=WINDOWS.overlap,
        mode="gaussian",
        transpose=True,
        class_vector=torch.tensor(labels)[:, None],
    )
    return made[0]


def stock(network: nn.Module, image: Tensor, chunk: int) -> Tensor:
    """The label of the highest logit above 0, some labels at a time."""
    best = torch.zeros(SHAPE)
    chosen = torch.zeros(SHAPE, dtype=torch.uint8)
    for start in range(0, len(EVERYTHING), chunk):
        labels = list(EVERYTHING[start : start + chunk])
        highest, row = stock_logits(network, image, labels).max(dim=0)
        chosen = torch.where(highest > best, torch.tensor(labels, dtype=torch.uint8)[row], chosen)
        best = torch.maximum(best, highest)
    return chosen


def measure(way: str, target: Path, threads: int) -> dict[str, float]:
    """Run one way once; the label map goes into a file for comparison."""
    torch.set_num_threads(threads)
    network = recipe_network(8, 3)
    image = torch.from_numpy(np.random.default_rng(0).random((1, 1, *SHAPE), dtype=np.float32))
    prompts = {name: expanded(labels) for name, labels in GROUPS.items()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started, cpu = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        if way == "ours":
            found = label_maps(network, image, prompts, WINDOWS)["everything"]
        else:
            rows = WINDOWS.roi[2] * len(EVERYTHING) // SHAPE[2]
            found = stock(network, image, len(EVERYTHING) if way == "stock" else rows).numpy()
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    np.save(target, found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mib": peak / MIB}


def compare(threads: int) -> dict[str, object]:
    """All ways, one after the other, and the ratios to ours."""
    results: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, way in enumerate(WAYS):
            command = [sys.executable, __file__, "--way", way, "--labels", f"{folder}/{number}.npy"]
            done = subprocess.run(
                [*command, "--threads", str(threads)], check=True, capture_output=True, text=True
            )
            results[way] = json.loads(done.stdout)
        ours, *others = (np.load(f"{folder}/{number}.npy") for number in range(len(WAYS)))
    ratios = {
        f"ours/{way}": {key: round(results["ours"][key] / results[way][key], 3) for key in results["ours"]}
        for way in WAYS[1:]
    }
    differing = [int((ours != other).sum()) for other in others]
    return {**results, **ratios, "differing_voxels": differing, "voxels": int(ours.size)}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--labels", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.way:
        print(json.dumps(measure(arguments.way, arguments.labels, arguments.threads)))
        return
    text = json.dumps(compare(arguments.threads), indent=1)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
