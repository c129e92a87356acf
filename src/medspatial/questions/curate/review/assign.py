"""Who reviews what: balanced, with overlap, blinded, in an order of each reviewer's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.errors import InputError
from medspatial.questions.curate.judgment import CRITERIA
from medspatial.records import Question, Record, content_hash, write_records

KEY_FILE = "key.json"


class ReviewItem(Record):
    """What a reviewer sees of a question: nothing of its source, category or earlier verdicts.

    ``item`` is a hash under the review's seed: it does not give away the row.
    """

    item: str
    case_id: str
    question: str
    answer: str
    options: tuple[str, ...] = ()
    quote: str | None = None
    image_path: str | None = None


@dataclass
class Assignment:
    """Items per reviewer, and which row each item stands for (the key, which reviewers do not get)."""

    seed: int
    criteria: tuple[str, ...]
    items: dict[str, list[ReviewItem]] = field(default_factory=dict)
    key: dict[str, str] = field(default_factory=dict)


def assign(
    questions: Sequence[Question],
    reviewers: Sequence[str],
    *,
    per_item: int = 2,
    overlap: float = 1.0,
    criteria: Sequence[str] = tuple(CRITERIA),
    seed: int = 0,
) -> Assignment:
    """Give every question to one reviewer, and a share of them to several.

    Whole cases go to a reviewer together (a report is read once); cases are dealt to those who have least.

    Parameters
    ----------
    per_item
        Reviewers of a question in the overlap.
    overlap
        Share of cases that several review, chosen by hash.

    Raises
    ------
    InputError
        Fewer reviewers than ``per_item``, a name twice, or a share outside 0..1.
    """
    _check(reviewers, per_item, overlap)
    result = Assignment(seed, tuple(criteria), {name: [] for name in reviewers})
    cases: dict[str, list[Question]] = {}
    for one in questions:
        cases.setdefault(one.case_id, []).append(one)
    shared = round(overlap * len(cases))
    order = sorted(cases, key=lambda case: content_hash("review", seed, case))
    load = dict.fromkeys(reviewers, 0)
    for place, case in enumerate(order):
        count = per_item if place < shared else 1
        ranked = sorted(reviewers, key=lambda name: (load[name], content_hash("deal", seed, case, name)))
        for name in ranked[:count]:
            load[name] += len(cases[case])
            result.items[name] += [_item(one, seed) for one in cases[case]]
    result.key = {item_id(one, seed): one.id for one in questions}
    for name, items in result.items.items():
        items.sort(key=lambda item: content_hash("order", seed, name, item.case_id))
    return result


def write_assignments(folder: str | Path, assignment: Assignment) -> list[Path]:
    """Write ``<reviewer>.jsonl`` for each reviewer, and the key for whoever runs the review."""
    folder = Path(folder)
    paths = [write_records(folder / f"{name}.jsonl", items) for name, items in assignment.items.items()]
    facts = {"seed": assignment.seed, "criteria": list(assignment.criteria), "items": assignment.key}
    (folder / KEY_FILE).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    return paths


def read_key(folder: str | Path) -> dict[str, str]:
    """Return the key of a review folder: item to row id.

    Raises
    ------
    InputError
        It is missing or damaged.
    """
    path = Path(folder) / KEY_FILE
    try:
        items = json.loads(path.read_text(encoding="utf-8"))["items"]
        return {str(item): str(row) for item, row in items.items()}
    except FileNotFoundError:
        raise InputError(f"{path}: the key of the review is missing") from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise InputError(f"{path}: not the key of a review") from None


def item_id(one: Question, seed: int) -> str:
    """Return the blinded id of a question."""
    return content_hash("item", seed, one.id)


def _item(one: Question, seed: int) -> ReviewItem:
    return ReviewItem(
        item=item_id(one, seed),
        case_id=one.case_id,
        question=one.question,
        answer=one.answer,
        options=one.options,
        quote=one.evidence.quote if one.evidence else None,
        image_path=one.image_path,
    )


def _check(reviewers: Sequence[str], per_item: int, overlap: float) -> None:
    if len(set(reviewers)) != len(reviewers):
        raise InputError(f"reviewers: names must differ, got {list(reviewers)}")
    if not 1 <= per_item <= len(reviewers):
        raise InputError(
            f"per_item: must be from 1 to the number of reviewers ({len(reviewers)}), got {per_item}"
        )
    if not 0 <= overlap <= 1:
        raise InputError(f"overlap: must be from 0 to 1, got {overlap}")
