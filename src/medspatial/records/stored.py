"""Rows that stay in their file: checked once, read again when asked for; memory holds their places alone.

A run over half a million questions needs a few of them at a time, but must know of each who it is. What is
kept for a row is its place, a mark of its id and the number of its case: 24 bytes. They can be kept on disk
too, for the file as it is, so that the next start need not check it again.
"""

from __future__ import annotations

import hashlib
import json
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Generic, Self, TypeVar, overload

import numpy as np
import pydantic
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.files import ordinary_file, write_bytes
from medspatial.records.encoding import other_encoding
from medspatial.records.jsonl import (
    BadRow,
    RowError,
    ids_of_paths,
    passing_row,
    read_records,
    same_case_image,
)
from medspatial.records.question import Item, Question

I = TypeVar("I", bound=Item)  # noqa: E741
Marks = NDArray[np.uint64]

_FORMAT = "places 1"
_NAME = ".places-"
_COLUMNS: dict[str, Any] = {"starts": np.uint64, "sizes": np.uint32, "marks": np.uint64, "codes": np.uint32}
_BOM = b"\xef\xbb\xbf"
_LARGE = 4 << 20  # bytes of a file whose places are worth a file of their own


def mark_of(name: str) -> int:
    """Return 64 bits that stand for an id: those it spells if it is a hash of this program, else its hash.

    >>> mark_of("00000000000000ff")
    255
    """
    if len(name) == 16 and not set(name) - set("0123456789abcdef"):
        return int(name, 16)
    return int.from_bytes(
        hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big"
    )


class IdSet:
    """Ids by their marks: 8 bytes each."""

    def __init__(self, marks: Marks) -> None:
        self.marks = np.sort(marks)

    @classmethod
    def of(cls, rows: Sequence[Item]) -> Self:
        """Return the ids of rows."""
        if isinstance(rows, StoredRecords):
            return cls(rows.marks)
        return cls(np.array([mark_of(row.id) for row in rows], dtype=np.uint64))

    def __len__(self) -> int:
        return len(self.marks)

    def __contains__(self, name: str) -> bool:
        mark = np.uint64(mark_of(name))
        place = int(np.searchsorted(self.marks, mark))
        return place < len(self.marks) and bool(self.marks[place] == mark)


class AskedHash:
    """The hash of what is asked, row by row: `content_hash` of the list of ids, questions and answers."""

    def __init__(self) -> None:
        self._digest = hashlib.blake2b(b"[[", digest_size=8)
        self._between = ""

    def add(self, item: Item) -> None:
        """Take a row into account."""
        told = json.dumps([item.id, item.question, item.answer], ensure_ascii=False, separators=(",", ":"))
        self._digest.update((self._between + told).encode())
        self._between = ","

    def result(self) -> str:
        """Return the hash of all rows so far."""
        digest = self._digest.copy()
        digest.update(b"]]")
        return digest.hexdigest()


@dataclass(frozen=True)
class _Places:
    """What is kept of the rows.

    Attributes
    ----------
    starts, sizes
        (rows,) place and bytes of each line.
    marks
        (rows,) mark of each id; see `mark_of`.
    codes
        (rows,) number of each row's case, in order of first appearance.
    """

    starts: NDArray[np.uint64]
    sizes: NDArray[np.uint32]
    marks: Marks
    codes: NDArray[np.uint32]

    def only(self, rows: NDArray[np.int64]) -> _Places:
        return _Places(self.starts[rows], self.sizes[rows], self.marks[rows], self.codes[rows])


class _File:
    """A file held open until nobody needs it."""

    _number = -1

    def __init__(self, path: Path) -> None:
        self._number = os.open(ordinary_file(path), os.O_RDONLY)

    def stream(self) -> IO[bytes]:
        """Return a stream from its beginning."""
        stream = open(self._number, "rb", closefd=False)  # noqa: SIM115 (this object closes it)
        stream.seek(0)
        return stream

    def read(self, start: int, size: int) -> bytes:
        """Read at a place; in any thread."""
        return os.pread(self._number, size, start)

    @property
    def size(self) -> int:
        return os.fstat(self._number).st_size

    def __del__(self) -> None:
        if self._number >= 0:
            os.close(self._number)


