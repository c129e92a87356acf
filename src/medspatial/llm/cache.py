"""Replies on disk: SQLite, keyed by the hash of the whole request."""

from __future__ import annotations

import json
import sqlite3
import threading
import weakref
from pathlib import Path

from medspatial.errors import InputError
from medspatial.llm.reply import Reply
from medspatial.llm.request import Request
from medspatial.manifest import now

_TABLE = """
CREATE TABLE IF NOT EXISTS replies (
    key TEXT NOT NULL, served_model TEXT NOT NULL, identity TEXT NOT NULL,
    request TEXT NOT NULL, reply TEXT NOT NULL, created TEXT NOT NULL,
    PRIMARY KEY (key, served_model)
)
"""
_WAIT_S = 60.0  # for another process that writes


class ReplyCache:
    """Answers of all runs that share a file; in memory without a path.

    The same request may have been answered by several versions of a model; each answer is kept.

    Raises
    ------
    InputError
        The path holds something else than such a cache.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = None if path is None else Path(path)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        try:
            self._base = sqlite3.connect(self.path or ":memory:", timeout=_WAIT_S, check_same_thread=False)
            with self._base:
                self._base.execute("PRAGMA journal_mode=WAL")
                self._base.execute(_TABLE)
            self._closing = weakref.finalize(self, self._base.close)
        except sqlite3.DatabaseError as error:
            raise InputError(f"{path}: not a cache of replies ({error})") from None

    def get(self, key: str, served_model: str | None = None) -> Reply | None:
        """Return the reply to a request, by a certain version of the model or by the first that answered."""
        query = "SELECT reply FROM replies WHERE key = ?"
        values = [key]
        if served_model is not None:
            query += " AND served_model = ?"
            values.append(served_model)
        with self._lock:
            row = self._base.execute(query + " ORDER BY rowid LIMIT 1", values).fetchone()
        return None if row is None else Reply.from_dict(json.loads(row[0]))

    def put(self, key: str, identity: str, request: Request, reply: Reply) -> None:
        """Keep a reply; the request is kept beside it, its pictures as digests."""
        row = (
            key,
            reply.served_model,
            identity,
            json.dumps(request.to_dict()),
            json.dumps(reply.to_dict()),
            now(),
        )
        with self._lock, self._base:
            self._base.execute("INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?)", row)

    def first_served(self, identity: str) -> str | None:
        """Return the version that gave the oldest answer of a provider and model; None without any."""
        query = "SELECT served_model FROM replies WHERE identity = ? ORDER BY rowid LIMIT 1"
        with self._lock:
            row = self._base.execute(query, (identity,)).fetchone()
        return None if row is None else str(row[0])

    def __len__(self) -> int:
        with self._lock:
            return int(self._base.execute("SELECT count(*) FROM replies").fetchone()[0])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._closing()
