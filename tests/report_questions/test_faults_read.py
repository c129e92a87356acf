"""Faults found by reading questions against whole reports: each kind once, in words of our own."""

from __future__ import annotations

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import questions_from_reports

NODULE = "A nodule is observed in the right upper lobe."
LOWER = "A consolidation is observed in the right lower lobe."
GLASS = "ground glass densities are observed in the upper lobes of both lungs."


def _asked(text):
    (made,) = questions_from_reports([Report("c", text, "")])
    return [(one.question, one.answer) for one in made.questions]


def _answers(text, name):
    return {answer for question, answer in _asked(text) if name in question}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        # a clause without a place of its own is about the places of the one before
        (
            "Infiltrates are observed in the right upper lobe. They tend to form consolidation. "
            "A consolidation is observed in the left lower lobe.",
            "sides of",
        ),
        # two names of one thing
        ("A consolidation-atelectasis is observed in the right lower lobe.", ""),
        ("A mass-nodule is observed in the right upper lobe.", ""),
        # a denial under a double name
        (f"{NODULE} No mass-nodule is observed in both lungs.", ""),
        # what was removed
        ("Right upper lobectomy was performed. A nodule is observed in the left upper lobe.", ""),
        ("The left lung was not observed secondary to operation. Emphysema is observed in both lungs.", ""),
        ("The right lung was removed. Emphysema is observed in both lungs.", ""),
        # no such lobe
        (f"A nodule is observed in the left middle lobe. {LOWER}", "nodule"),
        # whose prominence it is
        (
            "More prominent pleural leaves on the right are thickened. Effusion in both pleural spaces.",
            "more",
        ),
        # the largest of which: the node with a station of its own is another one
        (
            "Lymph nodes are observed, the largest of which is 12 mm in the right hilar region. "
            "A subcarinal lymph node is observed.",
            "station",
        ),
    ],
)
def test_not_asked(text, name):
    assert _answers(text, name) == set()


@pytest.mark.parametrize(
    ("text", "name", "answers"),
    [
        (f"More extensive {GLASS}", "ground-glass", {"both sides", "in the upper lobes"}),
        (f"More prominent {GLASS}", "ground-glass", {"both sides", "in the upper lobes"}),
        ("Pericardial and right pleural effusion is observed.", "pleural effusion", {"right"}),
        (
            "A 5 mm nodule superposed on the minor fissure is observed in the right lung.",
            "nodule",
            {"right", "an interlobar fissure"},
        ),
        (
            "A perifissural nodule is observed in the right upper lobe.",
            "nodule",
            {"right", "right upper lobe", "an interlobar fissure"},
        ),
        (
            "Lymph nodes are observed in the right upper-bilateral lower paratracheal area.",
            "station",
            {"lower paratracheal station"},
        ),
    ],
)
def test_read(text, name, answers):
    assert _answers(text, name) == answers


@pytest.mark.parametrize(
    ("text", "name", "wrong"),
    [
        (f"{NODULE} Reticulonodular densities are observed in the left lung.", "lung nodule ", "nodules"),
        ("Nephrolithiasis is observed in the left kidney.", "the nephrolithiasis", "stone"),
        (
            "Calculi are observed in the left kidney. There is a 4 mm calculus in the left kidney.",
            "kidney stone",
            "kidney stones",
        ),
        ("A bleb is observed in the left upper lobe.", "the bleb", "bulla"),
        ("Fibroatelectasis is observed in the left lower lobe.", "the fibroatelectasis", "sequela"),
    ],
)
def test_names(text, name, wrong):
    questions = " ".join(question.replace("?", " ").replace(":", " ") for question, _ in _asked(text))
    assert name in questions
    assert wrong not in questions


@pytest.mark.parametrize("first", ["", f"{NODULE} "])
def test_one_finding_is_asked_once(first):
    asked = _asked(f"{first}A 5 mm nodule is observed in the right upper lobe.")
    assert sorted(answer for _, answer in asked) == ["right", "right upper lobe"]


def _made(findings, impression=""):
    (made,) = questions_from_reports([Report("c", findings, impression)])
    return made.questions


def test_sections_that_give_different_sides_are_not_asked():
    findings = "A linear atelectasis is observed in the right upper lobe."
    assert _made(findings, "Linear atelectasis in the right lung.")
    assert _made(findings, "Linear atelectasis in the left lung.") == []


