"""The entries of a study held to what their models, metrics and arms take, before any of them is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from medspatial.arms import arm
from medspatial.errors import InputError, meant
from medspatial.inputs import PictureSettings, picture_settings
from medspatial.llm.access import llm_access
from medspatial.llm.factory import llm_options, llm_settings
from medspatial.models import check_options
from medspatial.models.options import Options, signature_options
from medspatial.score.registry import metric_class
from medspatial.study.config import MetricConfig, ModelConfig, StudyConfig

REMOTE_KINDS = ("openai", "gemini")
_JUDGES = ("judge", "jury")


def check_entries(study: StudyConfig) -> None:
    """Hold every model, arm and metric of a study to what there is.

    Raises
    ------
    InputError
        The first entry that is wrong: an unknown name or option (with the one that may be meant, and all that
        there are), a missing option, a wrong value.
    """
    for name in study.all_arms():
        arm(name)
    for model in study.models:
        check_model(model)
    for metric in study.all_metrics():
        check_metric(metric)


def check_model(entry: ModelConfig) -> None:
    """Hold one model's options to what it takes; nothing of it is imported where it has a card.

    Raises
    ------
    InputError
        See `check_entries`.
    """
    check_options(entry.kind, entry.options)
    if entry.kind in REMOTE_KINDS:
        llm_settings(entry.options)
        drawn = {name: one for name, one in entry.options.items() if name in PictureSettings.model_fields}
        picture_settings(drawn, f"model '{entry.name}'")


def check_metric(entry: MetricConfig) -> None:
    """Hold one metric's variant and options to what it takes.

    Raises
    ------
    InputError
        See `check_entries`.
    """
    base, _, variant = entry.name.partition(":")
    cls = metric_class(base)
    given = dict(entry.options)
    if variant:
        try:
            given = {**cls.variant(variant), **given}
        except KeyError:
            known = ", ".join(f"{base}:{name}" for name in cls.variants) or "none"
            raise InputError(
                f"metric '{entry.name}': unknown variant {variant!r}; there are: {known}"
            ) from None
    declared = signature_options(cls)
    known_names = [*declared.kinds]
    if base in _JUDGES:
        known_names += _judge_options(entry.name, base, given)
    if base in _JUDGES or not declared.open:
        refuse_unknown(f"metric '{entry.name}': unknown option", given, known_names)
    _refuse_missing(entry.name, declared, given)


def refuse_unknown(what: str, given: Mapping[str, Any], known: Sequence[str]) -> None:
    """Refuse the first name that is not known, with the one that may be meant."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        name = unknown[0]
        raise InputError(f"{what} '{name}'{meant(name, known)}; it takes: {', '.join(known) or 'none'}")


def _judge_options(name: str, base: str, given: Mapping[str, Any]) -> list[str]:
    """Return the further options of a judge, which are those of its language model."""
    llm_settings(given)
    if base == "jury":
        own = [one for one in signature_options(metric_class("judge")).kinds if one != "model"]
        return [*own, *llm_options("openai:")]
    model = str(given.get("model", ""))
    if llm_access(model, {}) is None and not model.startswith("local:"):
        rule = "model must be openai:MODEL, gemini:MODEL or local:FOLDER"
        raise InputError(f"metric '{name}': {rule}, got {model!r}")
    return list(llm_options(model))


def _refuse_missing(name: str, declared: Options, given: Mapping[str, Any]) -> None:
    missing = [one for one in declared.required if one not in given]
    if missing:
        raise InputError(f"metric '{name}': option '{missing[0]}' is required")
