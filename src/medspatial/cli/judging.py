"""Judges on the command line: their options, and what is printed beside their figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.cli.options import read_options
from medspatial.errors import InputError

if TYPE_CHECKING:
    from medspatial.score import Aggregate, Metric

_CACHE_FILE = "judge-cache.sqlite"


def options_of_judges(
    *,
    repeats: int,
    budget: float | None,
    prices: str | None,
    cache: Path | None,
    output: Path | None,
    pairs: Sequence[str],
) -> dict[str, Any]:
    """Return the options of a judge; replies are kept beside the scores, so that a resume costs nothing."""
    options = read_options(pairs)
    if repeats != 1:
        options["repeats"] = repeats
    if budget is not None:
        options["budget"] = budget
    if prices is not None:
        options["prices"] = _figures(prices)
    if cache is None and output is not None:
        cache = (output.parent if output.suffix == ".jsonl" else output) / _CACHE_FILE
    if cache is not None:
        options["cache"] = cache
    return options


def judges(name: str, models: Sequence[str], options: dict[str, Any]) -> list[Metric]:
    """Make the judges that a metric's name asks for; none where it names no judge.

    Raises
    ------
    InputError
        No model is named.
    """
    from medspatial.score import metric

    kind, _, model = name.partition(":")
    if kind == "jury":
        return [metric(name, judges=list(models), **options)]
    if kind != "judge":
        return []
    named = [model] if model else list(models)
    if not named:
        raise InputError("--metric judge: name its --model, such as openai:MODEL or gemini:MODEL")
    return [metric("judge", model=one, **options) for one in named]


def judge_lines(found: Aggregate) -> list[str]:
    """Return canaries, consistency, agreement and spend of a judging in words; none for other metrics."""
    lines = _agreement_lines(found.details)
    own = [(found.metric, found.details), *found.details.get("judges", {}).items()]
    for name, facts in own:
        canaries = facts.get("canaries")
        if isinstance(canaries, dict):
            kinds = ", ".join(f"{kind} {share}" for kind, share in canaries["kinds"].items())
            lines.append(f"{name}: canaries {canaries['passed']}/{canaries['run']} ({kinds})")
            lines += [f"{name}: canary failed: {line}" for line in canaries["failed"]]
        elif canaries:
            lines.append(f"{name}: canaries {canaries}")
        if "self_consistency" in facts:
            lines.append(f"{name}: self-consistency {facts['self_consistency']:.3f}")
        if "spent" in facts:
            lines.append(f"{name}: {_spent(facts)}")
    return lines


def _agreement_lines(details: dict[str, Any]) -> list[str]:
    with_rules = details.get("agreement")
    if not with_rules:
        return []
    kappa = "undefined"
    if with_rules["kappa"] is not None:
        low, high = with_rules["kappa_low"], with_rules["kappa_high"]
        kappa = f"{with_rules['kappa']:.3f} (95 % interval {low:.3f} to {high:.3f})"
    return [
        f"{with_rules['metric']} against {with_rules['standard']}: kappa {kappa}, "
        f"agreement {with_rules['agreement']:.3f}, sensitivity {_share(with_rules['sensitivity'])}, "
        f"specificity {_share(with_rules['specificity'])}, n = {with_rules['rows']}"
    ]


def _spent(facts: dict[str, Any]) -> str:
    spent = facts["spent"]
    money = "" if spent["dollars"] is None else f", ${spent['dollars']:.4f}"
    tokens = spent["tokens"]
    return (
        f"{spent['calls']} calls ({spent['known']} answers known before, {spent['retries']} retries, "
        f"{spent['failures']} without answer), {tokens['input']} tokens in, {tokens['output']} out{money}; "
        f"served by {facts['served_model']}"
    )


def _share(figure: float | None) -> str:
    return "undefined" if figure is None else f"{figure:.3f}"


def _figures(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"--prices: needs figures such as 0.5,1.5, got {text!r}") from None
