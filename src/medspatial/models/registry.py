"""Names of models, and how an outside package adds one.

Baselines and the models with a card are named by import path, so that listing imports nothing heavy.
A package adds its own through the entry point group ``medspatial.models``: a callable that returns a
`Model`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from medspatial.errors import InputError, require
from medspatial.models.base import Model
from medspatial.models.card import model_cards

GROUP = "medspatial.models"
BASELINES: dict[str, str] = {
    "random": "medspatial.models.baselines:RandomModel",
    "prior": "medspatial.models.baselines:PriorModel",
    "oracle": "medspatial.models.baselines:OracleModel",
    "echo": "medspatial.models.baselines:EchoModel",
}


def model_names() -> tuple[str, ...]:
    """Return the names of all models: baselines, models with a card, those of installed packages."""
    own = (*BASELINES, *model_cards())
    outside = sorted(point.name for point in entry_points(group=GROUP) if point.name not in own)
    return (*own, *outside)


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
    own = {**BASELINES, **{name: card.entry for name, card in model_cards().items()}}
    if kind in own:
        module, _, attribute = own[kind].partition(":")
        check_packages(kind)
        factory: Callable[..., Model] = getattr(import_module(module), attribute)
        return factory
    for point in entry_points(group=GROUP):
        if point.name == kind:
            loaded: Callable[..., Model] = point.load()
            return loaded
    raise InputError(f"unknown model {kind!r}; known: {', '.join(model_names())}")


def check_packages(kind: str) -> None:
    """Say which extra is missing before a model's module imports what is not there."""
    card = model_cards().get(kind)
    if card is not None and card.extra == "models":
        for package in ("torch", "transformers", "safetensors", "accelerate"):
            require(package, "models")
