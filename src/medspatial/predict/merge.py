"""Shards joined to what one run over all cases would have written: rows, order and bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from medspatial.arms import Arm
from medspatial.arms import arm as arm_of
from medspatial.errors import InputError
from medspatial.files import locked, whole_file, write_bytes, write_text
from medspatial.manifest import Manifest, read_manifest, write_manifest
from medspatial.predict.output import siblings
from medspatial.predict.runner import questions_hash
from medspatial.predict.shard import Shard
from medspatial.records import Prediction, Question, content_hash

_ASIDE = (".outdated", ".unasked", ".torn")  # lines set aside, which nothing else holds


@dataclass(frozen=True)
class Merged:
    """What was joined: the file, answers, failures, shards."""

    path: Path
    answered: int
    failed: int
    shards: int


@dataclass(frozen=True)
class _Row:
    """Where a row lies, so that none is kept in memory."""

    path: Path
    start: int
    size: int


def merge(
    shards: Sequence[str | Path],
    questions: Sequence[Question],
    output: str | Path,
    *,
    overwrite: bool = False,
) -> Merged:
    """Join the predictions of all shards of one model in one arm.

    What the shards set aside (``.outdated``, ``.unasked``, ``.torn``) is set aside beside the whole, too.
    Answers, failures and facts about volumes stand in the order of a single run, byte for byte as the shards
    hold them; the manifest is that of a single run, with the sessions of all. The answers appear last, so
    that a broken merge can be done again. A later `predict` on the file goes on as usual.

    Parameters
    ----------
    shards
        Their ``.jsonl`` files, in any order.
    questions
        The whole data set, as each shard was given it.
    output
        The file to write.
    overwrite
        Replace a file that is there.

    Raises
    ------
    InputError
        A shard is missing, given twice, of another configuration, still being written, or not finished; a
        case stands in two of them, or its files changed between them; other questions than the shards'; a
        file that is there.
    """
    output = Path(output)
    paths = [Path(path) for path in shards]
    if not paths:
        raise InputError("no shards to merge")
    if output.exists() and not overwrite:
        raise InputError(f"{output}: is there already; give --overwrite to replace it")
    manifests = _manifests(paths)
    output.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as locks:
        for path in (*paths, output):
            locks.enter_context(locked(path))
        first = next(iter(manifests.values()))
        arm: Arm = arm_of(str(first.configuration["arm"]))
        asked = case_order(arm.questions(questions))
        if questions_hash(arm.questions(questions)) != first.inputs["questions"]:
            raise InputError(f"{paths[0]}: was made for other questions than those given")
        answers, failures = dict[str, _Row](), dict[str, _Row]()
        for path, shard in zip(paths, manifests, strict=True):
            mine = {question.id: question for question in shard.questions(asked)}
            answers.update(_rows(path, mine, "ok"))
            failed = dict(_rows(siblings(path)[".failures.jsonl"], mine, "failed"))
            failures.update((name, row) for name, row in failed.items() if name not in answers)
            _refuse_holes(path, shard, mine, answers.keys() | failures.keys())
        order = [question.id for question in asked]
        beside = siblings(output)
        for ending, path in beside.items():
            if ending not in _ASIDE:
                path.unlink(missing_ok=True)
        output.unlink(missing_ok=True)
        if failures:
            _write(beside[".failures.jsonl"], [failures[name] for name in order if name in failures])
        _write_volumes(beside[".volumes.jsonl"], paths, asked)
        _write_states(beside[".cases.json"], paths)
        for ending in _ASIDE:
            _join_aside(beside[ending], [siblings(path)[ending] for path in paths])
        write_manifest(beside[".manifest.json"], _whole(list(manifests.values())))
        _write(output, [answers[name] for name in order if name in answers])
    return Merged(output, len(answers), len(failures), len(paths))


def case_order(questions: Sequence[Question]) -> list[Question]:
    """Return questions as a run asks them: by case in order of first appearance."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        groups.setdefault(question.case_id, []).append(question)
    return [question for group in groups.values() for question in group]


