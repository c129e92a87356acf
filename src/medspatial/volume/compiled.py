"""Compile a function with numba, keeping the machine code on disk where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile `function` at its first call, without the global interpreter lock.

    The machine code is cached beside the source or in the user's cache folder. Where neither can be
    written (a read-only image, no home) the function is compiled in each process instead.
    """
    try:
        return _typed(numba.njit(cache=True, nogil=True)(function))
    except RuntimeError as error:
        if "no locator" not in str(error):
            raise
        return _typed(numba.njit(nogil=True)(function))


def _typed(function: Callable[P, R]) -> Callable[P, R]:
    return function
