from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.datasets.filter import filter_pairs
from medspatial.datasets.judgment import Judgment, majority
from medspatial.datasets.nested import (
    Nested,
    Style,
    from_questions,
    image_path_of,
    layout_of,
    plain_rows,
    read_nested,
    to_questions,
    write_lines,
    write_nested,
)
from medspatial.errors import InputError
from medspatial.records import Question

texts = st.text(min_size=1, max_size=12).filter(str.strip)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | texts,
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=4,
)


def _is_free(name):
    return name not in ("question", "answer", "qa_pairs")


extras = st.dictionaries(texts.filter(_is_free), values, max_size=2)
pairs = st.builds(
    lambda q, a, further, first: (
        {**further, "question": q, "answer": a} if first else {"answer": a, "question": q, **further}
    ),
    texts, texts, extras, st.booleans(),
)  # fmt: skip
entries = st.builds(lambda p, further: {**further, "qa_pairs": p}, st.lists(pairs, max_size=3), extras)
names = st.integers(1, 99).map(lambda n: f"valid_{n}_a_1.nii.gz")


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(names, entries, max_size=4), st.sampled_from([None, 1, 2, 4]), st.booleans())
def test_nested_to_flat_and_back_is_byte_stable(volumes, indent, ascii_only):
    nested = Nested(volumes, Style(indent, ascii_only))
    rows = [Question.model_validate_json(one.to_json()) for one in to_questions(nested)]
    layout = json.loads(json.dumps(layout_of(nested)))
    again = from_questions(rows, layout)
    assert again.style.dump(again.volumes) == nested.style.dump(volumes)


def test_without_layout_pairs_and_categories_stay():
    question = Question(
        case_id="valid_1_a_1", question="Where?", answer="left", tags=("Adjacency & Containment",)
    )
    assert from_questions([question]).volumes == {
        "valid_1_a_1": {
            "qa_pairs": [{"question": "Where?", "answer": "left", "category": ["Adjacency & Containment"]}]
        }
    }


def test_layout_of_other_questions_is_refused():
    nested = Nested({"valid_1_a_1.nii.gz": {"qa_pairs": [{"question": "q", "answer": "a"}]}})
    layout = layout_of(nested)
    other = Question(case_id="x", question="q", answer="a")
    with pytest.raises(
        InputError, match=r"expects 1 rows of 'valid_1_a_1.nii.gz' in order, found a row of 'x'"
    ):
        from_questions([other], layout)
    with pytest.raises(InputError, match="found no further row"):
        from_questions([], layout)
    with pytest.raises(InputError, match="more rows than it counts"):
        from_questions([*to_questions(nested), other], layout)


def test_image_path():
    assert (
        image_path_of("valid_5_b_2.nii.gz", "root/")
        == "root/dataset/valid_fixed/valid_5/valid_5_b/valid_5_b_2.nii.gz"
    )
    assert image_path_of("other.nii.gz", "root") == "root/other.nii.gz"
    assert image_path_of("other.nii.gz") == "other.nii.gz"


def test_bad_files(tmp_path):
    path = tmp_path / "qa.json"
    for text, message in (
        ("[]", "must be an object"),
        ("{", "qa.json:1: not JSON"),
        ('{"v": []}', "volume 'v': must be an object with a list 'qa_pairs'"),
        ('{"v": {"qa_pairs": [{"question": "q"}]}}', "volume 'v': pair 0: field 'answer' must be text"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_nested(path)
    with pytest.raises(InputError, match="no such file"):
        read_nested(tmp_path / "absent.json")


def _judgment(name, question, **verdicts):
    return Judgment(case_id=name, question=question, answer="a", judge="x", verdicts=verdicts)


def test_filter_and_its_exceptions():
    pair = lambda text: {"question": text, "answer": "a"}  # noqa: E731
    nested = Nested(
        {
            "v": {"file": 1, "qa_pairs": [pair("good"), pair("flat"), pair("dull"), pair("new")]},
            "w": {"qa_pairs": [pair("flat")]},
        }
    )
    verdicts = majority(
        [
            _judgment("v", "good", spatial=True, relevant=True),
            _judgment("v", "flat", spatial=False, relevant=True),
            _judgment("v", "dull", spatial=True, answerable=True, needs_image=False, distinct=True),
            _judgment("w", "flat", spatial=False, relevant=False),
        ]
    )

    def kept(**settings):
        result = filter_pairs(nested, verdicts, **settings)
        return {name: [p["question"] for p in one["qa_pairs"]] for name, one in result.nested.volumes.items()}

    result = filter_pairs(nested, verdicts)
    assert dict(result.counts) == {"kept": 1, "not spatial": 2, "not relevant": 1, "not judged": 1}
    assert result.empty == ["w"]
    assert result.nested.volumes["v"]["file"] == 1
    assert kept(keep_nonspatial=True) == {"v": ["good", "flat"]}
    assert kept(keep_nonrelevant=True) == {"v": ["good", "dull"]}
    assert kept(keep_nonspatial=True, keep_nonrelevant=True) == {
        "v": ["good", "flat", "dull", "new"],
        "w": ["flat"],
    }
    assert kept(keep_unjudged=True) == {"v": ["good", "new"]}


def test_real_filter_and_round_trips(shared, tmp_path):
    """Judgments made from the difference of the real files give the real filtered file."""
    folder = shared / "data" / "ct_spatialvqa"
    before = read_nested(folder / "qa_before_filter.json.gz")
    after = read_nested(folder / "qa_filtered_with_categories.json.gz")
    assert (before.pair_count, after.pair_count) == (14744, 9077)
    left = {(name, p["question"], p["answer"]) for name, e in after.volumes.items() for p in e["qa_pairs"]}
    judgments = [
        Judgment(
            case_id=name, question=p["question"], answer=p["answer"], judge="difference",
            verdicts={"spatial": (name, p["question"], p["answer"]) in left, "relevant": True},
        )
        for name, e in before.volumes.items() for p in e["qa_pairs"]
    ]  # fmt: skip
    result = filter_pairs(before, majority(judgments))
    assert dict(result.counts) == {"kept": 9077, "not spatial": 5667}
    assert len(result.empty) == 6
    assert len(result.nested.volumes) == 1601
    kept = [
        (name, p["question"], p["answer"]) for name, e in result.nested.volumes.items() for p in e["qa_pairs"]
    ]
    assert set(kept) == left
    for nested, file in (
        (before, "qa_before_filter.json.gz"),
        (after, "qa_filtered_with_categories.json.gz"),
    ):
        rows = to_questions(nested, image_root="x")
        path = write_nested(tmp_path / "again.json", from_questions(rows, layout_of(nested)))
        assert path.read_bytes() == gzip.decompress((folder / file).read_bytes())


def test_real_flat_file(shared, tmp_path):
    """The plain rows are the field's own questions file, byte for byte."""
    folder = shared / "data" / "ct_spatialvqa"
    rows = plain_rows(
        read_nested(folder / "qa_filtered_with_categories.json.gz"), image_root="dataset/data_volumes"
    )
    path = write_lines(tmp_path / "questions.jsonl", rows)
    assert path.read_bytes() == gzip.decompress((folder / "questions.jsonl.gz").read_bytes())
