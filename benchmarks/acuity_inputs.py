"""The acuity of every input that needs no weights, as JSON lines: the figures of docs/acuity.md.

python benchmarks/acuity_inputs.py acuity.jsonl [INPUT ...]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from medspatial.acuity import chosen_quantities, input_acuity, input_names, input_of


def main() -> None:
    output, patients, *names = sys.argv[1:]
    with Path(output).open("a", encoding="utf-8") as stream:
        for words in names or input_names():
            name, _, chosen = words.partition(":")
            quantities = chosen_quantities(tuple(chosen.split(",")) if chosen else None)
            started = time.perf_counter()
            for found in input_acuity(name, input_of(name), quantities, patients=int(patients)):
                stream.write(found.to_json() + "\n")
                stream.flush()
                print(f"{name}, {found.quantity}: {found.words()}", flush=True)
            print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
