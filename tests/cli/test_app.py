"""How errors become one line and an exit code, whatever raises them."""

from __future__ import annotations

import errno
import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import medspatial

from medspatial import __version__
from medspatial.errors import InputError, MissingPackageError, RunStopped

KEPT = "what is done is kept, the same command goes on from here"


@pytest.fixture(autouse=True)
def settings_of_the_process() -> Iterator[None]:
    """The program sets what is the whole process's; put it back."""
    threshold, handler = gc.get_threshold(), signal.getsignal(signal.SIGTERM)
    yield
    gc.set_threshold(*threshold)
    signal.signal(signal.SIGTERM, handler)


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> tuple[int, str, str]:
    """Let ``medspatial env`` meet an error; its exit code, standard output and standard error."""

    def fail() -> None:
        raise error

    monkeypatch.setattr("medspatial.environment.environment", fail)
    done = medspatial("env")
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("a.jsonl: line 3"), 3, "error: a.jsonl: line 3"),
        (MissingPackageError("package 'x' is not installed"), 4, "error: package 'x' is not installed"),
        (RunStopped("the budget is spent"), 1, "error: the budget is spent"),
        (RecursionError(), 3, "error: a file is nested deeper than can be followed"),
        (KeyboardInterrupt(), 130, f"interrupted; {KEPT}"),
    ],
)
def test_an_error_is_one_line_and_its_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    found, out, err = failing(monkeypatch, error)
    assert (found, out, err.strip().splitlines()[-1]) == (code, "", line)
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
        (errno.EIO, "Input/output error"),
        (errno.ENOENT, "No such file or directory"),
    ],
)
def test_a_file_system_that_refuses_leaves_what_is_done(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    code, _, err = failing(monkeypatch, OSError(number, words, "/data/a.jsonl"))
    assert (code, err) == (1, f"error: /data/a.jsonl: {words}; {KEPT}\n")
    code, _, err = failing(monkeypatch, OSError(number, words))
    assert (code, err) == (1, f"error: {words}; {KEPT}\n")


def test_a_name_that_no_file_can_have_is_bad_input_and_shortened(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = failing(monkeypatch, OSError(errno.ENAMETOOLONG, "File name too long", "x" * 5000))
    assert code == 3
    assert "File name too long" in err
    assert KEPT not in err
    assert len(err) < 500
    assert err.count("\n") == 1


def test_what_nobody_foresaw_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the program is no message to a user: it must not look like one."""
    with pytest.raises(ZeroDivisionError):
        failing(monkeypatch, ZeroDivisionError("x"))


def test_version_goes_before_every_command() -> None:
    done = medspatial("--version", "run", "nothing")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"medspatial {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [(), ("cases",), ("questions",), ("models",), ("plot",), ("study",), ("export",)]
)
def test_a_group_alone_shows_its_help_and_is_wrong_usage(arguments: tuple[str, ...]) -> None:
    done = medspatial(*arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("-h",), ("cases", "-h"), ("predict", "-h")])
def test_help_has_a_short_form_everywhere(arguments: tuple[str, ...]) -> None:
    done = medspatial(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == medspatial(*arguments[:-1], "--help").stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("predict", "-m", "random"), "--dataset"),
        (("predict", "-m", "random", "-d", "q", "-o", "p", "--limit", "0"), "--limit"),
        (("predict", "-m", "random", "-d", "q", "-o", "p", "--gpu-id", "-1"), "--gpu-id"),
        (("compare", "--scores-dir", "s", "--confidence", "1"), "--confidence"),
        (("compare", "--scores-dir", "s", "--resamples", "0"), "--resamples"),
        (("plot", "forest", "c.json", "--width", "30"), "--width"),
        (("models", "fetch", "m3d_lamed"), "--output-dir"),
        (("questions", "duplicates", "q.jsonl", "--near", "0.2"), "--near"),
        (("questions", "review", "assign", "q", "-o", "r", "--reviewer", "a", "--overlap", "2"), "--overlap"),
        (("segment", "c", "-o", "m", "--with", "nnunet"), "--with"),
        (("cases", "download", "luna16", "-o", "d"), "luna16"),
    ],
)
def test_wrong_arguments_name_the_option_and_read_nothing(
    arguments: tuple[str, ...], named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = medspatial(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert named in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_sigterm_ends_like_ctrl_c() -> None:
    medspatial("--version")
    handler = signal.getsignal(signal.SIGTERM)
    assert callable(handler)
    with pytest.raises(KeyboardInterrupt):
        handler(signal.SIGTERM, None)
