"""Is a checkpoint folder complete and right? Told from headers, without loading the weights."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, MedspatialError
from medspatial.files import cause
from medspatial.models.card import ModelCard, model_card, model_cards
from medspatial.models.registry import check_packages
from medspatial.models.runtime.layout import Part
from medspatial.models.tools.inventory import load

# What a configuration of wrong types, or a damaged tokenizer, comes to inside of transformers and torch.
_WRONG_FIELDS = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    RuntimeError,
)


@dataclass(frozen=True)
class PartCheck:
    """One part of a folder: fine or not, and why."""

    part: str
    fine: bool
    detail: str


def check_folder(folder: str | Path, model: str | None = None) -> list[PartCheck]:
    """Check configuration, weight files, keys and shapes, tokenizer and generation settings.

    Parameters
    ----------
    model
        Default: the model that the folder's files tell.

    Raises
    ------
    InputError
        No such folder, files that tell no model, or a model that is not covered.
    """
    path = Path(folder)
    if not path.exists():
        raise InputError(f"{path}: no such checkpoint folder")
    card = model_card(model) if model else _recognise_model(path)
    if card.name not in covered():
        raise InputError(f"models check does not cover '{card.name}'; covered: {', '.join(covered())}")
    check_packages(card.name)
    findings = [PartCheck("model", True, card.name)]
    try:
        parts = _parts(card, path)
    except MedspatialError as error:
        return [*findings, PartCheck("config", False, str(error))]
    except _WRONG_FIELDS as error:
        return [*findings, PartCheck("config", False, f"config.json: missing or wrong field {cause(error)}")]
    if (path / "config.json").exists():
        findings.append(PartCheck("config", True, f"model_type {_model_type(path)}"))
    return [*findings, *(_checked(part) for part in parts)]


def covered() -> tuple[str, ...]:
    """Return the models whose folders can be checked."""
    return tuple(card.name for card in model_cards().values() if card.layout or card.parts)


def _parts(card: ModelCard, folder: Path) -> list[Part]:
    if card.parts is not None:
        parts: list[Part] = load(card.parts)(folder)
        return parts
    from medspatial.models.runtime import checkpoint, checks

    config = checkpoint.read_config(folder)
    layout = load(str(card.layout))(config)
    rows = config.get("vocab_size")
    return [
        Part("weights", lambda: checks.fitting_weights(checkpoint.weight_files(folder), layout)),
        Part("tokenizer", lambda: checks.known_tokenizer(folder, rows, layout.image_token)),
        Part("generation", lambda: checks.ended_generation(folder, config)),
    ]


def _checked(part: Part) -> PartCheck:
    try:
        return PartCheck(part.name, True, part.check())
    except MedspatialError as error:
        return PartCheck(part.name, False, str(error))
    except _WRONG_FIELDS as error:
        return PartCheck(part.name, False, f"missing or wrong field {cause(error)}")


def _recognise_model(folder: Path) -> ModelCard:
    kind = _model_type(folder)
    for card in model_cards().values():
        typed = not card.model_types or kind in card.model_types
        if (
            (card.model_types or card.marks)
            and typed
            and all((folder / mark).exists() for mark in card.marks)
        ):
            return card
    told = f"config.json states model_type {kind!r}" if kind is not None else "there is no model_type"
    raise InputError(
        f"{folder}: its files tell no model ({told}); name it with --model, one of {', '.join(covered())}. "
        f"Told by its files: {'; '.join(_recognition_rules())}"
    )


def _recognition_rules() -> list[str]:
    """Return in words what tells which model."""
    words = []
    for card in model_cards().values():
        signs = [f"model_type {' or '.join(card.model_types)}"] if card.model_types else []
        signs += card.marks
        words += [f"{card.name} ({', '.join(signs)})"] if signs else []
    return words


def _model_type(folder: Path) -> Any:
    """Return what ``config.json`` states; None where there is none."""
    from medspatial.models.runtime.checkpoint import read_config

    return read_config(folder).get("model_type") if (folder / "config.json").exists() else None