class StoredRecords(Sequence[I], Generic[I]):
    """The rows of a ``.jsonl`` file in order, each read from it when asked for, in any thread.

    Made by `stored_records`. The file is held open, so that another one under its name changes nothing. It
    travels to other processes as a path, which is opened when a row is asked for.

    Parameters
    ----------
    asked
        The hash of what the rows ask, where it is known.
    arrays
        How many rows point to a prepared array (``.npy``) as their image.
    """

    def __init__(  # noqa: PLR0917
        self,
        path: Path,
        kind: type[I],
        file: _File | None,
        places: _Places,
        cases: Sequence[str],
        arrays: int,
        asked: str | None = None,
    ) -> None:
        self.path, self.cases, self.arrays = path, cases, arrays
        self._kind, self._file, self._places, self._asked = kind, file, places, asked

    @property
    def marks(self) -> Marks:
        """(rows,) the mark of each id; see `mark_of`."""
        return self._places.marks

    def __len__(self) -> int:
        return len(self._places.starts)

    @overload
    def __getitem__(self, at: int) -> I: ...

    @overload
    def __getitem__(self, at: slice) -> StoredRecords[I]: ...

    def __getitem__(self, at: int | slice) -> I | StoredRecords[I]:
        if isinstance(at, slice):
            return self.only(np.arange(len(self))[at])
        size, start = int(self._places.sizes[at]), int(self._places.starts[at])
        if self._file is None:
            self._file = _File(self.path)
        try:
            return self._kind.model_validate_json(self._file.read(start, size))
        except ValueError:
            raise InputError(f"{self.path}: has changed while it was used") from None

    def __iter__(self) -> Iterator[I]:
        for at in range(len(self)):
            yield self[at]

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_file": None}

    def only(self, rows: NDArray[np.int64]) -> StoredRecords[I]:
        """Return some of the rows, by their numbers in ascending order."""
        if len(rows) == len(self):
            return self
        places = self._places.only(rows)
        there, first, codes = np.unique(places.codes, return_index=True, return_inverse=True)
        order = np.argsort(first)  # cases are numbered by their first appearance
        rank = np.argsort(order).astype(np.uint32)
        places = replace(places, codes=rank[codes])
        cases = [self.cases[there[place]] for place in order]
        found = StoredRecords(self.path, self._kind, self._file, places, cases, 0)
        found.arrays = sum(_is_array(row) for row in found) if self.arrays else 0
        return found

    def of_cases(self, holds: Callable[[str], bool]) -> StoredRecords[I]:
        """Return the rows about some of the cases."""
        held = np.array([holds(name) for name in self.cases], dtype=np.bool_)
        return self.only(np.flatnonzero(held[self._places.codes]))

    def groups(self, without: IdSet) -> Iterator[tuple[str, list[I]]]:
        """Yield each case with its rows, in order of first appearance.

        Parameters
        ----------
        without
            Rows that are left out; a case without any other is too.
        """
        codes = self._places.codes
        order = np.argsort(codes, kind="stable")
        order = order[~np.isin(self.marks[order], without.marks)]
        starts = np.flatnonzero(np.diff(codes[order], prepend=codes.dtype.type(-1 % 2**32)))
        for start, end in pairwise((*starts.tolist(), len(order))):
            yield self.cases[codes[order[start]]], [self[int(at)] for at in order[start:end]]

    def last_of(self, case_id: str) -> I | None:
        """Return the last row about a case, None where there is none."""
        code = self._codes.get(case_id)
        return None if code is None else self[int(self._last[code])]

    @property
    def asked(self) -> str:
        """The hash of what the rows ask; see `AskedHash`."""
        if self._asked is None:
            self._asked = _hash_of(self)
        return self._asked

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.cases)}

    @cached_property
    def _last(self) -> NDArray[np.int64]:
        last = np.zeros(len(self.cases), dtype=np.int64)
        last[self._places.codes] = np.arange(len(self))
        return last

    def keep(self, folder: Path, digest: str) -> None:
        """Write the places into a folder, for a file of that content; those of earlier contents go."""
        facts = [self.arrays, self.asked, len(self), list(self.cases)]
        parts = [getattr(self._places, one.name).tobytes() for one in fields(_Places)]
        for old in folder.glob(f"{_NAME}*"):
            old.unlink(missing_ok=True)
        write_bytes(folder / f"{_NAME}{digest}", b"".join([json.dumps(facts).encode(), b"\n", *parts]))


def _kept(path: Path, kind: type[I], file: _File, place: Path) -> StoredRecords[I] | None:
    """Return the rows by the places that an earlier start has kept; None where they cannot be used."""
    try:
        with place.open("rb") as stream:
            arrays, asked, rows, cases = json.loads(stream.readline())
            columns: dict[str, Any] = {}
            for name, number in _COLUMNS.items():
                kept_as = np.dtype(number)
                columns[name] = np.frombuffer(stream.read(rows * kept_as.itemsize), dtype=kept_as)
        if any(len(column) != rows for column in columns.values()):
            return None
    except (OSError, ValueError, TypeError):
        return None
    return StoredRecords(path, kind, file, _Places(**columns), cases, arrays, asked)


def asked_hash(rows: Sequence[Item]) -> str:
    """Return the hash of what rows ask."""
    return rows.asked if isinstance(rows, StoredRecords) else _hash_of(rows)


def _hash_of(rows: Iterable[Item]) -> str:
    digest = AskedHash()
    for row in rows:
        digest.add(row)
    return digest.result()


def case_ids(rows: Sequence[Item]) -> set[str]:
    """Return the cases that rows are about."""
    return set(rows.cases) if isinstance(rows, StoredRecords) else {row.case_id for row in rows}


