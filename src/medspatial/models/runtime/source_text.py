"""Texts of an original's source code that prompts need and no checkpoint holds.

They are read out of the published source by the user's own machine and are never part of this one. The source
is parsed, not run: a text is a string literal, the value of a variable or a keyword of a call.
"""

from __future__ import annotations

import ast
import hashlib
import os
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from medspatial.errors import InputError

_LARGEST = 1 << 20
_SECONDS = 60


@dataclass(frozen=True)
class SourceText:
    """One text and where it stands.

    Attributes
    ----------
    model, name
        Folder and file of the cache.
    address
        Of the source file, at a commit.
    variable
        The variable that holds it, or the call that does.
    keyword
        Of the call; None where the variable's value is the text itself.
    sha256
        Hexadecimal, of the text in UTF-8.
    """

    model: str
    name: str
    address: str
    variable: str
    keyword: str | None
    sha256: str

    @property
    def path(self) -> Path:
        """Where the fetched text lies."""
        return cache_folder() / self.model / f"{self.name}.txt"

    def out_of(self, code: str, where: str) -> str:
        """Return the text out of source code, its hash checked.

        Raises
        ------
        InputError
            The code does not parse, has no such text, or another one.
        """
        text = _literal(code, self.variable, self.keyword, where)
        if sha256(text) != self.sha256:
            raise InputError(
                f"{where}: the text of {self.variable} has SHA-256 {sha256(text)}, expected {self.sha256}"
            )
        return text


@dataclass(frozen=True)
class ChosenText:
    """The text of a run, and whether it is the original's.

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
    return (Path(root) if root else Path.home() / ".cache") / "medspatial"


def fetch_texts(
    texts: Sequence[SourceText], folder: Path | None = None, source: str | Path | None = None
) -> list[Path]:
    """Write texts to ``NAME.txt`` files, each checked by its hash, and return their paths.

    Parameters
    ----------
    folder
        Default: the cache, where the models look.
    source
        An address or a file in place of the published one.

    Raises
    ------
    InputError
        The source cannot be had, or holds other texts.
    """
    codes: dict[str, str] = {}
    written = []
    for text in texts:
        where = str(source or text.address)
        if where not in codes:
            remote = where.startswith(("http://", "https://"))
            codes[where] = _downloaded(where) if remote else _read(Path(where), text.model)
        path = text.path if folder is None else folder / text.path.name
        found = text.out_of(codes[where], where)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found.encode("utf-8"))
        written.append(path)
    return written


def choose_text(text: SourceText | None, choice: str | Path = "auto") -> ChosenText:
    """Return the text of a run.

    Parameters
    ----------
    text
        None where the original has none.
    choice
        ``auto``: the fetched one if it is there, else none. ``none``. ``fetched``: it must be there.
        Else a file: text, or the original's source (``.py``).

    Raises
    ------
    InputError
        A missing file, or a fetched text that was changed.
    """
    if text is None:
        return ChosenText("", "not needed")
    if choice == "none" or (choice == "auto" and not text.path.exists()):
        return ChosenText("", "none")
    path = text.path if choice in ("auto", "fetched") else Path(choice)
    found = _read(path, text.model)
    if path.suffix == ".py":
        return ChosenText(text.out_of(found, str(path)), "original")
    original = sha256(found) == text.sha256
    if path == text.path and not original:
        raise InputError(f"{path}: was changed (SHA-256 {sha256(found)}); fetch it again")
    return ChosenText(found, "original" if original else "custom")


def _literal(code: str, variable: str, keyword: str | None, where: str) -> str:
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError) as error:
        raise InputError(f"{where}: not Python source ({error})") from None
    for node in tree.body:
        if not isinstance(node, ast.Assign) or variable not in _targets(node):
            continue
        value: ast.expr | None = node.value
        if keyword is not None:
            if not isinstance(value, ast.Call):
                continue
            value = next((given.value for given in value.keywords if given.arg == keyword), None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return value.value
        raise InputError(f"{where}: {variable}: its text is not a plain string")
    raise InputError(f"{where}: has no text {variable}")


def _targets(node: ast.Assign) -> list[str]:
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _read(path: Path, model: str) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; `medspatial models fetch {model} --texts` fetches the original's, "
            "or give a file of yours"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({error})") from None


def _downloaded(address: str) -> str:
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
            data: bytes = answer.read(_LARGEST)
    except (urllib.error.URLError, OSError) as error:
        raise InputError(f"{address}: cannot be fetched ({error}); download it and give the file") from None
    return data.decode("utf-8", errors="strict")
