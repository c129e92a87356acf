from __future__ import annotations

import pytest

from medspatial.passport import Kind, VqaSet
from medspatial.passport.words import answer_alarms, letter_shares, word_alarms
from medspatial.records import Question


def ask(text="Where is it?", answer="liver", options=(), **fields):
    kind = "choice" if options else "free"
    return Question(
        case_id=fields.pop("case_id", "c"), question=text, answer=answer, options=options,
        answer_type=fields.pop("answer_type", kind), **fields,
    )  # fmt: skip


def kinds(*questions, rows=None):
    held = VqaSet("set", "test", list(questions), list(rows or [{} for _ in questions]))
    return {one.kind for one in word_alarms(held)}


@pytest.mark.parametrize(
    "text",
    [
        "Which organ? A: liver B: spleen",
        "Which organ?\n(A) liver\n(B) spleen",
        "Which organ? A. liver, B. spleen",
        "Which organ? A) liver B) spleen",
    ],
)
def test_options_inside_the_question(text):
    assert kinds(ask(text)) == {Kind.LETTERS}


@pytest.mark.parametrize(
    "text",
    [
        "Is a nodule in segment A. seen?",
        "Does vitamin B. matter?",
        "What is between A and B?",
        "Which of C4 and C5 lies higher?",
    ],
)
def test_letters_that_list_nothing(text):
    assert kinds(ask(text)) == set()


def test_an_answer_that_the_question_tells():
    assert kinds(ask("Where in the liver is the cyst?", "liver", ("liver", "spleen"))) == {Kind.TOLD}
    assert kinds(ask("Is the liver or the spleen larger?", "liver", ("liver", "spleen"))) == set()
    assert kinds(ask("Is it yes?", "yes", ("yes", "no"))) == set()


@pytest.mark.parametrize(
    ("options", "alike"),
    [
        (("12 mm", "1.2 cm", "3 cm"), True),
        (("Left kidney", "left kidney.", "liver"), True),
        (("+1", "-1", "0"), False),
        (("12 mm", "12 cm"), False),
        (("T1 vertebra", "T11 vertebra"), False),
    ],
)
def test_options_that_say_the_same(options, alike):
    assert kinds(ask("Which?", options[0], options)) == ({Kind.OPTIONS_ALIKE} if alike else set())


def test_a_closed_row_without_options():
    row = {"QuestionType": "Close", "AnswerChoice": "B"}
    assert kinds(ask(answer="both"), rows=[row]) == {Kind.OPTIONS_LOST}
    assert kinds(ask(answer="both"), rows=[{"QuestionType": "Open", "AnswerChoice": "-"}]) == set()


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"text": "How long in mm?", "answer": "3 cm"}, True),
        ({"text": "How long in mm?", "answer": "30 mm"}, False),
        ({"text": "How long in mm?", "answer": "30 ml"}, True),
        ({"text": "How long?", "answer": "3 cm"}, False),
        ({"text": "How long?", "answer": "30 mm", "value": 300.0, "unit": "mm"}, True),
        ({"text": "How long?", "answer": "3 cm", "value": 30.0, "unit": "mm"}, False),
        ({"text": "How large?", "answer": "-4 ml"}, True),
    ],
)
def test_units_that_contradict(fields, fault):
    kind = "number" if "value" in fields else "free"
    assert kinds(ask(**fields, answer_type=kind)) == ({Kind.UNITS} if fault else set())


def test_one_answer_nearly_always():
    rows = [ask(f"Is it seen, {n}?", "no", ("yes", "no"), subtype="seen") for n in range(10)]
    (found,) = answer_alarms(rows)
    assert (found.kind, found.examples) == (Kind.SKEWED, ("seen: 'no' in 10 of 10",))
    assert answer_alarms(rows[:9]) == []
    mixed = [*rows[:8], *(ask(f"Is it, {n}?", "yes", ("yes", "no"), subtype="seen") for n in range(2))]
    assert answer_alarms(mixed) == []  # 80 % is not over 80 %


def test_shares_of_letters():
    rows = [ask("Which?", "b", ("a", "b")), ask("Which one?", "a", ("a", "b")), ask("Open?", "c")]
    assert letter_shares(rows) == {"A": 50.0, "B": 50.0}
