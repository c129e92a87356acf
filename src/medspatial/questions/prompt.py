"""Prompts as versioned files: text, hash, and the JSON schema of the reply."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from string import Template
from typing import Any

from medspatial.errors import InputError

_PACKAGE = "medspatial.questions"
_FOLDER = "data/prompts"


@dataclass(frozen=True)
class Prompt:
    """One prompt file and its schema.

    Attributes
    ----------
    name
        With its version, such as ``generate-free-2``; a changed text gets another version.
    system, user
        The two parts of the file; ``user`` holds ``$report`` and other places to fill.
    digest
        SHA-256 of text and schema, for the manifest.
    """

    name: str
    system: str
    user: str
    schema: dict[str, Any]
    digest: str

    def fill(self, **values: str) -> str:
        """Return the user's part with its places filled."""
        return Template(self.user).substitute(values)

    def describe(self) -> dict[str, str]:
        """Return name and hash."""
        return {"prompt": self.name, "prompt_sha256": self.digest}


def prompt_names() -> tuple[str, ...]:
    """Return the names of the built-in prompts."""
    return tuple(
        sorted(one.name.removesuffix(".md") for one in _folder().iterdir() if one.name.endswith(".md"))
    )


@cache
def load_prompt(name: str) -> Prompt:
    """Return a built-in prompt by name, or one from a ``.md`` file with its ``.json`` schema beside it.

    The text of a file is divided by a line ``---``: system part above, user's part below.

    Raises
    ------
    InputError
        Unknown name, missing schema, or a file without the dividing line.
    """
    if name in prompt_names():
        text = _folder().joinpath(f"{name}.md").read_text(encoding="utf-8")
        schema = _folder().joinpath(f"{name}.json").read_text(encoding="utf-8")
        return _parse(name, text, schema, name)
    path = Path(name)
    if path.suffix != ".md" or not path.is_file():
        raise InputError(f"unknown prompt {name!r}; built in: {', '.join(prompt_names())}; or a .md file")
    beside = path.with_suffix(".json")
    if not beside.is_file():
        raise InputError(f"{beside}: the schema of prompt {path.name} is missing")
    return _parse(path.stem, path.read_text("utf-8"), beside.read_text("utf-8"), str(path))


def _parse(name: str, text: str, schema: str, where: str) -> Prompt:
    system, line, user = text.partition("\n---\n")
    if not line:
        raise InputError(f"{where}: a prompt needs a line '---' between the system part and the user's part")
    digest = hashlib.sha256(f"{text}\0{schema}".encode()).hexdigest()
    return Prompt(name, system.strip(), user.strip(), json.loads(schema), digest)


def _folder() -> Any:
    return resources.files(_PACKAGE).joinpath(_FOLDER)
