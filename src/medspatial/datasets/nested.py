"""The field's nested JSON (``{volume: {"qa_pairs": [...]}}``) and flat JSONL, both ways without loss."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate import is_name, parse_name
from medspatial.errors import InputError
from medspatial.files import whole_text, write_bytes
from medspatial.records import Question, volume_name
from medspatial.records.table import json_value

PAIRS = "qa_pairs"
LAYOUT_SUFFIX = ".layout.json"
"""Beside a flat file: what its rows cannot hold (fields of cases, cases without pairs, the JSON's layout)."""
_OWN = "pair"  # key of a row's metadata that holds the pair's further fields, in order


@dataclass(frozen=True)
class Style:
    """How a JSON file is laid out, so that it can be written again byte by byte."""

    indent: int | None = 2
    ascii: bool = True
    newline: bool = False

    def dump(self, data: Any) -> str:
        """Return the text."""
        text = json.dumps(data, indent=self.indent, ensure_ascii=self.ascii)
        return text + "\n" * self.newline


@dataclass
class Nested:
    """A nested file: its entries by volume, in order, with all their fields, and its layout."""

    volumes: dict[str, dict[str, Any]]
    style: Style = field(default_factory=Style)

    @property
    def pair_count(self) -> int:
        """Pairs in all volumes."""
        return sum(len(one[PAIRS]) for one in self.volumes.values())


def read_nested(path: str | Path) -> Nested:
    """Read a nested file, plain or ``.gz``.

    Raises
    ------
    InputError
        Missing file, not JSON, or an entry without a list of pairs with question and answer.
    """
    path = Path(path)
    text = _text(path)
    try:
        data = json_value(text)
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not JSON: {error.msg}") from None
    if not isinstance(data, dict):
        raise InputError(
            f'{path}: must be an object {{volume: {{"{PAIRS}": [...]}}}}, got {type(data).__name__}'
        )
    for name, entry in data.items():
        _check_entry(path, name, entry)
    return Nested(data, _style(text, data))


def write_nested(path: str | Path, nested: Nested) -> Path:
    """Write a nested file in its layout; ``.gz`` is compressed without a time stamp."""
    path = Path(path)
    raw = nested.style.dump(nested.volumes).encode("utf-8")
    return write_bytes(path, gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)


def image_path_of(volume: str, image_root: str = "") -> str:
    """Return the path of a volume under a root: CT-RATE's own tree for its names, else the file name."""
    root = image_root.rstrip("/")
    inner = parse_name(volume).volume_path() if is_name(volume) else volume
    return f"{root}/{inner}" if root else inner


def to_questions(nested: Nested, *, image_root: str = "") -> list[Question]:
    """Return a question per pair; all further fields of the pair are kept in ``metadata["pair"]``."""
    return [
        _question(volume, pair, image_path_of(volume, image_root))
        for volume, entry in nested.volumes.items()
        for pair in entry[PAIRS]
    ]


def plain_rows(nested: Nested, *, image_root: str = "") -> list[dict[str, str]]:
    """Return the field's flat rows: case_id (the file name), image_path, question, answer."""
    return [
        {"case_id": volume, "image_path": image_path_of(volume, image_root), **_core(pair)}
        for volume, entry in nested.volumes.items()
        for pair in entry[PAIRS]
    ]


def layout_of(nested: Nested) -> dict[str, Any]:
    """Return what flat rows cannot hold: the JSON's layout, and per volume its fields and number of pairs."""
    entries = {
        name: [[key, len(value) if key == PAIRS else value] for key, value in entry.items()]
        for name, entry in nested.volumes.items()
    }
    style = nested.style
    return {"indent": style.indent, "ascii": style.ascii, "newline": style.newline, "volumes": entries}


def from_questions(questions: Sequence[Question], layout: dict[str, Any] | None = None) -> Nested:
    """Return the nested form of questions; with the layout that was kept, byte for byte what it was.

    Without a layout volumes come in the order of their first question, under the name of their image file.

    Raises
    ------
    InputError
        The layout belongs to other questions.
    """
    if layout is None:
        volumes: dict[str, dict[str, Any]] = {}
        for one in questions:
            volumes.setdefault(_file_name(one), {PAIRS: []})[PAIRS].append(_pair(one))
        return Nested(volumes)
    rows = iter(questions)
    restored: dict[str, dict[str, Any]] = {}
    for name, fields in layout["volumes"].items():
        restored[name] = {key: _take(rows, name, value) if key == PAIRS else value for key, value in fields}
    if next(rows, None) is not None:
        raise InputError("layout: the flat file holds more rows than it counts")
    return Nested(restored, Style(layout["indent"], layout["ascii"], layout["newline"]))


def _take(rows: Any, name: str, count: int) -> list[dict[str, Any]]:
    taken = []
    for _ in range(count):
        one = next(rows, None)
        if one is None or one.case_id != volume_name(name):
            got = "no further row" if one is None else f"a row of {one.case_id!r}"
            raise InputError(f"layout: expects {count} rows of {name!r} in order, found {got}")
        taken.append(_pair(one))
    return taken


def _question(volume: str, pair: dict[str, Any], image_path: str) -> Question:
    further = {key: value for key, value in pair.items() if key not in ("question", "answer")}
    categories = pair.get("category")
    tags = tuple(categories) if isinstance(categories, list) and _is_texts(categories) else ()
    order = [key for key in pair if key in ("question", "answer")]
    metadata: dict[str, Any] = {}
    if further or order != ["question", "answer"]:
        metadata[_OWN] = [
            [key, None if key in ("question", "answer") else value] for key, value in pair.items()
        ]
    return Question(
        case_id=volume_name(volume),
        image_path=image_path,
        tags=tags,
        metadata=metadata,
        **_core(pair),
    )


def _pair(one: Question) -> dict[str, Any]:
    own = one.metadata.get(_OWN)
    core = {"question": one.question, "answer": one.answer}
    if own is None:
        return core | ({"category": list(one.tags)} if one.tags else {})
    return {key: core.get(key, value) for key, value in own}


def _file_name(one: Question) -> str:
    return one.image_path.rpartition("/")[2] if one.image_path else one.case_id


def _core(pair: dict[str, Any]) -> dict[str, str]:
    return {"question": pair["question"], "answer": pair["answer"]}


def _is_texts(values: list[Any]) -> bool:
    return all(isinstance(one, str) for one in values)


def _check_entry(path: Path, name: str, entry: Any) -> None:
    if not isinstance(entry, dict) or not isinstance(entry.get(PAIRS), list):
        raise InputError(
            f"{path}: volume {name!r}: must be an object with a list '{PAIRS}', got {_shown(entry)}"
        )
    for place, pair in enumerate(entry[PAIRS]):
        for key in ("question", "answer"):
            if not isinstance(pair, dict) or not isinstance(pair.get(key), str):
                raise InputError(f"{path}: volume {name!r}: pair {place}: field '{key}' must be text")


def _style(text: str, data: Any) -> Style:
    """Find the layout that gives the same text; a file in another layout gets the usual one."""
    newline = text.endswith("\n")
    for indent in (2, None, 4, 1):
        for ascii_only in (True, False):
            style = Style(indent, ascii_only, newline)
            if style.dump(data) == text:
                return style
    return Style()


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 80 else text[:79] + "…"


def write_lines(path: str | Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Write plain JSON rows, one per line, whole or not at all."""
    with whole_text(path) as stream:
        stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return Path(path)
