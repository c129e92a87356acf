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


def fill_array(stream: Any, before: int, count: int, path: Path) -> NDArray[np.uint8]:
    """Read the ``count`` bytes of voxels that must follow ``before`` bytes of header, into one new array.

    Raises
    ------
    InputError
        For truncated or damaged gzip, and for fewer or more bytes than the header promises.
    """
    buffer = np.empty(count, np.uint8)
    view = memoryview(buffer.data)
    have = 0
    try:
        while have < count:
            got = stream.readinto(view[have : have + _CHUNK])
            if not got:
                break
            have += got
        extra = 0
        while more := stream.read(_CHUNK):  # reading to the end also makes gzip compare its checksum
            extra += len(more)
    except _FAULTS as error:
        raise damaged(path, error) from None
    if have + extra != count:
        raise InputError(
            f"{path}: the header promises {before + count} bytes, the file holds {before + have + extra}"
        )
    return buffer


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
            while block := stream.read(_CHUNK):
                have += len(block)
    except _FAULTS as error:
        raise damaged(path, error) from None
    if have != count:
        raise InputError(f"{path}: the header promises {count} bytes, the file holds {have}")
