"""Text of other programs: opened as UTF-8, with or without byte order mark, plain or gzip; made encodable."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import TextIO

from medspatial.errors import InputError
from medspatial.files import ordinary_file

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_GZIP = b"\x1f\x8b"
PACKING_FAULTS = (gzip.BadGzipFile, EOFError, zlib.error)
"""What reading a damaged gzip file raises."""
MOST_UNPACKED = 2_000_000_000
_SURROGATES = re.compile("[\ud800-\udfff]")


class _Packed(gzip.GzipFile):
    """A gzip file that ends where no file of records would be so long: few bytes can stand for billions."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")
        self._path, self._given = path, 0

    def read1(self, size: int = -1) -> bytes:
        """Return the next bytes; `io.TextIOWrapper` reads by this alone."""
        data = super().read1(size)
        self._given += len(data)
        if self._given > MOST_UNPACKED:
            raise InputError(f"{self._path}: holds more than {MOST_UNPACKED} bytes unpacked")
        return data


def open_text(path: Path) -> TextIO:
    """Open a UTF-8 file for reading; line ends stay as they are, a byte order mark is no part of the text.

    Excel and Windows editors put the mark in front of what they save as UTF-8. A gzip file is told by its
    first bytes and read as the text in it; what `PACKING_FAULTS` names may be raised then.

    Raises
    ------
    InputError
        No such file, a folder, a pipe or device, no permission, or text in another encoding that can be told.
    """
    ordinary_file(path, "a .jsonl or .csv file")
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
        packed = head[:2] == _GZIP
        if packed:
            with gzip.open(path) as text:
                head = text.read(4)
        other = other_encoding(head)
        if other:
            raise InputError(f"{path}: not UTF-8 text but {other}; save it as UTF-8")
        if packed:
            return io.TextIOWrapper(_Packed(path), encoding="utf-8-sig", newline="")
        return path.open(encoding="utf-8-sig", newline="")
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except PACKING_FAULTS as error:
        raise InputError(f"{path}: the gzip file is damaged or ends early ({error})") from None


def unpacked(path: Path) -> Path:
    """Return a file's path without ``.gz``, so that its suffix says what the text in it is."""
    return path.with_suffix("") if path.suffix.lower() == ".gz" else path


def other_encoding(head: bytes) -> str | None:
    """Name the encoding that the first four bytes of a text give away, None for UTF-8 and what is unknown.

    >>> other_encoding("{}".encode("utf-16"))
    'UTF-16'
    >>> other_encoding(b'{"a"') is None
    True
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    # Without a mark: JSON and CSV begin with ASCII, where UTF-16 has a 0 in every other byte.
    return "UTF-16" if head[:2].count(0) == 1 else None


def encodable(text: str) -> str:
    """Return text that UTF-8 can hold: a lone surrogate becomes U+FFFD, a pair the character it stands for.

    Python's own JSON reader gives such halves of a character where a reply was cut inside its escapes.

    >>> encodable("left \\ud83d") == "left \\ufffd"
    True
    """
    if not _SURROGATES.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
