from __future__ import annotations

import pytest
from stated import kinds, statements

from medspatial.report_questions.chunks import read_chunks
from medspatial.report_questions.facts import (
    LOBES,
    Sides,
    about,
    is_plural,
    lobes_of,
    possible_lobes,
    side_word,
    topic_sides,
)
from medspatial.report_questions.places import read_units


def _sides(findings, impression="", key="nodule@lung"):
    found = topic_sides(kinds(findings, impression)[key])
    return side_word(found.sides) if isinstance(found, Sides) else found.rule


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ("A nodule is observed in the left lung.", "left"),
        ("Nodules are observed in both lungs.", "both sides"),
        ("A nodule is observed in the left lung. A nodule is observed in the right lung.", "both sides"),
        ("A nodule is observed in the middle lobe.", "right"),
        ("A nodule is observed in the lower lobe.", "no_side"),
        ("Nodules are observed in the lower lobes.", "no_side"),
        ("A nodule is observed in the left lung. No nodule is observed in the lungs.", "contradicted"),
        ("A nodule is observed in the left lung. A zzyzx nodule of the right lung.", "unclear_mention"),
    ],
)
def test_the_sides_of_a_kind(findings, said):
    assert _sides(findings) == said


def test_sections_must_agree():
    assert _sides("A nodule in the left lung.", "Nodule in the left lung.") == "left"
    assert _sides("A nodule in the left lung.", "Nodule in the right lung.") == "contradicted"
    assert _sides("A nodule in the left lung.", "Nodules in both lungs.") == "contradicted"


def test_two_clauses_that_give_a_side_each_are_both_quoted():
    text = "A nodule is observed in the left lung. A nodule is observed in the right lung."
    found = topic_sides(kinds(text)["nodule@lung"])
    assert len(found.statements) == 2
    assert found.inferred


@pytest.mark.parametrize(
    ("place", "lobes"),
    [
        ("right upper lobe", {"right upper lobe"}),
        ("both lower lobes", {"right lower lobe", "left lower lobe"}),
        ("lower lobe", set()),
        ("left lung", set()),
        ("lingula", {"left upper lobe"}),
    ],
)
def test_the_lobes_of_a_place(place, lobes):
    (unit,) = read_units(read_chunks(place))
    assert lobes_of(unit) == lobes


@pytest.mark.parametrize(
    ("text", "lobes"),
    [
        ("A nodule in the right upper lobe.", {"right upper lobe"}),
        ("A nodule in the right lung.", {one for one in LOBES if one.startswith("right")}),
        ("A nodule in the lower lobe.", {"right lower lobe", "left lower lobe"}),
        ("A nodule in the posterobasal segment of the left lung.", {"left lower lobe"}),
    ],
)
def test_the_lobes_that_a_mention_may_be_about(text, lobes):
    (one,) = statements(text)
    assert possible_lobes(one) == lobes


@pytest.mark.parametrize(
    ("noun", "plural"),
    [
        ("lung nodules", True),
        ("lung nodule", False),
        ("bullae", True),
        ("atelectasis", False),
        ("pneumothorax", False),
        ("lesions of the liver", True),
        ("loss of height", False),
    ],
)
def test_the_verb_of_a_name(noun, plural):
    assert is_plural(noun) is plural


def test_a_kind_is_named_with_its_verb():
    assert about(kinds("Nodules are observed in both lungs.")["nodule@lung"])["is"] == "are"
    assert about(kinds("A nodule is observed in the left lung.")["nodule@lung"])["is"] == "is"
