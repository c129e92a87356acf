"""Guessers over tables against the same guessers written out for one question at a time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.questions.guess import ClosedTableBuilder, rank_of, structures_key
from medspatial.records import Evidence, Question

ANSWERS = ("liver", "spleen", "aorta", "left kidney")


def question(number, patient, text, options, answer, subtype="D1", **fields):
    return Question(
        id=f"q{number}",
        case_id=f"c{patient}",
        patient_id=f"p{patient}",
        question=text,
        answer=answer,
        options=tuple(options),
        answer_type="choice",
        subtype=subtype,
        evidence=Evidence(structures=("a", "b")),
        **fields,
    )


@st.composite
def cohorts(draw):
    rows = []
    for number in range(draw(st.integers(1, 25))):
        options = draw(st.permutations(ANSWERS))[: draw(st.integers(2, 4))]
        rows.append(
            question(
                number,
                draw(st.integers(0, 5)),
                draw(st.sampled_from(["Which?", "Which  ONE?", "which?"])),
                options,
                draw(st.sampled_from(options)),
                draw(st.sampled_from(["D1", "V2"])),
            )
        )
    return rows


def table_of(rows):
    builder = ClosedTableBuilder()
    for row in rows:
        builder.add(row)
    return builder.table()


def best_guess(row, others):
    """Chance of the most common answer of other patients among the options; None where they say nothing."""
    counts = Counter(one.answer for one in others if one.patient_id != row.patient_id)
    among = {option: counts[option] for option in row.options}
    most = max(among.values())
    if most == 0:
        return None
    best = [option for option, count in among.items() if count == most]
    return (row.answer in best) / len(best)


@settings(max_examples=50, deadline=None)
@given(cohorts(), st.data())
def test_scores_equal_guessing_one_by_one(rows, data):
    table = table_of(rows)
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    learnt = [rows[at] for at in table.at[kept]]
    for name in ("D1", "V2"):
        at = table.rows_of(name)
        scores = table.scores(at, kept)
        for place, row in enumerate(rows[i] for i in table.at[at]):
            same_subtype = [one for one in learnt if one.subtype == name]
            majority = best_guess(row, same_subtype)
            majority = 1 / len(row.options) if majority is None else majority
            words = " ".join(row.question.lower().split())
            same_words = [one for one in learnt if " ".join(one.question.lower().split()) == words]
            by_text = best_guess(row, same_words)
            longest = max(map(len, row.options))
            long_ones = [option for option in row.options if len(option) == longest]
            assert scores["majority"][place] == pytest.approx(majority)
            assert scores["same text"][place] == pytest.approx(majority if by_text is None else by_text)
            assert scores["first"][place] == (row.options[0] == row.answer)
            assert scores["longest"][place] == pytest.approx((row.answer in long_ones) / len(long_ones))


def test_the_place_among_sorted_figures_is_learnt_from_others():
    rows = [
        question(n, n, f"How far {n}?", ("80 mm", "20 mm", "40 mm", "160 mm"), "40 mm", "D2", value=40.0)
        for n in range(6)
    ]
    rows += [question(9, 9, "How far 9?", ("8 mm", "2 mm", "4 mm", "16 mm"), "16 mm", "D2", value=16.0)]
    assert [rank_of(row) for row in rows] == [1] * 6 + [3]
    table = table_of(rows)
    found = table.scores(table.rows_of("D2"), table.everyone)["rank"]
    assert sorted(found.tolist()) == [0, 1, 1, 1, 1, 1, 1]


def test_the_table_does_not_depend_on_the_order_of_the_questions():
    rows = [
        question(n, n % 7, f"Text {n % 3}?", ANSWERS[:3], ANSWERS[n % 3], ("D1", "V2")[n % 2])
        for n in range(40)
    ]
    scores = []
    for order in (rows, rows[::-1]):
        table = table_of(order)
        at = table.rows_of("D1")
        found = table.scores(at, table.everyone)
        names = [order[i].id for i in table.at[at]]
        scores.append({name: {k: v[i] for k, v in found.items()} for i, name in enumerate(names)})
    assert scores[0] == scores[1]


def test_open_questions_are_counted_but_not_in_the_table():
    builder = ClosedTableBuilder()
    builder.add(question(1, 1, "Which?", ("a", "b"), "a"))
    builder.add(Question(id="o", case_id="c", question="How much?", answer="3 ml", value=3.0, unit="ml"))
    builder.add(question(2, 2, "Which?", ("a", "b"), "b"))
    table = builder.table()
    assert builder.seen == 3
    assert sorted(table.at.tolist()) == [0, 2]
    assert table.rows_of("Z9").size == 0


def test_more_options_than_there_is_room_for_are_an_error():
    with pytest.raises(ValueError, match="more than 8 options"):
        ClosedTableBuilder().add(question(1, 1, "Which?", [str(n) for n in range(9)], "3"))


def test_structures_count_in_order_only_for_yes_and_no():
    plain = question(1, 1, "Is A left of B?", ("yes", "no"), "yes")
    turned = plain.model_copy(update={"evidence": Evidence(structures=("b", "a"))})
    assert structures_key(plain) != structures_key(turned)
    choice = question(1, 1, "Which is larger?", ("a", "b"), "a")
    other = choice.model_copy(update={"evidence": Evidence(structures=("b", "a"))})
    assert structures_key(choice) == structures_key(other)
    probe = plain.model_copy(update={"subtype": "L6", "tags": ("mirrored", "probe_of_D1")})
    assert structures_key(probe) == structures_key(plain)


def test_few_questions_or_few_patients_are_few():
    table = table_of([question(n, n % 4, "Which?", ("a", "b"), "a") for n in range(60)])
    rows = table.rows_of("D1")
    assert table.few(rows, 50, 5)
    assert not table.few(rows, 50, 4)
    assert table.few(rows, 61, 4)
