"""The files of one prediction run, safe against kill -9 at any moment.

``NAME.jsonl``            answers, append-only, one line per question
``NAME.failures.jsonl``   questions without an answer, with the error; tried again on resume
``NAME.volumes.jsonl``    per volume: fingerprint and seconds of each stage
``NAME.manifest.json``    configuration, versions, fingerprints, sessions
``NAME.torn``             torn last lines that a killed run left, set aside
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from medspatial.errors import InputError
from medspatial.manifest import Manifest, read_manifest, session, write_manifest
from medspatial.records import Prediction, RecordAppender, read_records


class PredictionFile:
    """Answers of one model in one arm, opened for appending.

    Parameters
    ----------
    path
        The ``.jsonl`` file; its siblings are named after it.
    manifest
        Of the run about to start; a file made under another configuration is refused.
    overwrite
        Start anew; the old files are removed.

    Raises
    ------
    InputError
        Another configuration, another run writing at this moment, or a bad line inside the file.
    """

    def __init__(self, path: Path, manifest: Manifest, *, overwrite: bool = False) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(path.with_suffix(".lock"))
        try:
            if overwrite:
                for old in self._paths():
                    old.unlink(missing_ok=True)
            self.manifest = _resumed(self._sibling(".manifest.json"), manifest)
            set_torn_line_aside(path)
            self.done = {row.id for row in read_records(path, Prediction)} if path.exists() else set()
        except BaseException:
            self._lock.close()
            raise
        self._sibling(".failures.jsonl").unlink(missing_ok=True)
        self._answers = RecordAppender(path)
        self.answered = 0
        self.failed = 0

    def answer(self, rows: list[Prediction]) -> None:
        """Append answers."""
        self._answers.append(*rows)
        self.answered += len(rows)

    def fail(self, rows: list[Prediction]) -> None:
        """Append failures."""
        with RecordAppender(self._sibling(".failures.jsonl")) as failures:
            failures.append(*rows)
        self.failed += len(rows)

    def volume(self, facts: dict[str, Any]) -> None:
        """Append one line of facts about a volume."""
        with self._sibling(".volumes.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(facts) + "\n")

    def _sibling(self, ending: str) -> Path:
        return self.path.with_name(self.path.stem + ending)

    def _paths(self) -> list[Path]:
        endings = (".failures.jsonl", ".volumes.jsonl", ".manifest.json", ".torn")
        return [self.path, *(self._sibling(ending) for ending in endings)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._answers.close()
        last = {
            **self.manifest.sessions[-1],
            "ended": session()["started"],
            "outcome": "complete" if error is None else type(error).__name__,
            "answered": self.answered,
            "failed": self.failed,
        }
        sessions = (*self.manifest.sessions[:-1], last)
        write_manifest(
            self._sibling(".manifest.json"), self.manifest.model_copy(update={"sessions": sessions})
        )
        self._lock.close()


def read_predictions(path: Path) -> list[Prediction]:
    """Return the answers of a run and, after them, its failures."""
    rows = read_records(path, Prediction).rows
    failures = path.with_name(path.stem + ".failures.jsonl")
    return rows + (read_records(failures, Prediction).rows if failures.exists() else [])


def _resumed(path: Path, manifest: Manifest) -> Manifest:
    old = read_manifest(path)
    if old is not None and old.configuration_hash != manifest.configuration_hash:
        changed = ", ".join(_changed(old, manifest)) or "an unknown setting"
        raise InputError(
            f"{path}: this file was made with another configuration (changed: {changed}); "
            "write elsewhere, or start anew with --overwrite"
        )
    sessions = (*(old.sessions if old else ()), session(versions=manifest.versions))
    kept = (old or manifest).model_copy(update={"sessions": sessions})
    write_manifest(path, kept)
    return kept


def _changed(old: Manifest, new: Manifest) -> list[str]:
    before, after = {**old.configuration, **old.inputs}, {**new.configuration, **new.inputs}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return [f"{name}: {before.get(name)!r} -> {after.get(name)!r}" for name in names]


def set_torn_line_aside(path: Path) -> None:
    """Move a last line without line end (a run killed while writing) to ``NAME.torn``."""
    if not path.exists():
        return
    with path.open("rb+") as stream:
        size = stream.seek(0, os.SEEK_END)
        tail = b""
        position = size
        while position > 0 and b"\n" not in tail:
            step = min(65536, position)
            position -= step
            stream.seek(position)
            tail = stream.read(step) + tail
        torn = tail.rpartition(b"\n")[2]
        if torn:
            with path.with_suffix(".torn").open("ab") as aside:
                aside.write(torn + b"\n")
            stream.truncate(size - len(torn))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other runs from writing a prediction file.

    Raises
    ------
    InputError
        Another run is writing it at this moment.
    """
    lock = _lock(path.with_suffix(".lock"))
    try:
        yield
    finally:
        lock.close()


def _lock(path: Path) -> IO[str]:
    """Hold an exclusive lock that the system frees when the process dies."""
    stream = path.open("w")
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows: no advisory locks; two runs on one file are the user's risk
        return stream
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise InputError(f"{path.with_suffix('.jsonl')}: another run is writing this file") from None
    return stream
