from __future__ import annotations

import pytest

from medspatial.cases.ct_rate import Report
from medspatial.report_questions import questions_from_report
from medspatial.report_questions.calibres import vessel_calibres
from medspatial.report_questions.sentences import sentences


def _asked(text):
    return questions_from_report(Report("valid_1_a_1", text, "")).questions


def _read(text):
    found = [one for row in sentences(Report("c", text, "")) for one in vessel_calibres(row)]
    return {one.name: one.size.millimetres[0] for one in found}


@pytest.mark.parametrize(
    ("wide", "narrow", "answer"),
    [
        ("33 mm", "30 mm", "3 to 5 mm"),
        ("35 mm", "30 mm", "3 to 5 mm"),
        ("37 mm", "30 mm", "7 to 9 mm"),
        ("39 mm", "30 mm", "7 to 9 mm"),
        ("4.2 cm", "30 mm", "over 10 mm"),
        ("41 mm", "30 mm", "over 10 mm"),
    ],
)
def test_how_much_wider_one_vessel_is(wide, narrow, answer):
    text = f"The ascending aorta is {wide}, the descending aorta {narrow}."
    (one,) = _asked(text)
    assert (one.subtype, one.category, one.answer) == ("report-wider-by", "volume", answer)
    assert set(one.options) == {"3 to 5 mm", "7 to 9 mm", "over 10 mm"}
    assert one.question.index("the ascending aorta") < one.question.index("the descending aorta")
    assert one.evidence.details["inferred"]
    (swapped,) = _asked(f"The ascending aorta is {narrow}, the descending aorta {wide}.")
    assert swapped.answer == answer
    assert swapped.question.index("the descending aorta") < swapped.question.index("the ascending aorta")


@pytest.mark.parametrize("wide", ["30 mm", "32 mm", "36 mm", "40 mm", "35.5 mm"])
def test_what_lies_between_the_answers_is_not_asked(wide):
    text = f"The ascending aorta is {wide}, the descending aorta 30 mm."
    assert _asked(text) == []
    made = questions_from_report(Report("c", text, ""))
    assert [one.rule for one in made.drops] == ["sizes_too_close"]


def test_what_follows_from_two_other_questions_is_not_asked():
    text = "The ascending aorta is 46 mm, the descending aorta 38 mm. The right pulmonary artery is 30 mm."
    assert len(_asked(text)) == 2
    made = questions_from_report(Report("c", text, ""))
    assert [one.rule for one in made.drops] == ["same_fact"]


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("Effusion of 20 mm on the right and 8 mm on the left.", {"on the right"}),
        ("An effusion of 9 mm on the right. The effusion measures 3 cm on the left.", {"on the left"}),
        ("An effusion of 9 mm on the right. Effusion of 3 cm on the left, formerly 2 cm.", set()),
        ("An effusion of 9 mm on the right. The pericardial effusion is 3 cm on the left.", set()),
        ("An effusion of 9 mm on the right. Another effusion of 30 mm on the right.", set()),
    ],
)
def test_the_side_of_the_thicker_effusion(text, answers):
    assert {one.answer for one in _asked(text) if one.subtype == "report-thicker"} == answers


def test_a_vessel_with_two_diameters_is_not_compared():
    text = "The ascending aorta is 42 mm, the descending aorta 30 mm. The ascending aorta is 45 mm."
    assert _asked(text) == []


def test_figures_belong_to_their_vessels():
    assert _read("The ascending aorta is 42 mm, the descending aorta 30 mm.") == {
        "ascending aorta": 42.0, "descending aorta": 30.0,
    }  # fmt: skip
    listed = "The ascending aorta and pulmonary trunk measure 40 mm and 28 mm, respectively."
    assert _read(listed) == {"ascending aorta": 40.0, "pulmonary trunk": 28.0}
    assert _read("The ascending aorta and pulmonary trunk measure 40 mm and 28 mm.") == {}
    assert _read("The ascending aorta was 42 mm in the previous examination.") == {}
