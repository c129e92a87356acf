from __future__ import annotations

import csv
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.datasets.nested import Nested, read_nested
from medspatial.datasets.review import (
    ReviewVerdict,
    adjudicate,
    agreement,
    assign,
    gather_verdicts,
    read_audit,
    read_key,
    read_verdicts,
    write_assignments,
    write_form,
)
from medspatial.datasets.review.agreement import by_criterion
from medspatial.errors import InputError
from medspatial.records import Question, write_records

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
    assert set(read_key(tmp_path).items.values()) == {one.id for one in questions}
    with pytest.raises(InputError, match="the key of the review is missing"):
        read_key(tmp_path / "x")


@pytest.mark.parametrize(
    ("names", "settings", "message"),
    [
        (["a", "a"], {}, "names must differ"),
        (["Ann", "ann"], {}, "names must differ"),
        ([], {}, r"--reviewer\): name at least one"),
        (["a"], {"per_item": 2}, r"--per-item\): must be from 1 to the number of reviewers \(1\), got 2"),
        (["a", "b"], {"overlap": 2.0}, r"--overlap\): must be from 0 to 1"),
        *[
            ([name], {}, r"--reviewer\): a name must be usable as a file name")
            for name in (
                "../evil",
                "a/b",
                "a\\b",
                "",
                " ",
                ".",
                "..",
                ".a",
                "a.",
                "a ",
                "a\n",
                "CON",
                "a:b",
                "n" * 101,
            )
        ],
    ],
)
def test_bad_plans(names, settings, message):
    with pytest.raises(InputError, match=message):
        assign(_questions(1), names, **settings)


def test_two_reviewers_per_question_are_the_default_where_there_are_two():
    questions = _questions(2)
    assert len(assign(questions, ["José d'Arc-2"]).items["José d'Arc-2"]) == len(questions)
    plan = assign(questions, ["ann", "bob", "cat"])
    assert sum(map(len, plan.items.values())) == 2 * len(questions)


def _fill(path, verdicts, criteria=CRITERIA):
    """Fill the first rows of a form, one verdict each, the same for all criteria."""
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row, verdict in zip(rows, verdicts, strict=False):
        row.update(dict.fromkeys(criteria, verdict))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_the_same_assignment_keeps_forms_and_writes_what_is_missing(tmp_path):
    plan = assign(_questions(2), ["ann", "bob"], criteria=CRITERIA)
    states = write_assignments(tmp_path, plan)
    assert [(one.reviewer, one.items, one.form) for one in states] == [
        ("ann", 6, "written"),
        ("bob", 6, "written"),
    ]
    filled = _fill(tmp_path / "ann.csv", ["yes", "no"]).read_bytes()
    (tmp_path / "bob.csv").unlink()
    (tmp_path / "bob.jsonl").unlink()
    again = assign(_questions(2), ["bob", "ann"], criteria=CRITERIA)
    states = {one.reviewer: one.form for one in write_assignments(tmp_path, again)}
    assert states == {"ann": "kept, 2 items with verdicts", "bob": "written"}
    assert (tmp_path / "ann.csv").read_bytes() == filled
    assert (tmp_path / "bob.jsonl").exists()
    _fill(tmp_path / "bob.csv", ["perhaps"])
    states = {one.reviewer: one.form for one in write_assignments(tmp_path, plan)}
    assert states["bob"].startswith("kept, cannot be read yet: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("ann.csv", "ann.jsonl", "bob.csv", "bob.jsonl", "key.json")
    ]


@pytest.mark.parametrize(
    ("questions", "names", "settings", "told"),
    [
        (_questions(2), ["ann", "carl"], {}, "reviewers: ann, bob -> ann, carl"),
        (_questions(3), ["ann", "bob"], {}, "questions: 3 new, 0 gone"),
        (_questions(2), ["ann", "bob"], {"seed": 1}, "seed: 0 -> 1"),
        (
            _questions(2),
            ["ann", "bob"],
            {"criteria": ("spatial",)},
            "criteria: spatial, answerable -> spatial",
        ),
        (_questions(2), ["ann", "bob"], {"per_item": 1}, "who reviews what: --per-item or --overlap"),
        (
            [one.model_copy(update={"answer": "right"}) for one in _questions(2)],
            ["ann", "bob"],
            {},
            "the wording of questions",
        ),
    ],
)
def test_another_assignment_into_the_same_folder_is_refused(tmp_path, questions, names, settings, told):
    write_assignments(tmp_path, assign(_questions(2), ["ann", "bob"], criteria=CRITERIA))
    _fill(tmp_path / "ann.csv", ["yes"])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=rf"holds another assignment \({told}\).*--start-anew"):
        write_assignments(tmp_path, assign(questions, names, **{"criteria": CRITERIA, **settings}))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_starting_anew_keeps_the_forms_as_a_review_of_their_own(tmp_path):
    first = assign(_questions(2), ["ann", "bob"], criteria=CRITERIA)
    write_assignments(tmp_path, first)
    filled = _fill(tmp_path / "ann.csv", ["yes"]).read_bytes()
    (tmp_path / "questions.jsonl").write_text("no file of the review")
    for number in (1, 2):
        plan = assign(_questions(2), ["ann", "carl"], criteria=CRITERIA, seed=number)
        write_assignments(tmp_path, plan, start_anew=True)
        assert not any(one.verdicts for one in read_verdicts(tmp_path / "ann.csv"))
        assert read_key(tmp_path) == plan.review_key()
    assert (tmp_path / "earlier-1" / "ann.csv").read_bytes() == filled
    assert read_key(tmp_path / "earlier-1") == first.review_key()
    assert sorted(path.name for path in (tmp_path / "earlier-2").iterdir()) == [
        *("ann.csv", "ann.jsonl", "carl.csv", "carl.jsonl", "key.json")
    ]
    assert sorted(path.name for path in tmp_path.glob("*.*")) == [
        *("ann.csv", "ann.jsonl", "carl.csv", "carl.jsonl", "key.json", "questions.jsonl")
    ]


