"""Text metrics, jury and structured match on real answers of four models, beside the published figures.

    python benchmarks/published_table.py FOLDER [--sbert MODEL_OR_FOLDER] [--metrics bleu,rouge:stem,...]

FOLDER holds ``predictions/``, ``judgments/`` and ``published_results.json`` of the CT-SpatialVQA benchmark.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter
from pathlib import Path

from medspatial.records import Prediction, Score, volume_name
from medspatial.score import metric
from medspatial.score.agreement import agreement, agreement_by, disagreements
from medspatial.score.verdicts import RecordedVerdicts, jury, read_verdicts

MODELS = ("m3d", "merlin", "radfm", "med3dvlm")


def load_predictions(folder: Path, model: str) -> list[Prediction]:
    rows = []
    with gzip.open(
        folder / "predictions" / f"{model}_predictions_full.jsonl.gz", "rt", encoding="utf-8"
    ) as stream:
        for number, line in enumerate(stream):
            raw = json.loads(line)
            case = volume_name(raw["image_path"])
            rows.append(
                Prediction(
                    id=f"{model}-{number}",
                    case_id=case,
                    question=raw["question"],
                    answer=raw["answer"],
                    prediction=raw["prediction"] or "",
                    model=model,
                )
            )
    return rows


def jury_scores(folder: Path, model: str, rows: list[Prediction]) -> tuple[dict[str, float], list[Score]]:
    """Return each judge's accuracy, and the jury's scores (majority of those who gave a verdict)."""
    shares: dict[str, float] = {}
    scores: list[Score] = []
    for path in sorted((folder / "judgments").glob(f"{model}_*.json.gz")):
        judge = path.name.removeprefix(f"{model}_").partition("_")[0]
        judged = RecordedVerdicts(path=path, judge=judge)
        found = judged.score(rows)
        share = judged.aggregate(found).accuracy
        assert share is not None
        shares[judge] = share
        scores += found
    return shares, jury(scores)


def by_row_number(folder: Path, model: str) -> str:
    """Return the jury's accuracy when files are zipped row by row, which goes wrong where one lacks rows."""
    files = sorted((folder / "judgments").glob(f"{model}_*.json.gz"))
    columns = [[bool(verdict.correct) for verdict in read_verdicts(path)] for path in files]
    rows = list(zip(*columns, strict=False))
    return f"{sum(sum(row) > len(row) / 2 for row in rows) / len(rows)} of {len(rows)}"


_KINDS = (  # of disagreements, by what the score says; the first that fits
    (True, " against |gives several", "right: a figure within the tolerance"),
    (True, "leads|restates|denies", "right: the polarity agrees, its 'where' or 'how' differs"),
    (True, "names", "right: a part of the reference's structure, or a further detail differs"),
    (True, "", "right: the same side, zone, relation or property; another detail differs"),
    (
        False,
        "coarser|not the place|names only a part of the reference's zones",
        "wrong: coarser than the reference",
    ),
    (False, "names only a part|one half|also commits", "wrong: some of several places, or one more"),
    (False, "names only a side|not where", "wrong: only a side, or only yes"),
    (False, "names", "wrong: another place, or another name of the same place"),
    (False, "", "wrong: other"),
)


def kinds_of_disagreement(scores: list[Score], votes: list[Score]) -> Counter[str]:
    """Count where all judges agree with each other and not with the rules, by the rule's reason."""
    counts: Counter[str] = Counter()
    for score, vote in disagreements(scores, votes):
        if vote.score in {0.0, 1.0}:
            said = f"{score.rule} {score.reason}"
            counts[
                next(
                    what for right, words, what in _KINDS if right == score.correct and re.search(words, said)
                )
            ] += 1
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sbert", help="model or folder for SBERT cosine")
    parser.add_argument("--metrics", default="bleu,rouge:stem,meteor:white")
    options = parser.parse_args()
    published = json.loads((options.folder / "published_results.json").read_text())
    summary = {row["model"].removesuffix("_full"): row for row in published["text_metrics_summary"]}
    juries = {row["model"]: row for row in published["jury"]}
    names = [name for name in options.metrics.split(",") if name]
    for model in MODELS:
        rows = load_predictions(options.folder, model)
        print(f"## {model}: {len(rows)} rows")
        for name in [*names, *(["sbert"] if options.sbert else [])]:
            started = time.perf_counter()
            settings = {"model": options.sbert} if name == "sbert" else {}
            judged = metric(name, **settings)
            result = judged.aggregate(judged.score(rows))
            shown = result.details.get("corpus_answered") or result.details.get("mean_answered")
            print(f"{name} ({time.perf_counter() - started:.1f} s): {shown}")
        print("published:", summary.get(model, "no text metrics"))
        shares, votes = jury_scores(options.folder, model, rows)
        decided = [vote for vote in votes if vote.correct is not None]
        print("judges:", shares)
        share = sum(vote.correct for vote in decided) / len(decided)
        print(f"jury, joined by identity: {share} of {len(decided)}; published {juries.get(model, 'none')}")
        print(f"jury, joined by row number: {by_row_number(options.folder, model)}")
        structured = metric("structured")
        started = time.perf_counter()
        scores = structured.score(rows)
        print(f"structured ({time.perf_counter() - started:.1f} s): {structured.aggregate(scores)}")
        print(agreement(scores, votes))
        for what, count in sorted(kinds_of_disagreement(scores, votes).items()):
            print(f"  all judges differ, {what}: {count}")
        for rule, found in agreement_by(scores, votes, lambda score: score.rule or "").items():
            print(
                f"  {rule}: {found.rows} rows, kappa {found.kappa}, +{found.metric_only} "
                f"-{found.standard_only}"
            )


if __name__ == "__main__":
    main()
