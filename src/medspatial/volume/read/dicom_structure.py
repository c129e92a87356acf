"""The elements of a DICOM file: whether each lies within it.

GDCM takes memory for the length that an element states, and can look for the end of a sequence for ever. So
the lengths are walked through here before it sees a file.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from medspatial.errors import InputError
from medspatial.files import ordinary_file

_PREAMBLE = 132
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = (0xFFFE, 0xE000), (0xFFFE, 0xE00D), (0xFFFE, 0xE0DD)
_TRANSFER_SYNTAX, _PIXELS = (0x0002, 0x0010), (0x7FE0, 0x0010)
_IMPLICIT, _BIG, _DEFLATED = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99"
_SHORT = set(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_LONG = set(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())  # with a length of four bytes
_FRAGMENTS = (b"OB", b"OW")  # types of compressed pixels
_DEEPEST = 30


def check_structure(path: Path) -> None:
    """Walk through the elements of a file.

    Raises
    ------
    InputError
        An element or a sequence ends behind the file, has no known type, or lies too deep; or the file is
        deflated as a whole.
    """
    with ordinary_file(path).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        _Walk(path, data).file()


@dataclass
class _Walk:
    path: Path
    data: mmap.mmap
    order: Literal["little", "big"] = "little"
    explicit: bool = True

    def file(self) -> None:
        """Walk through the meta group, then through the rest as the transfer syntax says."""
        at, syntax = _PREAMBLE, b""
        while at + 8 <= len(self.data) and self._number(at, 2) == 2:
            tag, start, length, _ = self._head(at, len(self.data))
            if length == _UNDEFINED:
                raise self._broken(at, "has no length")
            at = start + length
            if tag == _TRANSFER_SYNTAX:
                syntax = self.data[start:at].rstrip(b"\0 ")
        if syntax == _DEFLATED:
            raise InputError(f"{self.path}: deflated DICOM files are not read; save it uncompressed")
        self.order = "big" if syntax == _BIG else "little"
        self.explicit = syntax != _IMPLICIT
        self._elements(at, len(self.data), 0, None)

    def _elements(self, at: int, end: int, depth: int, stop: tuple[int, int] | None) -> int:
        """Walk to the end, or behind the delimiter; return where."""
        if depth > _DEEPEST:
            raise self._broken(at, f"lies deeper than {_DEEPEST} sequences")
        while at < end:
            if not depth and self.data[at : at + 8] == bytes(8) and not any(self.data[at:]):
                return end  # padding
            tag, start, length, kind = self._head(at, end)
            if tag == stop:
                return start
            if length == _UNDEFINED:
                at = self._items(start, end, depth + 1, kind)
            else:
                item = self.data[start : start + 4] == self._tag_bytes(_ITEM)
                if tag != _PIXELS and (kind == b"SQ" or (not kind and item)):
                    self._items(start, start + length, depth + 1, kind, bounded=True)
                at = start + length
        if stop is not None:
            raise self._broken(at, "does not end within the file")
        return at

    def _items(self, at: int, end: int, depth: int, kind: bytes, bounded: bool = False) -> int:
        """Walk through the items of a sequence, or the fragments of compressed pixels; return its end."""
        explicit, self.explicit = self.explicit, self.explicit and kind != b"UN"
        while at < end:
            tag, start, length, _ = self._head(at, end)
            if tag == _SEQUENCE_END:
                self.explicit = explicit
                return start
            if tag != _ITEM:
                raise self._broken(at, "is not an item of a sequence")
            if length == _UNDEFINED:
                at = self._elements(start, end, depth + 1, _ITEM_END)
            else:
                if kind not in _FRAGMENTS:
                    self._elements(start, start + length, depth + 1, None)
                at = start + length
        self.explicit = explicit
        if not bounded:
            raise self._broken(at, "does not end within the file")
        return at

    def _head(self, at: int, end: int) -> tuple[tuple[int, int], int, int, bytes]:
        """Return tag, start of the value, its length, and type (empty where none is stated)."""
        if at + 8 > end:
            raise self._broken(at, "is cut off")
        tag, kind = (self._number(at, 2), self._number(at + 2, 2)), b""
        start, length = at + 8, self._number(at + 4, 4)
        if tag[0] != 0xFFFE and self.explicit:
            kind = self.data[at + 4 : at + 6]
            if kind in _LONG:
                if at + 12 > end:
                    raise self._broken(at, "is cut off")
                start, length = at + 12, self._number(at + 8, 4)
            elif kind in _SHORT:
                length = self._number(at + 6, 2)
            else:
                raise self._broken(at, f"has the unknown type {kind!r}")
        if length != _UNDEFINED and start + length > end:
            raise self._broken(at, f"states a length of {length} bytes, {end - start} follow")
        return tag, start, length, kind

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self.data[at : at + size], self.order)

    def _tag_bytes(self, tag: tuple[int, int]) -> bytes:
        return b"".join(part.to_bytes(2, self.order) for part in tag)

    def _broken(self, at: int, what: str) -> InputError:
        return InputError(f"{self.path}: broken DICOM file (the element at byte {at} {what})")
