"""The acuity of every input that needs no weights, as JSON lines: the figures of docs/acuity.md.

    python benchmarks/acuity_inputs.py acuity.jsonl BODIES PLACES [INPUT[:QUANTITY,...] ...]
    python benchmarks/acuity_inputs.py acuity.jsonl [--figure FILE.png]

The first form measures what the file does not hold yet, the second prints the table.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

from medspatial.acuity import Acuity, chosen_quantities, input_acuity, input_names, input_of
from medspatial.records import read_records

SIZES_MM = (2.0, 4.0, 6.0, 10.0, 16.0, 30.0)
OTHERS = ("side", "distance", "ratio", "contrast", "height", "thickness")


def main() -> None:
    output, *rest = sys.argv[1:]
    if not rest or rest[0] == "--figure":
        found = read_records(output, Acuity).rows
        print(table(found))
        if rest:
            figure(found, Path(rest[1]))
        return
    measure(Path(output), int(rest[0]), int(rest[1]), rest[2:] or input_names())


def measure(output: Path, bodies: int, places: int, names: Sequence[str]) -> None:
    """Add to the file what it lacks."""
    done = {(one.of, one.quantity) for one in read_records(output, Acuity).rows} if output.exists() else set()
    with output.open("a", encoding="utf-8") as stream:
        for words in names:
            name, _, chosen = words.partition(":")
            asked = chosen_quantities(tuple(chosen.split(",")) if chosen else None)
            quantities = [one for one in asked if (name, one.name) not in done]
            started = time.perf_counter()
            for found in input_acuity(name, input_of(name), quantities, patients=bodies, trials=places):
                stream.write(found.to_json() + "\n")
                stream.flush()
                print(f"{name}, {found.quantity}: {found.words()}", flush=True)
            print(f"{name}: {time.perf_counter() - started:.0f} s", flush=True)


def table(found: Sequence[Acuity]) -> str:
    """Return the tables of the docs: shares of places at which nothing is left, then the thresholds."""
    by = {(one.of, one.quantity): one for one in found}
    names = [name for name in input_names() if (name, "size") in by]
    heads = ["input", "bodies x places", "finds a nodule from", *(f"blind at {mm:g} mm" for mm in SIZES_MM)]
    lines = [_row(heads), _row(["---"] * len(heads))]
    for name in names:
        size = by[name, "size"]
        blind = {level.level: level for level in size.levels}
        n = size.levels[0].trials
        shares = [_share(blind[mm].blind or 0.0, n) for mm in SIZES_MM]
        lines.append(_row([f"`{name}`", f"{size.patients} x {n // size.patients}", size.words(), *shares]))
    lines += ["", _row(["input", *OTHERS]), _row(["---"] * (len(OTHERS) + 1))]
    for name in names:
        words = [by[name, one].words() if (name, one) in by else "not measured" for one in OTHERS]
        lines.append(_row([f"`{name}`", *words]))
    return "\n".join(lines)


def _share(share: float, n: int) -> str:
    """Say a share of places with its exact binomial interval."""
    from scipy.stats import binomtest

    low, high = binomtest(round(share * n), n).proportion_ci(method="exact")
    return f"{100 * share:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def figure(found: Sequence[Acuity], path: Path) -> None:
    """Draw right answers against the diameter of a nodule, a line per input that ever misses one."""
    from medspatial.acuity.table import acuity_figure

    sizes = [one for one in found if one.quantity == "size"]
    loses = [one for one in sizes if any(level.right < 0.999 * level.trials for level in one.levels)]
    acuity_figure(loses, "size").savefig(path, dpi=160)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
