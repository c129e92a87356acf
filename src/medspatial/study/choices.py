"""A study with other models, arms, metrics or fewer questions, as a command line names them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.named_options import named_options
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
        Only this many questions, the first ones.

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
    try:
        kind, options = named_options(text)
    except InputError as error:
        raise InputError(f"--model {error}") from None
    own: dict[str, Any] = {name: options.pop(name) for name in ("name", "batch_size") if name in options}
    return {"kind": kind, "name": kind, **own, "options": model_paths(kind, options, Path.cwd())}
