"""Decompression of NIfTI files with every check that gzip offers.

isal is used: on 512x512x400 int16 it needs half the time of nibabel, checks length and checksum, and reads
files of several gzip members. SimpleITK can be faster on some files but reads truncated or damaged
gzip without an error, so it is never used on a ``.nii.gz`` that was not checked before.
"""

from __future__ import annotations

import zlib
from importlib import import_module
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from medspatial.errors import InputError

# Imported by name: isal's annotations are incomplete.
_IGZIP: Any = import_module("isal.igzip")
_ISAL: Any = import_module("isal.isal_zlib")
_FAULTS: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error, _ISAL.error)
_CHUNK = 1 << 24
MOST_INFLATED = 1032  # bytes that deflate can make of one


def is_gzip(path: Path) -> bool:
    """Whether the content (not the name) is gzip."""
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def open_stream(path: Path) -> Any:
    """The decompressed content of a file, or the file itself where it is not gzip."""
    return _IGZIP.open(path, "rb") if is_gzip(path) else path.open("rb")


def damaged(path: Path, error: Exception) -> InputError:
    """The message for a file that cannot be decompressed."""
    if isinstance(error, EOFError):
        return InputError(f"{path}: truncated gzip file, it ends before its data do")
    return InputError(f"{path}: damaged gzip file ({error})")


def read_exactly(stream: IO[bytes], count: int, path: Path) -> bytes:
    """``count`` bytes, or fewer only where the file ends properly."""
    try:
        return stream.read(count)
    except _FAULTS as error:
        raise damaged(path, error) from None


def check_possible(path: Path, count: int, size: int) -> None:
    """Refuse a header that promises more bytes than its compressed file can hold, before memory is taken.

    Raises
    ------
    InputError
        Deflate makes at most 1,032 bytes of one.
    """
    if count > MOST_INFLATED * size:
        raise InputError(
            f"{path}: the header promises {count} bytes, more than a compressed file of {size} bytes can hold"
        )


def fill_array(stream: Any, before: int, count: int, path: Path) -> NDArray[np.uint8]:
    """Read the ``count`` bytes of voxels that must follow ``before`` bytes of header, into one new array.

    Raises
    ------
    InputError
        For truncated or damaged gzip, and for fewer or more bytes than the header promises.
    """
    buffer = np.empty(count, np.uint8)
    fill(stream, memoryview(buffer.data), before, path)
    return buffer


def fill(stream: Any, view: memoryview, before: int, path: Path) -> None:
    """Fill memory with the rest of a stream, which must be of the same length; errors as `fill_array`."""
    have, extra, count = 0, 0, len(view)
    try:
        while have < count:
            got = stream.readinto(view[have : have + _CHUNK])
            if not got:
                break
            have += got
        # Reading to the end also makes gzip compare its checksum; a bomb is not followed to its own end.
        while extra < _CHUNK and (more := stream.read(_CHUNK)):
            extra += len(more)
    except _FAULTS as error:
        raise damaged(path, error) from None
    if have + extra != count:
        held = f"{'at least ' if extra >= _CHUNK else ''}{before + have + extra}"
        raise InputError(f"{path}: the header promises {before + count} bytes, the file holds {held}")


def verify(path: Path, count: int) -> None:
    """Read a file, decompressed where it is gzip, to be sure that it is whole and holds ``count`` bytes.

    For readers that do not check this themselves.

    Raises
    ------
    InputError
        As :func:`fill_array`.
    """
    have = 0
    try:
        with open_stream(path) as stream:
            while have <= count + _CHUNK and (block := stream.read(_CHUNK)):
                have += len(block)
    except _FAULTS as error:
        raise damaged(path, error) from None
    if have != count:
        held = f"{'at least ' if have > count + _CHUNK else ''}{have}"
        raise InputError(f"{path}: the header promises {count} bytes, the file holds {held}")
