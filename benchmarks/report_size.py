"""The static page at size: weight, first view and filters of a report, measured in a browser.

    python benchmarks/report_size.py [--questions 10000] [--models 10] [--keep FOLDER]

Writes a report of made-up answers without pictures, opens it from disk in headless Chromium, and prints bytes
read until the list stands, milliseconds to the first contentful paint and to the list, and the time of each
filter from the event to the drawn list.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))
from browser_session import BrowserSession

from medspatial.compare import compare
from medspatial.records import Evidence, Item, Prediction, Question, Score
from medspatial.report import write_report

ORGANS = (
    "liver", "spleen", "left kidney", "right kidney", "pancreas", "aorta", "stomach", "gallbladder",
    "urinary bladder", "left adrenal gland", "right adrenal gland", "duodenum", "colon", "L3 vertebra",
)  # fmt: skip
FILTERS = (
    ("text", "spleen kidney"),
    ("text", "case_0107"),
    ("text", ""),
    ("category", "distance"),
    ("category", ""),
    ("model", "3"),
    ("verdict", "w"),
    ("verdict", "split"),
    ("failure", "a"),
    ("failure", ""),
)


def made(questions: int, models: int) -> tuple[list[Question], list[Prediction], list[Score]]:
    rng = np.random.default_rng(0)
    asked, predictions, scores = [], [], []
    for number in range(questions):
        first, second = rng.choice(len(ORGANS), 2, replace=False)
        case = f"case_{number // 50:04d}"
        side = bool(number % 2)
        text = (
            f"In this CT, is the centre of the {ORGANS[first]} on the patient's left of the centre of the "
            f"{ORGANS[second]} ({number})?"
            if side
            else f"How many millimetres lie between the {ORGANS[first]} and the {ORGANS[second]} ({number})?"
        )
        answer = ("left" if number % 4 == 1 else "right") if side else f"{rng.integers(5, 200)} mm"
        options = ("left", "right") if side else ()
        asked.append(
            Question(
                case_id=case,
                patient_id=case,
                question=text,
                answer=answer,
                options=options,
                category="laterality" if side else "distance",
                subtype="L5" if side else "D3",
                answer_type="choice" if side else "free",
                evidence=Evidence(
                    measurement="distance of the centroids", value=number % 90 + 0.5, unit="mm"
                ),
            )
        )
        shared = asked[-1].model_dump(include=set(Item.model_fields))
        for model in range(models):
            right = rng.random() < 0.4 + 0.05 * model
            wrong = ("right" if answer == "left" else "left") if side else "7 cm"
            reply = answer if right else wrong
            predictions.append(Prediction(**shared, model=f"model {model}", prediction=f"It is {reply}."))
            scores.append(
                Score(
                    **shared,
                    model=f"model {model}",
                    prediction=f"It is {reply}.",
                    metric="structured",
                    correct=right,
                    score=float(right),
                    extracted=reply,
                    rule="choice",
                    reason="compared",
                )
            )
    return asked, predictions, scores


def measured(page: Path) -> dict[str, Any]:
    browser = BrowserSession(Path(tempfile.mkdtemp(prefix="profile-")))
    try:
        browser.visit("about:blank")
        browser.requests()
        found: dict[str, Any] = {}
        for turn in ("first", "again"):
            browser.open(page, f"?{turn}")
            browser.wait(
                "document.querySelector('.question-list li') && document.querySelector('.detail h3')"
            )
            found[f"paint_ms, {turn}"] = browser.run(
                "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime;"
            )
            found[f"list_ms, {turn}"] = browser.run(
                "return performance.getEntriesByName('questions')[0]?.startTime;"
            )
        paths = {unquote(urlsplit(one).path) for one in browser.requests() if one.startswith("file:")}
        found["bytes"] = sum(Path(one).stat().st_size for one in paths if Path(one).is_file())
        for name, value in FILTERS:
            found[f"filter {name}={value or 'any'}, ms"] = browser.run(
                """
                const control = document.getElementById('filter-' + arguments[0]);
                if (!control) return null;
                control.value = arguments[1];
                const start = performance.now();
                control.dispatchEvent(new Event('input', { bubbles: true }));
                document.body.offsetHeight;
                return performance.now() - start;
                """,
                name,
                value,
            )
        return found
    finally:
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--questions", type=int, default=10_000)
    parser.add_argument("--models", type=int, default=10)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="report-"))
    if not (folder / "index.html").exists():
        start = time.perf_counter()
        asked, predictions, scores = made(options.questions, options.models)
        comparison = compare(scores, questions=asked, resamples=200)
        write_report(
            folder, title="At size", questions=asked, predictions=predictions, scores=scores,
            comparison=comparison, figure_formats=("svg",),
        )  # fmt: skip
        print(f"written in {time.perf_counter() - start:.0f} s")
    for name, value in measured(folder / "index.html").items():
        print(f"{name:40} {value if value is None else format(value, ',.0f' if name == 'bytes' else '.1f')}")


if __name__ == "__main__":
    main()
