"""A file appears whole or not at all, is written by one process at a time, and read if it is ordinary."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from medspatial.errors import InputError


@contextmanager
def whole_file(path: str | Path, suffix: str = ".tmp") -> Iterator[Path]:
    """Give a temporary path in the folder of a file; what is there at the end takes the file's place.

    The folder is made where it is missing. The temporary name starts with a dot and belongs to this machine,
    process and thread, so that two writers of one file never share it. An error removes it and leaves the
    file as it was; what a killed process of this machine left in the folder goes when another writes there.

    Parameters
    ----------
    path
        The file to write.
    suffix
        How the temporary name ends; for writers that choose the format by it.

    Yields
    ------
    Path
        Where to write.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path.parent)
    unfinished = path.with_name(f".{path.name}.{_machine()}-{os.getpid()}-{threading.get_ident()}{suffix}")
    unfinished.unlink(missing_ok=True)  # of a killed process with the same number
    try:
        yield unfinished
        with unfinished.open("rb+") as stream:
            os.fsync(stream.fileno())
        os.replace(unfinished, path)  # noqa: PTH105 (the name everybody looks for)
    finally:
        unfinished.unlink(missing_ok=True)


_UNFINISHED = re.compile(r"\..+\.([0-9a-f]{8})-(\d+)-\d+(?:\.\w+)+")
_seen: set[tuple[int, Path]] = set()  # this process (a fork is another) and folders without leftovers


@cache
def _machine() -> str:
    return hashlib.blake2b(socket.gethostname().encode(), digest_size=4).hexdigest()


def _remove_leftovers(folder: Path) -> None:
    """Remove what killed processes of this machine left unfinished in a folder; once per process."""
    key = os.getpid(), folder.absolute()
    if key in _seen:
        return
    _seen.add(key)
    for entry in os.scandir(folder):
        match = _UNFINISHED.fullmatch(entry.name) if entry.name.startswith(".") else None
        if match and match[1] == _machine() and not _lives(int(match[2])):
            Path(entry.path).unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of another user; a number that can be none
        return True
    return True


@contextmanager
def whole_text(path: str | Path) -> Iterator[TextIO]:
    """Open a file for UTF-8 text, line ends as given; it appears when the block ends without an error."""
    with whole_file(path) as unfinished, unfinished.open("w", encoding="utf-8", newline="") as stream:
        yield stream
        stream.flush()


def write_text(path: str | Path, text: str) -> Path:
    """Write a text file in UTF-8, line ends as given; return its path."""
    return write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | Path, data: bytes) -> Path:
    """Write a file; return its path."""
    with whole_file(path) as unfinished:
        unfinished.write_bytes(data)
    return Path(path)


