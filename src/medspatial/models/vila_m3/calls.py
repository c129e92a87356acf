"""Which call of the expert a reply of VILA-M3 makes, and which labels each group of structures stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from medspatial.errors import InputError
from medspatial.models.vista3d.prompts import EVERYTHING

_CALL = re.compile(r"<(.*?)>")
_ARGUMENT = re.compile(r"\((.*?)\)")
_ORGANS = (*(1, 2, 3, 4, 5, 8, 9, 10, 14, *range(22, 33), 57, *range(116, 119), 121, 126, 132),)
GROUPS: dict[str, tuple[int, ...]] = {
    "everything": EVERYTHING,
    "hepatic tumor": (1, 26),
    "pancreatic tumor": (4, 24),
    "lung tumor": (20, 23, *range(28, 33)),
    "bone lesion": (128,),
    "organs": _ORGANS,
    "cardiovascular": (6, 7, 17, *range(58, 62), *range(108, 114), 115, 119, 123, 124, 125),
    "gastrointestinal": (11, 12, 13, 15, 19, 62),
    "skeleton": (21, *range(33, 57), 120, 122, 127, 128, *range(63, 98), 114),
    "muscles": tuple(range(98, 108)),
}
_OTHER_NAMES = {"": "everything", "hepatoma": "hepatic tumor"}  # taken, but not advertised


@dataclass(frozen=True)
class Call:
    """A call of the segmenter for a group of `GROUPS`."""

    group: str

    @property
    def labels(self) -> tuple[int, ...]:
        """Labels of VISTA3D that the group stands for."""
        return GROUPS[self.group]


def call_of(reply: str) -> Call | None:
    """Return the call that a reply makes: exactly one pair of angle brackets, and VISTA3D in it.

    Raises
    ------
    InputError
        It names a group that there is none of, or more than one.
    """
    found = _CALL.findall(reply)
    if len(found) != 1 or "VISTA3D" not in found[0]:
        return None
    arguments = _ARGUMENT.findall(found[0]) or [""]
    group = _OTHER_NAMES.get(arguments[0], arguments[0])
    if len(arguments) > 1 or group not in GROUPS:
        asked = ", ".join(repr(argument) for argument in arguments)
        raise InputError(f"the expert VISTA3D takes one of {', '.join(GROUPS)}; got {asked}")
    return Call(group)


def is_final(reply: str) -> bool:
    """Say whether the reply only announces masks, so that the question is not asked again."""
    return "segmented" in reply
