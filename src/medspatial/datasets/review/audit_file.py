"""The audit file of CT-SpatialVQA: who judged what, how far, and where they differ from the model."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medspatial.agreement import kappa_of_pairs
from medspatial.datasets.nested import PAIRS, Nested
from medspatial.datasets.review.agreement import Agreement, agreement
from medspatial.datasets.rule_filter import rule_verdict
from medspatial.errors import InputError

_MODEL = "model"
_PEOPLE = "people"
_RULES = "rules"
_FIRST = 1
"""The list of differences counts the questions of a case from 1; answers stand from 0."""
_DRAWS = 1000


_Judged = tuple[str, str, int, Any]


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
    same_pairs
        Judged cases of which the given pairs are those that were audited: as many, and each listed question
        at its place. Others were written anew since.
    rules, model_there
        On these cases: agreement of people with the filter by rules, and with the model, on what is spatial.
    rules_interval, model_interval
        Their kappas' 95 % intervals, cases drawn anew.
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
    same_pairs: int = 0
    rules: Agreement | None = None
    rules_interval: tuple[float, float] | None = None
    model_there: Agreement | None = None
    model_interval: tuple[float, float] | None = None


def read_audit(path: str | Path, pairs: Nested | None = None) -> AuditFigures:
    """Read an audit file (JSON, plain or ``.gz``) and count.

    Parameters
    ----------
    pairs
        The pairs that were audited: gives the number of questions of cases that nobody opened.

    Raises
    ------
    InputError
        Not such a file, or one whose list of differences gives another verdict than its answers.
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
    _check_listed(path, listed, progress)
    same = _same_pairs(progress, listed, pairs) if pairs else {}
    there = [one for one in judged if (one[0], one[1]) in same]
    by_rules = _with_rules(there, same)
    by_model = _model_ratings(there, listed, "spatial")
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
        with_model={
            name: agreement(_model_ratings(judged, listed, name)) for name in ("spatial", "relevant")
        },
        same_pairs=len({(user, case) for user, case, *_ in there}),
        rules=agreement(by_rules) if same else None,
        rules_interval=_interval(by_rules),
        model_there=agreement(by_model) if same else None,
        model_interval=_interval(by_model),
    )


def _check_listed(path: Path, listed: list[Any], progress: dict[str, Any]) -> None:
    """Refuse a list of differences that gives a person another verdict than the answers do."""
    for number, one in enumerate(listed):
        given = progress.get(one["user"], {}).get(one["case"], {}).get("answers", [])
        place = one["index"] - _FIRST
        answer = given[place] if 0 <= place < len(given) else None
        said = None if answer is None else answer.get(one["type"])
        if said is not one["human"]:
            raise InputError(
                f"{path}: disagreements[{number}]: {one['user']} judged question {one['index']} of "
                f"{one['case']} as {one['human']!r} ({one['type']}); the answers say {said!r}"
            )


def _same_pairs(
    progress: dict[str, Any], listed: list[Any], pairs: Nested
) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Return the pairs of each opened case that are those which were audited."""
    found = {}
    for user, cases in progress.items():
        for case, entry in cases.items():
            given = pairs.volumes.get(case, {}).get(PAIRS, [])
            own = [one for one in listed if one["user"] == user and one["case"] == case]
            if len(given) == len(entry["answers"]) and all(
                given[one["index"] - _FIRST]["question"] == one["question"] for one in own
            ):
                found[user, case] = given
    return found


_Ratings = dict[str, dict[str, bool]]


def _with_rules(judged: list[_Judged], pairs: dict[tuple[str, str], list[dict[str, str]]]) -> _Ratings:
    ratings = {}
    for user, case, place, answer in judged:
        if answer.get("spatial") is not None:
            pair = pairs[user, case][place]
            verdict = rule_verdict(pair["question"], pair["answer"])
            ratings[f"{user} {case} {place}"] = {_PEOPLE: answer["spatial"], _RULES: verdict.spatial}
    return ratings


def _interval(ratings: _Ratings) -> tuple[float, float] | None:
    """Return the 95 % interval of kappa over draws of whole cases, from a fixed seed."""
    by_case: dict[str, list[tuple[bool, ...]]] = {}
    for key, labels in ratings.items():
        by_case.setdefault(key.rsplit(" ", 1)[0], []).append(tuple(labels.values()))
    rng, cases, found = random.Random(0), list(by_case.values()), []
    for _ in range(_DRAWS if len(cases) > 1 else 0):
        drawn = [pair for case in rng.choices(cases, k=len(cases)) for pair in case]
        kappa = kappa_of_pairs((first, second) for first, second in drawn)
        if kappa is not None:
            found.append(kappa.value)
    found.sort()
    return (found[len(found) // 40], found[-1 - len(found) // 40]) if found else None


def _unopened(assigned: dict[str, Any], progress: dict[str, Any], pairs: Nested | None) -> int:
    left = [case for user, cases in assigned.items() for case in cases if case not in progress.get(user, {})]
    return sum(len(pairs.volumes[case][PAIRS]) for case in left if case in pairs.volumes) if pairs else 0


def _finished(cases: list[str], progress: dict[str, Any]) -> bool:
    return all(case in progress and None not in progress[case]["answers"] for case in cases)


def _yes_no(judged: list[_Judged], criterion: str) -> tuple[int, int]:
    given = [answer.get(criterion) for *_, answer in judged]
    return given.count(True), given.count(False)


def _model_ratings(judged: list[_Judged], listed: list[Any], criterion: str) -> _Ratings:
    """Rebuild the model's verdicts: as listed, else equal to the person's; listed both ways, left out."""
    model: dict[tuple[str, str, int], set[bool]] = {}
    for one in listed:
        if one["type"] == criterion:
            model.setdefault((one["user"], one["case"], one["index"] - _FIRST), set()).add(one["gemini"])
    ratings = {}
    for user, case, place, answer in judged:
        yes = answer.get(criterion)
        said = model.get((user, case, place), {yes})
        if yes is not None and len(said) == 1:
            ratings[f"{user} {case} {place}"] = {_PEOPLE: yes, _MODEL: next(iter(said))}
    return ratings
