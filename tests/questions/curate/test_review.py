from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.questions.curate.nested import read_nested
from medspatial.questions.curate.review import (
    ReviewVerdict,
    adjudicate,
    agreement,
    assign,
    read_audit,
    read_verdicts,
    write_assignments,
    write_form,
)
from medspatial.questions.curate.review.agreement import by_criterion
from medspatial.questions.curate.review.assign import read_key
from medspatial.records import Question

CRITERIA = ("spatial", "answerable")


def _questions(cases=6, each=3):
    return [
        Question(
            case_id=f"valid_{c}_a_1",
            question=f"Question {q}?",
            answer="left",
            source="llm:x",
            category="volume",
        )
        for c in range(cases)
        for q in range(each)
    ]


def test_everything_is_reviewed_with_the_overlap_asked_for():
    questions = _questions()
    plan = assign(questions, ["ann", "bob", "cat"], per_item=2, overlap=0.5, seed=3)
    seen = [item.item for items in plan.items.values() for item in items]
    assert sorted(set(seen)) == sorted(plan.key)
    assert sorted(seen.count(item) for item in plan.key) == [1] * 9 + [2] * 9
    loads = [len(items) for items in plan.items.values()]
    assert max(loads) - min(loads) <= 3  # one case
    assert plan.items == assign(questions, ["ann", "bob", "cat"], per_item=2, overlap=0.5, seed=3).items
    assert plan.key != assign(questions, ["ann", "bob"], seed=4).key


def test_items_are_blinded_and_key_is_kept_apart(tmp_path):
    questions = _questions(2)
    plan = assign(questions, ["ann", "bob"])
    write_assignments(tmp_path, plan)
    text = (tmp_path / "ann.jsonl").read_text()
    assert "llm:x" not in text
    assert "volume" not in text
    assert not any(one.id in text for one in questions)
    assert set(read_key(tmp_path).values()) == {one.id for one in questions}
    with pytest.raises(InputError, match="the key of the review is missing"):
        read_key(tmp_path / "x")


@pytest.mark.parametrize(
    ("names", "settings", "message"),
    [
        (["a", "a"], {}, "names must differ"),
        (["a"], {"per_item": 2}, "per_item: must be from 1 to the number of reviewers"),
        (["a", "b"], {"overlap": 2.0}, "overlap: must be from 0 to 1"),
    ],
)
def test_bad_plans(names, settings, message):
    with pytest.raises(InputError, match=message):
        assign(_questions(1), names, **settings)


def test_form_is_filled_and_read(tmp_path):
    plan = assign(_questions(1), ["ann", "bob"])
    path = write_form(tmp_path / "ann.csv", plan.items["ann"], CRITERIA)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0] |= {"spatial": "Yes", "answerable": "n", "note": "hm"}
    rows[1] |= {"spatial": "1"}
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    one, two, three = read_verdicts(path)
    assert (one.reviewer, one.verdicts, one.note) == ("ann", {"spatial": True, "answerable": False}, "hm")
    assert (two.verdicts, three.verdicts) == ({"spatial": True}, {})
    path.write_text(path.read_text().replace("Yes", "perhaps"))
    with pytest.raises(
        InputError, match=r"ann.csv:2: column 'spatial': must be yes, no or empty, got 'perhaps'"
    ):
        read_verdicts(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="a form needs the column 'item'"):
        read_verdicts(path)


def _verdict(item, reviewer, spatial, answerable=True):
    given = {"spatial": spatial, "answerable": answerable}
    return ReviewVerdict(
        item=item, reviewer=reviewer, verdicts={k: v for k, v in given.items() if v is not None}
    )


