"""Names of models, and how a plug-in adds one.

Baselines and the models with a card are named by import path, so that listing imports nothing heavy.
A package adds its own through the entry point group ``medspatial.models``: a callable that returns a
`Model`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from medspatial.errors import InputError, meant, require
from medspatial.models.base import Model
from medspatial.models.card import model_cards
from medspatial.models.naming import NAME_RULE, is_name
from medspatial.models.options import Options, signature_options
from medspatial.plugins import Plugin, plugins

BASELINES: dict[str, str] = {
    "random": "medspatial.models.baselines:RandomModel",
    "prior": "medspatial.models.baselines:PriorModel",
    "oracle": "medspatial.models.baselines:OracleModel",
    "echo": "medspatial.models.baselines:EchoModel",
}


def plugin_models() -> dict[str, Plugin]:
    """Return the models of installed packages by name; nothing is imported."""
    return plugins("model", "it must name a callable that returns a medspatial.models.Model")


def model_names() -> tuple[str, ...]:
    """Return the names of all models: baselines, models with a card, those of installed packages."""
    own = (*BASELINES, *model_cards())
    return (*own, *(name for name in plugin_models() if name not in own))


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
        broken entry point of a plug-in.
    MissingPackageError
        The model needs an extra that is not installed.
    """
    name = options.pop("name", None)
    if name is not None and not is_name(str(name)):
        raise InputError(f"model '{kind}': name {NAME_RULE}, got {name!r}")
    declared = check_options(kind, options)
    factory = _factory(kind)
    arguments = declared.arguments(factory, options)
    plugin = None if _own_entry(kind) else plugin_models()[kind]
    model: Model = (
        factory(**arguments)
        if plugin is None
        else plugin.make(factory, lambda made: isinstance(made, Model), **arguments)
    )
    if name is not None:
        model.name = str(name)
    return model


def check_options(kind: str, options: Mapping[str, Any]) -> Options:
    """Hold options to what the model takes, without making it; return what it takes.

    Raises
    ------
    InputError
        Unknown name of a model, or a wrong option; see `Options.check`.
    """
    declared = model_options(kind)
    declared.check(kind, options)
    for name, one in declared.kinds.items():
        reader, own = options.get("reader"), options.get(name) or {}
        if one == "reader" and isinstance(reader, str) and isinstance(own, Mapping):
            check_options(reader, own)
    return declared


def model_options(kind: str) -> Options:
    """Return the options that a model takes; one with a card is not imported for it.

    Raises
    ------
    InputError
        Unknown name, or a broken entry point of a plug-in.
    """
    card = model_cards().get(kind)
    return signature_options(_factory(kind)) if card is None else card.stated_options()


def _factory(kind: str) -> Callable[..., Model]:
    entry = _own_entry(kind)
    if entry is not None:
        module, _, attribute = entry.partition(":")
        check_packages(kind)
        factory: Callable[..., Model] = getattr(import_module(module), attribute)
        return factory
    found = plugin_models()
    if kind in found:
        loaded: Callable[..., Model] = found[kind].load()
        return loaded
    known = model_names()
    raise InputError(f"unknown model {kind!r}{meant(kind, known)}; known: {', '.join(known)}")


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
