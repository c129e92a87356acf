"""Questions without their weight: columns join and group them, whole ones stay where they are.

A question with its evidence takes some kilobytes of memory, and a comparison or a report looks at all of it a
few times at most. What is kept is what joins and groups it and where it stands, some two hundred bytes with
its id; the question itself is read again from its file when asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar, overload

import numpy as np

from medspatial.compare.clustered import Floats
from medspatial.compare.coded import Coded, Coding, Flags, Numbers
from medspatial.records import Item, Question, read_records, stored_or_none

I_co = TypeVar("I_co", bound=Item, covariant=True)
_LINK_FIELDS = ("linked_id", "original_id", "reference_id")  # in the metadata of a question or score


@dataclass(frozen=True, eq=False)
class ItemRows(Sequence[I_co], Generic[I_co]):
    """Questions (or scores that stand for them) in order.

    Attributes
    ----------
    ids
        Under which each is joined; a whole one that is read again has it too.
    cases, patients, subtypes, answer_types
        Of each question, and
    categories
        those that it counts in: its own, else its tags; see `categories_of`.
    own_categories
        Its own alone.
    chance
        (rows,) chance of guessing right, NaN for open questions; see `chance_level`.
    pairs
        The pair that each belongs to; see `pair_of`.
    linked
        Row to the ids that its metadata names; see `linked_ids`.
    whole
        Where whole ones stand: in row `places` of these.
    """

    ids: tuple[str, ...]
    cases: Coded[str]
    patients: Coded[str]
    categories: Coded[tuple[str, ...]]
    own_categories: Coded[str | None]
    subtypes: Coded[str | None]
    answer_types: Coded[str]
    pairs: Coded[str | None]
    chance: Floats
    linked: Mapping[int, tuple[str, ...]]
    whole: Sequence[I_co]
    places: Numbers

    @classmethod
    def of(cls, items: Iterable[I_co]) -> ItemRows[I_co]:
        """Return questions with their columns; those that have them already as they are."""
        if isinstance(items, ItemRows):
            return items
        rows = items if isinstance(items, Sequence) else list(items)
        taken = ItemColumns()
        for item in rows:
            taken.add(item)
        return taken.rows(rows)

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> I_co: ...

    @overload
    def __getitem__(self, at: slice) -> ItemRows[I_co]: ...

    def __getitem__(self, at: int | slice) -> I_co | ItemRows[I_co]:
        if isinstance(at, slice):
            return self.only(np.arange(len(self))[at])
        item, name = self.whole[int(self.places[at])], self.ids[at]
        return item if item.id == name else item.model_copy(update={"id": name})

    def __iter__(self) -> Iterator[I_co]:
        return (self[row] for row in range(len(self)))

    def only(self, rows: Numbers | Flags) -> ItemRows[I_co]:
        """Return some questions, by their numbers or by a flag for each."""
        kept = np.asarray(np.flatnonzero(rows) if rows.dtype == np.bool_ else rows, dtype=np.int64)
        numbers = kept.tolist()
        return replace(
            self,
            ids=tuple(self.ids[row] for row in numbers),
            cases=self.cases.only(kept),
            patients=self.patients.only(kept),
            categories=self.categories.only(kept),
            own_categories=self.own_categories.only(kept),
            subtypes=self.subtypes.only(kept),
            answer_types=self.answer_types.only(kept),
            pairs=self.pairs.only(kept),
            chance=self.chance[kept],
            linked={new: self.linked[old] for new, old in enumerate(numbers) if old in self.linked},
            places=self.places[kept],
        )


class ItemColumns:
    """The columns of `ItemRows` while questions come in."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self._cases, self._patients, self._answer_types = Coding[str](), Coding[str](), Coding[str]()
        self._categories = Coding[tuple[str, ...]]()
        self._own_categories, self._subtypes, self._pairs = (Coding[str | None]() for _ in range(3))
        self._chance = array("d")
        self._linked: dict[int, tuple[str, ...]] = {}

    def add(self, item: Item) -> None:
        """Take the next question."""
        if links := tuple(linked_ids(item)):
            self._linked[len(self.ids)] = links
        self.ids.append(item.id)
        self._cases.add(item.case_id)
        self._patients.add(item.patient_id)
        self._categories.add(tuple(categories_of(item)))
        self._own_categories.add(item.category)
        self._subtypes.add(item.subtype)
        self._answer_types.add(item.answer_type)
        self._pairs.add(pair_of(item))
        self._chance.append(chance_level(item))

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, whole: Sequence[I_co], places: Numbers | None = None) -> ItemRows[I_co]:
        """Return the questions, which stand in this sequence: one behind the other, or in these places."""
        found = np.arange(len(whole)) if places is None else places
        if len(found) != len(self):
            raise ValueError(f"{len(found)} questions, columns of {len(self)}")
        return ItemRows(
            ids=tuple(self.ids),
            cases=self._cases.result(),
            patients=self._patients.result(),
            categories=self._categories.result(),
            own_categories=self._own_categories.result(),
            subtypes=self._subtypes.result(),
            answer_types=self._answer_types.result(),
            pairs=self._pairs.result(),
            chance=np.array(self._chance, dtype=np.float64),
            linked=self._linked,
            whole=whole,
            places=found,
        )


def questions_of_file(path: str | Path) -> ItemRows[Question]:
    """Check the questions of a file and leave them there; what is not plain JSONL comes into memory.

    Raises
    ------
    InputError
        As `medspatial.records.read_records`.
    """
    columns = ItemColumns()
    stored = stored_or_none(path, Question, seen=columns.add)
    return ItemRows.of(read_records(path, Question).rows) if stored is None else columns.rows(stored)


def categories_of(item: Item) -> tuple[str, ...]:
    """Return an item's category; of a question without one its tags, so that it counts in each of them."""
    if item.category is not None:
        return (item.category,)
    return item.tags if isinstance(item, Question) else ()


def chance_level(item: Item) -> float:
    """Chance of guessing right: 1/options for a closed question, 1/2 for yes/no and left/right, else NaN."""
    if item.options:
        return 1 / len(item.options)
    two = item.answer_type == "yes_no" or (item.answer_type == "side" and item.answer in ("left", "right"))
    return 0.5 if two else float("nan")


def pair_of(item: Item) -> str | None:
    """Return the pair that a question belongs to: its field, or ``pair_id`` in the metadata of a score."""
    pair = getattr(item, "pair_id", None) or _metadata(item).get("pair_id")
    return str(pair) if pair else None


def linked_ids(item: Item) -> Iterator[str]:
    """Yield the ids of questions that one was made from, as its metadata names them."""
    for name in _LINK_FIELDS:
        if value := _metadata(item).get(name):
            yield str(value)


def _metadata(item: Item) -> dict[str, object]:
    return getattr(item, "metadata", {})