def stored_records(
    path: str | Path, kind: type[I], *, skipped: list[RowError] | None = None, beside: Path | None = None
) -> Sequence[I]:
    """Check the rows of a file as `medspatial.records.read_records` does, and leave them there.

    What is not plain comes back in memory: CSV, rows without an id of their own that repeat an earlier one,
    rows that are told apart by the path of their image, a file with bad rows to skip.

    Parameters
    ----------
    skipped
        Gets the bad rows, which are left out; None raises at the first.
    beside
        A folder for the places of a large file (``.places-HASH``), by which the next start is quicker.

    Raises
    ------
    InputError
        As `medspatial.records.read_records`.
    """
    found = stored_or_none(path, kind, beside=beside)
    if found is not None:
        return found
    loaded = read_records(path, kind, keep_going=skipped is not None)
    if skipped is not None:
        skipped.extend(loaded.skipped)
    return loaded.rows


def stored_or_none(
    path: str | Path, kind: type[I], *, beside: Path | None = None, seen: Callable[[I], None] | None = None
) -> StoredRecords[I] | None:
    """Do as `stored_records`, for plain files alone; None for others, whatever is wrong with them.

    Parameters
    ----------
    seen
        Gets each row while it is checked, so that it need not be read twice; what it was given counts only
        if the file is plain to its end. Not together with ``beside``, by which no row is checked.
    """
    if beside is not None and seen is not None:
        raise ValueError("rows whose places are kept are not seen")
    path = Path(path)
    file = None if path.suffix.lower() == ".csv" else _opened(path)
    if file is None:
        return None
    digest = _digest(file, kind) if beside is not None and file.size >= _LARGE else None
    if digest is not None and beside is not None:
        known = _kept(path, kind, file, beside / f"{_NAME}{digest}")
        if known is not None:
            return known
    found = _checked(path, kind, file, seen)
    if found is not None and digest is not None and beside is not None:
        beside.mkdir(parents=True, exist_ok=True)
        found.keep(beside, digest)
    return found


def _opened(path: Path) -> _File | None:
    """Open a file that can be stored; what is wrong with another is told by the usual way of reading."""
    try:
        file = _File(path)
        named = _holds(file, b'"image_path"')  # else the file need not be read as text for it
        plain = not other_encoding(file.read(0, 4)) and not (named and ids_of_paths(path))
    except (InputError, OSError):
        return None
    return file if plain else None


def _holds(file: _File, words: bytes) -> bool:
    """Say whether a file holds these bytes somewhere."""
    end = b""
    for block in _blocks(file.stream()):
        if words in end + block:
            return True
        end = block[1 - len(words) :]
    return False


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(1 << 20):
        yield block


def _digest(file: _File, kind: type[Item]) -> str:
    """Hash of a file, and of what its rows are checked by."""
    digest = hashlib.blake2b(digest_size=16)
    for block in _blocks(file.stream()):
        digest.update(block)
    digest.update(f"{_FORMAT} {pydantic.VERSION} {kind.__name__}".encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _checked(
    path: Path, kind: type[I], file: _File, seen: Callable[[I], None] | None
) -> StoredRecords[I] | None:
    """Check all rows; None where one is bad, or needs more than its own line to be understood."""
    starts, sizes, marks, codes = array("Q"), array("I"), array("Q"), array("I")
    cases: dict[str, int] = {}
    images: dict[str, tuple[str, int]] = {}
    asked = AskedHash() if issubclass(kind, Question) else None  # of answers it is not asked for
    arrays = 0
    try:
        for number, start, size, text in _lines(file.stream()):
            row = passing_row(path, number, text, kind, {})
            same_case_image(images, path, number, row)
            starts.append(start)
            sizes.append(size)
            marks.append(mark_of(row.id))
            codes.append(cases.setdefault(row.case_id, len(cases)))
            arrays += _is_array(row)
            if asked is not None:
                asked.add(row)
            if seen is not None:
                seen(row)
    except (BadRow, UnicodeDecodeError, _SeveralRows):
        return None
    columns = zip(_COLUMNS.items(), (starts, sizes, marks, codes), strict=True)
    places = _Places(**{name: np.array(column, dtype=kind_of) for (name, kind_of), column in columns})
    told = None if asked is None else asked.result()
    found = StoredRecords(path, kind, file, places, list(cases), arrays, told)
    return found if len(np.unique(found.marks)) == len(found) else None


class _SeveralRows(Exception):
    """A line with a carriage return inside: to the usual reader it is several."""


def _lines(file: IO[bytes]) -> Iterator[tuple[int, int, int, str]]:
    """Yield number, place, size and text of each line that is not blank."""
    start = len(_BOM) if file.read(len(_BOM)) == _BOM else 0
    file.seek(start)
    for number, line in enumerate(file, start=1):
        text = line.decode("utf-8")
        if text.strip():
            if "\r" in text[:-2]:
                raise _SeveralRows
            yield number, start, len(line), text
        start += len(line)


def _is_array(row: Item) -> bool:
    return str(row.image_path).endswith(".npy")
