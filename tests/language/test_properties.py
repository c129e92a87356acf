"""What holds of every reader, whatever the text."""

from __future__ import annotations

import re

import pytest
from corpus_readers import READERS, corpus, standings
from hypothesis import given, settings
from hypothesis import strategies as st

from language_mutants import forget
from medspatial.anatomy import OTHER_SIDE
from medspatial.language import figures, plain_figures, sides_said
from medspatial.language.letters import find_letters
from medspatial.language.options import find_options
from medspatial.language.polarity import read_polarity
from medspatial.language.quantities import find_quantities
from medspatial.language.relations import find_relations
from medspatial.language.sides import exchange_sides, find_sides
from medspatial.language.structures import find_structures

OPTIONS = ("left kidney", "12 mm", "B. in front", "liver")
SPANS = {
    "sides": find_sides,
    "quantities": find_quantities,
    "structures": lambda text: find_structures(text, "of the liver"),
    "relations": find_relations,
    "options": lambda text: find_options(text, OPTIONS),
    "letters": lambda text: find_letters(text, 4),
}
FRONT = {"polarity": ("Is there a pleural effusion?",), "options": (OPTIONS,)}
_WORDS = """
    left right Right L RLL both neither no not , . ; : ( ) / - or and of the in is are than larger 12 5x7 mm
    cm 1.5 L ± < liver kidneys T12 segment VI cannot determine unclear probably may yes No B (C) option ~ "
    above behind next to anterolateral Milz links 左侧 é İ ſ ½ { } " \\boxed <b> </think> ² °
"""
WORDS = [*_WORDS.split(), "\n", "  "]
TEXT = st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=16).map(" ".join))
LETTER_CASE = ("relations", "refusals", "polarity", "negation", "hedges")  # capitals carry nothing in them
_FIGURES = """
    1 12 5 200 000 4.5 1.200 12,00,000 , . ' _ ( ) x * ^ e E + - mm cm l L ml mm3 km k thousand million mio
    litros millimetri zentimeter and times 10 cubic HU
"""
FIGURES = [*_FIGURES.split(), " ", "  "]
SIDES = st.sampled_from(["left", "right"])
PLACES = st.sampled_from(
    ["on the {}", "in the {} lung", "the {} kidney", "{}-sided", "on the {} side", "{} lower lobe", "{}"]
)


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=40, deadline=None)
@given(text=TEXT)
def test_any_text_is_read(name, text):
    READERS[name](*FRONT.get(name, ()), text)


@pytest.mark.parametrize("name", SPANS)
@settings(max_examples=60, deadline=None)
@given(text=TEXT)
def test_what_is_found_stands_in_the_text(name, text):
    starts = []
    for one in SPANS[name](text):
        assert 0 <= one.start < one.end <= len(text)
        starts.append(one.start)
    assert starts == sorted(starts)


@pytest.mark.parametrize("name", READERS)
def test_reading_again_reads_the_same(name):
    first = [READERS[name](*one[:-1]) for one in corpus(name)]
    forget()
    assert [READERS[name](*one[:-1]) for one in reversed(corpus(name))] == first[::-1]


@pytest.mark.parametrize("name", READERS)
def test_blanks_around_a_phrase_say_nothing(name):
    for *front, text, expected in corpus(name):
        assert READERS[name](*front, f"\n  {text} \n") == expected, text


@pytest.mark.parametrize("name", LETTER_CASE)
def test_capitals_say_nothing(name):
    for *front, text, expected in corpus(name):
        assert READERS[name](*front, text.upper()) == expected, text


@given(PLACES, SIDES)
def test_not_denies_a_side(place, side):
    said = place.format(side)
    assert standings(f"It is {said}.") == {side: "affirmed"}
    assert standings(f"It is not {said}.") == {side: "denied"}


@pytest.mark.parametrize(
    "question",
    ["Is the liver enlarged?", "Is the kidney displaced?", "Is the lung collapsed?", "Is the duct dilated?"],
)
def test_not_turns_a_polarity(question):
    _, *noun, state = question.rstrip("?").split()
    for verb in ("is", "appears", "was"):
        said = f"{' '.join(noun).capitalize()} {verb} {{}}{state}.".format
        if verb == "appears":
            said = f"{' '.join(noun).capitalize()} does {{}}appear {state}.".format
        assert read_polarity(said(""), question).value is True
        assert read_polarity(said("not "), question).value is False


@given(st.lists(st.tuples(PLACES, SIDES), min_size=1, max_size=3), st.sampled_from([", ", " and ", "; "]))
def test_a_mirrored_text_has_mirrored_sides(parts, joint):
    text = joint.join(place.format(side) for place, side in parts)
    assert sides_said(exchange_sides(text)) == {OTHER_SIDE[one] for one in sides_said(text)}


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(FIGURES), max_size=8).map("".join))
def test_the_short_way_through_figures_changes_nothing(text):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(figures, "_ODD", re.compile(""))
        expected = plain_figures(text)
    assert plain_figures(text) == expected


def test_a_mirrored_denial_denies_the_other_side():
    for text, expected in corpus("negation"):
        mirrored = {OTHER_SIDE.get(side, side): standing for side, standing in expected.items()}
        assert standings(exchange_sides(text)) == mirrored
