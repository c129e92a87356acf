"""Readers' answers in one SQLite file: each answer and each undoing is one row, added in one transaction.

Rows are never changed. What counts is the last row of a reader's task; a request that comes a second time,
because the first reply was lost, adds nothing.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from medspatial.errors import InputError
from medspatial.readers.design import Condition, Task

_TABLES = """
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, request TEXT NOT NULL UNIQUE, reader TEXT NOT NULL, question TEXT NOT NULL,
    condition TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('answer', 'undo')), answer TEXT,
    confidence INTEGER, seconds REAL, seen INTEGER, given_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS shown (
    reader TEXT NOT NULL, question TEXT NOT NULL, condition TEXT NOT NULL, shown_at TEXT NOT NULL,
    PRIMARY KEY (reader, question, condition));
CREATE TABLE IF NOT EXISTS tokens (reader TEXT PRIMARY KEY, token TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS design (field TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Given:
    """A reader's answer that counts.

    Attributes
    ----------
    seconds
        From when the question was shown; no more than the server saw pass.
    seen
        Whether the images stood on the screen.
    number
        Grows with each answer: the order in which a reader gave them.
    """

    reader: str
    task: Task
    answer: str
    confidence: int | None
    seconds: float
    seen: bool
    given_at: str
    number: int


class Answers:
    """The file of a study's answers; several readers may write at once."""

    def __init__(self, path: str | Path) -> None:
        self._path = path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # tokens are in it
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")  # an acknowledged answer survives a power cut
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: not a file of answers ({error})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def claim(self, facts: Mapping[str, str]) -> None:
        """Note the design that answers are given under; with answers in the file, another one is refused.

        Raises
        ------
        InputError
            The first field that differs, with both values.
        """
        with self._lock:
            given = self._db.execute("SELECT count(*) FROM events").fetchone()[0]
            known = dict(self._db.execute("SELECT field, value FROM design").fetchall())
            for name, value in facts.items() if given else ():
                if known.get(name, value) != value:
                    raise InputError(
                        f"{self._path}: field '{name}' was {known[name]!r} when these answers were given and "
                        f"is {value!r} now; put it back, or move the file away to begin anew"
                    )
            self._db.executemany("INSERT OR REPLACE INTO design VALUES (?, ?)", facts.items())

    def token(self, reader: str) -> str:
        """Return a reader's secret token: the same one at every start, so that a link stays good."""
        with self._lock:
            new = (reader, secrets.token_urlsafe(24))
            self._db.execute("INSERT OR IGNORE INTO tokens VALUES (?, ?)", new)
            found = self._db.execute("SELECT token FROM tokens WHERE reader = ?", (reader,)).fetchone()
            return str(found[0])

    def note_shown(self, reader: str, task: Task) -> None:
        """Note when a task was first shown."""
        with self._lock:
            row = (reader, task.question, task.condition, _now())
            self._db.execute("INSERT OR IGNORE INTO shown VALUES (?, ?, ?, ?)", row)

    def add(
        self,
        request: str,
        reader: str,
        task: Task,
        *,
        answer: str,
        confidence: int | None,
        seconds: float,
        seen: bool = True,
    ) -> bool:
        """Add an answer; False where this very request was added before.

        Raises
        ------
        InputError
            The task is answered already.
        """
        with self._lock:
            if self.knows(request):
                return False
            if task in self.current(reader):
                raise InputError("this question is answered already; undo it first")
            most = self._since_shown(reader, task)
            taken = seconds if most is None else min(seconds, most)
            self._insert(request, reader, task, "answer", answer, confidence, max(0.0, taken), seen)
            return True

    def undo(self, request: str, reader: str, task: Task) -> bool:
        """Take an answer back; False where this very request was added before.

        Raises
        ------
        InputError
            The task is not answered.
        """
        with self._lock:
            if self.knows(request):
                return False
            if task not in self.current(reader):
                raise InputError("there is no answer to take back")
            self._insert(request, reader, task, "undo", None, None, None, None)
            return True

    def current(self, reader: str) -> dict[Task, Given]:
        """Return a reader's answers that count, in the order given."""
        found: dict[Task, Given] = {}
        with self._lock:
            rows = self._db.execute(
                "SELECT number, question, condition, kind, answer, confidence, seconds, seen, given_at "
                "FROM events WHERE reader = ? ORDER BY number",
                (reader,),
            ).fetchall()
        for number, question, condition, kind, answer, confidence, seconds, seen, at in rows:
            task = Task(question, _condition(condition))
            found.pop(task, None)
            if kind == "answer":
                found[task] = Given(reader, task, answer, confidence, seconds, bool(seen), at, number)
        return found

    def all(self, readers: Iterable[str]) -> list[Given]:
        """Return all answers that count, reader by reader."""
        return [given for reader in readers for given in self.current(reader).values()]

    def knows(self, request: str) -> bool:
        """Say whether a request was added."""
        with self._lock:
            found = self._db.execute("SELECT 1 FROM events WHERE request = ?", (request,)).fetchone()
            return found is not None

    def _insert(self, request: str, reader: str, task: Task, kind: str, *values: object) -> None:
        row = (request, reader, task.question, task.condition, kind, *values, _now())
        self._db.execute(
            "INSERT INTO events (request, reader, question, condition, kind, answer, confidence, seconds, "
            "seen, given_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )  # one statement is one transaction

    def _since_shown(self, reader: str, task: Task) -> float | None:
        row = self._db.execute(
            "SELECT shown_at FROM shown WHERE reader = ? AND question = ? AND condition = ?",
            (reader, task.question, task.condition),
        ).fetchone()
        if row is None:
            return None
        return (datetime.now(UTC) - datetime.fromisoformat(row[0])).total_seconds()


def _condition(text: str) -> Condition:
    return "assisted" if text == "assisted" else "alone"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
