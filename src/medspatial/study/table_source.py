"""What the figures of a study's tables were made from, in one line of hashes for the foot of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from medspatial.manifest import code_hash, read_manifest
from medspatial.models.card import model_cards
from medspatial.records import Question, content_hash
from medspatial.records.stored import asked_hash
from medspatial.version import __version__

_DIGITS = 8
_PROMPTS = ("prompt", "system", "template")


def table_source(folder: Path, questions: Sequence[Question], kinds: Iterable[str]) -> str:
    """Return the line for a study in a folder.

    Parameters
    ----------
    folder
        Of the study, with ``predictions/`` and ``scores/``; a part that is not there is left out of the line.
    questions
        All of the study; references and evidence count.
    kinds
        Kinds of its models; those with a card count.
    """
    settings = [(path.name, one) for path, one in _configurations(folder / "predictions", "*")]
    prompts = {name: found for name, one in settings if (found := dict(_prompts(one)))}
    scored = list(_configurations(folder / "scores", "*/*"))
    metrics = {f"{path.parent.name} {one.get('code', '')[:_DIGITS]}".strip() for path, one in scored}
    judges = [found for _, one in scored if (found := dict(_prompts(one)))]
    cards = model_cards()
    held = {kind: cards[kind].model_dump(mode="json") for kind in sorted(set(kinds)) if kind in cards}
    return source_line(
        questions,
        ("volumes", _volumes(folder / "predictions")),
        ("settings of the models", settings),
        ("prompts", [prompts, judges] if prompts or judges else None),
        ("cards", held),
        metrics=sorted(metrics),
    )


def source_line(questions: Sequence[Question], *parts: tuple[str, Any], metrics: Sequence[str] = ()) -> str:
    """Return hashes of questions, of named parts (empty ones are left out) and of this program's code."""
    words = [f"questions {asked_hash(questions)[:_DIGITS]} ({len(questions)})"]
    words += [f"{name} {content_hash(part)[:_DIGITS]}" for name, part in parts if part]
    if metrics:
        words.append(f"code of metrics: {', '.join(metrics)}")
    words.append(f"medspatial {__version__} (code {code_hash()[:_DIGITS]})")
    return f"Made from: {'; '.join(words)}."


def _configurations(folder: Path, names: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield what manifests of a folder say; those of shares that were merged say nothing more."""
    for path in sorted(folder.glob(f"{names}.manifest.json")):
        manifest = read_manifest(path)
        if manifest is not None:
            yield path, manifest.configuration


def _volumes(folder: Path) -> list[tuple[str, str]]:
    """Case and fingerprint of every volume that a model was shown."""
    found = set()
    for path in folder.glob("*.volumes.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if row.get("fingerprint"):
                found.add((str(row["case_id"]), str(row["fingerprint"])))
    return sorted(found)


def _prompts(content: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what settings say of prompts, by dotted name; those of a jury's judges too."""
    if isinstance(content, list):
        content = {str(place): one for place, one in enumerate(content)}
    if not isinstance(content, Mapping):
        return
    for name, value in content.items():
        if value and any(word in name for word in _PROMPTS):
            yield f"{at}{name}", value
        else:
            yield from _prompts(value, f"{at}{name}.")
