"""What is noted while masks are read: sentences of kinds that a case treats differently."""

from __future__ import annotations

from pathlib import PurePath

from medspatial.volume import Volume


class Misfit(str):
    """A note that most of what a mask file holds has no name: its label map is probably another one."""

    __slots__ = ()


class Unnamed(str):
    """A note that values of a mask file are left out: its label map has no name for them, or no use."""

    __slots__ = ()


class Assumption(str):
    """A note that the masks were read in a way that nobody stated, such as by an assumed label map."""

    __slots__ = ()


class NamedBy(str):
    """A file beside the masks that states what their values mean."""

    __slots__ = ()


def unit_notes(volume: Volume) -> list[str]:
    """Return a note where the file of a volume states its lengths in another unit than millimetres."""
    units = [step.parameters["from"] for step in volume.history if step.name == "converted_unit"]
    name = PurePath(volume.source or "").name
    return [f"{name}: states its lengths in {unit}, converted to millimetres" for unit in units]
