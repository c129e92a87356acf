"""Who reviews what: balanced, with overlap, blinded, in an order of each reviewer's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from medspatial.datasets.judgment import CRITERIA
from medspatial.datasets.review.key import ReviewKey
from medspatial.errors import InputError
from medspatial.records import Question, Record, content_hash

_NAME = re.compile(r"\w(?:[\w .@'+-]*[\w@'+-])?")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)  # no files on Windows


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

    def review_key(self) -> ReviewKey:
        """Return the key as it is kept with the forms."""
        shown = {name: [one.model_dump(mode="json") for one in items] for name, items in self.items.items()}
        return ReviewKey(
            seed=self.seed,
            criteria=self.criteria,
            items=self.key,
            reviewers={name: tuple(one.item for one in items) for name, items in self.items.items()},
            shown=content_hash(shown),
        )


def assign(
    questions: Sequence[Question],
    reviewers: Sequence[str],
    *,
    per_item: int | None = None,
    overlap: float = 1.0,
    criteria: Sequence[str] = tuple(CRITERIA),
    seed: int = 0,
) -> Assignment:
    """Give every question to one reviewer, and a share of them to several.

    Whole cases go to a reviewer together (a report is read once); cases are dealt to those who have least.

    Parameters
    ----------
    per_item
        Reviewers of a question in the overlap; two by default, one where there is only one reviewer.
    overlap
        Share of cases that several review, chosen by hash.

    Raises
    ------
    InputError
        No reviewer, fewer than ``per_item``, a name twice or one that is no plain file name, or a share
        outside 0..1.
    """
    if per_item is None:
        per_item = max(1, min(2, len(reviewers)))
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
    if not reviewers:
        raise InputError("reviewers (--reviewer): name at least one")
    for name in reviewers:
        if not _NAME.fullmatch(name) or _DEVICE.fullmatch(name) or len(name) > 100:
            raise InputError(
                "reviewers (--reviewer): a name must be usable as a file name: letters and figures, "
                f"between them blanks and . _ - ' @ +, at most 100; got {name!r}"
            )
    if len({name.casefold() for name in reviewers}) != len(reviewers):  # one file where case does not count
        raise InputError(f"reviewers (--reviewer): names must differ, got {list(reviewers)}")
    if not 1 <= per_item <= len(reviewers):
        raise InputError(
            "per_item (--per-item): must be from 1 to the number of reviewers "
            f"({len(reviewers)}), got {per_item}"
        )
    if not 0 <= overlap <= 1:
        raise InputError(f"overlap (--overlap): must be from 0 to 1, got {overlap}")
