"""A frozen dataset: a folder with rows, card, licence, schema version, and hashes checked on reading."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.datasets.datasheet import EVAL_FILE, SHEET_FILE, datasheet, eval_yaml
from medspatial.datasets.stats import stats
from medspatial.errors import InputError
from medspatial.files import json_file, path_inside
from medspatial.records import Evidence, Question, content_hash, read_records, write_records
from medspatial.version import __version__

SCHEMA_VERSION = 1
"""Version of the row format (`medspatial.records.Question`) and of this folder's layout."""
CARD = "README.md"
MANIFEST = "dataset.json"


def freeze(
    folder: str | Path,
    splits: Mapping[str, Sequence[Question]],
    *,
    name: str,
    license: str,
    description: str = "",
    with_quotes: bool = True,
) -> Path:
    """Write a folder: rows, card, datasheet, ``eval.yaml``, manifest. An existing set is never changed.

    Parameters
    ----------
    with_quotes
        False replaces each quoted sentence by its offsets and a hash: reports under terms that forbid
        redistribution then stay where they are.

    Raises
    ------
    InputError
        The folder holds a dataset already, no licence, or a patient in two splits.
    """
    folder = Path(folder)
    if (folder / MANIFEST).exists():
        raise InputError(f"{folder}: holds a frozen dataset; a change is a new dataset, in another folder")
    if not license.strip():
        raise InputError("license: a dataset must state its licence")
    _check_patients(splits)
    files: dict[str, Any] = {}
    for split, rows in splits.items():
        kept = rows if with_quotes else [without_quote(one) for one in rows]
        path = write_records(folder / f"{split}.jsonl", kept)
        files[path.name] = {"rows": len(rows), "sha256": _sha256(path)}
    everything = [one for rows in splits.values() for one in rows]
    facts = {
        "name": name,
        "license": license,
        "description": description,
        "schema_version": SCHEMA_VERSION,
        "made_by": f"medspatial {__version__}",
        "quotes": with_quotes,
        "files": files,
        "sha256": content_hash(files),
        "statistics": stats(everything),
    }
    (folder / CARD).write_text(_card(facts), encoding="utf-8")
    (folder / EVAL_FILE).write_text(eval_yaml(facts), encoding="utf-8")
    (folder / SHEET_FILE).write_text(datasheet(facts, splits), encoding="utf-8")
    (folder / MANIFEST).write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


def read_frozen(folder: str | Path) -> dict[str, list[Question]]:
    """Return the splits of a dataset folder after checking every hash.

    Raises
    ------
    InputError
        No dataset, another schema version, a file that is missing or was changed.
    """
    folder = Path(folder)
    path = folder / MANIFEST
    if not path.exists():
        raise InputError(f"{folder}: no frozen dataset here ({MANIFEST} is missing)")
    facts = json_file(path)
    if not isinstance(facts, dict) or not isinstance(facts.get("files", {}), dict):
        raise InputError(f"{path}: must hold an object with 'schema_version' and 'files'")
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"{path}: field 'schema_version': must be {SCHEMA_VERSION}, got {facts.get('schema_version')!r}"
        )
    splits = {}
    for name, entry in facts.get("files", {}).items():
        file = path_inside(folder, name, path)
        if not file.is_file():
            raise InputError(f"{file}: is missing from the dataset")
        if not isinstance(entry, dict) or _sha256(file) != entry.get("sha256"):
            raise InputError(f"{file}: was changed after the dataset was frozen (its SHA-256 differs)")
        splits[file.stem] = read_records(file, Question).rows
    return splits


def without_quote(one: Question) -> Question:
    """Return a question whose quotes are replaced by hashes; their offsets stay in the evidence's details."""
    if one.evidence is None or one.evidence.quote is None:
        return one
    details = {**one.evidence.details, "quote_hash": content_hash(one.evidence.quote)}
    if isinstance(quotes := details.get("quotes"), list):
        details["quotes"] = [_hashed(entry) for entry in quotes]
    evidence: Evidence = one.evidence.model_copy(update={"quote": None, "details": details})
    return one.model_copy(update={"evidence": evidence})


def _hashed(entry: Any) -> Any:
    if not isinstance(entry, dict) or not isinstance(entry.get("quote"), str):
        return entry
    rest = {name: value for name, value in entry.items() if name != "quote"}
    return {**rest, "quote_hash": content_hash(entry["quote"])}


def _check_patients(splits: Mapping[str, Sequence[Question]]) -> None:
    where: dict[str, str] = {}
    for split, rows in splits.items():
        for one in rows:
            other = where.setdefault(one.patient_id, split)
            if other != split:
                raise InputError(f"patient {one.patient_id!r} is in splits {other!r} and {split!r}")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _card(facts: dict[str, Any]) -> str:
    figures = facts["statistics"]
    lines = [
        f"# {facts['name']}",
        "",
        facts["description"] or "Spatial questions on CT.",
        "",
        f"- licence: {facts['license']}",
        f"- schema version: {facts['schema_version']}; made by {facts['made_by']}",
        f"- hash: `{facts['sha256']}`",
        f"- {figures['questions']} questions, {figures['cases']} cases, {figures['patients']} patients",
        f"- quoted sentences are {'in the rows' if facts['quotes'] else 'replaced by offsets and a hash'}",
        "",
        "| file | rows | SHA-256 |",
        "|---|---:|---|",
        *(f"| {name} | {one['rows']} | `{one['sha256']}` |" for name, one in facts["files"].items()),
        "",
        "| category | questions |",
        "|---|---:|",
        *(f"| {name} | {count} |" for name, count in figures["category"].items()),
        "",
        "Left and right are the patient's. Questions and answers, no volumes; a patient is in one split.",
        "",
    ]
    return "\n".join(lines)