def _manifests(paths: Sequence[Path]) -> dict[Shard, Manifest]:
    """Return the manifest of each shard in the order of the paths, held against each other."""
    found: dict[Shard, Manifest] = {}
    for path in paths:
        manifest = read_manifest(siblings(path)[".manifest.json"])
        if manifest is None or "shard" not in manifest.inputs:
            raise InputError(f"{path}: is not a shard of a run (made by predict --shard I/N)")
        shard = Shard.parse(manifest.inputs["shard"])
        first = next(iter(found.values()), manifest)
        names = {**first.configuration, **manifest.configuration}
        changed = [n for n in names if first.configuration.get(n) != manifest.configuration.get(n)]
        if changed:
            both = ", ".join(
                f"{n}: {first.configuration.get(n)!r} and {manifest.configuration.get(n)!r}" for n in changed
            )
            raise InputError(f"{path}: was made with another configuration than {paths[0]} ({both})")
        if manifest.inputs["questions"] != first.inputs["questions"]:
            raise InputError(f"{path}: was made for other questions than {paths[0]}")
        if shard in found:
            raise InputError(f"{path}: is shard {shard}, which was given before")
        if shard.count != next(iter(found), shard).count:
            raise InputError(f"{path}: is shard {shard}, but {paths[0]} is {next(iter(found))}")
        found[shard] = manifest
    count = next(iter(found)).count
    missing = [str(one) for one in (Shard(n, count) for n in range(1, count + 1)) if one not in found]
    if missing:
        raise InputError(f"missing shards: {', '.join(missing)}")
    return found


def _rows(path: Path, mine: Mapping[str, Question], status: str) -> Iterator[tuple[str, _Row]]:
    """Yield id and place of each row of a shard, each held to the shard's own questions."""
    seen = set[str]()
    for number, start, line in _lines(path):
        try:
            row = Prediction.model_validate_json(line)
        except ValidationError as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{path}, line {number}: is not a prediction ({reason})") from None
        question = mine.get(row.id)
        if question is None or question.case_id != row.case_id or row.status != status:
            raise InputError(
                f"{path}, line {number}: question {row.id} (case {row.case_id}) is none of this shard's"
            )
        if row.id in seen:
            raise InputError(f"{path}, line {number}: question {row.id} stands in this file before")
        seen.add(row.id)
        yield row.id, _Row(path, start, len(line))


def _lines(path: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield number, place and bytes of each line; nothing where there is no file."""
    if not path.exists():
        return
    start = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.endswith(b"\n"):
                raise InputError(f"{path}, line {number}: is cut off (by a killed run): run this shard again")
            yield number, start, line
            start += len(line)


def _refuse_holes(path: Path, shard: Shard, mine: Mapping[str, Question], there: set[str]) -> None:
    missing = [question for name, question in mine.items() if name not in there]
    if missing:
        raise InputError(
            f"{path}: shard {shard} is not finished, {len(missing)} of {len(mine)} questions are open "
            f"(first {missing[0].id}, case {missing[0].case_id}): run it again"
        )


def _write(path: Path, rows: Sequence[_Row]) -> None:
    with ExitStack() as opened, whole_file(path) as unfinished, unfinished.open("wb") as target:
        sources = {source: opened.enter_context(source.open("rb")) for source in {row.path for row in rows}}
        for row in rows:
            sources[row.path].seek(row.start)
            target.write(sources[row.path].read(row.size))


def _write_volumes(path: Path, shards: Sequence[Path], asked: Sequence[Question]) -> None:
    """Write the facts about volumes, by case in the order of a single run."""
    facts: dict[str, list[_Row]] = {question.case_id: [] for question in asked}
    there = False
    for shard in shards:
        source = siblings(shard)[".volumes.jsonl"]
        there = there or source.exists()
        for _, start, line in _lines(source):
            facts.setdefault(json.loads(line)["case_id"], []).append(_Row(source, start, len(line)))
    if there:
        _write(path, [row for rows in facts.values() for row in rows])


def _write_states(path: Path, shards: Sequence[Path]) -> None:
    """Join the states of the cases' files; one that changed between two shards is refused."""
    states: dict[str, str] = {}
    known = [siblings(shard)[".cases.json"] for shard in shards]
    for source in (one for one in known if one.exists()):
        given: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
        changed = [name for name in given if states.get(name, given[name]) != given[name]]
        if changed:
            raise InputError(f"{source}: the files of case {changed[0]} changed between the shards' runs")
        states |= given
    if states:
        write_text(path, json.dumps(states, indent=0, sort_keys=True) + "\n")


def _join_aside(path: Path, shards: Sequence[Path]) -> None:
    """Put what the shards have set aside behind what the whole has, each line once."""
    sources = [one for one in (path, *shards) if one.exists()]
    lines = dict.fromkeys(line for one in sources for line in one.read_bytes().splitlines(keepends=True))
    if lines:
        write_bytes(path, b"".join(lines))


def _whole(manifests: Sequence[Manifest]) -> Manifest:
    """Return the manifest that one run over all cases has, with the sessions of all shards."""
    first = manifests[0]
    inputs: dict[str, Any] = {name: value for name, value in first.inputs.items() if name != "shard"}
    sessions = [{**one, "shard": m.inputs["shard"]} for m in manifests for one in m.sessions]
    update = {
        "inputs": inputs,
        "configuration_hash": content_hash(first.stage, first.configuration, inputs),
        "sessions": tuple(sorted(sessions, key=lambda one: str(one["started"]))),
    }
    return first.model_copy(update=update)
