"""Verdicts on pairs by criterion, of models or people, and how several become one."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from medspatial.datasets.indexed_judgments import is_indexed, rows_by_index
from medspatial.datasets.nested import Nested
from medspatial.errors import InputError
from medspatial.records import Record, volume_name
from medspatial.records.table import json_value

CRITERIA: dict[str, str] = {
    "spatial": "answering needs place, side, distance, extent or how sizes compare",
    "answerable": "the report states the answer",
    "needs_image": "the question alone does not give the answer away",
    "distinct": "no earlier pair of the case asks for the same",
}
RELEVANCE = ("answerable", "needs_image", "distinct")
"""Criteria that together make a pair relevant; files with ``is_relevant`` state it as a whole."""

Key = tuple[str, str, str]


class Judgment(Record):
    """One judge's verdicts on one pair.

    Attributes
    ----------
    verdicts, reasons
        By criterion: `CRITERIA`, or ``relevant`` for a verdict on relevance as a whole.
    status
        ``failed`` where the judge gave no verdict.
    """

    case_id: str
    question: str
    answer: str
    judge: str
    id: str = ""
    verdicts: dict[str, bool] = Field(default_factory=dict)
    reasons: dict[str, str] = Field(default_factory=dict)
    status: Literal["ok", "failed"] = "ok"
    error: str | None = None
    warning: str | None = None

    @property
    def key(self) -> Key:
        """What joins it to its pair."""
        return pair_key(self.case_id, self.question, self.answer)


@dataclass(frozen=True)
class Verdict:
    """What the judges of one pair say together.

    Attributes
    ----------
    votes
        By criterion: how many say yes, and how many voted.
    """

    votes: Mapping[str, tuple[int, int]]

    def holds(self, criterion: str) -> bool | None:
        """Whether more than half say yes; None without any vote, False for a tie."""
        yes, cast = self.votes.get(criterion, (0, 0))
        return None if cast == 0 else 2 * yes > cast

    @property
    def spatial(self) -> bool | None:
        """Whether the pair is spatial."""
        return self.holds("spatial")

    @property
    def relevant(self) -> bool | None:
        """Whether it is relevant: as a whole, or by all criteria of relevance that were judged."""
        parts = [self.holds(one) for one in ("relevant", *RELEVANCE)]
        known = [one for one in parts if one is not None]
        return all(known) if known else None


def pair_key(case_id: str, question: str, answer: str) -> Key:
    """Return the key of a pair: volume name and both texts."""
    return volume_name(case_id), question, answer


def majority(judgments: Iterable[Judgment]) -> dict[Key, Verdict]:
    """Count votes per pair and criterion; a judge's later verdict on a pair replaces the earlier."""
    latest: dict[Key, dict[str, Judgment]] = defaultdict(dict)
    for one in judgments:
        if one.status == "ok":
            latest[one.key][one.judge] = one
    return {key: _verdict(by_judge.values()) for key, by_judge in latest.items()}


def _verdict(judgments: Iterable[Judgment]) -> Verdict:
    votes: dict[str, list[bool]] = defaultdict(list)
    for one in judgments:
        for criterion, yes in one.verdicts.items():
            votes[criterion].append(yes)
    return Verdict({criterion: (sum(cast), len(cast)) for criterion, cast in votes.items()})


def read_judgments(path: str | Path, pairs: Nested | None = None) -> list[Judgment]:
    """Read judgments: our JSONL; rows with ``is_spatial``/``is_relevant``; or a nested form of these.

    Parameters
    ----------
    pairs
        The pairs that are judged; needed where rows name a pair by its place in the case.

    Raises
    ------
    InputError
        With file, row, and what is wrong.
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from None
    return [_judgment(path, place, row) for place, row in enumerate(_rows(path, text, pairs), start=1)]


def _rows(path: Path, text: str, pairs: Nested | None) -> list[dict[str, Any]]:
    try:
        data = json_value(text)
    except json.JSONDecodeError:
        data = None
    if isinstance(data, list):
        return data
    if is_indexed(data):
        return rows_by_index(data, pairs, path)
    if (
        isinstance(data, dict)
        and data
        and all(isinstance(v, dict) and "qa_pairs" in v for v in data.values())
    ):
        return [{"case_id": name, **pair} for name, entry in data.items() for pair in entry["qa_pairs"]]
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                rows.append(json_value(line))
            except json.JSONDecodeError as error:
                raise InputError(f"{path}:{number}: not JSON: {error.msg}") from None
    return rows


def _judgment(path: Path, place: int, row: Any) -> Judgment:
    if not isinstance(row, dict):
        raise InputError(f"{path}: row {place}: must be an object, got {row!r}")
    if "is_spatial" in row or "is_relevant" in row:
        verdicts = {
            name: row[f"is_{name}"] for name in ("spatial", "relevant") if row.get(f"is_{name}") is not None
        }
        case = row.get("case_id") or row.get("volume") or ""
        row = {key: row.get(key) for key in ("question", "answer")} | {
            "case_id": case,
            "reasons": {"as a whole": row["reasoning"]} if isinstance(row.get("reasoning"), str) else {},
            "judge": str(row.get("judge") or path.name.partition(".")[0]),
            "verdicts": verdicts,
        }
    try:
        return Judgment.model_validate(row)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{path}: row {place}: field '{name}': {first['msg']}") from None
