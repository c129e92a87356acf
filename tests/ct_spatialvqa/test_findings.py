"""The real benchmark's files: published counts come out again."""

from __future__ import annotations

import json

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.records import Question
from medspatial_ct_spatialvqa.files import (
    absent_or_normal,
    joined_column,
    read_ct_spatialvqa,
    read_judgments,
    text_prior,
)
from medspatial_ct_spatialvqa.findings import (
    by_absence,
    by_tag,
    check_columns,
    check_gaps,
    contradictions,
    corrected,
    correlations,
    judge_agreement,
    judge_shares,
    jury_comparison,
    prior_comparison,
)

NAMES = ("m3d", "radfm", "merlin")


def _question(case, text, answer):
    return Question(case_id=case, question=text, answer=answer)


def test_prior_uses_other_patients_only():
    questions = [
        _question("valid_1_a_1", "Where is it?", "Left."),
        _question("valid_1_a_2", "Where is it?", "left"),
        _question("valid_2_a_1", "where is  it", "Right"),
        _question("valid_3_a_1", "Where is it?", "right"),
        _question("valid_4_a_1", "How many?", "two"),
    ]
    found = [text_prior(questions)[question.id] for question in questions]
    assert found == ["right", "right", "left", "left", None]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("No nodule was seen.", True),
        ("They are normal.", True),
        ("In the left lower lobe", False),
        ("A nodule in the north", False),
        ("Abnormally large", False),
    ],
)
def test_absent_or_normal(answer, expected):
    assert absent_or_normal(_question("a", "q", answer)) is expected


def test_missing_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"needs the file correctness_matrix_avg3\.csv or"):
        read_ct_spatialvqa(tmp_path)


