"""Label prompts of VISTA3D: which ids there are, what "everything" is, and what groups stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from medspatial.anatomy import load_label_map
from medspatial.errors import InputError

LAST = 132
UNSUPPORTED = frozenset({16, 18, 129, 130, 131})  # listed by the original, but never trained
_ASKED_FOR = frozenset({2, 20, 21, 23, 24, 25, 26, 27, 128, 132})  # groups, lesions, vessels inside organs
EVERYTHING = tuple(n for n in range(1, LAST + 1) if n not in UNSUPPORTED | _ASKED_FOR)
_PARTS: dict[int, tuple[int, ...]] = {
    2: (14, 5),
    20: tuple(range(28, 33)),
    21: (*range(33, 57), *range(63, 98), 114, 120, 122),
}


def expanded(labels: Sequence[int]) -> tuple[int, ...]:
    """Replace kidney, lung and bone by their parts, which is what comes out for them.

    A label may then stand there twice, as in the original.

    Raises
    ------
    InputError
        None, or an id that the network was not trained for, to which it would answer with noise.
    """
    if not labels:
        raise InputError("vista3d: at least one label is needed")
    for label in labels:
        if not 1 <= label <= LAST or label in UNSUPPORTED:
            raise InputError(f"vista3d: label must be 1 to {LAST}, not {sorted(UNSUPPORTED)}; got {label}")
    return tuple(part for label in labels for part in _PARTS.get(label, (label,)))


def labels_of(names: Iterable[str]) -> tuple[int, ...]:
    """Return the ids of structures.

    Raises
    ------
    InputError
        A structure that VISTA3D has no id for.
    """
    ids = {name: label for label, name in load_label_map("vista3d").labels.items()}
    found = []
    for name in names:
        if name not in ids:
            raise InputError(f"vista3d: no label for structure {name!r}; it knows: {', '.join(sorted(ids))}")
        found.append(ids[name])
    return tuple(found)
