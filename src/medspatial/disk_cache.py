"""What was costly to make, kept on disk within a budget: the least recently used goes first.

Several processes may share a folder. An entry appears whole or not at all; one that cannot be read any more
is removed, said, and made again. Whoever reads an entry while another process removes it still gets it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from medspatial.errors import InputError
from medspatial.files import cause, whole_file

T = TypeVar("T")
GIB = 1 << 30


def _on_stderr(line: str) -> None:
    print(line, file=sys.stderr)


@dataclass(frozen=True)
class DiskCache:
    """Entries by name in one folder.

    Attributes
    ----------
    folder
        Holds nothing else; it is made where it is missing.
    most_bytes
        Of all entries together. What is put last stays, also where it is larger alone.
    suffix
        Of the entries' files.
    say
        Gets a line where an entry was damaged, or cannot be written.
    """

    folder: Path
    most_bytes: int
    suffix: str
    say: Callable[[str], None] = _on_stderr

    def __post_init__(self) -> None:
        if self.most_bytes <= 0:
            raise InputError(
                f"cache {self.folder}: its budget must be more than 0 bytes, got {self.most_bytes}"
            )
        there = next(one for one in (self.folder, *self.folder.parents) if one.exists())
        if not there.is_dir():
            raise InputError(f"cache {there}: is a file, a folder is needed")

    def get(self, name: str, read: Callable[[Path], T]) -> T | None:
        """Return an entry, None where there is none, or none that can be read.

        Parameters
        ----------
        read
            Reads a file; any error means that the entry is damaged.
        """
        path = self._path(name)
        try:
            found = read(path)
        except FileNotFoundError:
            return None
        except MemoryError:
            raise
        except Exception as error:  # whatever a damaged file does to its reader
            self.say(f"{path}: a damaged entry of the cache is made again ({cause(error)})")
            path.unlink(missing_ok=True)
            return None
        with suppress(OSError):  # removed by another process in the meantime, or not ours
            os.utime(path)  # used now
        return found

    def put(self, name: str, write: Callable[[Path], object]) -> None:
        """Keep an entry, and remove what was not used for the longest time until the budget holds.

        A full disk or a folder that cannot be written costs the entry, not the run.
        """
        path = self._path(name)
        try:
            with whole_file(path, self.suffix) as unfinished:
                write(unfinished)
            self._make_room(path)
        except OSError as error:
            self.say(f"{path}: not kept in the cache ({cause(error)})")

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{self.suffix}"

    def _make_room(self, newest: Path) -> None:
        entries = sorted(self._entries())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries:
            if total <= self.most_bytes:
                return
            if path != newest:
                path.unlink(missing_ok=True)  # another process may have been quicker
                total -= size

    def _entries(self) -> Iterator[tuple[int, int, Path]]:
        """Yield time of the last use, bytes and path of each entry; unfinished ones are none."""
        for path in self.folder.glob(f"[!.]*{self.suffix}"):
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            yield facts.st_mtime_ns, facts.st_size, path
