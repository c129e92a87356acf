"""The files of one prediction run, safe against kill -9 at any moment.

``NAME.jsonl``            answers, append-only, one line per question
``NAME.failures.jsonl``   questions without an answer, with the error; tried again on resume
``NAME.volumes.jsonl``    per volume: fingerprint, seconds of each stage, an error of the hook ``visible``
``NAME.manifest.json``    configuration, versions, fingerprints, sessions
``NAME.torn``             torn last lines that a killed run left, set aside
``NAME.cases.json``       the state of each case's files when it was asked
``NAME.unasked``          answers to questions that are not asked now, taken back when they are asked again
``NAME.outdated``         answers set aside for good: the words of their question or their case changed
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from medspatial.errors import InputError
from medspatial.files import locked, write_text
from medspatial.inputs import Query
from medspatial.manifest import Manifest, read_manifest, session, write_manifest
from medspatial.records import (
    IdSet,
    Item,
    Prediction,
    Question,
    RecordAppender,
    case_ids,
    iter_records,
    read_records,
    stored_records,
    unpacked,
    write_records,
)

_ROWS = (".jsonl", ".csv")
VOLUMES_ENDING = ".volumes.jsonl"
_ENDINGS = (
    ".failures.jsonl",
    VOLUMES_ENDING,
    ".manifest.json",
    ".cases.json",
    ".torn",
    ".outdated",
    ".unasked",
)


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
        same words stay, those to questions that are not asked now are kept aside, and the rest is outdated.
    states
        Fingerprint of the files of each case, by case id (see `medspatial.cases.case_fingerprint`): answers
        about a case whose files changed are set aside. Cases that no question concerns do not count. None
        where they are not known, or answers rest on no files.
    each_alone
        Whether an answer rests on its own case alone; else any change to a case of the questions sets all
        aside.
    overwrite
        Start again; the old files are removed.

    Attributes
    ----------
    done
        Ids of the questions that are answered, and how many.
    outdated
        Number of answers set aside for good now.
    errors, unseen
        See `medspatial.predict.PredictionRun`.

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
        states: Mapping[str, str] | None = None,
        each_alone: bool = True,
        overwrite: bool = False,
    ) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = ExitStack()
        self._lock.enter_context(locked(path))
        try:
            if overwrite:
                self._remove()
            self.outdated = 0
            old = _old_manifest(self._sibling(".manifest.json"), manifest)
            for lines in (path, self._sibling(".volumes.jsonl")):
                _set_torn_line_aside(lines, self._sibling(".torn"))
            asked = case_ids(questions)
            changed = self._changed_cases(asked, states)
            if old is not None and (changed or old.inputs != manifest.inputs):
                self._set_outdated_aside(questions, changed, each_alone)
                update = {"inputs": manifest.inputs, "configuration_hash": manifest.configuration_hash}
                old = old.model_copy(update=update)
            self._note_states(asked, states)
            self.manifest = _with_session(old or manifest, manifest)
            write_manifest(self._sibling(".manifest.json"), self.manifest)
            self.done = _answered(path)
        except BaseException:
            self._lock.close()
            raise
        self._sibling(".failures.jsonl").unlink(missing_ok=True)
        self._answers = RecordAppender(path)
        self.answered = 0
        self.failed = 0
        self.errors: Counter[str] = Counter()
        self.unseen: Counter[str] = Counter()

    def answer(self, rows: list[Prediction]) -> None:
        """Append answers."""
        self._answers.append(*rows)
        self.answered += len(rows)

    def fail(self, rows: list[Prediction]) -> None:
        """Append failures."""
        with RecordAppender(self._sibling(".failures.jsonl")) as failures:
            failures.append(*rows)
        self.failed += len(rows)
        self.errors.update(row.error or "" for row in rows)

    def volume(self, facts: dict[str, Any]) -> None:
        """Append one line of facts about a volume."""
        with self._sibling(".volumes.jsonl").open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(facts) + "\n")
        if "visible_error" in facts:
            self.unseen[facts["visible_error"]] += 1

    def _sibling(self, ending: str) -> Path:
        return siblings(self.path)[ending]

    def _changed_cases(self, asked: set[str], states: Mapping[str, str] | None) -> set[str]:
        """Return the cases asked about whose files are not as they were when they were asked."""
        known = self._sibling(".cases.json")
        if states is None or not known.exists():
            return set()
        before: dict[str, str] = json.loads(known.read_text(encoding="utf-8"))
        return {case_id for case_id in asked & before.keys() if states.get(case_id) != before[case_id]}

    def _note_states(self, asked: set[str], states: Mapping[str, str] | None) -> None:
        if states is None:
            return
        known = self._sibling(".cases.json")
        before = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
        now = {**before, **{case_id: states[case_id] for case_id in asked if case_id in states}}
        write_text(known, json.dumps(now, indent=0, sort_keys=True) + "\n")

    def _set_outdated_aside(self, questions: Sequence[Question], changed: set[str], each_alone: bool) -> None:
        """Keep what would be answered the same today; kept rows follow their questions in all else."""
        aside = self._sibling(".unasked")
        rows = {row.id: row for row in _answers(self.path)}
        for row in _answers(aside):
            rows.setdefault(row.id, row)
        asked = {question.id: question for question in questions}
        kept, unasked, outdated = list[Prediction](), list[Prediction](), list[Prediction]()
        for row in rows.values():
            question = asked.get(row.id)
            if row.case_id in changed or not each_alone:
                outdated.append(row)
            elif question is None:
                unasked.append(row)
            elif Query.of(row) == Query.of(question):
                kept.append(row.model_copy(update=item_fields(question)))
            else:
                outdated.append(row)
        if outdated:
            with RecordAppender(self._sibling(".outdated")) as lost:
                lost.append(*outdated)
        self.outdated = len(outdated)
        if unasked or aside.exists():  # what is taken back leaves only once it stands in the answers
            write_records(aside, [*unasked, *kept])
        write_records(self.path, kept)
        if unasked:
            write_records(aside, unasked)
        else:
            aside.unlink(missing_ok=True)

    def _remove(self) -> None:
        for path in (self.path, *siblings(self.path).values()):
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
    return list(iter_predictions(path))


def iter_predictions(path: Path) -> Iterator[Prediction]:
    """Yield the answers of a run and, after them, its failures; only their identities are kept."""
    yield from iter_records(path, Prediction)
    yield from read_failures(path)


def read_failures(path: Path) -> list[Prediction]:
    """Return the failures of the run that wrote the answers in a file; empty where there are none."""
    failures = failures_file(path)
    return read_records(failures, Prediction).rows if failures.exists() else []


def prediction_files(place: Path) -> list[Path]:
    """Return a file of predictions as it is, of a folder those that lie in it, sorted.

    What a run keeps beside its answers (failures, facts about volumes) is none.

    Raises
    ------
    InputError
        A folder without one.
    """
    if not place.is_dir():
        return [place]
    aside = tuple(ending for ending in _ENDINGS if ending.endswith(".jsonl"))
    found = [
        one
        for one in sorted(place.iterdir())
        if unpacked(one).suffix.lower() in _ROWS and not unpacked(one).name.endswith(aside)
    ]
    if not found:
        raise InputError(f"{place}: holds no file of predictions ({', '.join(_ROWS)}, plain or .gz)")
    return found


def siblings(path: Path) -> dict[str, Path]:
    """Return the files that stand beside a file of answers, by their ending."""
    return {ending: path.with_name(path.stem + ending) for ending in _ENDINGS}


def failures_file(path: Path) -> Path:
    """Return the file of failures beside a file of answers."""
    return siblings(path)[".failures.jsonl"]


def volumes_file(path: Path) -> Path:
    """Return the file of facts about volumes beside a file of answers."""
    return siblings(path)[".volumes.jsonl"]


def _answered(path: Path) -> IdSet:
    return IdSet.of(stored_records(path, Prediction) if path.exists() else ())


def _answers(path: Path) -> list[Prediction]:
    return read_records(path, Prediction).rows if path.exists() else []


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
            "write elsewhere, or start again with --overwrite"
        )
    return old


def _with_session(manifest: Manifest, now: Manifest) -> Manifest:
    sessions = (*manifest.sessions, session(versions=now.versions))
    return manifest.model_copy(update={"sessions": sessions})


def _changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    plain = json.loads(json.dumps(after, default=str))  # as the old one was written
    names = [name for name in {**before, **plain} if before.get(name) != plain.get(name)]
    return [f"{name}: {before.get(name)!r} -> {plain.get(name)!r}" for name in names]


def _set_torn_line_aside(path: Path, torn_lines: Path) -> None:
    """Move a last line without line end (a run killed while writing) to another file."""
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
            with torn_lines.open("ab") as aside:
                aside.write(torn + b"\n")
            stream.truncate(size - len(torn))