def test_decisions_and_adjudication():
    questions = _questions(1, 4)
    plan = assign(questions, ["ann", "bob"])
    good, bad, split, open_ = list(plan.key)
    verdicts = [_verdict(item, name, item != bad) for item in (good, bad) for name in ("ann", "bob")]
    verdicts += [
        _verdict(split, "ann", True),
        _verdict(split, "bob", False),
        _verdict(open_, "ann", True, None),
    ]
    outcome = adjudicate(questions, plan.key, verdicts, CRITERIA)
    assert outcome.decisions == {good: "accepted", bad: "rejected", split: "disputed", open_: "incomplete"}
    assert outcome.disputed[split]["spatial"] == {"ann": True, "bob": False}
    assert [one.id for one in outcome.accepted] == [plan.key[good]]
    settled = [ReviewVerdict(item=split, reviewer="eve", verdicts={"spatial": True})]
    outcome = adjudicate(questions, plan.key, verdicts, CRITERIA, adjudications=settled)
    assert outcome.decisions[split] == "accepted"
    with pytest.raises(InputError, match="item 'x' is not in the key"):
        adjudicate(questions, plan.key, [_verdict("x", "ann", True)], CRITERIA)


def test_agreement_against_published_examples():
    """Cohen 1960 by hand; Krippendorff's own example of nominal data with missing values (alpha 0.743)."""
    table = {(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15}
    ratings = {}
    for (a, b), count in table.items():
        for place in range(count):
            ratings[f"{a}{b}{place}"] = {"x": a, "y": b}
    found = agreement(ratings)
    assert (found.raw, round(found.kappa, 6)) == (0.7, 0.4)
    matrix = {
        "A": "1 2 3 3 2 1 4 1 2 . . .",
        "B": "1 2 3 3 2 2 4 1 2 5 . 3",
        "C": ". 3 3 3 2 3 4 2 2 5 1 .",
        "D": "1 2 3 3 2 4 4 1 2 5 1 .",
    }
    units = {}
    for name, line in matrix.items():
        for place, label in enumerate(line.split()):
            if label != ".":
                units.setdefault(str(place), {})[name] = label
    assert round(agreement(units).alpha, 3) == 0.743


def test_gwet_does_not_collapse_where_one_label_is_rare():
    """The paradox of kappa: 118 of 125 agree, nearly all on one label (Gwet 2008, table 1)."""
    ratings = {str(n): {"a": 1, "b": 1} for n in range(118)}
    ratings |= {f"x{n}": {"a": 1, "b": 0} for n in range(5)} | {f"y{n}": {"a": 0, "b": 1} for n in range(2)}
    found = agreement(ratings)
    assert found.raw == pytest.approx(0.944)
    assert found.kappa == pytest.approx(-0.0234, abs=1e-3)
    assert found.ac1 == pytest.approx(0.9408, abs=1e-3)


def test_undefined_figures_are_none():
    assert agreement({"1": {"a": True}}).kappa is None
    assert agreement({}).raw is None
    same = agreement({"1": {"a": True, "b": True}})
    assert (same.raw, same.kappa, same.alpha, same.ac1) == (1.0, None, None, 1.0)


@given(
    st.dictionaries(
        st.integers(0, 9).map(str),
        st.dictionaries(st.sampled_from("abcd"), st.booleans(), min_size=2),
        max_size=8,
    )
)
def test_full_agreement_is_one_and_nothing_exceeds_it(ratings):
    found = agreement(ratings)
    for figure in (found.raw, found.kappa, found.alpha, found.ac1):
        assert figure is None or figure <= 1 + 1e-9
    if found.raw == 1.0:
        assert found.kappa in (None, pytest.approx(1.0))


def test_verdicts_by_criterion():
    found = by_criterion([("i", "a", {"x": True}), ("i", "b", {"x": False, "y": True})])
    assert found == {"x": {"i": {"a": True, "b": False}}, "y": {"i": {"b": True}}}


def test_real_audit(shared):
    """304 of 967 questions of 100 cases, 5 of 20 reviewers finished."""
    folder = shared / "data" / "ct_spatialvqa"
    figures = read_audit(folder / "human_audit.json.gz", read_nested(folder / "qa_before_filter.json.gz"))
    assert (figures.judged, figures.questions, figures.cases) == (304, 967, 100)
    assert (figures.finished, figures.reviewers) == (5, 20)
    assert (figures.spatial, figures.relevant) == ((235, 68), (296, 6))
    assert sum(figures.differing.values()) == 104
    assert 0.6 < figures.with_model["spatial"].raw < 0.8
