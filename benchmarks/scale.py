"""A simulated study at size: processor time and peak memory of each stage, at n and at 2n questions.

    python benchmarks/scale.py [--questions 50000] [--scored 10000] [--models 3] [--once] [--only STAGE]

Each stage is the command in a process of its own. Processor time (user and system, children included) is
less troubled by other programs than the wall clock; the last lines say what doubling costs: 2 is linear in
time, and in memory 1 is flat. `predict` asks the random baseline `--questions` questions, ten to a case;
`score`, `compare` and `report` take `--scored` questions of each of `--models` models.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

PER_CASE = 10
LEFT_OPEN = 100  # questions that are open at "start-up": what is left then is reading what is there
LONGEST_LINE = 4096
SIDES = ("left", "right")
ORGANS = ("kidney", "lung", "adrenal gland", "femur", "hip", "clavicle", "scapula", "humerus")
SINGLE = ("liver", "spleen", "pancreas", "aorta", "stomach", "gallbladder", "urinary bladder", "L3 vertebra")
REPLIES = (
    "{a}",
    "The {a}.",
    "It is on the {a}, next to the {organ}.",
    "I think that the answer is {a}, but the {other} cannot be excluded in image {number}.",
    "Yes, {a}; a finding of {size} mm lies in the {organ}.",
    "I cannot determine this from the image.",
)


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    wall: float
    processor: float
    peak_mb: float


def question(number: int) -> dict[str, object]:
    """Return a question as one made from masks looks: closed, a side, or a figure, with its evidence."""
    draw = random.Random(number)
    case = f"case_{number // PER_CASE:06d}"
    organ, single = draw.choice(ORGANS), draw.choice(SINGLE)
    value = round(draw.uniform(3, 200), 2)
    row: dict[str, object] = {"id": f"{number:016x}", "case_id": case, "patient_id": case}
    kind = number % 3
    if kind == 0:
        row |= {
            "question": f"On which side is the {organ} closer to the {single} ({number % PER_CASE})?",
            "answer": draw.choice(SIDES),
            "category": "laterality",
            "subtype": "L5",
            "answer_type": "side",
        }
    elif kind == 1:
        names = draw.sample(SINGLE, 4)
        row |= {
            "question": f"Which of these is closest to the {organ} ({number % PER_CASE})?",
            "answer": names[0],
            "category": "comparison",
            "subtype": "C4",
            "answer_type": "choice",
            "options": draw.sample(names, 4),
        }
    else:
        row |= {
            "question": f"How many mm are between the {organ} and the {single} ({number % PER_CASE})?",
            "answer": f"{value} mm",
            "category": "distance",
            "subtype": "D3",
            "answer_type": "number",
            "value": value,
            "unit": "mm",
            "tolerance": round(0.1 * value, 3),
        }
    points = [[round(draw.uniform(-200, 200), 2) for _ in range(3)] for _ in range(2)]
    row["evidence"] = {
        "measurement": "distance of the surfaces",
        "value": value,
        "unit": "mm",
        "margin": 10.0,
        "margin_rule": "the distances must differ by 10 mm and by a tenth of the larger one",
        "formula": "the smallest distance between two surfaces, in millimetres, in patient space",
        "structures": [organ, single],
        "points": [{"name": name, "xyz": xyz} for name, xyz in zip((organ, single), points, strict=True)],
        "details": {"volume_ml": round(draw.uniform(1, 900), 1), "stray_ml": 0.0},
    }
    row["source"] = "masks"
    return row


def prediction(row: dict[str, object], model: int) -> dict[str, object]:
    """Return a reply in the wording of models; each model is right in another share."""
    draw = random.Random(f"{row['id']} {model}")
    said = row["answer"] if draw.random() < 0.3 + 0.1 * model else draw.choice((*SIDES, *SINGLE, "12 mm"))
    words = {"other": draw.choice(SINGLE), "organ": draw.choice(ORGANS), "size": draw.randrange(3, 90)}
    kept = {name: value for name, value in row.items() if name not in {"evidence", "source"}}
    text = draw.choice(REPLIES).format(a=said, number=draw.randrange(100), **words)
    return {**kept, "model": f"model-{model}", "prediction": text}


def write_lines(path: Path, rows: Iterator[dict[str, object]]) -> Path:
    """Write rows as this program writes them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path


