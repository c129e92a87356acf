"""The pieces of a run of places, and what ``upper``, ``anterior`` or ``apical`` are part of in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from medspatial.report_questions.chunks import Chunk

PLACE_KINDS = frozenset(
    {"side", "lobe", "lobenoun", "lingula", "segment", "segnoun", "zonenoun", "organ", "station", "fissure",
     "zone", "part", "vertebra", "number"}
)  # fmt: skip
"""Kinds of chunks that say where."""
BOTH = frozenset({"left", "right"})
HOST = {"hilum": "lung", "bronchus": "lung", "pleura": "lung", "pelvicalyceal system": "kidney"}
"""Organs that are named together with the one that holds them."""
_CERTAIN_SEGMENTS = frozenset(
    {"apicoposterior", "anterobasal", "posterobasal", "laterobasal", "mediobasal", "anteromediobasal"}
)
_NOUN_OF = {"lobenoun": "lobe", "zonenoun": "lobe", "segnoun": "segment"}


@dataclass
class Piece:
    """What stands between two commas of a list of places.

    Attributes
    ----------
    lobes, segments, parts
        The words that name a lobe, a segment, or another part; ``bare`` are words of direction alone
        (``anterior``), which may or may not mean a segment.
    """

    chunks: list[Chunk] = field(default_factory=list)
    lobes: list[str] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)

    def values(self, kind: str) -> list[str]:
        """The different values of one kind, in order."""
        return list(dict.fromkeys(one.value for one in self.chunks if one.kind == kind))

    def first(self, kind: str) -> int:
        """Where the first chunk of a kind begins, beyond the text where there is none."""
        return next((one.start for one in self.chunks if one.kind == kind), 1 << 30)

    @property
    def kinds(self) -> list[str]:
        """The kinds of its chunks."""
        return [one.kind for one in self.chunks]

    @property
    def side_first(self) -> bool:
        """Whether its side stands before lobe and segment, and so goes on for the pieces that follow."""
        return self.first("side") < min(self.first("lobe"), self.first("segment"), self.first("lingula"))


def read_pieces(chunks: Sequence[Chunk]) -> list[Piece]:
    """Cut a run at commas and ``and``, and sort the words of each piece."""
    pieces = [Piece()]
    for one in chunks:
        if one.kind == "and" or (one.kind == "mark" and one.value in ",/-–"):
            if pieces[-1].chunks:
                pieces.append(Piece())
        elif one.kind in PLACE_KINDS:
            pieces[-1].chunks.append(one)
    pieces = _join_sides([piece for piece in pieces if piece.chunks])
    for at in range(len(pieces)):
        for place, one in enumerate(pieces[at].chunks):
            if one.kind == "lobe":
                _sort_lobe(pieces, at, place)
            elif one.kind in ("segment", "part"):
                _sort_segment(pieces, at, one)
    return pieces


def _join_sides(pieces: list[Piece]) -> list[Piece]:
    """``right and left lung`` is one piece with both sides."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].kinds == ["side"] and piece.kinds[0] == "side":
            first = joined[-1].chunks[0]
            if {first.value, piece.chunks[0].value} == BOTH:
                both = Chunk("side", "both", first.start, piece.chunks[0].end)
                joined[-1] = Piece([both, *piece.chunks[1:]])
                continue
        joined.append(piece)
    return joined


def _sort_lobe(pieces: list[Piece], at: int, place: int) -> None:
    """``upper``: of a lobe, if that noun follows here or in the next piece; else of a zone or pole."""
    piece, value = pieces[at], pieces[at].chunks[place].value
    follows = piece.kinds[place + 1 :]
    after = next((kind for kind in follows if kind not in ("lobe", "segment", "part")), None)
    of_lobe = ("lobenoun" in follows and after in ("lobenoun", "side", None)) or _shares(
        pieces, at, "lobenoun"
    )
    of_zone = after == "zonenoun" or _shares(pieces, at, "zonenoun")
    (piece.lobes if of_lobe or ("lobenoun" in follows and not of_zone) else piece.parts).append(value)


def _sort_segment(pieces: list[Piece], at: int, one: Chunk) -> None:
    """``anterior``: a segment, if that noun stands here or is shared; ``posterobasal`` always is."""
    piece = pieces[at]
    named = "segnoun" in piece.kinds or _shares(pieces, at, "segnoun")
    if one.value in _CERTAIN_SEGMENTS or (
        named and (one.kind == "segment" or one.value in ("apical", "basal"))
    ):
        piece.segments.append(one.value)
    else:
        (piece.parts if one.kind == "part" else piece.bare).append(one.value)


def _shares(pieces: list[Piece], at: int, noun: str) -> bool:
    """Whether the noun that this piece lacks stands in the next one: ``upper and lower lobes``."""
    wanted = (_NOUN_OF[noun], "part")
    if at + 1 >= len(pieces) or pieces[at].kinds[-1] not in wanted or pieces[at + 1].kinds[0] not in wanted:
        return False
    return noun in pieces[at + 1].kinds or _shares(pieces, at + 1, noun)
