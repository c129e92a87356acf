"""Judgments that name a pair by its place in the case: ``{case: [{index, is_spatial, …}]}``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from medspatial.datasets.nested import PAIRS, Nested
from medspatial.errors import InputError
from medspatial.records import volume_name

INDEX = "index"


def is_indexed(data: Any) -> bool:
    """Whether a JSON value is judgments by case and place."""
    return (
        isinstance(data, dict)
        and bool(data)
        and all(isinstance(rows, list) for rows in data.values())
        and any(isinstance(row, dict) and INDEX in row for rows in data.values() for row in rows)
    )


def rows_by_index(data: Mapping[str, list[Any]], pairs: Nested | None, path: Path) -> list[dict[str, Any]]:
    """Return the judgments with case, question and answer of the pair that each is about.

    Places count from 0 where one is 0, from 1 where one is the number of a case's pairs; where none tells,
    the file is refused.

    Raises
    ------
    InputError
        No pairs to look them up in; an unknown case; a place that is no whole number, or none of the case's
        pairs; places whose start nothing tells.
    """
    if pairs is None:
        raise InputError(f"{path}: names pairs by '{INDEX}': they can only be read beside the file of pairs")
    by_case = {volume_name(name): entry[PAIRS] for name, entry in pairs.volumes.items()}
    places = list(_places(data, by_case, path))
    first = _first(places, by_case, path)
    rows = []
    for case, place, row in places:
        mine = by_case[volume_name(case)]
        if not 0 <= place - first < len(mine):
            raise InputError(
                f"{path}: case {case!r}: field '{INDEX}': {place} is none of its {len(mine)} pairs, "
                f"counted from {first}"
            )
        pair = mine[place - first]
        rows.append({**row, "case_id": case, "question": pair["question"], "answer": pair["answer"]})
    return rows


_Place = tuple[str, int, dict[str, Any]]


def _places(data: Mapping[str, list[Any]], by_case: Mapping[str, Any], path: Path) -> Iterator[_Place]:
    for case, rows in data.items():
        if volume_name(case) not in by_case:
            raise InputError(f"{path}: case {case!r}: is not in the file of pairs")
        for row in rows:
            place = row.get(INDEX) if isinstance(row, dict) else None
            if not isinstance(place, int) or isinstance(place, bool):
                raise InputError(
                    f"{path}: case {case!r}: field '{INDEX}': must be a whole number, got {place!r}"
                )
            yield case, place, row


def _first(places: list[_Place], by_case: Mapping[str, Any], path: Path) -> int:
    """Return 0 or 1, from where the places count; only one of both can be meant."""
    if any(place == 0 for _, place, _ in places):
        return 0
    if any(place == len(by_case[volume_name(case)]) for case, place, _ in places):
        return 1
    raise InputError(
        f"{path}: field '{INDEX}': nothing tells whether it counts from 0 or from 1 "
        "(no place is 0, and none is the last pair's number)"
    )
