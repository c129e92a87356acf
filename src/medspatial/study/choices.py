"""A study with other models, arms, metrics or fewer questions, as a command line names them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.study.config import StudyConfig
from medspatial.study.paths import model_paths


def chosen_study(
    study: StudyConfig,
    *,
    models: Sequence[str] = (),
    arms: Sequence[str] = (),
    metrics: Sequence[str] = (),
    limit: int | None = None,
) -> StudyConfig:
    """Return a study with what is named in place of its own.

    Parameters
    ----------
    models
        ``NAME`` or ``NAME:option=value,option=value``; ``name=`` renames one. Paths start from the current
        folder.
    arms
        Besides ``standard``, which is always run.
    metrics
        Names; where the metric that the study compares by is not among them, the first takes its place.
    limit
        Only the first so many questions.

    Raises
    ------
    InputError
        An option without a value, or two models of one name.
    """
    data: dict[str, Any] = study.model_dump()
    if models:
        data["models"] = [_entry(text) for text in models]
    if arms:
        data["arms"] = tuple(arms)
    if metrics:
        data["metrics"] = list(metrics)
        if study.compare.metric not in metrics:
            data["compare"] = {**data["compare"], "metric": metrics[0]}
    if limit is not None:
        data["questions"] = {**data["questions"], "limit": limit}
    try:
        return StudyConfig.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        where = f"{place}: " if place else ""
        raise InputError(f"{where}{first['msg'].removeprefix('Value error, ')}") from None


def _entry(text: str) -> dict[str, Any]:
    """Read ``NAME:option=value,...``; a comma inside brackets or quotes parts nothing."""
    kind, _, rest = text.partition(":")
    options: dict[str, Any] = {}
    for pair in _parts(rest):
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--model {text}: needs NAME:option=value,..., got {pair!r}")
        try:
            options[key.strip().replace("-", "_")] = yaml.safe_load(value)
        except yaml.YAMLError:
            options[key.strip().replace("-", "_")] = value
    own: dict[str, Any] = {name: options.pop(name) for name in ("name", "batch_size") if name in options}
    return {"kind": kind, "name": kind, **own, "options": model_paths(kind, options, Path.cwd())}


def _parts(text: str) -> list[str]:
    parts, depth, quote, start = [], 0, "", 0
    for place, mark in enumerate(text):
        if quote:
            quote = "" if mark == quote else quote
        elif mark in "\"'":
            quote = mark
        elif mark in "[{(":
            depth += 1
        elif mark in "]})":
            depth -= 1
        elif mark == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part for part in (*parts, text[start:]) if part.strip()]
