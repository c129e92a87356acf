"""YAML of others as plain data: no pipes, no depth without end, no alias that stands for billions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from medspatial.errors import InputError
from medspatial.files import cause, ordinary_file, shortened

MOST_BYTES = 4_000_000
MOST_DEPTH = 50
MOST_VALUES = 200_000
"""A value that an alias repeats counts each time: nine lines of YAML can stand for billions."""


class _Refused(Exception):
    """A rule was broken; the text names it."""


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises
    ------
    InputError
        No ordinary file, not UTF-8, not YAML (with line), or more bytes, depth or values than any
        study has.
    """
    try:
        size = _study_file(path).stat().st_size
        if size > MOST_BYTES:
            raise InputError(f"{path}: a study file has at most {MOST_BYTES} bytes, this one has {size}")
        text = path.read_text(encoding="utf-8-sig")
        loader = yaml.SafeLoader(text)
        try:
            node = loader.get_single_node()
            _measured(node, 0, {})
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except _Refused as error:
        raise InputError(f"{path}: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}: {error.reason})") from None
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}" if mark else ""
        problem = shortened(" ".join(str(getattr(error, "problem", None) or error).split()))
        raise InputError(f"{path}{where}: not valid YAML: {problem}") from None
    except RecursionError:
        raise InputError(f"{path}: nested deeper than {MOST_DEPTH} levels") from None
    except (ValueError, TypeError, OverflowError, AttributeError, LookupError) as error:
        # Dates such as 2026-99-99, whole numbers of thousands of digits, lists as keys
        raise InputError(f"{path}: not valid YAML: {cause(error)}") from None


def _measured(node: yaml.Node | None, depth: int, known: dict[int, int]) -> int:
    """Return how many values a node stands for, aliases followed; each node is visited once."""
    if node is None:
        return 1
    if isinstance(node, yaml.ScalarNode):
        if "\0" in node.value:
            raise _Refused(f"line {node.start_mark.line + 1}: holds a NUL character")
        return 1
    if depth > MOST_DEPTH:
        raise _Refused(f"nested deeper than {MOST_DEPTH} levels")
    if id(node) in known:
        if known[id(node)] < 0:
            raise _Refused(f"line {node.start_mark.line + 1}: an alias stands within what it names")
        return known[id(node)]
    known[id(node)] = -1
    inner: list[yaml.Node] = []
    for one in node.value:
        inner += one if isinstance(one, tuple) else (one,)
    total = 1 + sum(_measured(one, depth + 1, known) for one in inner)
    if total > MOST_VALUES:
        raise _Refused(f"line {node.start_mark.line + 1}: stands for more than {MOST_VALUES} values")
    known[id(node)] = total
    return total


def _study_file(path: Path) -> Path:
    try:
        return ordinary_file(path)
    except InputError as error:
        if str(error) == f"{path}: no such file":
            raise InputError(f"{path}: no such study file") from None
        raise