def test_forms_without_a_key_or_with_one_of_an_earlier_version_are_not_touched(tmp_path):
    plan = assign(_questions(2), ["ann", "bob"], criteria=CRITERIA)
    write_assignments(tmp_path, plan)
    filled = _fill(tmp_path / "bob.csv", ["yes"]).read_bytes()
    old = {"seed": 0, "criteria": list(CRITERIA), "items": plan.key}
    (tmp_path / "key.json").write_text(json.dumps(old))
    with pytest.raises(InputError, match="earlier version"):
        write_assignments(tmp_path, plan)
    with pytest.raises(InputError, match="say how many an item needs, --per-item"):
        read_key(tmp_path).needed()
    assert set(read_key(tmp_path).needed(2).values()) == {2}
    (tmp_path / "key.json").unlink()
    with pytest.raises(InputError, match=r"holds bob.csv, bob.jsonl but no key.json.*--start-anew"):
        write_assignments(tmp_path, assign(_questions(2), ["bob"]))
    (tmp_path / "key.json").write_text(json.dumps(old))
    write_assignments(tmp_path, assign(_questions(2), ["ann"]), start_anew=True)
    assert (tmp_path / "earlier-1" / "bob.csv").read_bytes() == filled
    (tmp_path / "key.json").write_text("{}")
    with pytest.raises(InputError, match=r"key\.json: not the key of a review"):
        read_key(tmp_path)


def test_the_key_says_how_many_verdicts_an_item_needs():
    plan = assign(_questions(), ["ann", "bob", "cat"], per_item=3, overlap=0.5)
    needed = plan.review_key().needed()
    assert sorted(needed.values()) == [1] * 9 + [3] * 9


def test_verdicts_of_several_files_count_once(tmp_path):
    write_assignments(tmp_path, assign(_questions(1), ["ann", "bob"], criteria=CRITERIA))
    ann, bob = (_fill(tmp_path / f"{name}.csv", ["yes", "yes"]) for name in ("ann", "bob"))
    assert [one.reviewer for one in gather_verdicts([ann, bob])] == ["ann"] * 2 + ["bob"] * 2
    with pytest.raises(InputError, match=r"ann.csv: named twice"):
        gather_verdicts([ann, bob, ann])
    copy = tmp_path / "carl.csv"
    copy.write_bytes(ann.read_bytes())
    with pytest.raises(InputError, match=r"ann.csv and .*carl.csv: both hold verdicts of 'ann' on 2 items"):
        gather_verdicts([ann, copy])
    parts = ReviewVerdict(item="x", reviewer="ann", verdicts={"spatial": True})
    write_records(tmp_path / "more.jsonl", [parts])
    assert len(gather_verdicts([ann, tmp_path / "more.jsonl"])) == 3


def test_forms_from_elsewhere_are_of_the_reviewer_that_their_name_says(tmp_path):
    path = tmp_path / "eve.csv"
    path.write_bytes("item,spatial\r\ni,yes\r\n".encode("utf-8-sig"))
    assert read_verdicts(path)[0].reviewer == "eve"
    assert read_verdicts(path, reviewer="dan")[0].reviewer == "dan"


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


def _decided(questions, plan, verdicts, needed=2, **settings):
    needs = dict.fromkeys(plan.key, needed)
    return adjudicate(questions, plan.key, verdicts, CRITERIA, needed=needs, **settings)


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
    outcome = _decided(questions, plan, verdicts)
    assert outcome.decisions == {good: "accepted", bad: "rejected", split: "disputed", open_: "incomplete"}
    assert outcome.disputed[split]["spatial"] == {"ann": True, "bob": False}
    assert outcome.incomplete == {open_: {"spatial": {"ann": True}}}
    assert [one.id for one in outcome.accepted] == [plan.key[good]]
    settled = [ReviewVerdict(item=split, reviewer="eve", verdicts={"spatial": True})]
    outcome = _decided(questions, plan, verdicts, adjudications=settled)
    assert outcome.decisions[split] == "accepted"
    for early, late in (([_verdict("x", "ann", True)], []), ([], [_verdict("x", "eve", True)])):
        with pytest.raises(InputError, match="item 'x' is not in the key"):
            _decided(questions, plan, early, adjudications=late)


