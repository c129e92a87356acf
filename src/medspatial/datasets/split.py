"""Split a dataset by patient: deterministic, and nobody on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from medspatial.errors import InputError
from medspatial.records import Question, content_hash

_RANGE = 16**16


def split_by_patient(
    questions: Iterable[Question], shares: Mapping[str, float], *, seed: int = 0
) -> dict[str, list[Question]]:
    """Return the questions of each part, in their order.

    A patient's part depends on the patient's id and the seed alone, not on who else is in the file: rows
    added later never move anybody. The shares are therefore met on average, not exactly.

    Raises
    ------
    InputError
        Shares that are not positive or do not sum to 1.
    """
    if not shares or any(share <= 0 for share in shares.values()) or abs(sum(shares.values()) - 1) > 1e-9:
        raise InputError(f"shares must be positive and sum to 1, got {dict(shares)}")
    parts: dict[str, list[Question]] = {name: [] for name in shares}
    for one in questions:
        parts[part_of_patient(one.patient_id, shares, seed)].append(one)
    return parts


def part_of_patient(patient_id: str, shares: Mapping[str, float], seed: int = 0) -> str:
    """Return the part that a patient falls into."""
    place = int(content_hash("split", seed, patient_id), 16) / _RANGE
    bound = 0.0
    for name, share in shares.items():
        bound += share
        if place < bound:
            return name
    return list(shares)[-1]


def parse_shares(text: str) -> dict[str, float]:
    """Read ``train=0.8,test=0.2``.

    Raises
    ------
    InputError
        Not of that form, or a name twice.
    """
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, equals, figure = part.partition("=")
        try:
            share = float(figure)
        except ValueError:
            equals = ""
        if not equals or not name.strip() or name.strip() in shares:
            raise InputError(f"shares must look like train=0.8,test=0.2 (each name once), got {text!r}")
        shares[name.strip()] = share
    return shares
