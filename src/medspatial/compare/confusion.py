"""Confusion of sides, structures and vertebral levels: reference answer against given answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from medspatial.compare.failure_result import Confusion
from medspatial.compare.failures import structures_of
from medspatial.compare.links import given_answer, reading_of
from medspatial.compare.table import ArmTable
from medspatial.language import level_of, plain, read_answer
from medspatial.records import Item

Kind = Literal["side", "structure", "level"]
OTHER, NO_ANSWER = "other", "no answer"
MAX_LABELS = 30  # further structures are counted as "other"
_SIDE_LABELS = ("left", "right", "midline", "both", "neither")


def confusions(table: ArmTable) -> list[Confusion]:
    """Confusion matrices of every model for the kinds that occur in the table."""
    found = []
    for kind, rows in _labelled(table.items).items():
        if rows:
            labels = _labels(kind, rows, table)
            found += [_confusion(table, column, kind, labels, rows) for column in range(len(table.models))]
    return found


def _labelled(items: Iterable[Item]) -> dict[Kind, list[tuple[int, str]]]:
    """Return the rows of each kind with the labels of their reference answers."""
    kinds: dict[Kind, Callable[[Item], str | None]] = {
        "side": _side,
        "structure": _structure,
        "level": _level,
    }
    found: dict[Kind, list[tuple[int, str]]] = {kind: [] for kind in kinds}
    known: dict[str, str] = {}
    for row, item in enumerate(items):
        for kind, label_of in kinds.items():
            label = label_of(item)
            if label is not None:
                found[kind].append((row, known.setdefault(label, label)))
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
        given = _given(table, row, column, label, kind)
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


def _given(table: ArmTable, row: int, column: int, label: str, kind: Kind) -> str | None:
    """Label that a model gave; the reference's own where the metric found it right in other words."""
    score = table.at(row, column)
    if score is None or score.status != "scored":
        return None
    if score.correct:
        return label
    given = reading_of(score)
    if kind == "side" and given.side:
        return given.side
    if kind == "level":
        return _level_label(given.structures)
    text = given_answer(score)
    return None if text is None else text.removeprefix("the ")


def _level_label(structures: Sequence[str]) -> str:
    """Return the vertebral level among structures: ``vertebrae_T12`` → ``t12``."""
    levels = [name.removeprefix("vertebrae_").lower() for name in structures if name.startswith("vertebrae_")]
    return levels[0] if levels else OTHER


def _labels(kind: Kind, rows: list[tuple[int, str]], table: ArmTable) -> list[str]:
    seen = Counter(label for _, label in rows)
    if kind == "structure":
        return sorted(label for label, _ in seen.most_common(MAX_LABELS))
    if kind == "level":
        readings = [
            reading_of(score)
            for row, _ in rows
            for column in range(len(table.models))
            if (score := table.at(row, column)) is not None and score.status == "scored"
        ]
        given = {_level_label(one.structures) for one in readings} - {OTHER}
        return sorted(set(seen) | given, key=lambda label: (level_of(label) or 0, label))
    return [label for label in _SIDE_LABELS if label in seen]


def _side(item: Item) -> str | None:
    text = plain(item.answer)
    return text if text in _SIDE_LABELS else None


def _level(item: Item) -> str | None:
    if level_of(item.answer) is None:
        return None
    return _level_label(read_answer(item.answer).structures)


def _structure(item: Item) -> str | None:
    text = plain(item.answer)
    if _level(item) is not None or _side(item) is not None:
        return None
    answer = read_answer(item.answer)
    if not answer.one_structure or answer.structures[0] not in structures_of(item):
        return None
    asked = item.answer_type == "anatomy" or _names_structures(item)
    return text.removeprefix("the ") if asked else None


def _names_structures(item: Item) -> bool:
    """True for a choice between structures that were measured."""
    measured = structures_of(item.model_copy(update={"options": ()}))
    return read_answer(item.answer).structures[0] in measured
