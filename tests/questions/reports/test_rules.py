from __future__ import annotations

import time
from collections import Counter

import pytest

from medspatial.cases.ct_rate import Report, read_reports
from medspatial.questions.reports import (
    check_pair,
    compare_pairs,
    counts,
    find_support,
    laterality_facts,
    questions_from_report,
    questions_from_reports,
)
from medspatial.records import Question


def _asked(findings, impression=""):
    result = questions_from_report(Report("valid_1_a_1", findings, impression))
    return {one.question: one.answer for one in result.questions}


def test_nodule_gives_place_side_lobe_and_size():
    quote = "A 5 mm nodule is observed in the posterobasal segment of the lower lobe of the right lung."
    result = questions_from_report(Report("valid_1_a_1", quote))
    assert {one.question: one.answer for one in result.questions} == {
        "Where is the nodule located?": "the posterobasal segment of the lower lobe of the right lung",
        "On which side is the nodule of the lungs?": "right",
        "In which lobe of the right lung is the nodule?": "lower lobe",
        "How large is the nodule in the posterobasal segment of the lower lobe of the right lung?": "5 mm",
    }
    for one in result.questions:
        assert one.evidence.quote == quote
        assert (one.evidence.details["section"], one.evidence.details["start"]) == ("findings", 0)
        assert one.source == "rules:1"
    size = result.questions[-1]
    assert (size.answer_type, size.value, size.unit, size.category) == ("number", 5.0, "mm", "volume")


@pytest.mark.parametrize(
    "text",
    [
        "No nodule was detected in the right lung.",
        "Pleural effusion was not observed on the left.",
        "The right lung is normal and there is no consolidation.",
        "In the previous examination a nodule was seen in the left lung.",
        "The size of the heart is natural.",
    ],
)
def test_nothing_from_denial_silence_or_the_past(text):
    assert _asked(text) == {}


def test_findings_that_differ_are_told_apart_or_left_out():
    asked = _asked("There is a nodule in the left lung. There is a consolidation in the right lung.")
    assert asked["On which side is the nodule of the lungs?"] == "left"
    assert asked["On which side is the consolidation?"] == "right"
    several = _asked(
        "A 4 mm nodule is seen in the left lung upper lobe. A nodule is seen in the right lung. "
        "A 9 mm nodule is seen in the left lung lower lobe."
    )
    assert "On which side is the nodule of the lungs?" not in several
    assert several["On which side is the nodule of the lungs that measures 4 mm?"] == "left"
    assert several["In which lobe of the left lung is the nodule that measures 9 mm?"] == "lower lobe"


def test_impression_that_contradicts_makes_it_unclear():
    assert _asked("Pleural effusion on the left.", "Pleural effusion on the right.") == {}
    assert _asked("Pleural effusion on the left.", "Left pleural effusion.") == {
        "On which side is the pleural effusion?": "left"
    }


def test_half_a_place_is_not_an_answer():
    """The level of the vertebra is not part of the place that was read."""
    assert _asked("A fracture line is observed in the spinous process of the D5 vertebra.") == {}
    asked = _asked("Consolidation in the superior and basal segments of both lung lower lobes.")
    assert (
        asked["Where is the consolidation located?"]
        == "the superior and basal segments of both lung lower lobes"
    )


def test_prominence_neighbour_and_distribution():
    asked = _asked("Emphysematous changes are observed in both lungs, more prominent in the upper lobes.")
    assert asked["Where are the emphysematous changes most prominent?"] == "the upper lobes"
    assert asked["On which side are the emphysematous changes?"] == "both sides"
    asked = _asked("A mass is observed adjacent to the aortic arch.")
    assert asked == {"Which structure is the mass next to?": "aortic arch"}
    asked = _asked("Subpleural ground-glass densities are observed in the lower lobe of the left lung.")
    assert (
        asked["How are the ground-glass densities distributed within the lower lobe of the left lung?"]
        == "peripheral"
    )


def test_doubt_and_parentheses_are_not_findings():
    asked = _asked("A density in the left lung, compatible with atelectasis (nodule?).")
    assert asked == {}


def test_head_of_a_compound_counts():
    asked = _asked("A sequela calcific nodule is observed in the left lung.")
    assert list(asked) == ["On which side is the nodule of the lungs?"]


def test_organ_stands_in_the_question_of_a_side():
    asked = _asked("There is a hypodense nodule in the right lobe of the thyroid.")
    assert asked["On which side is the nodule of the thyroid?"] == "right"