@pytest.mark.parametrize("yes", [True, False])
def test_fewer_reviewers_than_needed_decide_nothing(yes):
    questions = _questions(1, 1)
    plan = assign(questions, ["ann", "bob"])
    (item,) = plan.key
    one, two = _verdict(item, "ann", yes), _verdict(item, "bob", yes)
    assert _decided(questions, plan, [one]).decisions == {item: "incomplete"}
    assert _decided(questions, plan, [one, one]).decisions == {item: "incomplete"}
    assert _decided(questions, plan, []).decisions == {item: "incomplete"}
    assert _decided(questions, plan, [one], needed=1).decisions == {item: "accepted" if yes else "rejected"}
    assert _decided(questions, plan, [one, two]).decisions == {item: "accepted" if yes else "rejected"}


def test_items_of_other_questions_are_named():
    plan = assign(_questions(1, 4), ["ann", "bob"])
    first = next(iter(plan.key))
    with pytest.raises(
        InputError, match=rf"3 of the 4 items .* among the 1 questions, such as '(?!{first})\w+' \(row"
    ):
        _decided(_questions(1, 1), plan, [])


def test_agreement_against_a_published_example():
    """Cohen 1960 by hand."""
    table = {(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15}
    ratings = {}
    for (a, b), count in table.items():
        for place in range(count):
            ratings[f"{a}{b}{place}"] = {"x": a, "y": b}
    found = agreement(ratings)
    assert (found.raw, round(found.kappa, 6)) == (0.7, 0.4)


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


PAIRS = [
    {"question": "Where is the nodule?", "answer": "In the left lung."},
    {"question": "How large is it?", "answer": "5 mm"},
]


def _audit_file(folder, differing):
    answers = [{"spatial": True, "relevant": True}, {"spatial": False, "relevant": True}]
    data = {
        "assignments": {"ann": ["c_1", "c_2"]},
        "progress": {"ann": {"c_1": {"answers": answers}, "c_2": {"answers": answers}}},
        "disagreements": differing,
    }
    path = folder / "audit.json"
    path.write_text(json.dumps(data))
    return path


def _differing(index, question, human):
    where = {"type": "spatial", "user": "ann", "case": "c_1", "index": index}
    return {**where, "question": question, "human": human, "gemini": not human}


def test_the_list_of_differences_counts_from_one(tmp_path):
    path = _audit_file(tmp_path, [_differing(2, "How large is it?", False)])
    pairs = Nested({"c_1": {"qa_pairs": PAIRS}, "c_2": {"qa_pairs": PAIRS}})
    figures = read_audit(path, pairs)
    assert figures.with_model["spatial"].raw == 0.75  # of four verdicts the model differs in the listed one
    assert (figures.same_pairs, figures.rules.raw, figures.model_there.raw) == (2, 1.0, 0.75)


def test_pairs_that_were_written_anew_are_not_compared(tmp_path):
    path = _audit_file(tmp_path, [_differing(2, "What was its size?", False)])
    figures = read_audit(path, Nested({"c_1": {"qa_pairs": PAIRS}, "c_2": {"qa_pairs": PAIRS}}))
    assert (figures.same_pairs, figures.rules.items) == (1, 2)
    assert read_audit(path).rules is None


def test_a_list_that_contradicts_the_answers_is_refused(tmp_path):
    path = _audit_file(tmp_path, [_differing(1, "Where is the nodule?", False)])
    with pytest.raises(InputError, match=r"disagreements\[0\].*question 1 of c_1 as False.*answers say True"):
        read_audit(path)


def test_real_audit(shared):
    """304 of 967 questions of 100 cases, 5 of 20 reviewers finished."""
    folder = shared / "data" / "ct_spatialvqa"
    figures = read_audit(folder / "human_audit.json.gz", read_nested(folder / "qa_before_filter.json.gz"))
    assert (figures.judged, figures.questions, figures.cases) == (304, 967, 100)
    assert (figures.finished, figures.reviewers) == (5, 20)
    assert (figures.spatial, figures.relevant) == ((235, 68), (296, 6))
    assert sum(figures.differing.values()) == 104
    assert figures.with_model["spatial"].kappa == pytest.approx(0.282, abs=0.001)
    assert (figures.same_pairs, figures.rules.items) == (24, 207)
    assert figures.rules.kappa > 0.3
    assert figures.rules_interval[0] < figures.rules.kappa < figures.rules_interval[1]
