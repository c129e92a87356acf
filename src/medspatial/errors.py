"""The errors a user can meet, and the exit code of each.

Every message names the file, line or field, the rule that was broken, and the offending value.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from difflib import get_close_matches
from types import ModuleType

EXIT_OK = 0
EXIT_FAILURES = 1  # the command ended, but some rows, checks or cases failed
EXIT_USAGE = 2  # wrong arguments (also what the command-line parser itself returns)
EXIT_INPUT = 3  # bad input data or configuration
EXIT_MISSING_PACKAGE = 4  # an optional package is not installed
EXIT_INTERRUPTED = 130  # Ctrl-C


class MedspatialError(Exception):
    """Base of all errors that are shown to the user without a traceback."""

    exit_code = EXIT_FAILURES


class InputError(MedspatialError):
    """A file, row, field or setting breaks a stated rule."""

    exit_code = EXIT_INPUT


class RunStopped(MedspatialError):
    """The run must end now (budget spent, server refuses); what is done is kept and a resume goes on."""


class MissingPackageError(MedspatialError):
    """An optional package is needed and not installed."""

    exit_code = EXIT_MISSING_PACKAGE


def require(module: str, extra: str) -> ModuleType:
    """Import an optional module, or say which extra installs it.

    Parameters
    ----------
    module
        Dotted module name, such as ``"torch"``.
    extra
        The extra of this project that brings it, such as ``"models"``.

    Raises
    ------
    MissingPackageError
        With the exact pip line.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        message = f"package '{top}' is not installed; run: pip install 'medspatial[{extra}]'"
        raise MissingPackageError(message) from None


def meant(name: str, known: Iterable[str]) -> str:
    """Return which known name may be meant, in words to stand behind a wrong one; else nothing.

    >>> meant("mirrord", ["standard", "mirrored"])
    " (did you mean 'mirrored'?)"
    """
    near = get_close_matches(name, list(known), n=1)
    return f" (did you mean '{near[0]}'?)" if near else ""
