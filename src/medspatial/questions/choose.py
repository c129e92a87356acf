"""Choose few of a case's many candidates: balanced answers, spread over structures, by hash."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from medspatial.errors import InputError, MedspatialError
from medspatial.plugins import in_a_line
from medspatial.questions.drop import Drop, drop
from medspatial.questions.names import Asked, known_by_names
from medspatial.questions.options import shuffled
from medspatial.questions.scene import Scene
from medspatial.questions.subtype import Candidate, Subtype

MOST_LOOKED_AT = 60
"""Candidates of one subtype that are measured at most while looking for the wanted answer."""
MOST_DROPS = 240
"""Entries of the ledger after which a subtype's search ends, so that a hopeless case costs little."""


@dataclass
class Chosen:
    """What one subtype gave for one case."""

    candidates: list[Candidate] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)


def choose(scene: Scene, subtype: Subtype, count: int) -> Chosen:
    """Take up to ``count`` candidates of one subtype.

    Each place wants one answer class (a permutation of ``subtype.balanced`` by hash of the case, mirrored
    for a mirrored case) and structures not yet asked about; where no candidate fits both, the class goes
    first, then the structures, then whatever there is.
    """
    found = _Stream(_named(subtype, scene))
    chosen = Chosen(drops=found.drops)
    used: set[str] = set()
    wanted = _wanted(scene, subtype)
    for place in range(count):
        kind = wanted[place % len(wanted)] if wanted else None
        candidate = found.take(kind, used)
        if candidate is None:
            break
        used.update(candidate.structures)
        if scene.mirrored and _known(subtype, candidate):
            note = "names and ordinary anatomy give the right answer although it is mirrored"
            found.drops.append(drop("known_without_looking", *candidate.structures, note=note))
        else:
            chosen.candidates.append(candidate)
    return chosen


def _named(subtype: Subtype, scene: Scene) -> Iterator[Candidate | Drop]:
    """Yield what a subtype finds; an error in its code says which subtype, since packages bring their own."""
    try:
        yield from subtype.find(scene)
    except MedspatialError:
        raise
    except Exception as error:
        raise InputError(
            f"subtype {subtype.id!r} of {subtype.find.__module__}: {in_a_line(error)}"
        ) from error


def _known(subtype: Subtype, candidate: Candidate) -> bool:
    asked = Asked(subtype.id, candidate.structures, candidate.options, candidate.form)
    return known_by_names(asked, candidate.answer)


def _wanted(scene: Scene, subtype: Subtype) -> tuple[str, ...]:
    order = shuffled(subtype.balanced, scene.key, subtype.id, "wanted")
    if scene.mirrored:
        order = tuple(subtype.mirror_kinds.get(kind, kind) for kind in order)
    return order


class _Stream:
    """Candidates as they come, kept until they are taken."""

    def __init__(self, source: Iterator[Candidate | Drop]) -> None:
        self._source = source
        self._kept: list[Candidate] = []
        self._looked_at = 0
        self.drops: list[Drop] = []

    def take(self, kind: str | None, used: set[str]) -> Candidate | None:
        """Return the best candidate for a place and forget it."""
        best: tuple[int, int] | None = None
        for at in self._places():
            candidate = self._kept[at]
            rank = 2 * (kind is None or candidate.balance_kind == kind) + (
                not used & set(candidate.structures)
            )
            if best is None or rank > best[0]:
                best = (rank, at)
            if rank == 3:
                break
        return None if best is None else self._kept.pop(best[1])

    def _places(self) -> Iterator[int]:
        """Yield places in the kept list, reading on from the source."""
        at = 0
        while True:
            if at < len(self._kept):
                yield at
                at += 1
            elif self._looked_at >= MOST_LOOKED_AT or len(self.drops) >= MOST_DROPS or not self._read():
                return

    def _read(self) -> bool:
        """Read up to the next candidate; return whether there was one."""
        for item in self._source:
            if isinstance(item, Candidate):
                self._kept.append(item)
                self._looked_at += 1
                return True
            self.drops.append(item)
            if len(self.drops) >= MOST_DROPS:
                return False
        return False
