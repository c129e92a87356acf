"""Pairs whose verdicts are known beforehand, given to every judge of pairs before the real ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from medspatial.cases.ct_rate import Report
from medspatial.datasets.judge import judge_pairs
from medspatial.datasets.judgment import CRITERIA, Judgment
from medspatial.errors import InputError
from medspatial.llm import Llm
from medspatial.questions.prompt import Prompt
from medspatial.records import Question

_CASE = "canary"


@dataclass(frozen=True)
class PairCanary:
    """A pair of an invented report, and the verdicts that a sound judge gives; other criteria are free.

    Attributes
    ----------
    kind
        What it tests: ``sound``, ``exchanged side``, ``silence``, ``absence``, ``bare size``, ``given away``,
        ``knowledge``, ``repeated``, ``instruction``.
    """

    kind: str
    question: str
    answer: str
    expected: dict[str, bool]


@dataclass(frozen=True)
class CanaryVerdicts:
    """How one judge did.

    Attributes
    ----------
    run, passed
        Canaries with verdicts, and those whose expected verdicts are all as expected.
    without_verdict
        Canaries without verdicts: the reply failed, or left them out.
    failed
        What went wrong, one line each.
    """

    judge: str
    run: int
    passed: int
    without_verdict: int
    failed: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether every canary has a verdict and passed."""
        return self.without_verdict == 0 and self.passed == self.run

    def to_dict(self) -> dict[str, Any]:
        """Return all figures by name."""
        return {
            "judge": self.judge,
            "run": self.run,
            "passed": self.passed,
            "without_verdict": self.without_verdict,
            "failed": list(self.failed),
        }


@cache
def pair_canaries() -> tuple[Report, tuple[PairCanary, ...]]:
    """Return the invented report and its pairs.

    Examples
    --------
    >>> report, pairs = pair_canaries()
    >>> [one.expected for one in pairs if one.kind == "absence"]
    [{'spatial': False}]
    """
    name = "pair_canaries.json"
    data = json.loads(files("medspatial.datasets").joinpath(name).read_text(encoding="utf-8"))
    pairs = tuple(PairCanary(**row) for row in data["pairs"])
    unknown = {criterion for one in pairs for criterion in one.expected} - set(CRITERIA)
    if unknown:
        raise InputError(f"{name}: unknown criteria {sorted(unknown)}; known: {', '.join(CRITERIA)}")
    return Report(_CASE, data["findings"], data["impression"]), pairs


def judge_canaries(llms: Sequence[Llm], *, prompt: Prompt | None = None) -> list[CanaryVerdicts]:
    """Let each judge judge the canaries, in one request of its own with the same prompt as the real pairs.

    Parameters
    ----------
    prompt
        As for `judge_pairs`.
    """
    report, pairs = pair_canaries()
    questions = [Question(case_id=_CASE, question=one.question, answer=one.answer) for one in pairs]
    results = []
    for llm in llms:
        judgments, _ = judge_pairs(questions, {_CASE: report}, [llm], prompt=prompt)
        results.append(_verdicts(llm.name, pairs, judgments))
    return results


def _verdicts(judge: str, pairs: Sequence[PairCanary], judgments: Sequence[Judgment]) -> CanaryVerdicts:
    failed, passed, missing = [], 0, 0
    for canary, judgment in zip(pairs, judgments, strict=True):
        if judgment.status != "ok":
            missing += 1
            continue
        wrong = [name for name, yes in canary.expected.items() if judgment.verdicts[name] != yes]
        passed += not wrong
        failed += [
            f"{canary.kind}: {name} judged {str(judgment.verdicts[name]).lower()}: {canary.question!r}"
            for name in wrong
        ]
    return CanaryVerdicts(judge, len(pairs) - missing, passed, missing, tuple(failed))
