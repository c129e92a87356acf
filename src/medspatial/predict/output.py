"""The files of one prediction run, safe against kill -9 at any moment.

``NAME.jsonl``            answers, append-only, one line per question
``NAME.failures.jsonl``   questions without an answer, with the error; tried again on resume
``NAME.volumes.jsonl``    per volume: fingerprint and seconds of each stage
``NAME.manifest.json``    configuration, versions, fingerprints, sessions
``NAME.torn``             torn last lines that a killed run left, set aside
``NAME.retired.jsonl``    answers to questions that are no longer asked, set aside
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.manifest import Manifest, read_manifest, session, write_manifest
from medspatial.records import Item, Prediction, Question, RecordAppender, read_records, write_records


class PredictionFile:
    """Answers of one model in one arm, opened for appending.

    Parameters
    ----------
    path
        The ``.jsonl`` file; its siblings are named after it.
    manifest
        Of the run about to start; a file made under another configuration is refused.
    questions
        Those to be answered. Where the file was made for others, answers to questions that are asked in the
        same words stay, and the rest is set aside.
    as_a_whole
        The model's answers depend on all questions together: with others it starts anew.
    overwrite
        Start anew; the old files are removed.

    Attributes
    ----------
    done
        Ids of the questions that are answered.
    retired
        Number of answers set aside.

    Raises
    ------
    InputError
        Another configuration, another run writing at this moment, or a bad line inside the file.
    """

    def __init__(
        self,
        path: Path,
        manifest: Manifest,
        questions: Sequence[Question],
        *,
        as_a_whole: bool = False,
        overwrite: bool = False,
    ) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _lock(path.with_suffix(".lock"))
        try:
            if overwrite:
                self._remove()
            self.retired = 0
            old = _old_manifest(self._sibling(".manifest.json"), manifest)
            _set_torn_line_aside(path)
            if old is not None and old.inputs != manifest.inputs:
                old = self._adapted(old, manifest, questions, as_a_whole)
            self.manifest = _with_session(old or manifest, manifest)
            write_manifest(self._sibling(".manifest.json"), self.manifest)
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

    def _adapted(
        self, old: Manifest, new: Manifest, questions: Sequence[Question], as_a_whole: bool
    ) -> Manifest | None:
        """Make the file one of other questions; return the manifest to go on with, None for a new start."""
        if as_a_whole or not self.path.exists():
            self._remove()
            return None
        asked = {question.id: question for question in questions}
        kept, retired = [], []
        for row in read_records(self.path, Prediction):
            question = asked.get(row.id)
            if question is not None and Query.of(row) == Query.of(question):
                kept.append(row.model_copy(update=item_fields(question)))
            else:
                retired.append(row)
        if retired:
            with RecordAppender(self._sibling(".retired.jsonl")) as aside:
                aside.append(*retired)
        self.retired = len(retired)
        write_records(self.path, kept)
        return old.model_copy(update={"inputs": new.inputs, "configuration_hash": new.configuration_hash})

    def _remove(self) -> None:
        endings = (".failures.jsonl", ".volumes.jsonl", ".manifest.json", ".torn", ".retired.jsonl")
        for path in (self.path, *(self._sibling(ending) for ending in endings)):
            path.unlink(missing_ok=True)

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
    return read_records(path, Prediction).rows + read_failures(path)


def read_failures(path: Path) -> list[Prediction]:
    """Return the failures of the run that wrote the answers in a file; empty where there are none."""
    failures = path.with_name(path.stem + ".failures.jsonl")
    return read_records(failures, Prediction).rows if failures.exists() else []


def item_fields(item: Item) -> dict[str, Any]:
    """Return the fields that a question and its prediction have in common."""
    return {name: getattr(item, name) for name in Item.model_fields}


def _old_manifest(path: Path, manifest: Manifest) -> Manifest | None:
    """Return the manifest of the run to go on with, refusing one of another configuration."""
    old = read_manifest(path)
    if old is None or old.configuration_hash == manifest.configuration_hash:
        return old
    changed = _changed(old.configuration, manifest.configuration)
    if changed:
        raise InputError(
            f"{path}: this file was made with another configuration (changed: {', '.join(changed)}); "
            "write elsewhere, or start anew with --overwrite"
        )
    return old


def _with_session(manifest: Manifest, now: Manifest) -> Manifest:
    sessions = (*manifest.sessions, session(versions=now.versions))
    return manifest.model_copy(update={"sessions": sessions})


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(after, default=str))  # as the old one was written
    names = [name for name in {**before, **plain} if before.get(name) != plain.get(name)]
    return [f"{name}: {before.get(name)!r} -> {plain.get(name)!r}" for name in names]


def _set_torn_line_aside(path: Path) -> None:
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
