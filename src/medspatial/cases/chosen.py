"""What was chosen as a case's CT and masks, and what beside them was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class MaskFile:
    """A file or folder of masks.

    Attributes
    ----------
    label_volume
        Its values need a label map; False where file names or the file itself name the structures.
    """

    path: Path
    label_volume: bool = False


@dataclass
class MaskChoice:
    """The masks of one case.

    Attributes
    ----------
    unused
        Other masks that lie there, with the reason.
    refusal
        Why nothing could be chosen.
    """

    chosen: tuple[MaskFile, ...] = ()
    notes: list[str] = field(default_factory=list)
    unused: dict[Path, str] = field(default_factory=dict)
    refusal: str | None = None

    def __bool__(self) -> bool:
        return bool(self.chosen) or self.refusal is not None


@dataclass
class ImageChoice:
    """The CT of one case; ``path`` is None where there is none or where none could be chosen."""

    path: Path | None = None
    notes: list[str] = field(default_factory=list)
    unused: dict[Path, str] = field(default_factory=dict)
    refusal: str | None = None

    def __bool__(self) -> bool:
        return self.path is not None or self.refusal is not None


@dataclass(frozen=True)
class Chosen:
    """A case as it was recognised.

    Attributes
    ----------
    name
        Of its folder, or of the file of its CT.
    place
        Its folder, or the file of its CT.
    patient
        None where the name says it.
    """

    name: str
    place: Path
    image: ImageChoice
    masks: MaskChoice
    patient: str | None = None

    @property
    def notes(self) -> list[str]:
        """What was decided between masks, and between CTs."""
        return [*self.masks.notes, *self.image.notes]

    @property
    def refusal(self) -> str | None:
        """Why the case cannot be used."""
        return self.image.refusal or self.masks.refusal

    @property
    def unused(self) -> Mapping[Path, str]:
        """Files and folders that were considered and not taken, with the reason."""
        return {**self.image.unused, **self.masks.unused}


def names(paths: Sequence[Path], place: Path) -> str:
    """Return names relative to a folder, for messages; at most eight."""
    shown = [name(one, place) for one in paths[:8]]
    more = [f"{len(paths) - 8} more"] if len(paths) > 8 else []
    return ", ".join(shown + more)


def name(path: Path, place: Path) -> str:
    """Return a path relative to a folder; a folder ends in a slash."""
    if path == place:
        return "the folder itself"
    shown = path.relative_to(place).as_posix() if path.is_relative_to(place) else path.name
    return f"{shown}/" if path.is_dir() else shown
