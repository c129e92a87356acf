"""Voxels that follow a text header, in its own file or beside it, read by what the header promises."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError
from medspatial.files import shortened
from medspatial.volume.read import gzipped

Encoding = Literal["raw", "zlib", "text"]
_GZIP = b"\x1f\x8b"
_LONGEST_NUMBER = 32  # characters of one number in text, with the space behind it


@dataclass(frozen=True)
class Part:
    """A file with a share of the voxels, and where they begin in it.

    Attributes
    ----------
    start
        Bytes before the voxels; None where they are the last of the file.
    lines
        Lines to leave out before those bytes.
    """

    path: Path
    start: int | None = 0
    lines: int = 0


@dataclass(frozen=True)
class Raster:
    """Numbers in files, as a header describes them.

    Attributes
    ----------
    sizes
        Along each axis, the fastest first.
    dtype
        With byte order.
    encoding
        ``"zlib"`` stands for gzip too: both begin with their own mark.
    """

    path: Path
    parts: tuple[Part, ...]
    sizes: tuple[int, ...]
    dtype: np.dtype[Any]
    encoding: Encoding

    @property
    def total(self) -> int:
        """Bytes of all voxels."""
        return math.prod(self.sizes) * self.dtype.itemsize

    @property
    def files(self) -> tuple[Path, ...]:
        """The files with the voxels."""
        return tuple(part.path for part in self.parts)

    def load(self) -> NDArray[Any]:
        """Return the numbers in the shape of the sizes (Fortran order), in the machine's byte order.

        Raises
        ------
        InputError
            A file holds more or fewer bytes than the header promises, or is damaged. Told before memory is
            taken where the file's size can tell it.
        """
        share, rest = divmod(self.total, len(self.parts))
        if rest:
            raise InputError(f"{self.path}: {self.total} bytes cannot be shared by {len(self.parts)} files")
        for part in self.parts:
            self._check(part, share)
        if self.encoding == "text":
            stored = np.concatenate([self._text(part, share // self.dtype.itemsize) for part in self.parts])
        else:
            buffer = np.empty(self.total, np.uint8)
            for number, part in enumerate(self.parts):
                self._fill(part, buffer[number * share : (number + 1) * share])
            stored = buffer.view(self.dtype)
        if not stored.dtype.isnative:
            stored = stored.byteswap(inplace=True).view(stored.dtype.newbyteorder("="))
        return stored.reshape(self.sizes, order="F")

    def _check(self, part: Part, share: int) -> None:
        size = part.path.stat().st_size
        if self.encoding == "raw":
            start = size - share if part.start is None else part.start
            if start < 0 or size < start + share:
                raise InputError(
                    f"{part.path}: the header promises {max(start, 0) + share} bytes, the file holds {size}"
                )
        elif self.encoding == "zlib":
            gzipped.check_possible(part.path, share, size)

    def _fill(self, part: Part, into: NDArray[np.uint8]) -> None:
        with part.path.open("rb") as file:
            size = part.path.stat().st_size
            for _ in range(part.lines):
                file.readline(size)
            file.seek(size - into.size if part.start is None else file.tell() + part.start)
            stream = cast(IO[bytes], _Inflated(file)) if self.encoding == "zlib" else file
            gzipped.fill(
                stream, memoryview(into.data), file.tell() if self.encoding == "raw" else 0, part.path
            )

    def _text(self, part: Part, count: int) -> NDArray[Any]:
        with part.path.open("rb") as file:
            file.seek(part.start or 0)
            words = file.read(count * _LONGEST_NUMBER + 1).split()
        if len(words) != count:
            raise InputError(f"{part.path}: the header promises {count} numbers, the file holds {len(words)}")
        try:
            return np.array(words).astype(self.dtype.newbyteorder("="))
        except (ValueError, OverflowError) as error:
            raise InputError(f"{part.path}: a voxel is not a number ({shortened(str(error))})") from None


class _Inflated:
    """The decompressed content of a zlib or gzip stream that follows other bytes of a file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)  # tells zlib from gzip by their marks
        self._waiting = b""

    def read(self, count: int) -> bytes:
        """Return some bytes, at most this many; none at the end of the stream."""
        while True:
            if self._inflate.eof:
                if not self._inflate.unused_data.startswith(_GZIP):
                    return b""
                self._waiting = self._inflate.unused_data  # a further member
                self._inflate = zlib.decompressobj(zlib.MAX_WBITS | 32)
            block = self._waiting or self._file.read(1 << 18)
            found = self._inflate.decompress(block, count)
            self._waiting = self._inflate.unconsumed_tail
            if found:
                return found
            if not block:
                raise EOFError

    def readinto(self, view: memoryview) -> int:
        """Fill the front of a view; return how many bytes."""
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)
