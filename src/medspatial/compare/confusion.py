"""Confusion of sides, structures and vertebral levels: reference answer against given answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Literal

from medspatial.compare.failures import structures_of, vertebra
from medspatial.compare.links import given_answer, plain
from medspatial.compare.result import Confusion
from medspatial.compare.table import ArmTable
from medspatial.records import Item

Kind = Literal["side", "structure", "level"]
OTHER, NO_ANSWER = "other", "no answer"
MAX_LABELS = 30  # further structures are counted as "other"
_SIDE_LABELS = ("left", "right", "midline", "both", "neither")


def confusions(table: ArmTable) -> list[Confusion]:
    """Confusion matrices of every model for the kinds that occur in the table."""
    kinds: dict[Kind, Callable[[Item], str | None]] = {
        "side": _side,
        "structure": _structure,
        "level": _level,
    }
    found = []
    for kind, label_of in kinds.items():
        rows = [(row, label) for row, item in enumerate(table.items) if (label := label_of(item)) is not None]
        if rows:
            labels = _labels(kind, rows, table)
            found += [_confusion(table, column, kind, labels, rows) for column in range(len(table.models))]
    return found


def _confusion(
    table: ArmTable, column: int, kind: Kind, labels: list[str], rows: list[tuple[int, str]]
) -> Confusion:
    columns = [*labels, OTHER, NO_ANSWER]
    place = {label: number for number, label in enumerate(labels)}
    counts = [[0] * len(columns) for _ in labels]
    for row, label in rows:
        if label not in place:
            continue
        given = _given(table, row, column, label)
        number = len(labels) + 1 if given is None else place.get(given, len(labels))
        counts[place[label]][number] += 1
    return Confusion(
        model=table.models[column],
        arm=table.arm,
        kind=kind,
        labels=tuple(labels),
        columns=tuple(columns),
        counts=tuple(tuple(line) for line in counts),
    )


def _given(table: ArmTable, row: int, column: int, label: str) -> str | None:
    """Label that a model gave; the reference's own where the metric found it right in other words."""
    score = table.scores.get((row, column))
    if score is None or score.status != "scored":
        return None
    if score.correct:
        return label
    return given_answer(score)


def _labels(kind: Kind, rows: list[tuple[int, str]], table: ArmTable) -> list[str]:
    seen = Counter(label for _, label in rows)
    if kind == "structure":
        return sorted(label for label, _ in seen.most_common(MAX_LABELS))
    if kind == "level":
        given = {
            text
            for row, _ in rows
            for column in range(len(table.models))
            if (text := given_answer(table.scores.get((row, column)))) and vertebra(text) is not None
        }
        return sorted(set(seen) | given, key=lambda label: vertebra(label) or 0)
    return [label for label in _SIDE_LABELS if label in seen]


def _side(item: Item) -> str | None:
    text = plain(item.answer)
    return text if text in _SIDE_LABELS else None


def _level(item: Item) -> str | None:
    text = plain(item.answer)
    return text if vertebra(text) is not None else None


def _structure(item: Item) -> str | None:
    text = plain(item.answer)
    if _level(item) is not None or _side(item) is not None:
        return None
    return (
        text
        if text in structures_of(item) and (item.answer_type == "anatomy" or _names_structures(item))
        else None
    )


def _names_structures(item: Item) -> bool:
    """True for a choice between structures that were measured."""
    measured = structures_of(item.model_copy(update={"options": ()}))
    return bool(measured) and plain(item.answer) in measured
