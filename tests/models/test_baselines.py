"""The baselines: chance, prior from other patients only, oracle, echo."""

from __future__ import annotations

from medspatial.inputs import Query
from medspatial.models import Model, create_model
from medspatial.records import Evidence, Question


def closed(
    case: str, answer: str, subtype: str = "L5", options: tuple[str, ...] = ("left", "right")
) -> Question:
    return Question(
        case_id=case,
        question=f"Side in {case}?",
        answer=answer,
        options=options,
        subtype=subtype,
        answer_type="side",
    )


def number(case: str, value: float) -> Question:
    return Question(
        case_id=case,
        question="How large?",
        answer=f"{value:.0f} ml",
        value=value,
        unit="ml",
        subtype="V3",
        answer_type="number",
        evidence=Evidence(value=value + 0.25),
    )


def ask(model: Model, *questions: Question) -> list[str]:
    if model.sees_reference:
        model.study(questions)
    encoded = model.encode(model.prepare(None))
    return [answer.text for answer in model.answer(encoded, [Query.of(q) for q in questions])]


def test_random_is_uniform_and_fixed_by_seed() -> None:
    questions = [closed(f"c{i}", "left", options=("left", "right", "both")) for i in range(3000)]
    answers = ask(create_model("random", seed=4), *questions)
    for option in ("left", "right", "both"):
        assert abs(answers.count(option) - 1000) < 110  # four standard deviations of a binomial
    assert answers == ask(create_model("random", seed=4), *questions)
    assert answers != ask(create_model("random", seed=5), *questions)


def test_random_does_not_depend_on_order() -> None:
    questions = [closed(f"c{i}", "left") for i in range(20)]
    forward = ask(create_model("random"), *questions)
    assert ask(create_model("random"), *reversed(questions)) == forward[::-1]


def test_random_number_carries_the_unit_and_free_text_is_not_guessed() -> None:
    free = Question(case_id="c", question="Describe.", answer="text")
    text, nothing = ask(create_model("random"), number("c", 10), free)
    assert text.endswith(" ml")
    assert 1 <= float(text.split()[0]) <= 1000
    assert nothing == ""


def test_prior_uses_other_patients_only() -> None:
    mine = [closed("valid_1_a_1", "right"), closed("valid_1_a_2", "right"), closed("valid_1_b_1", "right")]
    others = [closed("valid_2_a_1", "left"), closed("valid_3_a_1", "left")]
    assert ask(create_model("prior"), *mine, *others) == ["left", "left", "left", "right", "right"]


def test_prior_keeps_to_the_options_and_to_the_subtype() -> None:
    questions = [
        closed("a", "spleen", "V1", ("spleen", "liver")),
        closed("b", "liver", "V1", ("spleen", "liver")),
        closed("c", "heart", "V1", ("heart", "liver")),
        closed("d", "heart", "D1", ("heart", "liver")),
    ]
    assert ask(create_model("prior"), *questions) == ["liver", "spleen", "liver", "heart"]


def test_prior_takes_the_median_of_other_numbers() -> None:
    assert ask(create_model("prior"), number("a", 10), number("b", 30), number("c", 50))[0] == "40 ml"


def test_oracle_reads_the_measured_value_and_else_the_answer() -> None:
    assert ask(create_model("oracle"), number("a", 10), closed("a", "left")) == ["10.25 ml", "left"]


def test_echo_repeats_the_question() -> None:
    assert ask(create_model("echo"), number("a", 10)) == ["How large?"]
