"""Relations, propositions, properties, structures and free text, where a case file would say too little."""

from __future__ import annotations

import pytest

from medspatial.language.polarity import polarity_of
from medspatial.language.properties import contrary_zone, property_signs
from medspatial.language.proposition import restated
from medspatial.language.relations import find_relations
from medspatial.language.roles import roles
from medspatial.language.stems import stem
from medspatial.language.structures import specific
from medspatial.records import Prediction, Question
from medspatial.score.structured import match


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("anterosuperior", ["anterior", "superior"]),
        ("postero-lateral to it", ["posterior", "lateral"]),
        ("the inferior vena cava", []),
        ("below the superior mesenteric artery", ["inferior"]),
        ("the above mentioned lesion", []),
        ("in front of the spine", ["anterior"]),
        ("at the lower pole", []),
        ("encased by fat", ["inside"]),
        ("retroperitoneal", []),
        ("retrocrural", ["posterior"]),
        ("on top of the liver", ["superior"]),
    ],
)
def test_relations(text, expected):
    assert [m.value for m in find_relations(text)] == expected


@pytest.mark.parametrize(
    ("question", "subject", "landmark"),
    [
        ("Where does the nodule lie relative to the fissure?", "nodule", "fissure"),
        ("Relative to the fissure, where is the nodule?", "nodule", "fissure"),
        ("What is the position of the nodule with respect to the fissure?", "nodule", "fissure"),
        ("On which side of the fissure does the nodule lie?", "nodule", "fissure"),
        ("Is the nodule anterior or posterior to the fissure?", "nodule", "fissure"),
        ("What is the relationship between the nodule and the fissure?", "nodule", "fissure"),
        ("In which direction from the fissure does the nodule lie?", "nodule", "fissure"),
        ("How is the nodule positioned relative to the fissure?", "nodule", "fissure"),
    ],
)
def test_roles(question, subject, landmark):
    found = roles(question)
    assert stem(subject) in found.subject
    assert stem(landmark) in found.landmark
    assert not found.subject & found.landmark


def test_a_question_without_roles():
    assert roles("How large is the nodule?") is None


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("The left kidney is smaller.", "Is the right kidney larger than the left kidney?", True),
        ("They are equal.", "Is the right kidney larger than the left kidney?", False),
        ("The right is not as large as the left.", "Is the right kidney larger than the left kidney?", False),
        ("The fissure lies behind the nodule.", "Is the nodule anterior to the fissure?", True),
        ("A nodule in the left lung.", "Is there a nodule in the right lung?", False),
        ("The spleen is enlarged.", "Is there splenomegaly?", True),
        ("No splenomegaly.", "Is the spleen enlarged?", False),
        ("The liver is fatty.", "Is there a pleural effusion?", None),
        ("A pleural effusion with no loculation.", "Is there a pleural effusion?", True),
        ("The effusion has not been drained.", "Is there an effusion?", True),
        ("No nodule is absent.", "Is the nodule present?", True),
    ],
)
def test_restated(text, question, expected):
    assert restated(text, question)[0] is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes", True),
        ("no.", False),
        ("True", True),
        ("absent", False),
        ("No, it does not", False),
        ("Nodule", None),
        ("", None),
    ],
)
def test_polarity_of_references(text, expected):
    assert polarity_of(text) is expected


def test_properties_turn_with_a_negation():
    assert property_signs("normal") == {1: 1}
    assert property_signs("not normal") == {1: -1}
    assert property_signs("The duct is large.").keys() == property_signs("The duct is small.").keys()


def test_zones():
    assert contrary_zone("lower pole", "upper pole") == "another zone (upper)"
    assert contrary_zone("upper and lower zones", "upper zone") == ""
    assert contrary_zone("somewhere", "upper zone") == ""


def test_containers_and_sides_of_structure_names():
    assert specific(frozenset({"lung_right", "lung_upper_lobe"})) == {"lung_upper_lobe_right"}
    assert specific(frozenset({"lung_left", "lung_right", "lung_lower_lobe"})) == {
        "lung_lower_lobe_left",
        "lung_lower_lobe_right",
    }
    assert specific(frozenset({"liver", "spleen"})) == {"liver", "spleen"}


def free(question, answer, reply):
    row = Prediction(case_id="c", question=question, answer=answer, prediction="")
    verdict = match(row, reply)
    return verdict.outcome, verdict.rule


@pytest.mark.parametrize(
    ("question", "answer", "reply", "outcome"),
    [
        ("Where is the nodule?", "In the right lower lobe.", "right lower lobe", "correct"),
        ("Where is the nodule?", "In the right lower lobe.", "left lower lobe", "incorrect"),
        (
            "Where is the cyst in the left kidney?",
            "In the upper pole of the left kidney.",
            "left kidney, lower pole",
            "incorrect",
        ),
        ("Which side is affected?", "The right side.", "left", "incorrect"),
        ("Which side is affected?", "The right side.", "It is on the right.", "correct"),
        ("Are the nodules in one lung or in both?", "In both lungs.", "Bilateral.", "correct"),
        ("Are the nodules in one lung or in both?", "In the left lung.", "Only one.", "correct"),
        ("Is there an effusion?", "There is no effusion.", "No", "correct"),
        (
            "Is there an effusion, and if so, on which side?",
            "Yes, on the left.",
            "Yes, on the right.",
            "incorrect",
        ),
        (
            "Is there an effusion, and if so, on which side?",
            "Yes, on the left.",
            "Yes, left-sided.",
            "correct",
        ),
        ("Is there an effusion, and if so, on which side?", "No effusion was seen.", "No.", "correct"),
        ("How thick is the effusion?", "Approximately 1 cm.", "11 mm", "correct"),
        ("How thick is the effusion?", "Approximately 1 cm.", "2 cm", "incorrect"),
        ("What is the condition of the discs?", "They are preserved.", "Normal", "correct"),
        ("What is the condition of the discs?", "They are preserved.", "Narrowed", "incorrect"),
        ("What is seen?", "Fibrotic bands.", "fibrotic bands", "correct"),
        ("What is seen?", "Fibrotic bands.", "Sequelae", "undecided"),
        ("Where is the nodule?", "In the right lower lobe.", "I cannot tell.", "unanswered"),
        ("Where is the nodule?", "In the right lower lobe.", "Somewhere.", "undecided"),
    ],
)
def test_free_text(question, answer, reply, outcome):
    assert free(question, answer, reply)[0] == outcome


