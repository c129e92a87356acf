"""The names-only guesser: what it knows, what it cannot know, and that balance takes it down."""

from __future__ import annotations

import pytest

from medspatial.anatomy import structures
from medspatial.anatomy.typical import typical
from medspatial.questions import Plan, audit, balance_cohort
from medspatial.questions.names import Asked, asked_by, known_by_names, names_score, share_of_guess
from medspatial.questions.options import shuffled
from medspatial.records import Evidence, Question

YES_NO = ("yes", "no")


def share(subtype, names, options, answer, form="", figure=False):
    return share_of_guess(Asked(subtype, tuple(names), tuple(options), form, figure), answer)


@pytest.mark.parametrize(
    ("subtype", "names", "options", "answer", "form"),
    [
        ("L1", ["liver"], ["left", "right", "midline"], "right", ""),
        ("L1", ["urinary_bladder"], ["left", "right", "midline"], "midline", ""),
        ("L1", ["liver_cyst#1"], ["left", "right", "midline"], "right", ""),
        ("L4", ["kidney_left"], YES_NO, "yes", ""),
        ("L5", ["spleen", "liver"], YES_NO, "yes", ""),
        ("L5", ["liver", "kidney_left"], YES_NO, "no", ""),
        ("L5", ["kidney_tumor#1", "kidney_right"], YES_NO, "yes", ""),
        ("D1", ["gallbladder"], ["liver", "spleen", "left kidney"], "liver", ""),
        ("D4", ["liver", "gallbladder"], YES_NO, "yes", ""),
        ("D4", ["trachea", "urinary_bladder"], YES_NO, "no", ""),
        ("V1", ["liver", "spleen"], ["spleen", "liver"], "liver", ""),
        ("V2", [], ["liver", "spleen", "left adrenal gland"], "left adrenal gland", "smallest"),
        ("A2", ["urinary_bladder"], ["L2", "L3", "L4", "L5"], "L5", "lower"),
        ("A4", ["urinary_bladder"], ["the lowest quarter", "the highest quarter"], "the lowest quarter", ""),
        ("A5", ["heart", "urinary_bladder"], ["superior", "inferior", "left", "right"], "superior", ""),
        ("A6", ["liver"], ["all of it is inside", "none of it is inside"], "all of it is inside", ""),
        ("M1", ["kidney_left", "kidney_right"], ["they are about equal"], "they are about equal", ""),
        ("M2", [], ["heart – liver", "liver – heart"], "heart – liver", "height"),
        ("M2", [], ["heart – liver", "liver – heart"], "liver – heart", "volume"),
        ("M3", ["kidney_left", "kidney_right"], ["L1 vertebra", "trachea"], "L1 vertebra", ""),
        ("M6", ["kidney_left", "kidney_right", "liver"], YES_NO, "no", ""),
    ],
)
def test_it_knows_ordinary_anatomy(subtype, names, options, answer, form):
    assert share(subtype, names, options, answer, form) == 1
    assert known_by_names(Asked(subtype, tuple(names), tuple(options), form), answer)


@pytest.mark.parametrize(
    ("subtype", "names", "options", "answer", "expected"),
    [
        ("L1", ["nodule#2"], ["left", "right", "midline"], "left", 1 / 2),
        ("L1", ["nodule#2"], ["left", "right", "midline"], "midline", 0),
        ("L3", ["nodule"], ["left", "right", "both", "neither"], "both", 1 / 4),
        ("D6", ["nodule#1", "nodule#2"], ["largest lung nodule", "smallest lung nodule"], "largest", 0),
        ("V1", ["my_organ", "other"], ["my organ", "other"], "other", 1 / 2),
        ("L5", ["my_organ", "other"], YES_NO, "no", 1 / 2),
    ],
)
def test_what_names_do_not_tell_is_shared(subtype, names, options, answer, expected):
    assert share(subtype, names, options, answer) == expected


def test_figures_are_guessed_by_ratio():
    options = ("380 ml", "1500 ml", "3000 ml")
    assert share("V3", ["liver"], options, "1500 ml", figure=True) == 1
    assert share("V3", ["liver_cyst#1"], options, "1500 ml", figure=True) == pytest.approx(1 / 3)


def test_the_order_of_the_evidence_does_not_help():
    """V2 and D1 name the true one first in their evidence: options alone may be read."""
    question = Question(
        case_id="c", question="Smallest?", answer="liver", options=("spleen", "liver"), subtype="V2",
        evidence=Evidence(structures=("liver", "spleen")), form="smallest",
    )  # fmt: skip
    assert names_score(question) == 0
    assert asked_by(question).form == "smallest"


def test_usual_places_are_those_of_a_body():
    for one in structures("organ"):
        found = typical(one.name)
        if found is None:
            continue
        assert abs(found.x) < 250
        assert found.ml > 0 < found.height
        if one.partner:
            assert (found.x < 0) == (one.side == "left"), one.name
    order = ["brain", "trachea", "heart", "liver", "kidney_left", "urinary_bladder", "prostate"]
    heights = [typical(name).z for name in order]
    assert heights == sorted(heights, reverse=True)


def test_mirrored_probes_are_not_known_by_names(phantoms, ask):
    for phantom in phantoms[:3]:
        result = ask(phantom, Plan(per_subtype=4), mirrored=True)
        assert result.questions
        for question in result.questions:
            assert not known_by_names(asked_by(question), question.answer)


def set_of(patients, wrong=4):
    names = [("liver", "spleen"), ("spleen", "gallbladder"), ("liver", "pancreas"), ("stomach", "pancreas")]
    for number in range(patients):
        larger, smaller = names[number % 4]
        if number % wrong == 0:
            larger, smaller = smaller, larger
        yield Question(
            id=f"q{number}", case_id=f"c{number}", patient_id=f"p{number}", subtype="V1",
            question=f"Which is larger, wording {number}?", answer=larger,
            options=shuffled((larger, smaller), number),
            answer_type="anatomy", evidence=Evidence(structures=(larger, smaller)),
        )  # fmt: skip


def test_balance_takes_the_guesser_down_to_chance():
    rows = list(set_of(400, wrong=5))
    (before,) = audit(rows).rows
    assert before.names == 80
    assert before.verdict == "flagged"
    kept, _ = balance_cohort(rows)
    (after,) = audit(kept).rows
    assert after.names <= after.chance + 5
    assert len(kept) > 80


def test_a_small_set_is_measured_but_not_judged():
    (row,) = audit(list(set_of(12))).rows
    assert row.verdict == "few"
    assert row.names == 75
    assert "| V1 | 12 |" in audit(list(set_of(12))).to_markdown()