def test_limits_are_no_sizes():
    asked = _asked("A nodule smaller than 5 mm is observed in the upper lobe of the left lung.")
    assert not any(question.startswith("How large") for question in asked)


def test_equal_input_gives_equal_output():
    report = Report("valid_1_a_1", "Nodules in both lungs. Atelectasis in the middle lobe of the right lung.")
    one, two = (questions_from_report(report).questions for _ in range(2))
    assert [q.to_json() for q in one] == [q.to_json() for q in two]


def test_support_is_found_for_pairs_without_quote():
    report = Report("x", "There is a nodule in the left lung. Effusion is seen on the right.")
    found = find_support(report, "Where is the nodule?", "In the left lung.")
    assert (found.quote, found.refusal) == ("There is a nodule in the left lung.", None)
    assert find_support(report, "Where is the nodule?", "In the right lung.").refusal.rule == "side"
    assert find_support(report, "Is there a fracture?", "In the third rib.").refusal.rule == "no_quote"


def test_comparison_of_two_sets():
    def pair(question, answer):
        return Question(case_id="c", question=question, answer=answer)

    theirs = [
        pair("Where is the nodule?", "left lung"),
        pair("Where is the effusion?", "right"),
        pair("Where is the cavity?", "left lung"),
        pair("Is there consolidation?", "No consolidation on the left."),
    ]
    ours = [pair("On which side is the nodule?", "left"), pair("On which side is the effusion?", "left")]
    assert laterality_facts(theirs)["c", "nodule"] == {frozenset({"left"})}
    result = compare_pairs(theirs, ours, {"c": Report("c", "Nodule in the left lung. Effusion on the left.")})
    assert (result.facts, result.found, result.contradicted, result.not_found) == (3, 1, 1, 1)
    assert result.refused["side"] == 1


def test_real_reports(shared):
    """All pairs verify, fast; the figures of the documentation."""
    reports = {r.case_id: r for r in read_reports(shared / "data" / "ct_spatialvqa" / "reports.json.gz")}
    start = time.process_time()
    results = list(questions_from_reports(reports.values()))
    assert time.process_time() - start < 60
    pairs = [one for result in results for one in result.questions]
    assert len(pairs) > 1.5 * len(reports)
    for one in pairs:
        assert check_pair(reports[one.case_id], one.question, one.answer, one.evidence.quote) is None
        text = dict(reports[one.case_id].sections)[one.evidence.details["section"]]
        assert text[one.evidence.details["start"] : one.evidence.details["end"]] == one.evidence.quote
    assert len({(one.case_id, one.question) for one in pairs}) == len(pairs)
    assert Counter(one.category for one in pairs) == counts(results)["category"]
    assert set(counts(results)["category"]) == {
        "laterality",
        "distance",
        "volume",
        "localisation",
        "comparison",
    }


def test_cases_found_by_reading():
    """Sentences of the kind that earlier versions read wrongly."""
    asked = _asked("Atelectasis areas are noted in the left lung inferior lingular segment and lower lobe.")
    assert not any(question.startswith("In which lobe") for question in asked)
    assert (
        _asked("The most prominent fibrotic bands were observed in the upper lobe of the right lung.") == {}
    )
    liver = _asked("Calcification in the right lobe of the liver.")
    assert not any(question.startswith("On which side") for question in liver)
    assert _asked("Effusion with a diameter of 1 cm is observed in the pericardial space on the left.") == {}
    assert "Where are the osteophytes located?" not in _asked("Osteophytes are observed in the vertebrae.")


def test_finding_in_a_partly_denied_sentence_makes_it_unclear():
    """What stands beside a denial is not read, and what is not read may be another finding of the kind."""
    first = "A calcific nodule is observed in the lingula of the left lung."
    assert (
        _asked(f"{first} No mass was detected, there are nodules in the lower lobe of the right lung.") == {}
    )
    assert _asked(f"{first} No other nodule was detected in both lungs.") != {}
    two = "There is a 2 mm nodule at the level of the carina. A 2 mm nodule is in the left lung upper lobe."
    assert _asked(two) == {}


def test_size_of_a_nodule_is_not_that_of_its_calcification():
    asked = _asked("A 14 mm nodule containing coarse calcification is observed in the right lung lower lobe.")
    assert not any("calcification" in question and question.startswith("How large") for question in asked)
