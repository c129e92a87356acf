"""What an input holds of a study's questions, kept beside the comparison while it is the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from medspatial.acuity import input_of, sights
from medspatial.files import write_json
from medspatial.progress import progress
from medspatial.records import Question, Sight, content_hash, read_records, write_records
from medspatial.study.loading import CaseLoader
from medspatial.version import __version__


def sights_of_input(name: str, questions: Sequence[Question], cases: CaseLoader, folder: Path) -> list[Sight]:
    """Return what an input holds of each question that has structures in the masks of its case.

    Parameters
    ----------
    folder
        Holds ``NAME.jsonl`` and what it was made from; where that is the same still it is read.

    Raises
    ------
    InputError
        No such input without weights, or a case that cannot be read.
    """
    made_from = {
        "input": name,
        "questions": content_hash([one.to_json() for one in questions]),
        "cases": content_hash({one.case_id: cases.states[one.case_id] for one in questions}),
        "version": __version__,
    }
    path, note = folder / f"{name}.jsonl", folder / f"{name}.json"
    if path.is_file() and note.is_file() and json.loads(note.read_text(encoding="utf-8")) == made_from:
        return read_records(path, Sight).rows
    folder.mkdir(parents=True, exist_ok=True)
    with progress(f"input {name}", len({one.case_id for one in questions})) as bar:
        found = list(
            sights(
                name,
                input_of(name),
                questions,
                cases.data,
                told=lambda case_id: bar.advance(1, case_id),
            )
        )
    write_records(path, found)
    write_json(note, made_from)
    return found
