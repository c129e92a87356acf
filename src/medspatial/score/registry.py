"""Names of metrics: built in, registered by decorator, or brought by other packages' entry points."""

from __future__ import annotations

import difflib
import importlib
from typing import Any

from medspatial.errors import InputError
from medspatial.plugins import Plugin, plugins
from medspatial.score.base import Metric

# name -> module; a module is imported when its metric is asked for, so that nothing heavy loads before
BUILT_IN_METRICS = {
    "exact": "medspatial.score.exact",
    "exact_naive": "medspatial.score.exact",
    "alignscore": "medspatial.score.alignscore.metric",
    "bleu": "medspatial.score.bleu",
    "judge": "medspatial.score.judge.metric",
    "jury": "medspatial.score.judge.jury",
    "length": "medspatial.score.length",
    "meteor": "medspatial.score.meteor",
    "rouge": "medspatial.score.rouge",
    "sbert": "medspatial.score.sbert",
    "token_f1": "medspatial.score.token_f1",
    "verdicts": "medspatial.score.verdicts",
    "structured": "medspatial.score.structured.metric",
}
_registered: dict[str, type[Metric]] = {}


def register_metric(cls: type[Metric]) -> type[Metric]:
    """Class decorator: make a metric known under its ``name``.

    Raises
    ------
    InputError
        Another class has that name already.
    """
    known = _registered.get(cls.name)
    if known is not None and known.__qualname__ != cls.__qualname__:
        raise InputError(f"metric name '{cls.name}' is taken by {known.__module__}.{known.__qualname__}")
    _registered[cls.name] = cls
    return cls


def metric_names() -> tuple[str, ...]:
    """Names of all metrics that can be asked for, sorted."""
    return tuple(sorted({*BUILT_IN_METRICS, *_registered, *outside_metrics()}))


def metric_class(name: str) -> type[Metric]:
    """Return the class of a metric (name without variant).

    Raises
    ------
    InputError
        Unknown name; the message lists near matches.
    """
    if name not in _registered and name in BUILT_IN_METRICS:
        importlib.import_module(BUILT_IN_METRICS[name])
    if name not in _registered and name in (outside := outside_metrics()):
        _registered[name] = outside[name].load(_is_metric)
    if name not in _registered:
        near = difflib.get_close_matches(name, metric_names(), n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else f"; known: {', '.join(metric_names())}"
        raise InputError(f"unknown metric '{name}'{hint}")
    return _registered[name]


def metric(name: str, **options: Any) -> Metric:
    """Build a metric by name.

    Parameters
    ----------
    name
        Such as ``"exact"``, or with one of the class's variants, ``"rouge:stem"``.
    options
        Go to the class (``model=...``, ``folder=...``); they win over the variant's.

    Raises
    ------
    InputError
        Unknown metric, variant or option, or a broken plug-in.
    MissingPackageError
        The metric's extra is not installed.
    """
    base, _, variant = name.partition(":")
    cls = metric_class(base)
    settings: dict[str, Any] = {}
    if variant:
        try:
            settings.update(cls.variant(variant))
        except KeyError:
            known = ", ".join(f"{base}:{key}" for key in cls.variants) or "none"
            raise InputError(f"unknown variant '{variant}' of metric '{base}'; known: {known}") from None
    plugin = None if base in BUILT_IN_METRICS else outside_metrics().get(base)
    if plugin is not None:
        made: Metric = plugin.make(cls, lambda one: isinstance(one, Metric), **{**settings, **options})
        made.origin = plugin.where
        return made
    try:
        return cls(**{**settings, **options})
    except TypeError as error:
        raise InputError(f"metric '{name}': {error}") from error


def outside_metrics() -> dict[str, Plugin]:
    """Return the metrics of installed packages by name; nothing is imported."""
    return plugins("metric", "it must name a class of medspatial.score.Metric")


def _is_metric(loaded: Any) -> bool:
    return isinstance(loaded, type) and issubclass(loaded, Metric)
