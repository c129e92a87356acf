"""Is a checkpoint folder complete and right? Told from headers, without loading the weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.errors import InputError, MedspatialError
from medspatial.models.card import ModelCard, model_card, model_cards
from medspatial.models.inventory import load
from medspatial.models.layout import Layout, Part
from medspatial.models.registry import check_packages


@dataclass(frozen=True)
class Finding:
    """One part of a folder: fine or not, and why."""

    part: str
    fine: bool
    detail: str


def check_folder(folder: str | Path, model: str | None = None) -> list[Finding]:
    """Check configuration, weight files, keys and shapes, tokenizer and generation settings.

    Parameters
    ----------
    model
        Default: the model whose ``model_type`` the folder's ``config.json`` states.

    Raises
    ------
    InputError
        No such folder, no ``config.json``, or a model that it does not tell.
    """
    from medspatial.models.runtime.checkpoint import read_config

    path = Path(folder)
    config = read_config(path)
    card = model_card(model) if model else _recognised(path, config)
    if card.layout is None and card.parts is None:
        raise InputError(f"model '{card.name}' does not say what its folder must hold")
    check_packages(card.name)
    findings = [Finding("model", True, card.name)]
    try:
        parts = _parts(card, path, config)
    except MedspatialError as error:
        return [*findings, Finding("config", False, str(error))]
    except (KeyError, TypeError, ValueError) as error:
        return [*findings, Finding("config", False, f"config.json: missing or wrong field {error}")]
    findings.append(Finding("config", True, f"model_type {config.get('model_type')}"))
    return [*findings, *(finding for part in parts for finding in _of_part(part))]


def _parts(card: ModelCard, folder: Path, config: dict[str, Any]) -> list[Part]:
    if card.parts is not None:
        parts: list[Part] = load(card.parts)(folder)
        return parts
    return [Part("", folder, config, load(str(card.layout))(config))]


def _of_part(part: Part) -> Iterator[Finding]:
    steps = (("weights", _weights), ("tokenizer", _tokenizer), ("generation", _generation))
    for kind, step in steps if part.language else steps[:1]:
        name = f"{part.name} {kind}".strip()
        try:
            yield from (Finding(name, True, detail) for detail in step(part.folder, part.config, part.layout))
        except MedspatialError as error:
            yield Finding(name, False, str(error))


def _recognised(folder: Path, config: dict[str, Any]) -> ModelCard:
    kind = config.get("model_type")
    for card in model_cards().values():
        if kind in card.model_types:
            return card
    known = {kind: card.name for card in model_cards().values() for kind in card.model_types}
    listed = ", ".join(f"{kind} ({name})" for kind, name in known.items())
    raise InputError(
        f"{folder}/config.json: field 'model_type': {kind!r} is of no model here; known: {listed}"
    )


def _weights(folder: Path, config: dict[str, Any], layout: Layout) -> Iterator[str]:
    from medspatial.models.runtime import checkpoint

    files = checkpoint.weight_files(folder)
    published = checkpoint.shapes(files)
    renamed = checkpoint.renamed_shapes(published, layout.rename, folder)
    problems = checkpoint.compare_keys(checkpoint.state_shapes(layout.network), renamed)
    if problems:
        raise InputError(f"keys do not fit: {problems}")
    skipped = len(published) - len(renamed)
    size = sum(path.stat().st_size for path in files) / 1e9
    yield f"{len(files)} files, {size:.2f} GB, {len(renamed)} tensors, {skipped} not needed"


def _tokenizer(folder: Path, config: dict[str, Any], layout: Layout) -> Iterator[str]:
    from medspatial.models.runtime.folder import load_tokenizer

    tokenizer = load_tokenizer(folder)
    rows = config.get("vocab_size")
    if isinstance(rows, int) and len(tokenizer) > rows:
        raise InputError(f"{len(tokenizer)} tokens, but the embeddings have only {rows} rows")
    if layout.image_token is not None:
        ids = tokenizer.encode(layout.image_token, add_special_tokens=False)
        if tokenizer.convert_ids_to_tokens(ids) != [layout.image_token]:
            raise InputError(
                f"{layout.image_token} is not one token; this is not the checkpoint's own tokenizer"
            )
    yield f"{type(tokenizer).__name__}, {len(tokenizer)} tokens of {rows} rows"


def _generation(folder: Path, config: dict[str, Any], layout: Layout) -> Iterator[str]:
    from medspatial.models.runtime.folder import generation_settings

    settings = generation_settings(folder, config)
    if not settings.eos_ids:
        raise InputError("no end token in generation_config.json or config.json: answers would never end")
    yield f"end tokens {list(settings.eos_ids)}, repetition penalty {settings.repetition_penalty:g}"
