"""Judgments that name a pair by its place in the case."""

import json

import pytest

from medspatial.datasets.judgment import read_judgments
from medspatial.datasets.nested import Nested
from medspatial.errors import InputError

PAIRS = Nested(
    {
        "valid_1_a_1.nii.gz": {"qa_pairs": [{"question": f"q{k}", "answer": f"a{k}"} for k in range(3)]},
        "valid_2_a_1.nii.gz": {
            "qa_pairs": [{"question": "p0", "answer": "b0"}, {"question": "p1", "answer": "b1"}]
        },
    }
)


def judged(tmp_path, **by_case):
    path = tmp_path / "gemini.json"
    path.write_text(json.dumps({f"{name}.nii.gz": rows for name, rows in by_case.items()}))
    return path


def row(index, spatial=True, relevant=True):
    return {"index": index, "is_spatial": spatial, "is_relevant": relevant, "reasoning": "because"}


@pytest.mark.parametrize("first", [0, 1])
def test_places_count_from_where_the_file_shows(tmp_path, first):
    rows = [row(first), row(first + 2, spatial=False)]
    found = read_judgments(judged(tmp_path, valid_1_a_1=rows, valid_2_a_1=[row(first + 1)]), PAIRS)
    assert [(one.question, one.answer) for one in found] == [("q0", "a0"), ("q2", "a2"), ("p1", "b1")]
    assert [one.verdicts["spatial"] for one in found] == [True, False, True]
    assert {one.judge for one in found} == {"gemini"}
    assert found[0].reasons == {"as a whole": "because"}


def test_a_start_that_nothing_tells_is_refused(tmp_path):
    with pytest.raises(InputError, match="nothing tells whether it counts from 0 or from 1"):
        read_judgments(judged(tmp_path, valid_1_a_1=[row(1), row(2)]), PAIRS)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row(0), row(3)], "3 is none of its 3 pairs, counted from 0"),
        ([row("0")], "must be a whole number, got '0'"),
        ([row(True)], "must be a whole number, got True"),
        ([row(0), "yes"], "must be a whole number, got None"),
    ],
)
def test_places_that_are_none_are_refused_by_case(tmp_path, rows, says):
    with pytest.raises(InputError, match=says) as caught:
        read_judgments(judged(tmp_path, valid_1_a_1=rows), PAIRS)
    assert "valid_1_a_1.nii.gz" in str(caught.value)


def test_unknown_cases_and_missing_pairs_are_refused(tmp_path):
    with pytest.raises(InputError, match="is not in the file of pairs"):
        read_judgments(judged(tmp_path, valid_9_a_1=[row(0)]), PAIRS)
    with pytest.raises(InputError, match="beside the file of pairs"):
        read_judgments(judged(tmp_path, valid_1_a_1=[row(0)]))
