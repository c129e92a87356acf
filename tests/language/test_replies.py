"""Envelopes, markup, figures, marks and other languages: forms in which models write their answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.language import (
    in_english,
    open_envelope,
    option_marks,
    other_language,
    plain_figures,
    without_markup,
)
from medspatial.records import Question
from medspatial.score.structured.match import match

ANALYSIS = "<|channel|>analysis<|message|>"
THOUGHTS = [
    ("<unused94>", "<unused95>"),
    ("◁think▷", "◁/think▷"),
    ("[THINK]", "[/THINK]"),
    ("<cot>", "</cot>"),
]
END_OF_TURN = ["<|im_end|>", "<end_of_turn>", "</s>", "<｜end▁of▁sentence｜>", "[EOS]"]


@pytest.mark.parametrize(("opening", "closing"), THOUGHTS)
def test_thoughts_of_every_family(opening, closing):
    assert open_envelope(f"{opening}is it right?{closing}left").text.strip() == "left"
    assert open_envelope(f"{opening}is it right? perhaps").text.strip() == ""
    assert open_envelope(f"is it right?{closing}left").text.strip() == "left"
    assert open_envelope(f"{opening}one{closing}{opening}two{closing} left").text.strip() == "left"


@pytest.mark.parametrize("token", END_OF_TURN)
def test_what_stands_behind_the_end_of_the_turn_is_no_answer(token):
    assert open_envelope(f"left{token}\nright").text == "left"
    assert open_envelope(f"{token}left").text == "left"


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (f"{ANALYSIS}right?<|end|><|start|>assistant<|channel|>final<|message|>left<|return|>", "left"),
        (f"{ANALYSIS}it may be right", ""),
        ("analysisIs it right?assistantfinalleft", "left"),
        ("analysisIs it right? No end", ""),
        ("<|im_start|>assistant\nleft<|im_end|>", "left"),
        ("<|start_header_id|>assistant<|end_header_id|>\n\nleft<|eot_id|>", "left"),
        ("Analysis of the scan: left", "Analysis of the scan: left"),
        ("analysis shows left", "analysis shows left"),
    ],
)  # fmt: skip
def test_channels_and_headers(reply, answer):
    assert open_envelope(reply).text.strip() == answer


@given(st.text(alphabet="left right,.<>|[]/", max_size=60))
def test_plain_text_is_untouched(text):
    if "</s>" not in text:
        assert open_envelope(text).text == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("<b>left</b>", "left"),
        ('<span class="x">left</span> side', "left side"),
        ("<ul><li>left</li></ul>", "left"),
        ("&lt;5 mm", "<5 mm"),
        ("<5 mm and >3 mm", "<5 mm and >3 mm"),
        ("a < b", "a < b"),
        ("left<br/>", "left"),
    ],
)
def test_markup(text, plain):
    assert " ".join(without_markup(text).split()) == plain


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("4.5 × 10^1 mm", "45 mm"),
        ("4.5 x 10^{1} mm", "45 mm"),
        (r"4.5 \times 10^{1} mm", "45 mm"),
        ("4.5·10¹ mm", "45 mm"),
        ("1.2 × 10⁶ mm³", "1200000 mm³"),
        ("1.2e6 mm3", "1200000 mm3"),
        ("3.1E-2 l", "0.031 l"),
        ("2,5 × 10^2 ml", "250 ml"),
        ("1'200 ml", "1200 ml"),
        ("1’234’567 mm3", "1234567 mm3"),
        ("1\u202f200 ml", "1200 ml"),
        (r"$1200\ \text{cm}^3$", "1200  cm3"),
        ("45 毫米", "45 mm"),
        ("45мм", "45mm"),
        ("4.5 センチ", "4.5 cm"),
        ("5 x 7 mm", "5 x 7 mm"),
        ("5 x 10 mm", "5 x 10 mm"),
        ("L1 at 20'", "L1 at 20'"),
    ],
)
def test_figures(text, plain):
    assert plain_figures(text) == plain


@given(st.integers(1, 999), st.integers(0, 6))
def test_powers_of_ten_keep_their_value(mantissa, power):
    assert float(plain_figures(f"{mantissa / 100:.2f} × 10^{power} mm").split()[0]) == pytest.approx(
        mantissa / 100 * 10**power
    )


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A ✗\nB ✓\nC ✗\nD ✗", "B"),
        ("A. No\nB. Yes\nC. No", "B"),
        ("A) false; B) true; C) false", "B"),
        ("A: incorrect / B: correct", "B"),
        ("❌ A\n✅ B\n❌ C", "B"),
        ("- (A) wrong\n- (B) right", "B"),
        ("| A | no |\n| B | yes |", "B"),
        ("A: true, B: true", "AB"),
        ("A: false, B: false", ""),
        ("B: true", None),
        ("A is wrong because of the liver\nB: true", "B"),
    ],
)
def test_marks_per_option(text, letter):
    marks = option_marks(text, ("liver", "spleen", "left kidney", "right kidney"))
    assert (marks and "".join("ABCD"[place] for place in marks.right)) == letter


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("links", "left"), ("Auf der rechten Seite.", "right side."), ("Nein.", "no."), ("Ja", "yes."),
        ("à gauche", "left"), ("Oui, ils se touchent.", "yes."), ("Sí", "yes."),
        ("Lado derecho", "side right"),
        ("à direita", "right"), ("Não", "no."), ("sinistra", "left"), ("左侧", "left"), ("右", "right"),
        ("是的", "yes."), ("没有接触", "no."), ("左側です", "left"), ("いいえ", "no."), ("왼쪽", "left"),
        ("слева", "left"),
        ("双侧", "both sides"), ("on the left", None), ("No.", None), ("The liver", None), ("肝臓", "liver"),
        ("links oder rechts", "left or right"),
    ],
)  # fmt: skip
def test_other_languages(text, english):
    assert in_english(text) == english


def test_scripts():
    assert other_language("肝臓です")
    assert other_language("left 左") is None


def closed(answer, *options, kind="choice", question="Which organ is it?"):
    return Question(case_id="c", question=question, answer=answer, options=options, answer_type=kind)


@pytest.mark.parametrize(
    ("options", "answer", "reply", "outcome"),
    [
        (("B. spleen", "A. liver"), "B. spleen", "B", "correct"),
        (("B. spleen", "A. liver"), "B. spleen", "A", "incorrect"),
        (("C) liver", "A) spleen", "B) kidney"), "A) spleen", "(A)", "correct"),
        (("(B) left", "(A) right"), "(B) left", "The answer is A", "incorrect"),
        (("liver", "spleen"), "spleen", "B", "correct"),
    ],
)
def test_letters_mean_what_the_options_say(options, answer, reply, outcome):
    assert match(closed(answer, *options), reply).outcome == outcome


TOUCH = "Do the liver and the gallbladder touch each other in this scan?"


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        ("No, I cannot determine this from the image.", "unanswered"),
        ("No, it is not possible to tell.", "unanswered"),
        ("Yes, but no.", None),
        ("No, they do not touch.", "incorrect"),
        ("There is a fat plane between them.", "incorrect"),
        ("There is no gap between them.", "correct"),
        ("Yes. There is no space between them.", "correct"),
        ("肝臓", "undecided"),
        ("<b>Yes</b>", "correct"),
        ('{"answer": true}', "correct"),
    ],
)
def test_yes_and_no(reply, outcome):
    found = match(closed("yes", kind="yes_no", question=TOUCH), reply).outcome
    assert found == outcome or outcome is None


@pytest.mark.parametrize(
    "reply",
    [
        '{"answer": 4.5, "unit": "cm"}',
        '{"value": 45, "units": "mm"}',
        '{"answer": {"value": "4.5", "unit": "cm"}}',
    ],
)  # fmt: skip
def test_value_and_unit_in_fields_of_their_own(reply):
    item = Question(
        case_id="c",
        question="How far?",
        answer="45 mm",
        value=45.0,
        unit="mm",
        tolerance=5.0,
        answer_type="number",
    )
    assert match(item, reply).outcome == "correct"
