"""Logged samples of lm-evaluation-harness and lmms-eval."""

import json

import pytest

from medspatial.errors import InputError
from medspatial.exchange import read_results
from medspatial.exchange.results import NO_PATIENT


def samples(folder, rows, name="samples_ct_sides_2026-01-02T03-04-05.678.jsonl"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / name


def sample(n, **more):
    return {
        "doc_id": n,
        "doc": {"question": f"Which side {n}?", "choices": ["left", "right"], "patient_id": f"p{n}"},
        "target": 1,
        "arguments": [["a prompt", {"until": []}]],
        "resps": [["right"]],
        "filtered_resps": ["right"],
        "acc": 1.0,
        **more,
    }


def test_samples_become_predictions_and_scores(tmp_path):
    path = samples(tmp_path / "google__medgemma", [sample(0), sample(1, filtered_resps=["left"], acc=0.0)])
    found = read_results(path)
    assert [(one.model, one.answer, one.prediction, one.category) for one in found.predictions] == [
        ("google__medgemma", "right", "right", "ct_sides"),
        ("google__medgemma", "right", "left", "ct_sides"),
    ]
    assert [(one.metric, one.correct) for one in found.scores] == [
        ("lm-eval:acc", True),
        ("lm-eval:acc", False),
    ]
    assert [one.patient_id for one in found.predictions] == ["p0", "p1"]


def test_a_reply_read_by_two_filters_is_one_answer(tmp_path):
    rows = [sample(0, filter="strict-match"), sample(0, filter="flexible-extract"), sample(1)]
    assert len(read_results(samples(tmp_path / "m", rows)).predictions) == 2


def test_lmms_evals_form(tmp_path):
    row = {
        "doc_id": 3, "doc": {"id": 3}, "target": "left", "input": "Which side is the cyst on?",
        "resps": [["left"]], "filtered_resps": ["left"], "doc_hash": "x", "exact_match": 1.0,
        "judge": {"score": 5},
    }  # fmt: skip
    found = read_results(samples(tmp_path / "m", [row], "20260102_030405_samples_ct.jsonl"), model="qwen")
    (got,) = found.predictions
    assert (got.question, got.answer, got.case_id, got.model) == (
        "Which side is the cyst on?", "left", "ct-3", "qwen",
    )  # fmt: skip
    assert [one.metric for one in found.scores] == ["lm-eval:exact_match"]
    assert found.notes == {NO_PATIENT: 1}


def test_a_folder_of_models_is_read_whole(tmp_path):
    for model in ("one", "two"):
        samples(tmp_path / model, [sample(0), sample(1)])
    assert {one.model for one in read_results(tmp_path).predictions} == {"one", "two"}


def test_a_sample_without_question_is_named(tmp_path):
    with pytest.raises(InputError, match=r"jsonl:1: has no question"):
        read_results(samples(tmp_path / "m", [sample(0, doc={}, arguments=[])]))


def test_each_filter_has_its_own_verdict(tmp_path):
    rows = [sample(0, filter="strict-match", acc=0.0), sample(0, filter="flexible-extract", acc=1.0)]
    found = read_results(samples(tmp_path / "m", rows))
    assert len(found.predictions) == 1
    assert {one.metric: one.correct for one in found.scores} == {
        "lm-eval:acc,strict-match": False,
        "lm-eval:acc,flexible-extract": True,
    }


@pytest.mark.parametrize(
    ("target", "choices", "answer"),
    [
        (1, ["left", "right"], "right"),
        ("1", ["left", "right"], "right"),
        ("right", ["left", "right"], "right"),
        ("1", ["0", "1", "2"], "1"),
        ("7", ["left", "right"], "7"),
    ],
)
def test_a_target_is_a_choice_or_its_place(tmp_path, target, choices, answer):
    row = sample(0, target=target, doc={"question": "q?", "choices": choices, "patient_id": "p"})
    (got,) = read_results(samples(tmp_path / "m", [row])).predictions
    assert got.answer == answer


def test_a_target_that_could_be_both_is_refused(tmp_path):
    row = sample(0, target="2", doc={"question": "q?", "choices": ["1", "2", "3"], "patient_id": "p"})
    with pytest.raises(InputError, match="'2' is a choice, and the place of the choice '3'"):
        read_results(samples(tmp_path / "m", [row]))


def test_figures_beside_the_samples_are_named_and_not_read(tmp_path):
    samples(tmp_path / "m", [sample(0), sample(1)])
    figures = {"results": {"ct_sides": {"acc,none": 1.0}}, "configs": {}, "n-shot": {}}
    (tmp_path / "m" / "results_2026-01-02T03-04-05.678.json").write_text(json.dumps(figures))
    found = read_results(tmp_path)
    assert len(found.predictions) == 2
    assert any("no samples: not read" in note for note in found.notes)
