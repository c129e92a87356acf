"""Names of models, and how an outside package adds one.

Baselines and the models with a card are named by import path, so that listing imports nothing heavy.
A package adds its own through the entry point group ``medspatial.models``: a callable that returns a
`Model`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from medspatial.errors import InputError, require
from medspatial.models.base import Model
from medspatial.models.card import model_cards
from medspatial.models.naming import NAME_RULE, is_name
from medspatial.models.outside import load_outside, make_outside, outside_models

BASELINES: dict[str, str] = {
    "random": "medspatial.models.baselines:RandomModel",
    "prior": "medspatial.models.baselines:PriorModel",
    "oracle": "medspatial.models.baselines:OracleModel",
    "echo": "medspatial.models.baselines:EchoModel",
}


def model_names() -> tuple[str, ...]:
    """Return the names of all models: baselines, models with a card, those of installed packages."""
    own = (*BASELINES, *model_cards())
    return (*own, *(name for name in outside_models() if name not in own))


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
        Unknown name or option (the message lists those known), a ``name`` that makes no file name, or a
        broken entry point of an outside package.
    MissingPackageError
        The model needs an extra that is not installed.
    """
    name = options.pop("name", None)
    if name is not None and not is_name(str(name)):
        raise InputError(f"model '{kind}': name {NAME_RULE}, got {name!r}")
    factory = _factory(kind)
    _check_options(kind, factory, options)
    outside = None if _own_entry(kind) else outside_models()[kind]
    model = factory(**options) if outside is None else make_outside(outside, factory, options)
    if name is not None:
        model.name = str(name)
    return model


def _check_options(kind: str, factory: Callable[..., Model], options: dict[str, Any]) -> None:
    try:
        parameters = inspect.signature(factory).parameters
    except ValueError:  # a callable that does not say what it takes
        return
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


def _factory(kind: str) -> Callable[..., Model]:
    entry = _own_entry(kind)
    if entry is not None:
        module, _, attribute = entry.partition(":")
        check_packages(kind)
        factory: Callable[..., Model] = getattr(import_module(module), attribute)
        return factory
    outside = outside_models()
    if kind in outside:
        return load_outside(outside[kind])
    raise InputError(f"unknown model {kind!r}; known: {', '.join(model_names())}")


def _own_entry(kind: str) -> str | None:
    """Return the import path of a baseline or a model with a card, None for any other name."""
    card = model_cards().get(kind)
    return card.entry if card is not None else BASELINES.get(kind)


def check_packages(kind: str) -> None:
    """Say which extra is missing before a model's module imports what is not there."""
    card = model_cards().get(kind)
    if card is not None and card.extra == "models":
        for package in ("torch", "transformers", "safetensors", "accelerate"):
            require(package, "models")
