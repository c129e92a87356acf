"""The inventory of models as rows: what there is, where it comes from, what was verified and how."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from medspatial.errors import InputError
from medspatial.inputs import InputContract
from medspatial.models.card import ModelCard, model_card, model_cards
from medspatial.models.registry import BASELINES, check_packages, model_names, plugin_models


def inventory() -> list[dict[str, Any]]:
    """Return one row per model: those with a card, then baselines and models of installed packages."""
    cards = model_cards()
    return [_row(cards[name]) if name in cards else _bare(name) for name in model_names()]


def model_facts(name: str) -> dict[str, Any]:
    """Return what is known of a model without making it: `card_facts`, or the little there is without a card.

    Raises
    ------
    InputError
        No such model, or a broken entry point of a plug-in.
    """
    if name in model_cards():
        return card_facts(name)
    if name in BASELINES:
        return _facts(name, "medspatial", BASELINES[name], load(BASELINES[name]))
    found = plugin_models()
    if name in found:
        plugin = found[name]
        return _facts(name, plugin.package, plugin.point.value, plugin.load())
    raise InputError(f"unknown model {name!r}; known: {', '.join(model_names())}")


def card_facts(name: str) -> dict[str, Any]:
    """Return a model's card and, where it can be had without weights, its default input contract."""
    card = model_card(name)
    facts: dict[str, Any] = card.model_dump(mode="json")
    if card.preparation is not None:
        facts["contract"] = dict(preparation(name).contract().lines())
    return facts


def preparation(name: str, **options: Any) -> Any:
    """Make a model's preparation (volume to input array) from options; no weights are needed.

    Raises
    ------
    InputError
        The model states none, or does not know an option.
    """
    card = model_card(name)
    if card.preparation is None:
        raise InputError(f"model '{name}' has no preparation that works without its weights")
    check_packages(name)
    made = load(card.preparation)
    try:
        return made(**options)
    except TypeError as error:
        raise InputError(f"preparation of model '{name}': {error}") from None


def contract_of(made: Any) -> InputContract:
    """Return the contract of a preparation."""
    contract: InputContract = made.contract()
    return contract


def load(path: str) -> Any:
    """Import what a card names as ``package.module:attribute``."""
    module, _, attribute = path.partition(":")
    return getattr(import_module(module), attribute)


def _row(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "title": card.title,
        "paper": card.paper,
        "architecture": card.architecture,
        "input": card.input,
        "checkpoint": "; ".join(c.id for c in card.checkpoints),
        "licence": "; ".join(dict.fromkeys(c.license for c in card.checkpoints)),
        "verified": card.verified,
    }


def _bare(name: str) -> dict[str, Any]:
    """A model without a card: a baseline says what it is itself, a plug-in is not imported for it."""
    if name in BASELINES:
        title = _first_line(load(BASELINES[name])).partition(":")[0]
    else:
        title = f"of package {plugin_models()[name].package}"
    empty = dict.fromkeys(("paper", "architecture", "input", "checkpoint", "licence", "verified"), "")
    return {"name": name, "title": title, **empty}


def _facts(name: str, package: str, entry: str, made_by: Any) -> dict[str, Any]:
    facts = {"name": name, "title": _first_line(made_by), "package": package, "entry": entry}
    contract = getattr(made_by, "contract", None)
    return {**facts, "contract": dict(contract.lines())} if isinstance(contract, InputContract) else facts


def _first_line(made_by: Any) -> str:
    """Return the first line of the docstring that a class or function has itself."""
    lines = (getattr(made_by, "__doc__", None) or "").strip().splitlines()
    return lines[0] if lines else ""
