"""Finished cases on disk, one file each, so that a build can go on where it was."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from medspatial.cases import case_fingerprint
from medspatial.files import write_text
from medspatial.questions.drop import Drop
from medspatial.records import Case, Question, content_hash

VERSION = 2
"""Changes when the same case would give other questions."""


class Shards:
    """A folder with one JSON file per finished case.

    A file is used again only if the case's record, the state of its files, the settings and the version are
    the same.

    Parameters
    ----------
    folder
        Of the finished cases.
    root
        Of the cases' relative paths.
    settings
        All that the questions of a case depend on besides the case.
    """

    def __init__(self, folder: Path, root: Path, settings: Any) -> None:
        self.folder = folder
        self._root = root
        data = asdict(settings) if is_dataclass(settings) and not isinstance(settings, type) else settings
        self._settings = content_hash(VERSION, data)

    def key(self, case: Case) -> str:
        """Return what a case is built from; taken before the files are read, lest a change goes unseen."""
        return content_hash(self._settings, case.model_dump(mode="json"), case_fingerprint(case, self._root))

    def read(self, case: Case, key: str) -> tuple[tuple[Question, ...], tuple[Drop, ...]] | None:
        """Return a finished case's questions and drops; None if not there, torn, or of another key."""
        path = self._path(case)
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
            return None
        if not isinstance(data, dict) or data.get("of") != key:
            return None
        questions = tuple(Question.model_validate(row) for row in data["questions"])
        return questions, tuple(Drop.model_validate(row) for row in data["drops"])

    def write(self, case: Case, key: str, questions: tuple[Question, ...], drops: tuple[Drop, ...]) -> None:
        """Store a finished case; the file appears whole or not at all."""
        path = self._path(case)
        data = {
            "of": key,
            "questions": [one.model_dump(mode="json", exclude_defaults=True) for one in questions],
            "drops": [one.model_dump(mode="json", exclude_defaults=True) for one in drops],
        }
        write_text(path, json.dumps(data, ensure_ascii=False))

    def _path(self, case: Case) -> Path:
        name = content_hash(case.case_id)
        return self.folder / name[:2] / f"{name}.json"
