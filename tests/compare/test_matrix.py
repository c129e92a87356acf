from __future__ import annotations

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.compare import CorrectnessMatrix, MatrixRow, average, compare
from medspatial.errors import InputError
from medspatial.records import Question


def _same(a, b):
    return a.rows == b.rows and a.columns == b.columns and np.array_equal(a.values, b.values, equal_nan=True)


def test_scores_to_matrix_to_file_and_back(make_scores, tmp_path):
    scores = make_scores({"m": [1, 0, None, "?"], "k": ["-", 1, 1, 0]}, category=["volume"] * 4, subtype="V1")
    scores += make_scores({"m": [1, "-", 0]}, arm="blank")
    matrix = CorrectnessMatrix.from_scores(scores)
    assert matrix.columns == ("m", "k", "m@blank")
    expected = [[1, np.nan, 1], [0, 1, np.nan], [np.nan, 1, 0], [0, 0, np.nan]]
    assert np.array_equal(matrix.values, expected, equal_nan=True)
    path = matrix.write(tmp_path / "sub/matrix.csv")
    assert path.read_text().splitlines()[:3] == [
        "id,case_id,patient_id,category,subtype,question,m,k,m@blank",
        "q0,p0,p0,volume,V1,question 0,1,,1",
        "q1,p1,p1,volume,V1,question 1,0,1,",
    ]
    assert _same(CorrectnessMatrix.read(path), matrix)
    zipped = matrix.write(tmp_path / "matrix.csv.gz")
    assert gzip.decompress(zipped.read_bytes()) == path.read_bytes()
    assert _same(CorrectnessMatrix.read(zipped), matrix)


def test_a_question_nobody_answered_is_an_empty_row(make_scores):
    questions = [
        Question(id=f"q{number}", case_id=f"p{number}", question=f"question {number}", answer="left")
        for number in range(3)
    ]
    matrix = CorrectnessMatrix.from_scores(make_scores({"m": [1, "-", "-"]}), questions=questions)
    assert np.array_equal(matrix.values, [[1], [np.nan], [np.nan]], equal_nan=True)


def test_a_matrix_can_be_compared(make_scores, tmp_path):
    scores = make_scores({"m": [1, 0, 1], "k": [0, "-", 1]}, ["a", "a", "b"])
    matrix = CorrectnessMatrix.read(CorrectnessMatrix.from_scores(scores).write(tmp_path / "m.csv"))
    again = compare(matrix.scores("exact"), questions=matrix.questions(), resamples=50)
    direct = compare(scores, resamples=50)
    for model in ("m", "k"):
        assert again.result(model).overall == direct.result(model).overall


def test_thirds_are_cut_off_as_published(tmp_path):
    rows = (MatrixRow("v_1.nii.gz::0", "v_1", "v_1"), MatrixRow("v_1.nii.gz::1", "v_1", "v_1"))
    matrix = CorrectnessMatrix(rows, ("a", "b"), np.array([[1 / 3, 2 / 3], [np.nan, 1.0]]))
    path = matrix.write_field(tmp_path / "avg.csv")
    assert path.read_text() == "question_id,a,b\nv_1.nii.gz::0,0.33,0.66\nv_1.nii.gz::1,,1.00\n"
    back = CorrectnessMatrix.read(path)
    assert back.rows[0].case_id == "v_1.nii.gz"
    assert back.rows[0].patient_id == "v_1"
    verdicts = {(score.id, score.model): score.correct for score in back.scores("jury")}
    assert verdicts == {
        ("v_1.nii.gz::0", "a"): False,
        ("v_1.nii.gz::0", "b"): True,
        ("v_1.nii.gz::1", "b"): True,
    }
    graded = [score for score in back.scores("mean", threshold=None) if score.id == "v_1.nii.gz::0"]
    assert [(score.correct, score.score) for score in graded] == [(None, 0.33), (None, 0.66)]


def test_judges_are_averaged_over_those_who_spoke(make_scores):
    first = CorrectnessMatrix.from_scores(make_scores({"m": [1, 0, None], "k": [1, 1, 1]}))
    second = CorrectnessMatrix.from_scores(list(reversed(make_scores({"k": [0, 1, 1], "m": [1, 1, None]}))))
    mean = average([first, second])
    assert np.array_equal(mean.values, [[1, 0.5], [0.5, 1], [np.nan, 1]], equal_nan=True)
    with pytest.raises(InputError, match="same questions and models"):
        average([first, CorrectnessMatrix.from_scores(make_scores({"m": [1, 0, 1]}))])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("question,m\na,1\n", r"m.csv:1: header needs a column 'id' or 'question_id'"),
        ("id,m\na,2\n", r"m.csv:2: field 'm': must be a number between 0 and 1 or empty; got '2'"),
        ("id,m\na,yes\n", r"m.csv:2: field 'm': .* got 'yes'"),
        ("id,m\na,1\na,0\n", r"m.csv:3: field 'id': must be unique in its file; got 'a'"),
        ("id,m\na\n", r"m.csv:2: has 1 cells where the header has 2"),
    ],
)
def test_bad_files_name_line_and_field(tmp_path, text, message):
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        CorrectnessMatrix.read(path)


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.csv: no such file"):
        CorrectnessMatrix.read(tmp_path / "no.csv")


@given(
    st.lists(
        st.lists(st.sampled_from([0.0, 0.33, 0.66, 1.0, float("nan")]), min_size=2, max_size=2),
        min_size=1,
        max_size=8,
    ),
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_any_matrix_survives_its_file(tmp_path_factory, values, text):
    rows = tuple(MatrixRow(f"q{number}", "c", "c", question=text) for number in range(len(values)))
    matrix = CorrectnessMatrix(rows, ("a", "b@mirrored"), np.array(values))
    path = matrix.write(tmp_path_factory.mktemp("m") / "m.csv")
    assert _same(CorrectnessMatrix.read(path), matrix)


def test_published_matrix_comes_back_unchanged(shared, tmp_path):
    source = shared / "data/ct_spatialvqa/correctness_matrix_avg3.csv.gz"
    matrix = CorrectnessMatrix.read(source)
    assert matrix.values.shape == (9077, 8)
    assert int(np.isnan(matrix.values).sum()) == 18
    written = matrix.write_field(tmp_path / "again.csv").read_text()
    assert written.splitlines() == gzip.decompress(source.read_bytes()).decode().splitlines()
