"""Croissant metadata of a frozen set: files with hashes, fields with types, written through mlcroissant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from medspatial.datasets.frozen import MANIFEST, read_frozen
from medspatial.errors import InputError, require
from medspatial.files import write_text

FILE = "croissant.json"
_DESCRIPTION = "Spatial questions on 3D CT with reference answers and their evidence."
# Fields of a question that every row has, and what they hold.
_FIELDS = {
    "id": "Stable identity of the question.",
    "case_id": "The case it is about.",
    "patient_id": "The patient; questions of one patient are no independent observations.",
    "question": "The words a model is asked.",
    "answer": "The reference answer.",
    "category": "The spatial category.",
    "subtype": "The kind of question within it.",
    "answer_type": "How the answer is read.",
}


def write_croissant(
    folder: str | Path,
    *,
    url: str,
    name: str | None = None,
    description: str | None = None,
    citation: str = "",
) -> Path:
    """Write ``croissant.json`` beside the files of a frozen set.

    Parameters
    ----------
    url
        Where the set is or will be published.

    Raises
    ------
    InputError
        The folder is no frozen set, or its metadata do not pass mlcroissant's own checks.
    MissingPackageError
        mlcroissant is not installed.
    """
    mlc = require("mlcroissant", "exchange")
    folder = Path(folder)
    splits = read_frozen(folder)  # every hash is checked
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    files = [
        mlc.FileObject(
            id=file,
            name=file,
            content_url=file,
            encoding_formats=["application/jsonlines"],
            sha256=entry["sha256"],
        )
        for file, entry in facts["files"].items()
    ]
    metadata = mlc.Metadata(
        name=name or facts["name"],
        description=description or facts["description"] or _DESCRIPTION,
        license=[facts["license"]],
        url=url,
        cite_as=citation or None,
        version=f"{facts['schema_version']}.0.0",
        distribution=files,
        record_sets=[_record_set(mlc, split) for split in splits],
    )
    if metadata.issues.errors:
        raise InputError(f"{folder}: mlcroissant: {'; '.join(sorted(metadata.issues.errors))}")
    text = json.dumps(metadata.to_json(), indent=1, ensure_ascii=False, default=str)
    return write_text(folder / FILE, text + "\n")


def _record_set(mlc: Any, split: str) -> Any:
    return mlc.RecordSet(
        id=split,
        name=split,
        fields=[
            mlc.Field(
                id=f"{split}/{field}",
                name=field,
                description=said,
                data_types=[mlc.DataType.TEXT],
                source=mlc.Source(file_object=f"{split}.jsonl", extract=mlc.Extract(column=field)),
            )
            for field, said in _FIELDS.items()
        ],
    )
