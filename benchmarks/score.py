"""How fast metrics are, against the obvious loop, and that memory stays flat.

    python benchmarks/score.py [--rows 9077] [--predictions F.jsonl] [--stream 1000000]

Without a file the rows are made up: answers in the wording of replies that models give.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections.abc import Iterator
from pathlib import Path

from medspatial.errors import MissingPackageError
from medspatial.records import Prediction, iter_records
from medspatial.score import metric, score_stream

SIDES = ("left", "right")
ORGANS = ("kidney", "lung", "adrenal gland", "breast")
LOBES = ("upper lobe", "lower lobe", "middle lobe", "lingula", "hilum", "apex")
REPLIES = (
    "{a}",
    "The {a} is larger than the {b}.",
    "It is located in the {a}, close to the pleura.",
    "There is no abnormality in the {b}; the finding is seen in the {a}.",
    "Yes, there is a {n} mm nodule in the {a}.",
    "I cannot determine this from the image.",
)


def made_up(count: int) -> Iterator[Prediction]:
    draw = random.Random(0)
    for number in range(count):
        side, other = draw.sample(SIDES, 2)
        place = draw.choice((*ORGANS, *LOBES))
        size = draw.randrange(3, 90)
        a, b = f"{side} {place}", f"{other} {place}"
        kind = draw.choice(("side", "anatomy", "free", "number"))
        reply = draw.choice(REPLIES).format(a=draw.choice((a, b)), b=b, n=size)
        fields = {"value": float(size), "unit": "mm", "tolerance": 2.0} if kind == "number" else {}
        yield Prediction(
            id=str(number),
            case_id=f"case_{number // 6}",
            question=f"Where is finding {number % 500} of the {place}?",
            answer=f"{size} mm" if kind == "number" else f"In the {a}.",
            answer_type=kind,
            prediction=reply,
            **fields,
        )


def timed(label: str, work) -> float:
    started, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    print(f"{label:<44} {wall:7.2f} s wall {cpu:7.2f} s CPU")
    return wall


def obvious_loop(rows: list[Prediction]) -> None:
    """What evaluation scripts do: each library's one-call function per row, nothing kept between rows."""
    import sacrebleu
    from nltk.tokenize import word_tokenize
    from nltk.translate.meteor_score import single_meteor_score
    from rouge_score import rouge_scorer

    from medspatial.score.wordnet import load_wordnet

    reader = load_wordnet().reader.uncached
    for row in rows:
        text = row.prediction or ""
        for order in range(1, 5):
            sacrebleu.metrics.BLEU(
                lowercase=True, max_ngram_order=order, effective_order=True
            ).sentence_score(text, [row.answer])
        rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeL"], use_stemmer=True).score(row.answer, text)
        single_meteor_score(
            word_tokenize(row.answer, preserve_line=True),
            word_tokenize(text, preserve_line=True),
            wordnet=reader,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=9077)
    parser.add_argument("--predictions", type=Path)
    parser.add_argument(
        "--stream", type=int, default=0, help="rows to stream through exact and structured match"
    )
    options = parser.parse_args()
    source = iter_records(options.predictions, Prediction) if options.predictions else made_up(options.rows)
    rows = list(source)
    calibration = timed(
        "10 million loop steps (how busy is the machine)", lambda: sum(1 for _ in range(10_000_000))
    )
    print(f"{len(rows)} rows; calibration {calibration:.2f} s (0.3 to 0.4 on an idle core)")
    fast = [metric("exact"), metric("structured")]
    timed("exact + structured", lambda: [one.score(rows) for one in fast])
    try:
        text = [metric("bleu"), metric("rouge:stem"), metric("meteor")]
    except MissingPackageError as error:
        print(error)
    else:
        ours = timed("BLEU + ROUGE + METEOR", lambda: [one.score(rows) for one in text])
        theirs = timed("the obvious loop, same figures", lambda: obvious_loop(rows))
        print(f"{theirs / ours:.1f} times as fast as the obvious loop")
    if options.stream:
        stream(options.stream, fast)


def stream(count: int, metrics: list) -> None:
    """Judge many rows without keeping them; prints the peak memory on the way."""
    tallies = {one.name: one.tally() for one in metrics}
    started = time.perf_counter()
    for number, score in enumerate(score_stream(made_up(count), metrics), start=1):
        tallies[score.metric].add(score)
        if number % max(1, count // 2) == 0:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"{number:>9} scores after {time.perf_counter() - started:6.1f} s, peak {peak:.0f} MiB")
    for tally in tallies.values():
        print(tally.result())


if __name__ == "__main__":
    main()