def run(*arguments: str | Path) -> Cost:
    """Run a command of medspatial in a process of its own and measure it, with all that it starts."""
    words = [sys.executable, "-m", "medspatial", *map(str, arguments)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    began = time.perf_counter()
    process = os.posix_spawn(
        sys.executable,
        words,
        {**os.environ, "MPLBACKEND": "agg"},
        file_actions=[(os.POSIX_SPAWN_DUP2, nothing, 1)],
    )
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - began
    os.close(nothing)
    if status:
        raise SystemExit(f"{' '.join(words)} ended with status {status}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def cut_last_lines(path: Path, count: int) -> None:
    """Leave the last lines of a file out, as if a run had been stopped before them."""
    with path.open("rb+") as stream:  # not read whole: the peak of a process counts for those it starts
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(0, size - count * LONGEST_LINE))
        lines = stream.read().splitlines(keepends=True)
        stream.truncate(size - sum(map(len, lines[-count:])))


def asked(folder: Path, count: int) -> Iterator[tuple[str, Callable[[], Cost]]]:
    """Yield the stages of asking `count` questions."""
    questions = folder / "questions.jsonl"
    if not questions.exists():
        write_lines(questions, (question(number) for number in range(count)))
    ask = ("predict", "-m", "random", "-d", questions, "-o", folder / "predictions")
    answers = folder / "predictions" / "random.jsonl"

    def start_up() -> Cost:
        cut_last_lines(answers, LEFT_OPEN)
        return run(*ask)

    yield "predict", lambda: run(*ask)
    yield "predict, nothing to do", lambda: run(*ask)
    yield f"predict, {LEFT_OPEN} open", start_up


def judged(folder: Path, count: int, models: int) -> Iterator[tuple[str, Callable[[], Cost]]]:
    """Yield the stages of judging `count` questions of each model."""
    questions = folder / "asked.jsonl"
    answers = [folder / "answers" / f"model-{model}.jsonl" for model in range(models)]
    if not answers[-1].exists():
        write_lines(questions, (question(number) for number in range(count)))
        for model, path in enumerate(answers):
            write_lines(path, (prediction(question(number), model) for number in range(count)))
    named = [word for path in answers for word in ("-p", path)]
    score = ("score", *named, "-m", "structured", "-o", folder / "scores")
    scores = ("--scores-dir", folder / "scores", "--questions", questions)
    matrix = ("-o", folder / "matrix.csv", "--summary", folder / "comparison.json")
    yield "score", lambda: run(*score)
    yield "score, nothing to do", lambda: run(*score)
    yield "compare", lambda: run("compare", *scores, *matrix)
    yield "report", lambda: run("report", *scores, "-o", folder / "report")


def main() -> None:
    """Measure all stages at n and at 2n, and print them side by side."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=50_000)
    parser.add_argument("--scored", type=int, default=10_000)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--once", action="store_true", help="measure n alone, not 2n")
    parser.add_argument("--only", nargs="*", default=[], help="stages whose names begin so")
    parser.add_argument("--keep", type=Path, help="a folder that the study stays in")
    given = parser.parse_args()
    place = given.keep or Path(tempfile.mkdtemp(prefix="scale-"))
    found: dict[str, list[Cost]] = {}
    print(f"{'stage':26} {'questions':>10} {'wall s':>8} {'CPU s':>8} {'peak MB':>8}", flush=True)
    for factor in (1,) if given.once else (1, 2):
        stages = {
            factor * given.questions: asked(
                place / f"ask{factor * given.questions}", factor * given.questions
            ),
            factor * given.scored: judged(
                place / f"judge{factor * given.scored}", factor * given.scored, given.models
            ),
        }
        for count, named in stages.items():
            for name, work in named:
                if given.only and not name.startswith(tuple(given.only)):
                    continue
                cost = work()
                found.setdefault(name, []).append(cost)
                print(
                    f"{name:26} {count:>10,} {cost.wall:8.1f} {cost.processor:8.1f} {cost.peak_mb:8.0f}",
                    flush=True,
                )
    for name, costs in found.items():
        if len(costs) == 2:
            first, second = costs
            print(
                f"{name:26} doubled: CPU {second.processor / first.processor:.2f} times, "
                f"peak {second.peak_mb / first.peak_mb:.2f} times"
            )
    if given.keep is None:
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
