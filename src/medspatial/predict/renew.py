"""Set aside answers that no longer hold, because their question or their case's files changed.

``NAME.cases.json``  the state of each case's files when it was asked
``NAME.outdated``    answers that were set aside, one line each
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from medspatial.manifest import read_manifest, write_manifest
from medspatial.predict.output import locked, set_torn_line_aside
from medspatial.predict.runner import question_inputs
from medspatial.records import Prediction, Question, RecordAppender, content_hash, read_records, write_records


def renew(
    path: Path, questions: Sequence[Question], states: Mapping[str, str], *, each_alone: bool = True
) -> int:
    """Keep of a prediction file what would be answered the same today, so that the run can go on in it.

    An answer stays if its question is still asked in the same words and the files of its case are as they
    were. A file whose questions and cases are all unchanged is not touched.

    Parameters
    ----------
    path
        The predictions' ``.jsonl`` file; may be missing.
    questions
        As they are asked now, in the arm of the file.
    states
        State of the files of each case, by case id (see `medspatial.cases.file_state`).
    each_alone
        Whether an answer depends on its own case alone; else any change sets all aside.

    Returns
    -------
    int
        How many answers were set aside.
    """
    known = path.with_name(f"{path.stem}.cases.json")
    before = json.loads(known.read_text(encoding="utf-8")) if known.exists() else {}
    manifest = read_manifest(path.with_name(f"{path.stem}.manifest.json"))
    changed = {case_id for case_id, state in before.items() if states.get(case_id) != state}
    inputs = question_inputs(questions)
    outdated = 0
    if manifest is not None and path.exists() and (changed or manifest.inputs != inputs):
        with locked(path):
            outdated = _set_aside(path, questions, changed, each_alone=each_alone)
            renewed = content_hash(manifest.stage, manifest.configuration, inputs)
            update = {"inputs": inputs, "configuration_hash": renewed}
            write_manifest(path.with_name(f"{path.stem}.manifest.json"), manifest.model_copy(update=update))
    if states != before:
        _write(known, states)
    return outdated


def _set_aside(path: Path, questions: Sequence[Question], changed: set[str], *, each_alone: bool) -> int:
    set_torn_line_aside(path)
    asked = {one.id: (one.question, one.options, one.answer) for one in questions}
    kept, outdated = list[Prediction](), list[Prediction]()
    for row in read_records(path, Prediction):
        same = asked.get(row.id) == (row.question, row.options, row.answer) and row.case_id not in changed
        (kept if same and each_alone else outdated).append(row)
    with RecordAppender(path.with_name(f"{path.stem}.outdated")) as file:
        file.append(*outdated)
    write_records(path, kept)
    return len(outdated)


def _write(path: Path, states: Mapping[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.tmp")
    temporary.write_text(json.dumps(dict(states), indent=0, sort_keys=True) + "\n", encoding="utf-8")
    temporary.replace(path)
