"""The formats by name, and reading and writing through them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.datasets.formats import (
    conversations,
    deep_tumor,
    hugging_face,
    m3d,
    mirp,
    radgenome,
    three_d_rad,
)
from medspatial.datasets.formats.mapping import Mapped, read_mapped
from medspatial.datasets.formats.rows import read_rows
from medspatial.datasets.nested import from_questions, read_nested, to_questions, write_nested
from medspatial.errors import InputError
from medspatial.records import Question, read_records, write_records

_HEADS: tuple[tuple[str, tuple[frozenset[str], ...]], ...] = (
    ("3d-rad", (frozenset({"VolumeName", "Question", "Answer"}),)),
    ("m3d", (frozenset({"Image Path", "Question", "Answer"}),)),
    ("deep-tumor", deep_tumor.HEADS),
    ("radgenome", radgenome.HEADS),
)
"""Fields that tell a format, each set of them enough."""
_JSON = (
    ("deep-tumor", deep_tumor.is_release),
    ("ct-rate-vqa", conversations.is_conversations),
    ("mirp", mirp.is_mirp),
)

Read = Callable[..., Iterator[Question]]
Write = Callable[[Path, Iterable[Question]], Path]


@dataclass(frozen=True)
class Format:
    """A dataset format: how it looks, how it is read lazily, how it is written."""

    name: str
    looks: str
    read: Read
    write: Write


def import_questions(
    path: str | Path,
    format: str,
    *,
    image_root: str = "",
    fields: Mapped | None = None,
    split: str | None = None,
) -> Iterator[Question]:
    """Yield the questions of a dataset of another format, one row at a time.

    All fields of a row are kept in ``metadata["row"]``, so that `export_questions` gives them back. Rows that
    ask the same of the same case get the numbered ids ``ID-2``, ``ID-3``, as in our own files.

    Parameters
    ----------
    image_root
        Folder in front of image paths.
    fields
        For ``jsonl`` and ``huggingface`` alone: which field of theirs is which of ours.
    split
        For ``huggingface`` alone: which split.

    Raises
    ------
    InputError
        Unknown format; fields or a split for one that takes none; missing or unreadable file; a row with
        its number, field and value.
    """
    chosen = _format(format)
    refuse_idle(format, fields, split)
    options: dict[str, Any] = {"image_root": image_root}
    if format in ("jsonl", "huggingface"):
        options["fields"] = fields or Mapped()
    if format == "huggingface":
        options["split"] = split
    return _told_apart(chosen.read(Path(path), **options))


def refuse_idle(format: str, fields: Mapped | None, split: str | None) -> None:
    """Refuse names of fields and a split where the format has its own, so that they would have no effect."""
    if format not in ("jsonl", "huggingface") and fields not in (None, Mapped()):
        raise InputError(f"--field: is for the formats jsonl and huggingface, got {format}")
    if format != "huggingface" and split is not None:
        raise InputError(f"--split: is for the format huggingface, got {format}")


def _told_apart(questions: Iterator[Question]) -> Iterator[Question]:
    times: dict[str, int] = {}
    for one in questions:
        name, number = one.id, times.get(one.id, 0) + 1
        if number > 1:
            while (name := f"{one.id}-{number}") in times:
                number += 1
            times[name] = 1
        times[one.id] = number
        yield one if name == one.id else one.model_copy(update={"id": name})


def export_questions(path: str | Path, questions: Iterable[Question], format: str) -> Path:
    """Write questions in a format; what was imported from it comes out as it was.

    Raises
    ------
    InputError
        Unknown format, or a question that the format cannot hold.
    """
    return _format(format).write(Path(path), questions)


def detect_format(path: str | Path) -> str:
    """Name the format of a file or folder by its first row; our own where nothing else fits.

    Raises
    ------
    InputError
        No such file, or nothing that can be read.
    """
    path = Path(path)
    if path.is_dir():
        return "huggingface"
    name = path.name.removesuffix(".gz")
    if name.endswith(".json"):
        return next((format for format, fits in _JSON if fits(path)), "ct-spatialvqa")
    if path.suffix == ".gz":
        return "medspatial"
    _, row = next(read_rows(path), ("", {}))
    for format, heads in _HEADS:
        if any(head <= row.keys() for head in heads):
            return format
    return "medspatial"


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise InputError(f"unknown dataset format {name!r}; known: {', '.join(FORMATS)}")
    return FORMATS[name]


def _read_nested(path: Path, *, image_root: str) -> Iterator[Question]:
    yield from to_questions(read_nested(path), image_root=image_root)


def _write_nested(path: Path, questions: Iterable[Question]) -> Path:
    return write_nested(path, from_questions(list(questions)))


def _read_own(path: Path, *, image_root: str) -> Iterator[Question]:
    for one in read_records(path, Question):
        image = one.image_path
        rooted = {"image_path": f"{image_root.rstrip('/')}/{image}"} if image_root and image else None
        yield one if rooted is None else one.model_copy(update=rooted)


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("medspatial", "our own JSONL or CSV", _read_own, write_records),
        Format("ct-spatialvqa", '{volume: {"qa_pairs": [...]}}', _read_nested, _write_nested),
        Format(
            "3d-rad", "CSV or JSONL: VolumeName, Question, Answer, ...", three_d_rad.read, three_d_rad.write
        ),
        Format("m3d", "CSV: Image Path, Question, Choice A-D, Answer", m3d.read, m3d.write),
        Format(
            "deep-tumor",
            "rows with question type, choices and typed answer",
            deep_tumor.read,
            deep_tumor.write,
        ),
        Format("ct-rate-vqa", "JSON list: image, conversations", conversations.read, conversations.write),
        Format("radgenome", "CSV: Volumename, Anatomy, Abnormality, ...", radgenome.read, radgenome.write),
        Format("mirp", "JSON list: filename, question_answer (2D)", mirp.read, mirp.write),
        Format("jsonl", "any JSONL, fields named by the user", read_mapped, write_records),
        Format("huggingface", "a folder of datasets.save_to_disk", hugging_face.read, hugging_face.write),
    )
}
"""All formats."""