def write_json(path: str | Path, data: Any, *, indent: int | None = 1) -> Path:
    """Write JSON in UTF-8 with a line end; return its path."""
    return write_text(path, json.dumps(data, indent=indent, ensure_ascii=False) + "\n")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file or a folder for this process; the system frees it when the process dies.

    The lock is ``NAME.lock`` beside the file, ``.lock`` in the folder; it stays, and says who holds it, or
    held it last. A process forked from the holder does not keep it.

    Parameters
    ----------
    path
        A file that need not be there yet, or a folder that is.

    Raises
    ------
    InputError
        Another process holds it: the message says which, on what machine, since when.
    """
    folder = path.is_dir()
    lock = path / ".lock" if folder else path.with_suffix(".lock")
    with lock.open("a+", encoding="utf-8") as stream:
        try:
            import fcntl
        except ModuleNotFoundError:  # Windows: no advisory locks; two runs on one file are the user's risk
            yield
            return
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            what = "folder" if folder else "file"
            raise InputError(
                f"{path}: another run is writing this {what} ({_holder(stream.read())})"
            ) from None
        stream.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        me = {"pid": os.getpid(), "host": socket.gethostname(), "since": since}
        stream.write(json.dumps(me) + "\n")
        stream.flush()
        _held.add(stream)
        try:
            yield
        finally:
            _held.discard(stream)


_held: set[TextIO] = set()


def _let_go() -> None:
    """Give up the places of the parent's locks in a forked process: the parent's death then frees them."""
    for stream in _held:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, stream.fileno())
        os.close(nothing)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)


def _holder(text: str) -> str:
    """Say who holds a lock by what its file says; that of an earlier version says nothing."""
    try:
        found = json.loads(text)
        return f"process {found['pid']} on {found['host']}, since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return "it does not say who it is"


_KINDS = (
    (stat.S_ISFIFO, "a pipe (FIFO)"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISDIR, "a folder"),
)


def ordinary_file(path: str | Path, needed: str = "an ordinary file") -> Path:
    """Return the path of a file that can be read to its end; nothing is opened.

    Opening a pipe waits for somebody who writes to it, and a device such as ``/dev/zero`` never ends.

    Parameters
    ----------
    needed
        What is asked for, in the message.

    Raises
    ------
    InputError
        Nothing there, or a folder, pipe, socket or device.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except (OSError, ValueError) as error:  # a name too long, a NUL in it, links in a circle
        raise InputError(f"{shortened(str(path))}: cannot be opened ({cause(error)})") from None
    if not stat.S_ISREG(mode):
        kind = next((word for test, word in _KINDS if test(mode)), "no ordinary file")
        raise InputError(f"{path}: is {kind}, {needed} is needed")
    return path


def path_inside(folder: Path, name: str, named_by: Path, root: Path | None = None) -> Path:
    """Return the path of what another file names, if it lies in the folder; it may be missing.

    What a header or an index names was written by others: it must not lead to other files of the machine,
    neither by ``..``, nor by an absolute path, nor by a link.

    Parameters
    ----------
    folder
        Where relative names start.
    name
        As written in the file.
    named_by
        That file, for messages.
    root
        The folder that must not be left, where it is not ``folder`` itself.

    Raises
    ------
    InputError
        It lies elsewhere, or the name can be none.
    """
    try:
        path = folder / name
        within = path.resolve().is_relative_to((root or folder).resolve())
        link = path.is_symlink()
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{named_by}: names {shortened(repr(name))}: {cause(error)}") from None
    if not within:
        raise InputError(
            f"{named_by}: names the file {shortened(repr(name))}, which lies outside of its folder"
            + (" (through a link)" if link else "")
        )
    return path


def file_inside(folder: Path, name: str, named_by: Path) -> Path:
    """Return the path of an ordinary file that another file names; see `path_inside`.

    Raises
    ------
    InputError
        The file lies outside of the folder, or is not an ordinary file.
    """
    path = path_inside(folder, name, named_by)
    try:
        return ordinary_file(path)
    except InputError as error:
        raise InputError(f"{named_by}: names a file that cannot be used: {error}") from None


def json_file(path: str | Path) -> Any:
    """Read a JSON file as plain data.

    Raises
    ------
    InputError
        No ordinary file, not UTF-8, not JSON (with line), or nested deeper than Python can follow.
    """
    path = Path(path)
    try:
        return json.loads(ordinary_file(path).read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}: {error.reason})") from None
    except (RecursionError, ValueError) as error:  # a whole number of thousands of digits is a ValueError
        raise InputError(f"{path}: not usable JSON: {cause(error)}") from None
    except OSError as error:
        raise InputError(f"{path}: {cause(error)}") from None


def cause(error: Exception) -> str:
    """Return what went wrong in one line, without the path that an `OSError` repeats."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return shortened(" ".join(text.split())) or type(error).__name__


def path_part(text: str) -> str:
    """Return a name of any text that is one part of a path.

    >>> path_part("judge:openai:org/m")
    'judge-openai-org-m'
    """
    return re.sub(r"[^\w.+-]", "-", text)


def shortened(text: str, most: int = 120) -> str:
    """Return text of others as a message shows it: at most this many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
