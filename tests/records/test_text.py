"""When two texts say the same."""

from hypothesis import given
from hypothesis import strategies as st

from medspatial.datasets.duplicates import find_duplicates
from medspatial.records import Question, bare_words, normal_text


@given(st.text())
def test_both_normal_forms_stay_as_they_are_when_made_again(text):
    assert normal_text(normal_text(text)) == normal_text(text)
    assert bare_words(bare_words(text)) == bare_words(text)


def test_signs_count_for_the_one_and_not_for_the_other():
    assert normal_text("+1") != normal_text("-1")
    assert bare_words("the left kidney?") == bare_words("The  left-kidney.")


def test_decimals_stay_one_figure():
    assert bare_words("2.3 cm") != bare_words("23 cm")
    assert bare_words("1,200 ml.") == "1,200 ml"


def test_questions_in_other_scripts_are_told_apart():
    texts = ("病变在左侧还是右侧？", "肝脏有多大？", "Где находится узел?")
    assert len({bare_words(text) for text in texts}) == 3
    rows = [Question(case_id=f"c{n}", question=text, answer="x") for n, text in enumerate(texts)]
    assert not find_duplicates(rows)
