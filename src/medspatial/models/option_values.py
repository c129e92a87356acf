"""Options of models, checked: what comes from a command line or a study may be of any type and value.

A rule is checked when a model is made, before weights are loaded where that can be. Later it would break
each question by itself, or give answers that are none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from medspatial.errors import InputError

HuWindow = tuple[float, float]


def flag(value: Any, option: str, model: str = "") -> bool:
    """Return a yes or no.

    Raises
    ------
    InputError
        Anything but true and false: every text would count as true, ``"false"`` too.
    """
    if not isinstance(value, bool):
        raise wrong(value, "true or false", option, model)
    return value


def whole(value: Any, option: str, model: str = "", *, least: int | None = None) -> int:
    """Return a whole number.

    Raises
    ------
    InputError
        Another type (true and false too), or less than ``least``.
    """
    fits = isinstance(value, Integral) and not isinstance(value, bool)
    if not fits or (least is not None and int(value) < least):
        raise wrong(value, "a whole number" + ("" if least is None else f" from {least}"), option, model)
    return int(value)


def positive(value: Any, option: str, model: str = "", *, most: float = math.inf) -> float:
    """Return a number above 0.

    Raises
    ------
    InputError
        Another type (true and false too), 0 or less, more than ``most``, infinite, or not a number.
    """
    if not is_number(value) or not 0 < value <= most:
        limit = "" if most == math.inf else f" and up to {most:g}"
        raise wrong(value, f"a number above 0{limit}", option, model)
    return float(value)


def sizes(value: Any, option: str, model: str = "", *, count: int = 3) -> tuple[int, ...]:
    """Return lengths of axes, such as depth, height, width.

    Raises
    ------
    InputError
        Not ``count`` whole numbers from 1.
    """
    try:
        found = tuple(whole(n, option, least=1) for n in value)
    except (TypeError, InputError):
        found = ()
    if len(found) != count:
        raise wrong(value, f"{count} whole numbers from 1", option, model)
    return found


def hu_window(value: Any, model: str) -> HuWindow | None:
    """Return a window of HU, lowest and highest; None for none.

    Raises
    ------
    InputError
        Not two numbers of which the first is the lower: through any other window all voxels look alike.
    """
    if value is None:
        return None
    pair = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2
    if not pair or not all(is_number(hu) for hu in value) or not value[0] < value[1]:
        rule = "two numbers [low, high] with low < high, or null for none"
        raise wrong(value, rule, "hu_window", model)
    return float(value[0]), float(value[1])


def is_number(value: Any) -> bool:
    """Say whether a value is a finite number; true and false are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def wrong(value: Any, rule: str, option: str, model: str = "") -> InputError:
    """Return the error for an option that breaks a rule."""
    whose = f"{model}: {option}" if model else f"option '{option}'"
    return InputError(f"{whose} must be {rule}, got {value!r}")