def test_undecided_is_unscored_with_its_cause(row):
    from medspatial.score import metric

    score = metric("structured").score([row("Sequelae", answer="Fibrotic bands.", question="What is seen?")])[
        0
    ]
    assert (score.status, score.correct, score.rule) == ("unscored", None, "free")
    assert score.reason.startswith("free text: ")


@pytest.mark.parametrize(
    ("kind", "question", "answer", "reply", "outcome"),
    [
        (
            "side",
            "Which kidneys show one or more cysts?",
            "both",
            "One in the right and a larger in the left.",
            "correct",
        ),
        (
            "side",
            "Which lung has the lower volume?",
            "Left lung",
            "The right lung has a higher volume.",
            "correct",
        ),
        (
            "side",
            "Which hemidiaphragm is higher?",
            "Right",
            "Right (normal; 1 cm above the left).",
            "correct",
        ),
        ("side", "Which adrenal glands show nodules?", "neither", "Adrenals: Normal.", "correct"),
        ("side", "Which adrenal glands show nodules?", "neither", "I cannot tell.", "unanswered"),
        (
            "anatomy",
            "Which lobes are affected?",
            "The lower lobes of both lungs",
            "Inferior lobes of both lungs.",
            "correct",
        ),
        (
            "anatomy",
            "Which lobe holds the largest nodule?",
            "Right upper lobe",
            "RUL; the LLL one is smaller.",
            "correct",
        ),
        (
            "anatomy",
            "In which segment is it?",
            "Superior segment of the right lower lobe",
            "RLL, segment 6",
            "correct",
        ),
        (
            "anatomy",
            "In which segment is it?",
            "Superior segment of the right lower lobe",
            "RLL, segment 10",
            "incorrect",
        ),
        ("anatomy", "At which level is it?", "L2", "L2, roughly at the L2–L3 disc.", "correct"),
        ("anatomy", "At which level is it?", "L4", "L4/5", "unanswered"),
        ("anatomy", "Which organ is it?", "Spleen", "Spleen (with the gastric fundus medially).", "correct"),
        ("anatomy", "Which lobe is it?", "Right upper lobe", "右肺上叶", "correct"),
        ("anatomy", "Which lobe is it?", "Left upper lobe", "左肺舌段", "undecided"),
        (
            "anatomy",
            "Which pole is it?",
            "Upper pole of the left kidney",
            "Left kidney, lower pole",
            "incorrect",
        ),
        ("anatomy", "At which level is it?", "T12", "T12, seen on T2-weighted images", "correct"),
        (
            "free",
            "Where is the hernia?",
            "At the lower end of the esophagus.",
            "In the distal esophagus.",
            "correct",
        ),
        (
            "free",
            "Where is the hernia?",
            "At the lower end of the esophagus.",
            "Proximal esophagus",
            "incorrect",
        ),
        (
            "free",
            "Which kidney and which pole is it?",
            "Upper pole of the left kidney.",
            "Left, lower pole",
            "incorrect",
        ),
    ],
)
def test_kinds_of_replies(kind, question, answer, reply, outcome):
    item = Question(case_id="c", question=question, answer=answer, answer_type=kind)
    assert match(item, reply).outcome == outcome


FOUR = ("Aorta", "Vein", "Liver", "Spleen")
COMPARED = ("the left one is larger", "the right one is larger", "they are about equal")


@pytest.mark.parametrize(
    ("options", "question", "answer", "reply", "outcome"),
    [
        (COMPARED, "How do the kidneys compare?", COMPARED[0], "The right kidney is smaller.", "correct"),
        (COMPARED, "How do the kidneys compare?", COMPARED[1], "The right kidney is smaller.", "incorrect"),
        (FOUR, "Which is it?", "Aorta", "Aorta (A), not the blood vessel (B).", "correct"),
        (FOUR, "Which is it?", "Spleen", "Liver (D)", "incorrect"),
        (FOUR, "Which is it?", "Spleen", "Not A or C. Between B and D, D is closer.", "correct"),
        (FOUR, "Which is it?", "Spleen", "**D**\n- A: far\n- B: far\n- C: far\n- D: near", "correct"),
        (FOUR, "Which is it?", "Spleen", "A: 170, B: 80, C: 30, D: 230 → D", "correct"),
        (FOUR, "Which is it?", "Spleen", "A: 170, B: 80, C: 30, D: 230 → B", "incorrect"),
    ],
)
def test_kinds_of_choices(options, question, answer, reply, outcome):
    item = Question(case_id="c", question=question, answer=answer, options=options, answer_type="choice")
    assert match(item, reply).outcome == outcome
