"""Processor time of exact and structured match on the real replies of CT-SpatialVQA, per model.

    python benchmarks/scoring_speed.py FOLDER [--repeats 3]

FOLDER is the one of ``published_table.py``. The process is warm (tables loaded, patterns compiled); the rows
are new to it in the first round, the best round is shown too. A loop of additions is timed beside it.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from medspatial.score import metric
from published_table import load_predictions

MODELS = ("m3d", "merlin", "radfm", "med3dvlm")


def seconds_of_a_loop() -> float:
    """Return the processor time of ten million additions in plain Python."""
    started, total = time.process_time(), 0
    for number in range(10_000_000):
        total += number
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    metrics = [metric("exact"), metric("structured")]
    for model in MODELS:
        rows = load_predictions(options.folder, model)
        for one in metrics:
            one.score(rows[:20])
        rounds = []
        for _ in range(options.repeats):
            started = time.process_time()
            for one in metrics:
                one.score(rows)
            rounds.append(time.process_time() - started)
        print(f"{model}: {len(rows)} rows, first {rounds[0]:.2f} s, best {min(rounds):.2f} s")
    print(f"ten million additions: {seconds_of_a_loop():.2f} s")


if __name__ == "__main__":
    main()
