"""Clients by name: ``openai:gpt-x``, ``gemini:gemini-x``, ``local:/folder``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.llm.budget import Budget, Ledger, Prices
from medspatial.llm.cache import ReplyCache
from medspatial.llm.client import Llm
from medspatial.llm.provider import Provider
from medspatial.llm.retry import Pause, Retries

PROVIDERS = ("openai", "gemini", "local")
_GEMINI_RESOURCE = "models/"


def open_llm(
    name: str,
    *,
    cache: str | Path | ReplyCache | None = None,
    concurrency: int = 8,
    budget: Budget | Mapping[str, Any] | float | None = None,
    prices: Prices | Sequence[float] | None = None,
    served_model: str | None = None,
    retries: Retries | int | None = None,
    pause: Pause | None = None,
    give_up_after: int = 10,
    **options: Any,
) -> Llm:
    """Open a language model.

    Parameters
    ----------
    name
        ``openai:MODEL`` (any server with OpenAI's protocol, see ``base_url``), ``gemini:MODEL`` (also
        ``models/MODEL``) or ``local:FOLDER`` (transformers).
    cache
        SQLite file of replies; in memory without one.
    budget
        A `Budget` or its fields by name, or a number of US dollars.
    prices
        A `Prices`, or ``(input, output[, cached input])`` in US dollars per million tokens.
    served_model
        Version that must answer; see `Llm`.
    retries
        `Retries`, or how many calls after the first.
    options
        Of the provider: ``base_url``, ``api_key_env``, ``timeout_s``, ``json_mode``, ``options``, ...

    Raises
    ------
    InputError
        Unknown provider or option, or no key in the environment.
    MissingPackageError
        The provider's package is not installed.
    """
    if name.startswith(_GEMINI_RESOURCE):  # as Google's own interface and its scripts write it
        name = f"gemini:{name.removeprefix(_GEMINI_RESOURCE)}"
    kind, colon, model = name.partition(":")
    if not colon or kind not in PROVIDERS or not model:
        raise InputError(
            f"language model must be PROVIDER:MODEL with one of {', '.join(PROVIDERS)}, got {name!r}"
        )
    return Llm(
        _provider(kind, model, options),
        cache=cache if isinstance(cache, ReplyCache) else ReplyCache(cache),
        concurrency=concurrency,
        retries=Retries(count=retries) if isinstance(retries, int) else retries,
        pause=pause,
        budget=_budget(budget),
        prices=prices if isinstance(prices, Prices) or prices is None else _prices(prices),
        served_model=served_model,
        give_up_after=give_up_after,
    )


def llm_options(name: str) -> tuple[str, ...]:
    """Return the options that `open_llm` takes for a model, those of its provider last.

    >>> llm_options("gemini:m")[-2:]
    ('json_mode', 'options')
    """
    kind = "gemini" if name.startswith(_GEMINI_RESOURCE) else name.partition(":")[0]
    own = [name for name in inspect.signature(open_llm).parameters if name not in {"name", "options"}]
    theirs = inspect.signature(_class_of(kind)).parameters if kind in PROVIDERS else ()
    return (*own, *(name for name in theirs if name != "model"))


def llm_settings(options: Mapping[str, Any]) -> None:
    """Hold ``prices`` and ``budget`` to what `open_llm` takes, without opening anything.

    Raises
    ------
    InputError
        Wrong figures, or a budget in dollars without prices.
    """
    prices, budget = options.get("prices"), options.get("budget")
    try:
        known = prices if isinstance(prices, Prices) or prices is None else _prices(prices)
    except (TypeError, ValueError):
        raise InputError(f"prices must be two or three numbers, got {prices!r}") from None
    Ledger(_budget(budget) or Budget(), known)


def _provider(kind: str, model: str, options: dict[str, Any]) -> Provider:
    cls = _class_of(kind)
    known = [name for name in inspect.signature(cls).parameters if name != "model"]
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise InputError(f"{kind}:{model}: unknown option {unknown[0]!r}; it takes: {', '.join(known)}")
    provider: Provider = cls(model, **options)
    return provider


def _class_of(kind: str) -> Any:
    if kind == "openai":
        from medspatial.llm.openai_server import OpenAIServer

        return OpenAIServer
    if kind == "gemini":
        from medspatial.llm.gemini import Gemini

        return Gemini
    from medspatial.llm.local import LocalModel

    return LocalModel


def _budget(budget: Budget | Mapping[str, Any] | float | None) -> Budget | None:
    if budget is None or isinstance(budget, Budget):
        return budget
    if isinstance(budget, int | float):
        return Budget(dollars=float(budget))
    try:
        return Budget(**budget)
    except TypeError:
        raise InputError(f"budget: takes dollars, calls and tokens, got {dict(budget)!r}") from None


def _prices(figures: Sequence[float]) -> Prices:
    if len(figures) not in {2, 3}:
        raise InputError(f"prices must be input, output and perhaps cached input, got {list(figures)}")
    return Prices(*map(float, figures))
