"""RadGenome-ChestCT: tables of findings per volume and region, asked in fixed words of ours.

The published tables (``*_vqa_abnormality``, ``_location``, ``_presence``, ``_size``) hold facts: their
code draws a wording at random. Here each kind has one wording, so that a file gives the same questions
every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from medspatial.cases.ct_rate import is_name, parse_name
from medspatial.datasets.formats.rows import ROW, needed, question, read_rows, write_csv
from medspatial.datasets.nested import image_path_of
from medspatial.errors import InputError
from medspatial.records import Question, volume_name
from medspatial.report_questions.categories import own_category, six_categories
from medspatial.report_questions.language import measures

HEADS = (
    frozenset({"Volumename", "Anatomy", "Abnormality"}),
    frozenset({"Volumename", "Anatomy", "Finding", "Presence"}),
)


def read(path: Path, *, image_root: str = "") -> Iterator[Question]:
    """Yield a question per row; the kind of table follows from its columns, or from its name.

    A table of abnormality and one of location have the same columns; a name with ``location`` asks where.

    Raises
    ------
    InputError
        A row without volume, region or finding.
    """
    where_asked = "location" in path.name.lower()
    for where, row in read_rows(path):
        yield _question(where, row, image_root, asks_where=where_asked)


def write(path: Path, questions: Iterable[Question]) -> Path:
    """Write what came from RadGenome as it was.

    Raises
    ------
    InputError
        A question of another source: the format holds facts, not questions.
    """
    rows = []
    for one in questions:
        own = one.metadata.get(ROW)
        if not isinstance(own, dict) or "Volumename" not in own:
            raise InputError(f"question {one.id!r}: not from RadGenome-ChestCT, whose rows are facts")
        rows.append(own)
    return write_csv(path, rows, list(dict.fromkeys(key for row in rows for key in row)))


def _question(where: str, row: dict[str, Any], image_root: str, *, asks_where: bool) -> Question:
    volume = needed(where, row, "Volumename")
    name = parse_name(volume).case_id if is_name(volume) else volume_name(volume)
    text, answer, kind = _worded(where, row, asks_where)
    options = ("yes", "no") if kind == "presence" else ()
    sizes = measures(answer) if kind == "size" else []
    one = sizes[0] if len(sizes) == 1 and len(sizes[0].numbers) == 1 else None
    return question(
        where,
        case_id=name,
        image_path=image_path_of(f"{name}.nii.gz", image_root),
        question=text,
        answer=answer,
        options=options,
        answer_type="yes_no" if options else "number" if one else "free",
        value=one.numbers[0] if one else None,
        unit=one.unit if one else None,
        category=own_category(text, answer),
        subtype=f"RadGenome {kind}",
        tags=six_categories(text, answer),
        source="RadGenome-ChestCT",
        metadata={ROW: row, "worded_by": "medspatial"},
    )


def _worded(where: str, row: dict[str, Any], asks_where: bool) -> tuple[str, str, str]:
    region = needed(where, row, "Anatomy").rsplit("/", 1)[-1].strip()
    if row.get("Presence"):
        found = needed(where, row, "Finding", "Abnormality")
        answer = str(row["Presence"]).strip().rstrip(".").lower()
        if answer not in ("yes", "no"):
            raise InputError(f"{where}: field 'Presence': must be yes or no, got {row['Presence']!r}")
        return f"Does the scan show {found} in the {region}?", answer, "presence"
    found = needed(where, row, "Abnormality")
    if row.get("Size"):
        return f"How large is the {found} in the {region}?", str(row["Size"]).strip(), "size"
    if asks_where:
        return f"Where does the scan show {found}?", region, "location"
    return f"What does the scan show in the {region}?", found, "abnormality"
