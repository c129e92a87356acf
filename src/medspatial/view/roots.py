"""The folders that may be served: what lies outside them, by any path or link, is not."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from medspatial.errors import InputError


class OutsideError(InputError):
    """A path leads out of the served folders."""


class Roots:
    """Folders whose contents may be served, with links followed to their ends first."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self.folders = tuple(dict.fromkeys(folder.resolve() for folder in folders))

    def inside(self, path: Path) -> Path:
        """Return the real path of a file or folder that lies in one of the folders.

        Raises
        ------
        OutsideError
            It does not, whether by ``..``, by an absolute path or by a link.
        """
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, or no possible name
            raise OutsideError(f"{path}: no file of the served folders") from None
        if not any(real.is_relative_to(folder) for folder in self.folders):
            raise OutsideError(f"{path}: lies outside the served folders; name its folder with --root")
        return real

    def file(self, folder: Path, name: str) -> Path | None:
        """Return a file below a folder by a name from an address; None where there is none."""
        if "\0" in name or "\\" in name or name.startswith("/"):
            return None
        try:
            real = self.inside(folder / name)
            if not real.is_relative_to(folder.resolve()):
                return None
        except OutsideError:
            return None
        return real if real.is_file() else None
