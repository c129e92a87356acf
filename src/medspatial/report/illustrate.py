"""Which questions get pictures, and why the others have none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from medspatial.errors import InputError
from medspatial.records import Question, content_hash
from medspatial.report.pictures import CasePictures

if TYPE_CHECKING:
    from medspatial.cases import CaseData


@dataclass
class Illustrations:
    """Pictures by question id as plain data (``{"absent": reason}`` where there is none)."""

    by_question: dict[str, dict[str, Any]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def drawn(self) -> int:
        """Number of questions with a picture."""
        return sum("absent" not in picture for picture in self.by_question.values())


def illustrate(
    questions: Sequence[Question],
    folder: Path,
    load: Callable[[str], CaseData] | None,
    *,
    most: int | None,
    progress: Callable[[str], None] | None = None,
) -> Illustrations:
    """Draw questions case by case, so that each case is read once.

    Parameters
    ----------
    load
        Returns a case's data by its id and raises `InputError` or `OSError` when it cannot; None
        when no cases are at hand.
    most
        Draw at most this many questions, spread evenly over the subtypes; None for all.
    progress
        Called with the id of each case before it is read.
    """
    done = Illustrations()
    if load is None:
        reason = "No picture: the report was made without the cases' images."
        done.by_question = {question.id: {"absent": reason} for question in questions}
        return done
    chosen = spread(questions, most)
    by_case: dict[str, list[Question]] = {}
    for question in questions:
        if question.id in chosen:
            by_case.setdefault(question.case_id, []).append(question)
        else:
            reason = f"No picture: this report draws {len(chosen)} of {len(questions)} questions."
            done.by_question[question.id] = {"absent": reason}
    for number, (case_id, found) in enumerate(by_case.items(), start=1):
        if progress is not None:
            progress(case_id)
        _draw_case(found, folder, f"case-{number:04d}", load, done)
    return done


def spread(questions: Sequence[Question], most: int | None) -> set[str]:
    """Choose at most this many question ids: each subtype in turn gives one, in the order of their hashes."""
    if most is None or most >= len(questions):
        return {question.id for question in questions}
    groups: dict[tuple[str, str], list[str]] = {}
    for question in questions:
        groups.setdefault((question.category or "", question.subtype or ""), []).append(question.id)
    ranked = [
        (turn, group, found)
        for group, ids in groups.items()
        for turn, found in enumerate(sorted(ids, key=lambda one: content_hash("picture", one)))
    ]
    return {found for _, _, found in sorted(ranked)[:most]}


def _draw_case(
    questions: Sequence[Question],
    folder: Path,
    name: str,
    load: Callable[[str], CaseData],
    done: Illustrations,
) -> None:
    case_id = questions[0].case_id
    try:
        artist = CasePictures(load(case_id), folder, name)
    except (InputError, OSError) as error:
        done.failures[case_id] = str(error)
        absent = {"absent": f"No picture: {error}"}
        done.by_question |= {question.id: dict(absent) for question in questions}
        return
    done.by_question |= {question.id: artist.picture(question).to_json() for question in questions}
