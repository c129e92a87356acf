"""Adversarial cases per rule (ours), and the given cases with their stated rules."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from medspatial.records import Prediction
from medspatial.score import metric

DATA = Path(__file__).parents[1] / "data"
STRUCTURED = metric("structured")


def load():
    for path in sorted(DATA.glob("r*.jsonl"), key=lambda p: int(p.stem[1:])):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


CASES = list(load())


def verdict(prediction: Prediction) -> tuple[str, str | None, str]:
    score = STRUCTURED.score([prediction])[0]
    outcome = ("correct" if score.correct else "incorrect") if score.status == "scored" else score.status
    return outcome, score.rule, f"{score.reason} {score.metadata}"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case):
    fields = {name: value for name, value in case.items() if name != "verdict"}
    got, _, why = verdict(Prediction(case_id="c", **fields))
    assert got == case["verdict"], why


def test_every_rule_has_cases_of_every_outcome():
    assert len(CASES) >= 1000
    assert len({case["id"] for case in CASES}) == len(CASES)
    counts = Counter((case["id"].split("-")[0], case["verdict"]) for case in CASES)
    for rule in range(1, 15):
        assert counts[f"r{rule}", "correct"] >= 1
        assert counts[f"r{rule}", "incorrect"] + counts[f"r{rule}", "unanswered"] >= 1


def given_cases(shared):
    for line in (shared / "data" / "matcher_cases.jsonl").read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        options = raw.get("options") or {}
        tolerance = raw.get("tolerance")
        if tolerance:
            tolerance = tolerance.get("absolute", tolerance.get("relative", 0) * abs(raw["value"]))
        yield (
            raw,
            Prediction(
                case_id="c",
                id=raw["id"],
                question=raw["question"],
                answer=options.get(raw["gold"], raw["gold"]),
                answer_type=raw["answer_type"],
                options=tuple(options.values()),
                value=raw.get("value"),
                unit=raw.get("unit"),
                tolerance=tolerance,
                prediction=raw["prediction"],
            ),
        )


def test_given_cases_have_the_stated_verdict_and_rule(shared):
    wrong = []
    for raw, prediction in given_cases(shared):
        got, rule, why = verdict(prediction)
        if (got, rule) != (raw["verdict"], raw["rule"]):
            wrong.append((raw["id"], got, rule, why))
    assert wrong == []


def test_own_cases_are_not_the_given_ones(shared):
    given = {raw["prediction"] for raw, _ in given_cases(shared) if len(raw["prediction"]) > 12}
    assert not given & {case["prediction"] for case in CASES}