def _made_folder(folder):
    questions = [{"case_id": "v_1.nii.gz", "question": q, "answer": "x"} for q in ("one", "two", "three")]
    (folder / "questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in questions))
    tags = {"v_1.nii.gz": {"qa_pairs": [{"question": "one", "answer": "x", "category": ["Side"]}]}}
    (folder / "qa_filtered_with_categories.json").write_text(json.dumps(tags))
    (folder / "correctness_matrix_avg3.csv").write_text(
        "question_id,m\nv_1.nii.gz::0,1.00\nv_1.nii.gz::2,0.33\nv_1.nii.gz::1,0.66\n"
    )
    return folder


def test_a_made_folder_is_joined(tmp_path):
    data = read_ct_spatialvqa(_made_folder(tmp_path))
    assert [(question.id, question.tags) for question in data.questions] == [
        ("v_1.nii.gz::0", ("Side",)),
        ("v_1.nii.gz::1", ()),
        ("v_1.nii.gz::2", ()),
    ]
    verdicts = {score.question: score.correct for score in data.scores()}
    assert verdicts == {"one": True, "two": True, "three": False}
    (tmp_path / "correctness_matrix_avg3.csv").write_text("question_id,m\nv_1.nii.gz::7,1.00\n")
    with pytest.raises(InputError, match="questions and matrix differ in 4 ids"):
        read_ct_spatialvqa(tmp_path)


@pytest.fixture(scope="module")
def data(shared):
    return read_ct_spatialvqa(shared / "data/ct_spatialvqa")


@pytest.fixture(scope="module")
def published(shared):
    return json.loads((shared / "data/ct_spatialvqa/published_results.json").read_text())


@pytest.fixture(scope="module")
def jury(data):
    return jury_comparison(data)


def test_jury_of_all_models_is_reproduced(jury, published):
    assert (jury.n_questions, jury.n_patients) == (9077, 1300)
    for row in published["jury"]:
        overall = jury.result(row["model"]).overall
        assert overall.scored == row["count"]
        assert overall.accuracy_scored == pytest.approx(row["llm_jury_accuracy"], abs=1e-12)
    figures = {model: round(100 * jury.result(model).overall.accuracy_scored, 2) for model in NAMES}
    assert figures == {"m3d": 30.57, "radfm": 31.49, "merlin": 28.85}


def test_category_table_is_reproduced(data, published):
    lines = [line.split(",") for line in published["category_performance_csv"].splitlines()]
    found = by_tag(data, resamples=2)
    for tag, count, *shares in lines[1:]:
        assert found[tag].n_questions == int(count)
        for model, share in zip(lines[0][2:], shares, strict=True):
            assert 100 * found[tag].result(model).overall.accuracy == pytest.approx(float(share), abs=0.0051)


def test_which_differences_hold(jury):
    open_pairs = {frozenset((pair.first, pair.second)) for pair in jury.pairs if pair.p_holm > 0.05}
    assert open_pairs == {
        frozenset(pair)
        for pair in (
            ("radfm", "med3dvlm"),
            ("radfm", "m3d"),
            ("med3dvlm", "m3d"),
            ("merlin", "vila_m3_vista3d"),
        )
    }
    assert all(result.overall.design_effect > 1.3 for result in jury.results)


def test_absent_or_normal_answers_drive_the_scores(data):
    found = by_absence(data, resamples=2)
    assert found["absent_or_normal"].n_questions + found["other"].n_questions == 9077
    vila = [found[name].result("vila_m3_vista3d").overall.accuracy for name in ("absent_or_normal", "other")]
    assert vila == pytest.approx([0.7793, 0.2023], abs=1e-4)


def test_columns_with_a_gap_in_one_file_are_out_of_step_behind_it(data):
    found = {check.model: check for check in check_gaps(data)}
    broken = {model for model, check in found.items() if check.before - check.after > 0.3}
    assert broken == {"m3d", "med3dvlm", "merlin"}
    assert contradictions(data, "merlin") == (8560, 2715)
    assert contradictions(data, "radfm")[1] == 0


def test_prior(data):
    alone, beside = prior_comparison(data, resamples=2)
    prior = alone.result("text_prior").overall
    assert (prior.correct, prior.unanswered) == (831, 6785)
    assert beside.n_questions == 2292
    assert beside.models.index("text_prior") < beside.models.index("m3d")


def test_two_published_columns_were_joined_by_row(data):
    m3d, med3dvlm, radfm = check_columns(data)
    assert (med3dvlm.model, med3dvlm.cells, med3dvlm.differing) == ("med3dvlm", 9074, 4012)
    assert (med3dvlm.turned, m3d.turned, radfm.turned) == (3474, 2415, 0)
    assert (med3dvlm.published, med3dvlm.joined) == (2853, 2933)
    assert med3dvlm.row_order_explains
    assert (radfm.model, radfm.cells, radfm.differing, radfm.joined) == ("radfm", 9077, 0, 2858)
    assert (m3d.model, m3d.cells, m3d.differing) == ("m3d", 9074, 2864)
    assert (m3d.published, m3d.joined) == (2774, 2833)
    assert m3d.row_order_explains
    assert read_judgments(data, "merlin", "gemini") is None
    assert joined_column(data, "merlin") is None


def test_corrected_data_changes_those_columns_only(data):
    values, again = data.matrix.values, corrected(data).matrix.values
    changed = [
        name
        for number, name in enumerate(data.matrix.columns)
        if not np.allclose(values[:, number], again[:, number], atol=0.01, equal_nan=True)
    ]
    assert changed == ["m3d", "med3dvlm"]


def test_joined_by_question_ranks_and_open_pairs_move(data):
    found = jury_comparison(corrected(data))
    assert found.models[3:6] == ("med3dvlm", "radfm", "m3d")
    assert found.result("med3dvlm").overall.accuracy_scored == pytest.approx(0.3232, abs=5e-5)
    assert {frozenset((pair.first, pair.second)) for pair in found.pairs if not pair.significant} == {
        frozenset(pair)
        for pair in (
            ("med3dvlm", "radfm"),
            ("med3dvlm", "m3d"),
            ("radfm", "m3d"),
            ("merlin", "vila_m3_vista3d"),
        )
    }


def test_judges(data):
    assert judge_shares(data)["m3d: gemini"] == (3146, 9074)
    found = judge_agreement(data)
    assert judge_shares(data)["med3dvlm: gemini"] == (3214, 9074)
    assert len(found) == 10
    assert found["m3d: gpt / qwen"].raw == pytest.approx(0.9516, abs=1e-4)


def test_columns_out_of_step_correlate_with_no_other(data):
    out = {"m3d", "med3dvlm", "merlin"}
    found = correlations(data)
    within = [phi for a, row in found.items() for b, phi in row.items() if not {a, b} & out]
    beside = [phi for a in out for phi in found[a].values()]
    assert min(within) > 0.37
    assert max(beside) < 0.2
    joined = correlations(corrected(data))
    for column in ("m3d", "med3dvlm"):
        assert min(phi for model, phi in joined[column].items() if model not in out) > 0.32
