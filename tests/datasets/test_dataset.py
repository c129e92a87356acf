from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.datasets.duplicates import drop_duplicates, find_duplicates
from medspatial.datasets.frozen import freeze, read_frozen
from medspatial.datasets.nested import read_nested, to_questions
from medspatial.datasets.split import parse_shares, split_by_patient
from medspatial.datasets.stats import stats
from medspatial.errors import InputError
from medspatial.records import Evidence, Question
from medspatial.report_questions.categories import SIX_CATEGORIES, own_category, six_categories


def _one(case, question, answer="left", **fields):
    return Question(case_id=case, question=question, answer=answer, **fields)


# categories


def test_six_categories_by_words():
    found = six_categories(
        "Where is the nodule?", "In the anterior segment of the right upper lobe, subpleural, 5 mm"
    )
    assert found == SIX_CATEGORIES
    assert six_categories("Is it bright?", "Yes") == ()


@pytest.mark.parametrize(
    ("question", "answer", "category"),
    [
        ("On which side is the effusion?", "left", "laterality"),
        ("How large is the nodule?", "5 mm", "volume"),
        ("What is the mass adjacent to?", "the aorta", "distance"),
        ("Where is it most prominent?", "lower lobes", "comparison"),
        ("Where is the nodule located?", "posterobasal segment", "localisation"),
        ("Where are the nodules?", "In both lungs.", "laterality"),
    ],
)
def test_own_category(question, answer, category):
    assert own_category(question, answer) == category


def test_real_categories_are_mostly_found(shared):
    """How often the rules give a category where the published file does (a model gave those)."""
    nested = read_nested(shared / "data" / "ct_spatialvqa" / "qa_filtered_with_categories.json.gz")
    rows = to_questions(nested)
    agree = 0
    for one in rows:
        rules = six_categories(one.question, one.answer)
        agree += sum((name in one.tags) == (name in rules) for name in SIX_CATEGORIES)
    assert agree / (6 * len(rows)) > 0.7
    left = [one for one in rows if SIX_CATEGORIES[0] in one.tags]
    assert (
        sum(SIX_CATEGORIES[0] in six_categories(one.question, one.answer) for one in left) / len(left) > 0.8
    )


# duplicates


def test_duplicates_within_and_across_cases():
    rows = [
        _one("a", "Where is the nodule?"),
        _one("a", "Where is the nodule"),
        _one("b", "where is the Nodule?", "right"),
        _one("b", "In which lobe of the right lung is the large nodule located?"),
        _one("c", "In which lobe of the right lung is the large nodules located?"),
        _one("c", "How large is the effusion?"),
    ]
    found = [(one.kind, one.within, one.same_answer, len(one.ids)) for one in find_duplicates(rows)]
    assert found == [("exact", True, True, 2), ("exact", False, False, 3), ("near", False, True, 2)]
    kept, repeats = drop_duplicates(rows)
    assert [one.id for one in repeats] == [rows[1].id]
    assert len(kept) == 5


@given(st.lists(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=7).map(" ".join), max_size=12))
def test_near_duplicates_equal_brute_force(texts):
    from medspatial.datasets.duplicates import NEAR, _bigrams, _jaccard
    from medspatial.records import bare_words

    distinct = list(dict.fromkeys(bare_words(text) for text in texts))
    rows = [_one(f"c{n}", text) for n, text in enumerate(distinct)]
    groups = [set(one.ids) for one in find_duplicates(rows) if one.kind == "near"]
    for a in rows:
        for b in rows:
            if a.id < b.id and _jaccard(_bigrams(a.question), _bigrams(b.question)) >= NEAR:
                assert any({a.id, b.id} <= group for group in groups)


# split


