"""Places in a clause: runs of chunks read as units, each with its organ, side, lobe, segments and parts.

A side is read only where a word gives it; a plural gives none. Pieces of a list share what stands before or
behind them in the way English does it: ``right lung upper and lower lobes``, ``upper and lower lobes of the
right lung``. Where the sharing is not certain the whole run is not read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from medspatial.report_questions.chunks import Chunk
from medspatial.report_questions.pieces import BOTH, HOST, Piece, read_pieces

_UNPAIRED = frozenset({"liver", "spleen", "pancreas", "gallbladder", "stomach", "sternum"})
_NUMBERED = frozenset({"", "rib", "vertebra", "liver"})
_FIXED_SIDES = (
    (lambda one: one.lobe == "middle", "right", "the middle lobe is right"),
    (
        lambda one: any(segment.endswith("lingular") for segment in one.segments),
        "left",
        "the lingula is left",
    ),
    (lambda one: "minor fissure" in one.fissures, "right", "the minor fissure is right"),
    (lambda one: one.organ == "anterior descending artery", "left", "the anterior descending artery is left"),
)


@dataclass(frozen=True)
class Unit:
    """One place of a list.

    Attributes
    ----------
    sides
        The sides that words give; empty where none is given.
    inferred
        Why the side follows though no word gives it (``the middle lobe is right``).
    lobe
        ``upper``, ``middle`` or ``lower`` lobe of a lung.
    segments
        Segments of that lobe, by the names of this module.
    parts, zones, fissures, station, vertebrae, numbers
        Other words of place: apex and poles, how near the pleura, fissures, lymph node station, levels.
    """

    start: int
    end: int
    organ: str = ""
    sides: frozenset[str] = frozenset()
    inferred: str = ""
    lobe: str = ""
    segments: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    fissures: tuple[str, ...] = ()
    station: str = ""
    vertebrae: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    @property
    def coarse(self) -> bool:
        """Whether it names no more than an organ or a side."""
        finer = (
            self.lobe,
            self.segments,
            self.parts,
            self.fissures,
            self.station,
            self.vertebrae,
            self.numbers,
        )
        return not any(finer)

    @property
    def lung(self) -> bool:
        """Whether it lies in a lung or its pleura."""
        return bool(self.lobe) or self.organ in ("lung", "pleura") or bool(self.fissures)


def read_units(chunks: Sequence[Chunk]) -> list[Unit] | None:
    """Read a run of chunks; None where its words cannot be shared out with certainty.

    Examples
    --------
    >>> from medspatial.report_questions.chunks import read_chunks
    >>> [(sorted(u.sides), u.lobe) for u in read_units(read_chunks("upper and lower lobe of the right lung"))]
    [(['right'], 'upper'), (['right'], 'lower')]
    """
    units: list[Unit] = []
    side_first: list[bool] = []
    for piece in read_pieces(chunks):
        read = _of_piece(piece)
        if read is None:
            return None
        units += read
        side_first += [piece.side_first] * len(read)
    if not units:
        return None
    shared = _backward(_forward(units, side_first), side_first)
    found = [_implied(one) for one in shared]
    return None if any(one is None for one in found) else [one for one in found if one is not None]


def _of_piece(piece: Piece) -> list[Unit] | None:
    organ = _organ(piece)
    if organ is None or len(piece.values("side")) > 1 or len(piece.values("station")) > 1:
        return None
    unit = Unit(
        start=min(one.start for one in piece.chunks),
        end=max(one.end for one in piece.chunks),
        organ=organ,
        sides=frozenset[str]().union(*(_side(one) for one in piece.values("side"))),
        segments=tuple(dict.fromkeys(piece.segments)),
        parts=(*piece.parts, *piece.bare),
        zones=tuple(piece.values("zone")),
        fissures=tuple(piece.values("fissure")),
        station=next(iter(piece.values("station")), ""),
        vertebrae=tuple(piece.values("vertebra")),
        numbers=tuple(piece.values("number")),
    )
    if piece.values("lingula"):
        return _lingula(piece, unit)
    return None if _unsure(piece, unit) else _per_lobe(piece, unit)


def _side(word: str) -> frozenset[str]:
    return BOTH if word == "both" else frozenset({word})


def _organ(piece: Piece) -> str | None:
    found = piece.values("organ")
    if (piece.values("lingula") or (piece.lobes and not found)) and "lung" not in found:
        found = [*found, "lung"]
    if len(found) == 2 and "lung" in found:
        other = next(one for one in found if one != "lung")
        return other if other in HOST else None
    if len(found) > 1:
        return None
    return found[0] if found else "vertebra" if piece.values("vertebra") else ""


def _lingula(piece: Piece, unit: Unit) -> list[Unit] | None:
    if set(piece.lobes) - {"upper"}:
        return None
    tips = [one for one in (*unit.segments, *piece.bare) if one in ("superior", "inferior")]
    segments = tuple(f"{tip} lingular" for tip in dict.fromkeys(tips)) or ("lingular",)
    inferred = "" if unit.sides else "the lingula is left"
    return [replace(unit, lobe="upper", segments=segments, parts=tuple(piece.parts), inferred=inferred)]


def _unsure(piece: Piece, unit: Unit) -> bool:
    """Whether it is not certain what a word of the piece belongs to."""
    outside = unit.organ in ("spleen", "stomach") and piece.bare  # "anterior of the spleen"
    which_lobe = len(piece.lobes) > 1 and (unit.segments or unit.parts)
    no_lobe = "lobenoun" in piece.kinds and not piece.lobes and unit.organ in ("", "lung") and unit.sides
    numbers = unit.numbers and unit.organ not in _NUMBERED
    other_lobe = piece.lobes and unit.organ in ("liver", "thyroid gland")
    return bool(outside or which_lobe or no_lobe or numbers or other_lobe or len(piece.lobes) > 2)


def _per_lobe(piece: Piece, unit: Unit) -> list[Unit]:
    of_lung = unit.organ in ("", "lung") or unit.organ in HOST
    return [replace(unit, lobe=lobe) for lobe in piece.lobes if of_lung] or [unit]


def _forward(units: list[Unit], side_first: list[bool]) -> list[Unit]:
    """Hand on organ, side and lobe from a piece to the next ones that lack them."""
    found = units[:1]
    for at in range(1, len(units)):
        one, before = units[at], found[-1]
        handed = _handed_on(one, before) if side_first[at - 1] else None
        side_first[at] = side_first[at] or handed is not None
        found.append(handed or one)
    return found


def _handed_on(one: Unit, before: Unit) -> Unit | None:
    """Return a unit with what the one before gives it; None where it gives nothing."""
    if one.sides or one.fissures or (one.inferred and before.sides != {"left"}):
        return None
    if one.organ and before.organ and one.organ != before.organ:
        return None
    if one.lobe:
        return (
            replace(one, sides=before.sides, organ=one.organ or before.organ, inferred="")
            if before.sides
            else None
        )
    if one.organ or one.coarse or not (before.lobe or before.organ):
        return None
    return replace(one, sides=before.sides, lobe=before.lobe, organ=before.organ)


def _backward(units: list[Unit], side_first: list[bool]) -> list[Unit]:
    """Hand back what stands behind a list: ``upper and lower lobes of the right lung``."""
    found = list(units)
    for at in range(len(found) - 2, -1, -1):
        one, after = found[at], found[at + 1]
        if one.numbers and not one.organ and after.numbers:
            one = found[at] = replace(one, organ=after.organ)
        if one.sides or one.inferred or side_first[at + 1] or not after.sides:
            continue
        if one.lobe and after.lobe and one.organ in ("", "lung"):
            found[at] = replace(one, sides=after.sides)
        elif one.segments and not one.lobe and after.lobe and after.segments:
            found[at] = replace(one, sides=after.sides, lobe=after.lobe, organ=after.organ)
        elif (one.numbers and after.numbers) or (
            not one.organ and not one.lobe and one.parts and after.parts
        ):
            found[at] = replace(one, sides=after.sides, organ=after.organ)
    return found


def _implied(unit: Unit) -> Unit | None:
    """Give what is on one side only (middle lobe, lingula) its side; None where a word contradicts it."""
    if unit.numbers and not unit.organ:
        return None
    for holds, side, why in _FIXED_SIDES:
        if holds(unit):
            if unit.sides and unit.sides != {side}:
                return None
            unit = replace(unit, sides=frozenset({side}), inferred="" if unit.sides == {side} else why)
    if unit.organ in _UNPAIRED and unit.sides:
        unit = replace(unit, parts=(*sorted(unit.sides), *unit.parts), sides=frozenset())
    return unit
