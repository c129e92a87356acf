from __future__ import annotations

import pytest

from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.pieces import read_pieces


def _read(text):
    return [(one.lobes, one.segments, one.parts, one.bare) for one in read_pieces(read_chunks(text))]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("upper and lower lobes", [(["upper"], [], [], []), (["lower"], [], [], [])]),
        ("right upper lobe", [(["upper"], [], [], [])]),
        ("upper pole of the left kidney", [([], [], ["upper pole"], [])]),
        ("upper zone of the left lung", [([], [], ["upper zone"], [])]),
        ("anterior segment of the upper lobe", [(["upper"], ["anterior"], [], [])]),
        ("anterior part of the upper lobe", [(["upper"], [], [], ["anterior"])]),
        ("apical and posterior segments", [([], ["apical"], [], []), ([], ["posterior"], [], [])]),
        ("posterobasal", [([], ["posterobasal"], [], [])]),
        ("", []),
    ],
)
def test_words_are_parts_of_what_their_noun_says(text, pieces):
    assert _read(text) == pieces


def test_two_sides_of_one_noun_are_one_piece():
    (piece,) = read_pieces(read_chunks("right and left lung"))
    assert (piece.values("side"), piece.values("organ")) == (["both"], ["lung"])


@pytest.mark.parametrize(
    ("text", "first"), [("right lung upper lobe", True), ("upper lobe of the right lung", False)]
)
def test_whether_the_side_goes_on(text, first):
    (piece,) = read_pieces(read_chunks(text))
    assert piece.side_first is first
