"""Judges on the command line: their options, and what is printed beside their figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from medspatial.cli.options import read_options
from medspatial.cli.show import tell
from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.records import Prediction, Score
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


def refuse_idle(
    names: Sequence[str],
    *,
    model: Sequence[str] | None,
    repeats: int,
    budget: float | None,
    prices: str | None,
    cache: Path | None,
) -> None:
    """Refuse options of judges where no metric is one: they would have no effect.

    Raises
    ------
    InputError
        With the first such option.
    """
    if any(name.partition(":")[0] in ("judge", "jury") for name in names):
        return
    given = {"--model": model, "--budget": budget, "--prices": prices, "--cache": cache}
    idle = [option for option, value in given.items() if value] + (["--repeats"] if repeats != 1 else [])
    if idle:
        raise InputError(
            f"{idle[0]}: is for judges, but --metric names none of judge and jury: {', '.join(names)}"
        )


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


def tell_estimate(judge: Metric, name: str, rows: Sequence[Prediction]) -> None:
    """Print what a judge will ask for, before it is asked; nothing for other metrics."""
    estimate = getattr(judge, "estimate", None)
    if estimate is not None and (line := estimate(rows)):
        tell([f"{judge.name}, {name}: {line}"])


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


def lost_verdicts(name: str, scores: Iterable[Score]) -> Counter[str]:
    """Count the rows that a judge gave no verdict on, by cause; other metrics leave rows open by rule."""
    judging = name.startswith(("judge:", "jury"))
    return Counter(one.reason or "no cause" for one in scores if judging and one.status == "unscored")


def tell_lost(notes: Iterable[str], lost: Counter[str]) -> None:
    """Print the notes, then what judges gave no verdict on; ends with exit code 1 where there is any."""
    for note in notes:
        typer.echo(note)
    if lost:
        tell(f"no verdict for {count} rows: {cause}" for cause, count in lost.most_common())
        raise typer.Exit(EXIT_FAILURES)


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
