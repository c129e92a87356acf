"""Paths in study files, relative to the file's folder; ``${NAME}`` is an environment variable."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from medspatial.cases import source_callable
from medspatial.errors import InputError, MedspatialError
from medspatial.models import model_options
from medspatial.models.options import Options, kind_by_name, signature_options

_VARIABLE = re.compile(r"\$\{(\w+)\}")


def model_paths(model: str, options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a model's options with relative paths taken from a folder.

    Which options are paths is said by the model's card, or by the types of a plug-in's parameters. What is
    read is taken from the folder where it stands there, since it may be a name on a hub or a word such as
    ``auto`` too; what is written is always.

    Parameters
    ----------
    model
        One of `medspatial.models.model_names`; of another name, or of a plug-in that cannot be imported, the
        names of options tell.
    """
    try:
        known = model_options(model)
    except MedspatialError:  # told when the model is made
        known = Options()
    found = {name: _resolved(known.kind(name), value, folder) for name, value in options.items()}
    for name, kind in known.kinds.items():
        reader, own = options.get("reader"), options.get(name)
        if kind == "reader" and isinstance(reader, str) and isinstance(own, Mapping):
            found[name] = model_paths(reader, own, folder)
    return found


def source_paths(source: str, options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the options of a package's case source; those that are paths by type start from a folder."""
    try:
        known = signature_options(source_callable(source, options))
    except MedspatialError:  # told when the cases are looked for
        known = Options()
    return {name: _resolved(known.kind(name), value, folder) for name, value in options.items()}


def metric_paths(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return a metric's options with relative paths, known by their names, taken from a folder."""
    return {
        name: metric_paths(value, folder)
        if isinstance(value, Mapping)
        else _resolved(kind_by_name(name), value, folder)
        for name, value in options.items()
    }


def _resolved(kind: str, value: Any, folder: Path) -> Any:
    if not isinstance(value, str) or not value:
        return value
    if kind == "written" or (kind == "read" and (folder / value).exists()):
        return str((folder / value).resolve())
    return value


def with_variables(text: str, field: str, meant: str = "the file or folder") -> str:
    """Put in the values of environment variables.

    Raises
    ------
    InputError
        A variable that is not set; the message names the field and what it should be set to.
    """

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if not found:
            raise InputError(
                f"field '{field}': environment variable {match[1]} is not set; set it to {meant}"
            )
        return found

    return _VARIABLE.sub(value, text)
