"""From a candidate to a question: words, form, order of the options, identity."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.questions import chosen_subtypes
from medspatial.questions.phrase import phrase
from medspatial.questions.subtype import Candidate, Subtype
from medspatial.records import Case, Evidence

WORDS = {"a": "the liver", "b": "the spleen"}


def made(**changes: Any) -> Subtype:
    model = chosen_subtypes(("V1",))[0]
    fields = {name: getattr(model, name) for name in model.__dataclass_fields__}
    wordings = {"": ("Which is larger, {a} or {b}?", "Of {a} and {b}, which is larger?")}
    return Subtype(**{**fields, "answer_type": "choice", "wordings": wordings, **changes})


def scene(key: str = "c", *, mirrored: bool = False) -> Any:
    other = {"kidney_left": "kidney_right", "kidney_right": "kidney_left"}
    canonical = (lambda name: other.get(name, name)) if mirrored else (lambda name: name)
    return SimpleNamespace(key=key, mirrored=mirrored, canonical=canonical)


def candidate(**changes: Any) -> Candidate:
    fields = {
        "structures": ("liver", "spleen"),
        "answer": "liver",
        "evidence": Evidence(value=1.5, structures=("liver", "spleen")),
        "options": ("liver", "spleen"),
        "words": WORDS,
    }
    return Candidate(**{**fields, **changes})


def case(name: str = "c") -> Case:
    return Case(case_id=name, patient_id="p", image_path="c.nii.gz", license="CC0")


def asked(name: str = "c", forms: tuple[str, ...] = ("choice",), **changes: Any) -> Any:
    return phrase(case(name), scene(name), made(), candidate(**changes), forms)


def test_a_question_holds_what_the_candidate_and_the_case_say():
    question = asked()
    assert question.question in {
        "Which is larger, the liver or the spleen?",
        "Of the liver and the spleen, which is larger?",
    }
    assert question.reworded not in {None, question.question}
    assert (question.answer, set(question.options)) == ("liver", {"liver", "spleen"})
    assert (question.patient_id, question.image_path, question.license) == ("p", "c.nii.gz", "CC0")
    assert (question.source, question.balance_kind) == ("masks", "liver")


def test_one_wording_has_no_other_words():
    only = made(wordings={"": ("Which is larger, {a} or {b}?",)})
    assert phrase(case(), scene(), only, candidate(), ("choice",)).reworded is None


@given(st.text("abc", min_size=1, max_size=6))
def test_the_same_candidate_is_the_same_question_whenever_it_is_asked(name):
    assert asked(name) == asked(name)


def test_words_and_orders_differ_between_cases_so_that_neither_gives_the_answer_away():
    questions = [asked(f"c{n}") for n in range(60)]
    assert len({question.question for question in questions}) == 2
    first = [question.options[0] for question in questions]
    assert 15 <= first.count("liver") <= 45
    assert len({question.id for question in questions}) == 60


def test_a_note_stands_behind_either_wording():
    question = asked(note="Vessels do not count.")
    assert question.question.endswith("? Vessels do not count.")
    assert question.reworded.endswith("? Vessels do not count.")


def test_a_figure_is_open_or_a_choice_that_holds_it():
    figure = {
        "answer": "42",
        "options": (),
        "value": 42.0,
        "unit": "mm",
        "tolerance": 4.0,
        "factors": (0.5, 1, 2, 4),
    }
    number = made(answer_type="number", unit="mm")
    for forms, options in ((("open",), 0), (("choice",), 4)):
        question = phrase(case(), scene(), number, candidate(**figure), forms)
        assert len(question.options) == options
        assert question.answer_type == ("choice" if options else "number")
        assert (question.value, question.unit, question.tolerance) == (42.0, "mm", 4.0)
        assert question.answer in question.options or not options


def test_a_whole_number_has_whole_numbers_beside_it():
    count = {"answer": "3", "options": (), "value": 3.0, "whole_range": (0, 9)}
    question = phrase(case(), scene(), made(answer_type="number"), candidate(**count), ("choice",))
    assert question.answer == "3"
    assert all(0 <= int(option) <= 9 for option in question.options)
    assert len(set(question.options)) == len(question.options) > 2


@pytest.mark.parametrize("category", ["laterality", "volume"])
def test_twins_share_words_and_pair_and_not_the_identity(category):
    sides = {"structures": ("kidney_left", "liver"), "words": WORDS}
    turned = {"structures": ("kidney_right", "liver"), "words": WORDS}
    one = phrase(case("c"), scene("c"), made(category=category), candidate(**sides), ("choice",))
    twin = phrase(
        case("c~m"), scene("c", mirrored=True), made(category=category), candidate(**turned), ("choice",)
    )
    assert one.question == twin.question
    assert one.id != twin.id
    assert one.pair_id == twin.pair_id
    assert (one.pair_id is not None) == (category == "laterality")
    assert twin.subtype == "L6"
    assert twin.tags == ("mirrored", "probe_of_V1")
    assert one.tags == ()
