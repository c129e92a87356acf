"""The audit file of CT-SpatialVQA: who judged what, how far, and where they differ from the model."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.datasets.nested import PAIRS, Nested
from medspatial.datasets.review.agreement import Agreement, agreement
from medspatial.errors import InputError

_MODEL = "model"
_PEOPLE = "people"


@dataclass(frozen=True)
class AuditFigures:
    """Figures of an audit.

    Attributes
    ----------
    reviewers, cases
        Assigned.
    questions
        Places for verdicts in the cases that were opened, and in the others where the pairs were given.
    judged
        Places with a verdict; ``spatial`` and ``relevant`` count yes and no among them.
    finished
        Reviewers who judged every question of all their cases.
    differing
        (criterion, people say, model says) and how often.
    with_model
        Agreement of people and model per criterion; where no difference is listed they agree.
    """

    reviewers: int
    cases: int
    opened_cases: int
    questions: int
    judged: int
    finished: int
    spatial: tuple[int, int]
    relevant: tuple[int, int]
    differing: dict[tuple[str, bool, bool], int]
    with_model: dict[str, Agreement]


def read_audit(path: str | Path, pairs: Nested | None = None) -> AuditFigures:
    """Read an audit file (JSON, plain or ``.gz``) and count.

    Parameters
    ----------
    pairs
        The pairs that were audited: gives the number of questions of cases that nobody opened.

    Raises
    ------
    InputError
        Not such a file.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        data = json.loads(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw)
        assigned, progress = dict(data["assignments"]), dict(data["progress"])
        listed = list(data["disagreements"])
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not an audit file with assignments, progress, disagreements: {error}"
        ) from None
    answers = [
        (user, case, place, answer)
        for user, cases in progress.items()
        for case, entry in cases.items()
        for place, answer in enumerate(entry["answers"])
    ]
    judged = [one for one in answers if one[3] is not None]
    return AuditFigures(
        reviewers=len(assigned),
        cases=len({case for cases in assigned.values() for case in cases}),
        opened_cases=len({case for cases in progress.values() for case in cases}),
        questions=len(answers) + _unopened(assigned, progress, pairs),
        judged=len(judged),
        finished=sum(_finished(cases, progress.get(user, {})) for user, cases in assigned.items()),
        spatial=_yes_no(judged, "spatial"),
        relevant=_yes_no(judged, "relevant"),
        differing=dict(Counter((one["type"], one["human"], one["gemini"]) for one in listed)),
        with_model={name: _with_model(judged, listed, name) for name in ("spatial", "relevant")},
    )


def _unopened(assigned: dict[str, Any], progress: dict[str, Any], pairs: Nested | None) -> int:
    left = [case for user, cases in assigned.items() for case in cases if case not in progress.get(user, {})]
    return sum(len(pairs.volumes[case][PAIRS]) for case in left if case in pairs.volumes) if pairs else 0


def _finished(cases: list[str], progress: dict[str, Any]) -> bool:
    return all(case in progress and None not in progress[case]["answers"] for case in cases)


def _yes_no(judged: list[tuple[str, str, int, Any]], criterion: str) -> tuple[int, int]:
    given = [answer.get(criterion) for *_, answer in judged]
    return given.count(True), given.count(False)


def _with_model(judged: list[tuple[str, str, int, Any]], listed: list[Any], criterion: str) -> Agreement:
    """Rebuild the model's verdicts: as listed, else equal to the person's; listed both ways, left out.

    The list keeps rows of verdicts that people changed later, so that its own count is no disagreement.
    """
    model: dict[tuple[str, str, int], set[bool]] = {}
    for one in listed:
        if one["type"] == criterion:
            model.setdefault((one["user"], one["case"], one["index"]), set()).add(one["gemini"])
    ratings = {}
    for user, case, place, answer in judged:
        yes = answer.get(criterion)
        said = model.get((user, case, place), {yes})
        if yes is not None and len(said) == 1:
            ratings[f"{user} {case} {place}"] = {_PEOPLE: yes, _MODEL: next(iter(said))}
    return agreement(ratings)
