"""What a study will ask for: questions, calls, money and time, before anything is computed.

Figures are upper estimates: questions that cannot be asked, and replies that are shorter than they may be,
make a study cheaper.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from medspatial.inputs import PictureSettings
from medspatial.llm import Prices, Tokens
from medspatial.llm.budget import PIXELS_PER_TOKEN
from medspatial.study.config import MetricConfig, ModelConfig, StudyConfig

_QUESTION_TOKENS = 300  # instruction, captions, question and options
_ANSWER_TOKENS = 100  # of a model that says what it sees; with thoughts it is more
_JUDGE_TOKENS = (900, 150)  # prompt with question, reference and answer; verdict with a reason
_CANARY_ROWS = 5  # rows that lend question and reference to a judge's canaries, by default
_REMOTE = ("openai:", "gemini:")
_CALL_S, _CONCURRENCY = 4.0, 8  # seconds per call of a remote model, and how many run at once by default
_LOCAL_S = 2.0  # seconds per question of a native model on a GPU


@dataclass(frozen=True)
class Estimate:
    """What one model or judge will ask for.

    Attributes
    ----------
    who
        ``model 'gpt'`` or ``metric 'judge:openai:m'``.
    answers
        Answers to get, at most; of a remote model these are calls.
    calls
        Calls of a server, at most; 0 for what runs here.
    dollars
        None where nothing costs or no prices are given.
    minutes
        Roughly, on a GPU for models that run here.
    """

    who: str
    answers: int
    calls: int
    dollars: float | None
    minutes: float
    budget: float | None = None

    def line(self) -> str:
        """Return it in words."""
        what = f"{self.calls:,} calls" if self.calls else f"{self.answers:,} answers"
        parts = [f"at most {what}", f"about {_time(self.minutes)}"]
        if not self.calls:
            parts[-1] += " on a GPU"
        if self.dollars is not None:
            parts.append(f"about ${self.dollars:,.2f}")
        elif self.calls:
            parts.append("cost unknown: give 'prices' where it costs")
        if self.budget is not None:
            parts.append(f"stops at ${self.budget:,.2f}")
        return ", ".join(parts)


def estimates(study: StudyConfig, questions: int) -> list[Estimate]:
    """Estimate every model that takes time and every judge.

    Parameters
    ----------
    questions
        How many are asked in an arm, at most.
    """
    asked = questions * len(study.all_arms())
    found = [_model(model, asked) for model in study.models if model.kind not in _FREE]
    rows = asked * len(study.models)
    return found + [one for metric in study.all_metrics() for one in _judges(metric, rows)]


_FREE = ("random", "prior", "oracle", "echo")


def _model(model: ModelConfig, asked: int) -> Estimate:
    who, options = f"model '{model.name}'", model.options
    if model.kind not in {"openai", "gemini"}:
        return Estimate(who, asked, 0, None, asked * _LOCAL_S / 60)
    settings = PictureSettings.model_validate(
        {name: value for name, value in options.items() if name in PictureSettings.model_fields}
    )
    planes = 3 if settings.planes == "all" else 1
    pixels = settings.count * planes * settings.size**2
    used = Tokens(input=_QUESTION_TOKENS + pixels // PIXELS_PER_TOKEN, output=_ANSWER_TOKENS)
    return _remote(who, asked, used, options)


def _judges(metric: MetricConfig, rows: int) -> list[Estimate]:
    """Estimate a judge, or every model of a jury; other metrics ask nobody."""
    from medspatial.score.judge.canaries import most_canaries

    base, _, model = metric.name.partition(":")
    named = {"judge": [model or metric.options.get("model", "")], "jury": metric.options.get("judges", ())}
    tests = most_canaries(int(metric.options.get("canary_rows", _CANARY_ROWS)))
    calls = rows * int(metric.options.get("repeats", 1)) + tests
    return [
        _remote(
            f"metric '{metric.name}'" + (f", {one}" if base == "jury" else ""),
            calls,
            Tokens(*_JUDGE_TOKENS),
            metric.options,
        )
        for one in named.get(base, ())
        if str(one).startswith(_REMOTE)
    ]


def _remote(who: str, calls: int, each: Tokens, options: Mapping[str, Any]) -> Estimate:
    prices, budget = options.get("prices"), options.get("budget")
    limit = budget.get("dollars") if isinstance(budget, Mapping) else budget
    most = budget.get("calls") if isinstance(budget, Mapping) else None
    calls = calls if most is None else min(calls, int(most))
    dollars = None if prices is None else calls * Prices(*map(float, prices)).cost(each)
    at_once = int(options.get("concurrency", _CONCURRENCY))
    minutes = math.ceil(calls / max(at_once, 1)) * _CALL_S / 60
    return Estimate(who, calls, calls, dollars, minutes, None if limit is None else float(limit))


def _time(minutes: float) -> str:
    if minutes < 1:
        return "a minute"
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
