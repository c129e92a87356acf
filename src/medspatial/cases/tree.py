"""The folders and files below a root, each folder listed once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from medspatial.cases.dicom_folders import DicomFolder, may_be_dicom, sniffed
from medspatial.errors import InputError
from medspatial.volume.formats import is_volume_name

_Identity = tuple[int, int]  # device and inode


@dataclass
class Listing:
    """What lies directly in one folder; hidden entries are only counted.

    Attributes
    ----------
    volumes
        Files with a suffix of a volume format.
    others
        All other files that can be read.
    odd
        Entries that cannot be followed, with the reason: links to nothing, links to a folder above.
    fault
        Why the folder cannot be listed.
    """

    folders: list[Path] = field(default_factory=list)
    volumes: list[Path] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    odd: dict[Path, str] = field(default_factory=dict)
    hidden: int = 0
    fault: str | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing lies in the folder."""
        return not (self.folders or self.volumes or self.others or self.odd or self.hidden or self.fault)


class Tree:
    """Listings of a root and the folders below it, made when asked for and kept.

    Raises
    ------
    InputError
        The root is missing, is a file, or cannot be listed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._listings: dict[Path, Listing] = {}
        self._chains: dict[Path, tuple[_Identity, ...]] = {}
        self._dicom: dict[Path, DicomFolder | None] = {}
        fault = self.listing(root).fault
        if fault is not None:
            raise InputError(f"{root}: {fault}")

    def listing(self, folder: Path) -> Listing:
        """Return what lies directly in a folder."""
        if folder not in self._listings:
            self._listings[folder] = self._listed(folder)
        return self._listings[folder]

    def dicom(self, folder: Path) -> DicomFolder | None:
        """Return what DICOM files lie directly in a folder; None without any."""
        if folder not in self._dicom:
            self._dicom[folder] = sniffed([one for one in self.listing(folder).others if may_be_dicom(one)])
        return self._dicom[folder]

    def below(self, folder: Path) -> Iterator[Path]:
        """Yield all folders below one, upper ones first."""
        for one in self.listing(folder).folders:
            yield one
            yield from self.below(one)

    def _listed(self, folder: Path) -> Listing:
        try:
            chain = self._chain(folder)
            with os.scandir(folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:
            return Listing(fault="no such folder")
        except NotADirectoryError:
            return Listing(fault="is a file, a folder of cases is needed")
        except PermissionError:
            return Listing(fault="no permission to list this folder")
        except OSError as error:
            return Listing(fault=f"cannot be listed: {error.strerror}")
        listing = Listing()
        for entry in entries:
            _place(entry, listing, chain)
        return listing

    def _chain(self, folder: Path) -> tuple[_Identity, ...]:
        """Return the identities of a folder and of those above it in the tree, to see links that go round."""
        if folder not in self._chains:
            above = () if folder == self.root else self._chain(folder.parent)
            facts = folder.stat()
            self._chains[folder] = (*above, (facts.st_dev, facts.st_ino))
        return self._chains[folder]


def _place(entry: os.DirEntry[str], listing: Listing, chain: tuple[_Identity, ...]) -> None:
    path = Path(entry.path)
    if entry.name.startswith("."):
        listing.hidden += 1
        return
    try:
        link = entry.is_symlink()
        if entry.is_dir():
            facts = entry.stat() if link else None
            if facts is not None and (facts.st_dev, facts.st_ino) in chain:
                listing.odd[path] = "is a link to a folder above it"
            else:
                listing.folders.append(path)
        elif not entry.is_file():
            listing.odd[path] = "is a link to a missing file" if link else "is not an ordinary file"
        elif is_volume_name(entry.name):
            listing.volumes.append(path)
        else:
            listing.others.append(path)
    except OSError as error:  # links that lead to themselves
        listing.odd[path] = f"cannot be followed: {error.strerror}"
