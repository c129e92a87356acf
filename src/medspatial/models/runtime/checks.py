"""Checks of parts of a checkpoint from headers alone: what is there in words, or an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from medspatial.errors import InputError
from medspatial.models.runtime import checkpoint
from medspatial.models.runtime.folder import generation_settings, load_tokenizer
from medspatial.models.runtime.layout import Layout


def fitting_weights(files: Sequence[Path], layout: Layout) -> str:
    """Compare keys and shapes with what they must be.

    Raises
    ------
    InputError
        Missing, unexpected or misshapen keys, or a damaged file.
    """
    published = checkpoint.shapes(files)
    renamed = checkpoint.renamed_shapes(published, layout.rename, files[0].parent)
    problems = checkpoint.compare_keys(checkpoint.state_shapes(layout.network), renamed)
    if problems:
        raise InputError(f"keys do not fit: {problems}")
    return f"{sizes(files)}, {len(renamed)} tensors, {len(published) - len(renamed)} not needed"


def whole_weights(folder: Path) -> str:
    """Hold a folder's weight files to its index; for networks whose keys transformers renames itself.

    Raises
    ------
    InputError
        No weights, a missing or damaged file, or a tensor that the index names and no file holds.
    """
    files = checkpoint.weight_files(folder)
    found = checkpoint.shapes(files)
    missing = sorted(checkpoint.indexed_keys(folder) - set(found))
    if missing:
        raise InputError(f"{len(missing)} tensors of the index are in no file, first {missing[0]}")
    return f"{sizes(files)}, {len(found)} tensors; whether they fit is told when they are loaded"


def known_tokenizer(
    folder: Path,
    rows: Any,
    image_token: str | None = None,
    load: Callable[[Path], Any] = load_tokenizer,
) -> str:
    """Load a tokenizer and hold it to the embeddings.

    Parameters
    ----------
    rows
        Of the embeddings, as the configuration states them; None where it does not.

    Raises
    ------
    InputError
        No tokenizer, one with more tokens than rows, or one that does not know the image token.
    """
    tokenizer = load(folder)
    if isinstance(rows, int) and len(tokenizer) > rows:
        raise InputError(f"{len(tokenizer)} tokens, but the embeddings have only {rows} rows")
    if image_token is not None:
        ids = tokenizer.encode(image_token, add_special_tokens=False)
        if tokenizer.convert_ids_to_tokens(ids) != [image_token]:
            raise InputError(f"{image_token} is not one token; this is not the checkpoint's own tokenizer")
    return f"{type(tokenizer).__name__}, {len(tokenizer)} tokens of {rows} rows"


def ended_generation(folder: Path, config: dict[str, Any]) -> str:
    """Read the generation settings.

    Raises
    ------
    InputError
        Settings that are not supported, or no end token.
    """
    settings = generation_settings(folder, config)
    if not settings.eos_ids:
        raise InputError("no end token in generation_config.json or config.json: answers would never end")
    return f"end tokens {list(settings.eos_ids)}, repetition penalty {settings.repetition_penalty:g}"


def sizes(files: Sequence[Path]) -> str:
    """Return number and size of files in words."""
    return f"{len(files)} files, {sum(path.stat().st_size for path in files) / 1e9:.2f} GB"
