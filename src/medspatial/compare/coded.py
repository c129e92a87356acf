"""A column of values of which few differ: each value once, and its place for every row."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=Hashable)

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Coded(Generic[T]):
    """(rows,) values as places in a list of the different ones.

    Attributes
    ----------
    values
        The different ones, in order of first appearance (of a part: of the whole that it was taken from).
    codes
        (rows,) place of each row's value.
    """

    values: tuple[T, ...]
    codes: Numbers

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, row: int) -> T:
        return self.values[int(self.codes[row])]

    def __iter__(self) -> Iterator[T]:
        values = self.values
        return (values[code] for code in self.codes.tolist())

    def there(self) -> tuple[T, ...]:
        """Return the values that occur, in order of first appearance."""
        return self.compact().values

    def compact(self) -> Coded[T]:
        """Return the column with the values alone that occur, in order of first appearance."""
        codes, first, places = np.unique(self.codes, return_index=True, return_inverse=True)
        order = np.argsort(first)
        return Coded(tuple(self.values[code] for code in codes[order]), np.argsort(order)[places])

    def among(self, values: Collection[T]) -> Flags:
        """(rows,) True where the value is one of these."""
        known = np.array([value in values for value in self.values], dtype=np.bool_)
        return known[self.codes] if len(known) else np.zeros(0, dtype=np.bool_)

    def only(self, rows: Numbers) -> Coded[T]:
        """Return those of some rows."""
        return Coded(self.values, self.codes[rows])


class Coding(Generic[T]):
    """A column while its values come in."""

    def __init__(self) -> None:
        self._known: dict[T, int] = {}
        self._codes = array("q")

    def add(self, value: T) -> None:
        """Take the next row's value."""
        self._codes.append(self._known.setdefault(value, len(self._known)))

    def cut(self, rows: int) -> None:
        """Forget what came behind the first rows."""
        del self._codes[rows:]

    def result(self) -> Coded[T]:
        """Return the column."""
        return Coded(tuple(self._known), np.array(self._codes, dtype=np.int64))


def first_repeat(cells: Numbers) -> tuple[int, int] | None:
    """Return the first row that equals an earlier one, behind that one; None where all differ."""
    _, first, places = np.unique(cells, return_index=True, return_inverse=True)
    before = first[places]
    again = np.flatnonzero(before != np.arange(len(cells)))
    return (int(before[again[0]]), int(again[0])) if len(again) else None
