"""Hugging Face datasets on disk (``save_to_disk``), read row by row from their memory-mapped files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.datasets.formats.mapping import Mapped, mapped_question
from medspatial.errors import InputError, require
from medspatial.records import Question


def read(path: Path, *, image_root: str = "", fields: Mapped, split: str | None = None) -> Iterator[Question]:
    """Yield a question per row; nothing but the current row is in memory.

    Raises
    ------
    InputError
        No dataset there, several splits and none named, or a bad row.
    """
    if not path.is_dir():
        raise InputError(f"{path}: no such folder of a saved dataset")
    loaded = _loaded(path)
    if hasattr(loaded, "keys"):
        names = list(loaded.keys())
        if split is None and len(names) > 1:
            raise InputError(f"{path}: holds the splits {', '.join(names)}; name one with --split")
        if split is not None and split not in names:
            raise InputError(f"{path}: has no split {split!r}; it holds {', '.join(names)}")
        loaded = loaded[split or names[0]]
    for number, row in enumerate(loaded):
        if "medspatial" in row:
            yield Question.model_validate_json(row["medspatial"])
        else:
            yield mapped_question(f"{path}: row {number}", row, fields, image_root)


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Save as a dataset folder: the plain fields as columns, and the whole record as JSON beside them."""
    datasets = require("datasets", extra="data")

    def rows() -> list[dict[str, Any]]:
        return [
            {
                "id": one.id,
                "case_id": one.case_id,
                "patient_id": one.patient_id,
                "image_path": one.image_path or "",
                "question": one.question,
                "answer": one.answer,
                "options": list(one.options),
                "category": one.category or "",
                "medspatial": one.to_json(),
            }
            for one in questions
        ]

    datasets.Dataset.from_list(rows()).save_to_disk(str(path))
    return path


def _loaded(path: Path) -> Any:
    if not any((path / name).is_file() for name in ("dataset_info.json", "dataset_dict.json", "state.json")):
        raise InputError(f"{path}: not a folder of datasets.save_to_disk (no dataset_info.json)")
    datasets = require("datasets", extra="data")
    try:
        return datasets.load_from_disk(str(path))
    except (OSError, ValueError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a saved dataset: {error}") from None
