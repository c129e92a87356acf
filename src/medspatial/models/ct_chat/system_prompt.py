"""The original's system texts: read out of its source by the user's own machine, never part of this one.

The source file is parsed, not run: the text is the string literal behind ``system=`` of a conversation.
"""

from __future__ import annotations

import ast
import hashlib
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from medspatial.errors import InputError
from medspatial.models.ct_chat.templates import TEMPLATES, Template

COMMIT = "33c9b973bf1babb3b79b5ffd8ae45948e758a3f2"
SOURCE = f"https://raw.githubusercontent.com/ibrahimethemhamamci/CT-CHAT/{COMMIT}/llava/conversation.py"
_LARGEST = 1 << 20
_SECONDS = 60


@dataclass(frozen=True)
class SystemPrompt:
    """The system text of a run, and whether it is the original's.

    Attributes
    ----------
    origin
        ``original``, ``custom`` (a text of the user's), ``none`` (left out), or ``not needed``.
    """

    text: str
    origin: str

    def describe(self) -> dict[str, str | None]:
        """Return origin and hash for the manifest."""
        return {"origin": self.origin, "sha256": sha256(self.text) if self.text else None}


def sha256(text: str) -> str:
    """Return the hexadecimal SHA-256 of a text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def cache_folder() -> Path:
    """Return where fetched texts lie: ``MEDSPATIAL_CACHE`` or the user's cache folder."""
    root = os.environ.get("MEDSPATIAL_CACHE") or os.environ.get("XDG_CACHE_HOME")
    base = Path(root) if root else Path.home() / ".cache"
    return base / "medspatial" / "ct_chat"


def literal_of(source: str, variable: str, where: str) -> str:
    """Return the ``system`` literal of ``variable = Conversation(system="...", ...)`` in Python source.

    Raises
    ------
    InputError
        The source does not parse, has no such variable, or its text is not a plain literal.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{where}: not Python source ({error})") from None
    for node in tree.body:
        if isinstance(node, ast.Assign) and _is_named(node, variable) and isinstance(node.value, ast.Call):
            return _system_of(node.value, f"{where}: {variable}")
    raise InputError(f"{where}: has no conversation {variable}")


def _is_named(node: ast.Assign, variable: str) -> bool:
    return variable in [target.id for target in node.targets if isinstance(target, ast.Name)]


def _system_of(call: ast.Call, where: str) -> str:
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "system" and isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
    raise InputError(f"{where}: its system text is not a plain string")


def system_text(source: str, template: Template, where: str) -> str:
    """Return a template's original text out of the source, its hash checked.

    Raises
    ------
    InputError
        Not found, or another text than the one known.
    """
    text = literal_of(source, template.system_variable, where)
    if sha256(text) != template.system_sha256:
        raise InputError(
            f"{where}: the system text of {template.system_variable} has SHA-256 {sha256(text)}, "
            f"expected {template.system_sha256}"
        )
    return text


def fetch_system_prompts(folder: Path | None = None, source: str | Path = SOURCE) -> list[Path]:
    """Write the original's system texts to ``<template>.txt`` files, each checked by its hash.

    Parameters
    ----------
    folder
        Default: `cache_folder`, where the model looks.
    source
        The original's ``conversation.py``: an address, or a file.

    Raises
    ------
    InputError
        The source cannot be had, or holds other texts.
    """
    where = str(source)
    code = _downloaded(where) if where.startswith(("http://", "https://")) else _read(Path(source))
    folder = folder or cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for template in TEMPLATES.values():
        if template.system_sha256 is not None:
            path = folder / f"{template.name}.txt"
            path.write_bytes(system_text(code, template, where).encode("utf-8"))
            written.append(path)
    return written


def load_system_prompt(template: Template, choice: str | Path = "auto") -> SystemPrompt:
    """Return the system text of a run.

    Parameters
    ----------
    choice
        ``auto``: the fetched one if it is there, else none. ``none``. ``fetched``: it must be there.
        Else a file: text, or the original's ``conversation.py``.

    Raises
    ------
    InputError
        A missing file, or a fetched text that was changed.
    """
    if template.system_sha256 is None:
        return SystemPrompt("", "not needed")
    if choice == "none":
        return SystemPrompt("", "none")
    fetched = cache_folder() / f"{template.name}.txt"
    if choice == "auto" and not fetched.exists():
        return SystemPrompt("", "none")
    path = fetched if choice in ("auto", "fetched") else Path(choice)
    text = _read(path)
    if path.suffix == ".py":
        return SystemPrompt(system_text(text, template, str(path)), "original")
    original = sha256(text) == template.system_sha256
    if path == fetched and not original:
        raise InputError(f"{path}: was changed (SHA-256 {sha256(text)}); fetch it again")
    return SystemPrompt(text, "original" if original else "custom")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; fetch it, give a file, or say system_prompt=none") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})") from None


def _downloaded(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            data: bytes = answer.read(_LARGEST)
    except (urllib.error.URLError, OSError) as error:
        raise InputError(f"{address}: cannot be fetched ({error}); download it and give the file") from None
    return data.decode("utf-8", errors="strict")