def test_one_place_in_two_pieces_is_one():
    text = "In the left lung lower lobe superior segment, lateral consolidation is observed."
    asked = " ".join(one.question for one in _made(text))
    assert "consolidation" in asked
    assert "consolidations" not in asked


@pytest.mark.parametrize(
    ("words", "both_offered"),
    [
        ("Peripheral", True),
        ("More peripheral subpleural", False),
        ("Peripheral weighted", False),
    ],
)
def test_what_lies_mostly_near_the_pleura_may_lie_near_the_hilum_too(words, both_offered):
    offered = set()
    for number in range(12):  # which false answer is offered depends on the report's hash
        text = f"{words} ground glass densities are observed in both lungs. The spleen is {80 + number} mm."
        for one in _made(text):
            if one.subtype == "report-depth":
                assert one.answer == "in the outer part, near the pleura"
                offered |= set(one.options)
    assert offered
    assert ("both near the pleura and near the hilum" in offered) == both_offered


@pytest.mark.parametrize(
    "text",
    [
        "Lesions accompanied by peripheral ground glass areas are observed in both upper lobes.",
        "A subpleural nodule superposed on the major fissure is observed in the right lower lobe.",
    ],
)
def test_near_the_pleura_or_near_something_else(text):
    assert [one for one in _made(text) if one.subtype == "report-depth"] == []


def test_stations_of_a_clause_that_is_not_understood_are_no_false_answers():
    findings = "Several lymph nodes are seen in the aorta, the hazy window, prevascular and subcarinal area."
    impression = "Several lymph nodes in the pretracheal and subcarinal area."
    for one in _made(findings, impression):
        assert "prevascular station" not in one.options


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # near the pleura, and next to it, is one fact
        ("Subpleural ground glass densities are observed in both lungs.", ("report-depth", "report-surface")),
        # so is a vertebra of which two things are said
        (
            "Height loss consistent with compression fracture was observed in the T8 vertebral body.",
            ("report-level",),
        ),
    ],
)
def test_one_fact_is_asked_once(text, names):
    assert len([one for one in _made(text) if one.subtype in names]) == 1


def test_some_of_them_lie_centrally_too():
    text = (
        "Peripheral ground glass opacities were observed in both lungs, most prominently "
        "central-peripherally located in the right lower lobe."
    )
    assert [one for one in _made(text) if one.subtype == "report-depth"] == []


def test_a_thickness_names_no_effusion():
    text = "Pleural effusion of 18 mm on the right. A pleural effusion of 8 mm on the left."
    made = _made(text)
    assert [one.subtype for one in made if "8 mm" in one.question] == []
    assert "report-thicker" in {one.subtype for one in made}


def test_calculi_may_be_one_stone():
    text = "Density compatible with 3 mm diameter calculi is observed in the left kidney."
    assert [one for one in _made(text) if one.subtype == "report-side-balance"] == []


def test_of_several_vertebrae_one_is_asked_about():
    text = (
        "Height loss is observed in the T5 vertebral body. Sclerosis is observed in the T9 vertebral body. "
        "A hemangioma is observed in the T12 vertebral body."
    )
    assert len([one for one in _made(text) if one.subtype == "report-level"]) == 1


def test_infiltrations_may_be_the_consolidations():
    text = (
        "Consolidation areas are observed in the right upper lobe and right lower lobe. "
        "Infiltrations are observed in the left lower lobe."
    )
    for one in _made(text):
        if "infiltra" in one.question:
            assert "right upper lobe" not in one.options
            assert "right lower lobe" not in one.options


def test_a_size_in_two_directions_and_its_larger_one_are_one_nodule():
    made = _made(
        "An 8x6 mm nodule is observed in the right upper lobe.", "An 8 mm nodule in the right upper lobe."
    )
    assert made
    assert not any("nodules" in one.question for one in made)


@pytest.mark.parametrize("word", ["Mildly", "Slightly"])
def test_slightly_peripheral_is_not_near_the_pleura(word):
    text = f"{word} peripherally located ground glass densities are observed in both lungs."
    assert [one for one in _made(text) if one.subtype in {"report-depth", "report-surface"}] == []


def test_peripheral_and_diffuse_may_be_both():
    text = "Peripheral and diffuse ground glass densities are observed in both lungs."
    for one in _made(text):
        assert "both near the pleura and near the hilum" not in one.options


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Nodular ground glass areas are observed in the left lower lobe.", "nodular ground-glass densities"),
        ("Ground glass nodules are observed in the left lower lobe.", "ground-glass nodules"),
    ],
)
def test_nodular_areas_are_no_nodules(text, name):
    made = _made(text)
    assert made
    assert all(name in one.question for one in made)


