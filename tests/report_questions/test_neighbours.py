from __future__ import annotations

import pytest
from stated import answers, kinds, unasked

from medspatial.report_questions.facts import about
from medspatial.report_questions.neighbours import beside_finding, neighbour


def _neighbour(text, key="nodule@lung"):
    topic = kinds(text)[key]
    return answers(neighbour(topic.key, about(topic), topic.read))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "A nodule is observed in the right upper lobe, adjacent to the aorta.",
            [("report-neighbour", "the aorta")],
        ),
        (
            "A nodule is observed in the left lower lobe extending to the chest wall.",
            [("report-extension", "the chest wall")],
        ),
        ("A nodule is observed in the left lower lobe.", []),
        ("A nodule is observed in the left lung, adjacent to the major fissure.", []),
        ("A nodule is observed in the left lung, not adjacent to the aorta.", []),
    ],
)
def test_what_a_finding_lies_against(text, found):
    assert (_neighbour(text) if "nodule@lung" in kinds(text) else []) == found


def test_the_answer_is_no_false_answer():
    topic = kinds("A nodule is observed in the right upper lobe, adjacent to the heart.")["nodule@lung"]
    (fact,) = neighbour(topic.key, about(topic), topic.read)
    assert fact.answer == "the heart"
    assert "the heart" not in fact.false
    assert len(fact.false) > 1


REST = "Emphysema is observed in both lungs. A bulla is observed in the left upper lobe."
BESIDE = "A consolidation is observed in the right lower lobe next to pleural effusion."


def _beside(text):
    found = kinds(text)
    return list(beside_finding(found["consolidation@lung"], list(found.values())))


def test_next_to_which_finding():
    found = _beside(f"{BESIDE} Pleural effusion is observed on the right. {REST}")
    assert answers(found) == [("report-beside", "the pleural effusion")]
    assert set(found[0].false) == {"the emphysema", "the bulla"}


def test_it_needs_two_others_to_choose_from():
    found = _beside(f"{BESIDE} Pleural effusion is observed on the right.")
    assert unasked(found) == ["too_few_options"]
