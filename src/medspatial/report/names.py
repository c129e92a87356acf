"""Names of structures as a reader wants them: ``nodule#2`` is the second nodule, not a mask of its own."""

from __future__ import annotations

import re

from medspatial.anatomy import describe

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*(?:#\d+)?")


def mask_name(name: str) -> str:
    """Return the mask that holds a structure: ``nodule#2`` lies in ``nodule``."""
    return name.partition("#")[0]


def title(name: str) -> str:
    """Return the title of a structure, with the number of a lesion: ``left kidney``, ``nodule 2``."""
    mask, _, number = name.partition("#")
    return f"{describe(mask).title} {number}".rstrip()


def spoken(text: str) -> str:
    """Replace identifiers in a text by titles: ``top of kidney_left`` becomes ``top of left kidney``."""
    return _NAME.sub(lambda found: title(found[0]) if set("_#") & set(found[0]) else found[0], text)
