"""Names of models, and how an outside package adds one.

Built-in models are named by import path, so that listing them imports nothing heavy. A package adds
its own through the entry point group ``medspatial.models``: a callable that returns a `Model`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from medspatial.errors import InputError
from medspatial.models.base import Model

GROUP = "medspatial.models"
_BUILT_IN: dict[str, str] = {
    "random": "medspatial.models.baselines:RandomModel",
    "prior": "medspatial.models.baselines:PriorModel",
    "oracle": "medspatial.models.baselines:OracleModel",
    "echo": "medspatial.models.baselines:EchoModel",
}


def model_names() -> tuple[str, ...]:
    """Return the names of all models, built-in first, then those of installed packages."""
    outside = sorted(point.name for point in entry_points(group=GROUP) if point.name not in _BUILT_IN)
    return (*_BUILT_IN, *outside)


def create_model(kind: str, **options: Any) -> Model:
    """Make the model of that name.

    Parameters
    ----------
    kind
        One of `model_names`.
    options
        Passed to the model; ``name`` renames it in files and tables.

    Raises
    ------
    InputError
        Unknown name or option; the message lists those known.
    MissingPackageError
        The model needs an extra that is not installed.
    """
    factory = _factory(kind)
    name = options.pop("name", None)
    parameters = inspect.signature(factory).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    unknown = [] if takes_any else sorted(set(options) - set(parameters))
    if unknown:
        known = ", ".join(parameters) or "none"
        raise InputError(f"model '{kind}': unknown option {unknown[0]!r}; it takes: {known}")
    missing = [
        p.name
        for p in parameters.values()
        if p.default is p.empty and p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL) and p.name not in options
    ]
    if missing:
        raise InputError(f"model '{kind}': option {missing[0]!r} is required")
    model = factory(**options)
    if name is not None:
        model.name = str(name)
    return model


def _factory(kind: str) -> Callable[..., Model]:
    if kind in _BUILT_IN:
        module, _, attribute = _BUILT_IN[kind].partition(":")
        factory: Callable[..., Model] = getattr(import_module(module), attribute)
        return factory
    for point in entry_points(group=GROUP):
        if point.name == kind:
            loaded: Callable[..., Model] = point.load()
            return loaded
    raise InputError(f"unknown model {kind!r}; known: {', '.join(model_names())}")