@given(st.lists(st.integers(1, 60), min_size=1), st.integers(0, 3))
def test_no_patient_on_both_sides_and_nobody_moves(numbers, seed):
    rows = [_one(f"valid_{n}_{letter}_1", "Where?") for n in numbers for letter in "ab"]
    shares = {"train": 0.7, "test": 0.3}
    parts = split_by_patient(rows, shares, seed=seed)
    patients = [{one.patient_id for one in part} for part in parts.values()]
    assert not patients[0] & patients[1]
    assert sum(map(len, parts.values())) == len(rows)
    fewer = split_by_patient(rows[: len(rows) // 2], shares, seed=seed)
    assert all(one in parts[name] for name, part in fewer.items() for one in part)


def test_shares_are_met_on_average():
    rows = [_one(f"valid_{n}_a_1", "Where?") for n in range(4000)]
    assert abs(len(split_by_patient(rows, {"a": 0.8, "b": 0.2})["b"]) / 4000 - 0.2) < 0.02


@pytest.mark.parametrize("text", ["train", "train=x", "train=0.5,train=0.5", "=1"])
def test_bad_shares(text):
    with pytest.raises(InputError, match="shares must look like"):
        parse_shares(text)
    with pytest.raises(InputError, match="positive and sum to 1"):
        split_by_patient([], {"a": 0.5})


# frozen datasets


def _splits():
    evidence = Evidence(quote="A nodule on the left.", details={"section": "findings", "start": 0, "end": 21})
    return {
        "train": [_one("valid_1_a_1", "Where?", evidence=evidence, category="laterality")],
        "test": [_one("valid_2_a_1", "Where?", category="laterality")],
    }


def test_frozen_dataset_is_read_back_and_guarded(tmp_path):
    folder = freeze(tmp_path / "d", _splits(), name="demo", license="CC BY-NC-SA 4.0", description="A demo.")
    assert read_frozen(folder) == {name: list(rows) for name, rows in _splits().items()}
    card = (folder / "README.md").read_text()
    assert "licence: CC BY-NC-SA 4.0" in card
    assert "schema version: 1" in card
    facts = json.loads((folder / "dataset.json").read_text())
    assert facts["statistics"]["patients"] == 2
    with pytest.raises(InputError, match="holds a frozen dataset"):
        freeze(folder, _splits(), name="demo", license="x")
    with (folder / "test.jsonl").open("a") as stream:
        stream.write("\n")
    with pytest.raises(InputError, match=r"test.jsonl: was changed after the dataset was frozen"):
        read_frozen(folder)
    (folder / "test.jsonl").unlink()
    with pytest.raises(InputError, match="is missing from the dataset"):
        read_frozen(folder)


def test_quotes_can_stay_behind(tmp_path):
    folder = freeze(tmp_path / "d", _splits(), name="demo", license="x", with_quotes=False)
    one = read_frozen(folder)["train"][0]
    assert one.evidence.quote is None
    assert set(one.evidence.details) == {"section", "start", "end", "quote_hash"}
    assert "A nodule on the left" not in "".join(p.read_text() for p in folder.iterdir())


def test_same_rows_same_hash(tmp_path):
    hashes = [
        json.loads(
            (freeze(tmp_path / name, _splits(), name="demo", license="x") / "dataset.json").read_text()
        )["sha256"]
        for name in "ab"
    ]
    assert hashes[0] == hashes[1]


def test_refused_datasets(tmp_path):
    with pytest.raises(InputError, match="must state its licence"):
        freeze(tmp_path / "d", _splits(), name="demo", license=" ")
    both = {"train": [_one("valid_1_a_1", "Where?")], "test": [_one("valid_1_b_1", "Where?")]}
    with pytest.raises(InputError, match="patient 'valid_1' is in splits 'train' and 'test'"):
        freeze(tmp_path / "d", both, name="demo", license="x")
    with pytest.raises(InputError, match="no frozen dataset here"):
        read_frozen(tmp_path)


def test_stats():
    found = stats(
        [_one("valid_1_a_1", "Is there a nodule?", "No nodule."), _one("valid_1_b_1", "Is there a nodule?")]
    )
    assert (found["questions"], found["cases"], found["patients"]) == (2, 2, 1)
    assert (found["yes_no_questions"], found["answers_of_absence"], found["texts_in_several_rows"]) == (
        2,
        1,
        2,
    )


def test_stats_of_the_real_questions(shared):
    rows = to_questions(
        read_nested(shared / "data" / "ct_spatialvqa" / "qa_filtered_with_categories.json.gz")
    )
    found = stats(rows)
    assert (found["questions"], found["cases"], found["patients"]) == (9077, 1601, 1300)
    assert found["per_case"]["mean"] == 5.67
    assert 8.3 < found["answer_words"]["mean"] < 8.7
    assert found["six_categories"]["Laterality & Bilateral Symmetry"] == 6403