def test_one_area_of_several_segments_is_one():
    text = "A consolidation area is observed in the lateral and anterior segments of the right lower lobe."
    assert not any("consolidations" in one.question for one in _made(text))


def test_fibrotic_changes_elsewhere_have_no_known_depth():
    text = (
        "Sequelae fibrotic changes are observed in both lungs. "
        "Fibrotic changes are observed in the subpleural area of both lungs."
    )
    assert [one for one in _made(text) if one.subtype == "report-depth"] == []


def test_sections_may_round_one_size_otherwise():
    made = _made(
        "A hypodense lesion of 41 mm is in the left kidney. Effusion is observed in both pleural spaces.",
        "A hypodense lesion of 42 mm in the left kidney.",
    )
    assert not any("lesions" in one.question for one in made)
    made = _made(
        "A hypodense lesion of 41 mm is observed in the left kidney. A hypodense lesion of 12 mm is observed "
        "in the left kidney. Effusion is observed in both pleural spaces."
    )
    assert any("lesions" in one.question for one in made)


def test_a_misspelt_bleb_is_another_one():
    text = "A subpleural bleb is observed in the right lower lobe. A few smaller bleps are seen on the right."
    assert not any("the bleb " in one.question for one in _made(text))


def test_the_only_one_is_asked_once():
    text = "A nodule is observed in the right middle lobe. Emphysema is observed in both lungs."
    made = [one for one in _made(text) if "lobe" in one.subtype]
    assert len(made) == 1


def test_a_nodule_of_unknown_depth_among_subpleural_ones():
    text = (
        "Two subpleural nodules are observed at the posterobasal level in the right lung. "
        "There is a 2 mm nodule at the laterobasal level."
    )
    assert [one for one in _made(text) if one.subtype == "report-depth"] == []


def test_what_may_be_atelectasis_makes_no_second_nodule():
    text = (
        "The nodular density increases in the right middle lobe may belong to atelectasis. "
        "A calcified nodule is observed in the right lower lobe."
    )
    assert not any("nodules" in one.question for one in _made(text))


def test_merging_near_the_pleura_is_mostly_there():
    text = (
        "Ground glass densities are observed in both lungs with a tendency to merge in the subpleural area."
    )
    for one in _made(text):
        assert "both near the pleura and near the hilum" not in one.options


def test_infiltrations_are_not_asked_about():
    text = (
        "Infiltration areas are observed in the left lower lobe. "
        "A nodule is observed in the right upper lobe. Emphysema is observed in both lungs."
    )
    made = _made(text)
    assert made
    assert not any("infiltration" in " ".join((one.question, *one.options)) for one in made)


def test_calculi_of_one_size_are_one_stone():
    text = "3 mm calculi is observed in the right kidney. Emphysema is observed in both lungs."
    assert not any("stones" in one.question for one in _made(text))


def test_a_lobe_that_the_report_only_asks_after_is_no_false_answer():
    text = (
        "Linear density is observed in the lingular segment of the left upper lobe (parenchymal band?). "
        "A parenchymal band is observed in the right lower lobe."
    )
    made = [one for one in _made(text) if "band" in one.question]
    assert not any("left upper lobe" in one.options for one in made)


def test_the_same_appearance_elsewhere_has_no_known_surface():
    text = (
        "A subpleural ground glass area is observed in the right lower lobe. "
        "However, the appearance is common in the lower lobes of both lungs."
    )
    assert [one for one in _made(text) if one.subtype == "report-surface"] == []


def test_what_lies_centrally_too_is_not_against_the_pleura():
    text = (
        "Peripheral ground glass opacities were observed in both lungs, most prominently "
        "central-peripherally located in the right lower lobe."
    )
    assert [one for one in _made(text) if one.subtype == "report-surface"] == []


def test_a_nodular_formation_of_the_trachea_is_no_lung_nodule():
    text = (
        "A nodular formation of 8 mm is projecting into the lumen of the trachea. "
        "A nodular formation of 11x6 mm is observed in the anterior of the spleen. "
        "There is a 2 mm nodule in the right upper lobe."
    )
    made = [one for one in _made(text) if "nodule" in one.question]
    assert made
    assert not any("nodules" in one.question for one in made)
