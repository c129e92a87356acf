"""A judge corrected by people: exact where it can be said, valid by simulation."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.compare.prediction_powered import correct_judge
from medspatial.errors import InputError
from medspatial.records import Score, write_records

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))


def rows(verdicts, metric, model="m"):
    """Scores from {(patient, number): right}."""
    return [
        Score(
            id=f"{patient}-{number}", case_id=f"p{patient}", question="q?", answer="a", model=model,
            metric=metric, score=float(right), correct=bool(right),
        )
        for (patient, number), right in verdicts.items()
    ]  # fmt: skip


def made(seed, patients=12, questions=6):
    rng = np.random.default_rng(seed)
    return {(p, k): bool(rng.random() < 0.6) for p in range(patients) for k in range(questions)}


def test_people_on_everything_are_the_answer():
    truth = made(0)
    (found,) = correct_judge(rows(dict.fromkeys(truth, True), "judge"), rows(truth, "people"))
    assert found.accuracy == pytest.approx(np.mean(list(truth.values())))
    assert (found.judged, found.human, found.patients) == (0, 72, 12)
    sums = np.array([[truth[p, k] for k in range(6)] for p in range(12)]) - np.mean(list(truth.values()))
    assert found.se == pytest.approx(np.sqrt(12 / 11 * np.square(sums.sum(axis=1)).sum()) / 72)


def test_a_perfect_judge_narrows_the_interval_to_that_of_all_questions():
    truth = made(1, patients=60)
    some = {one: right for one, right in truth.items() if one[0] < 12}
    (found,) = correct_judge(rows(truth, "judge"), rows(some, "people"))
    assert found.bias == 0
    assert found.gain < 0.75
    assert abs(found.accuracy - np.mean(list(truth.values()))) < 0.05


def test_a_useless_judge_is_not_used():
    truth = made(2, patients=60)
    some = {one: right for one, right in truth.items() if one[0] < 12}
    (found,) = correct_judge(rows(dict.fromkeys(truth, True), "judge"), rows(some, "people"))
    assert (found.weight, found.gain) == (0, 1)
    assert found.accuracy == pytest.approx(found.by_people)
    assert found.by_judge == 1


@given(st.integers(0, 10_000), st.floats(0, 0.9))
@settings(max_examples=25, deadline=None)
def test_accuracy_lies_inside_its_interval_and_the_bias_is_taken_off(seed, lenient):
    truth = made(seed)
    rng = np.random.default_rng(seed)
    judge = {one: right or rng.random() < lenient for one, right in truth.items()}
    some = {one: right for one, right in truth.items() if one[0] < 6}
    (found,) = correct_judge(rows(judge, "judge"), rows(some, "people"))
    assert 0 <= found.interval.low <= found.accuracy <= found.interval.high <= 1
    seen = list(some)
    off = np.mean([some[one] - found.weight * judge[one] for one in seen])
    rest = np.mean([judge[one] for one in judge if one not in some])
    assert found.accuracy == pytest.approx(np.clip(off + found.weight * rest, 0, 1))


def test_what_cannot_be_is_refused():
    judged = rows({(0, 0): True, (1, 0): False}, "judge")
    with pytest.raises(InputError, match="the judge has none on it"):
        correct_judge(judged, rows({(5, 0): True}, "people"))
    with pytest.raises(InputError, match="two human verdicts"):
        correct_judge(judged, rows({(0, 0): True}, "people") * 2)
    with pytest.raises(InputError, match="people decided on 1 patients, at least 2"):
        correct_judge(judged, rows({(0, 0): True}, "people"))


def test_the_interval_holds_the_truth_as_often_as_it_says():
    from judge_correction import Setting, coverage

    held, width, error = coverage(Setting(patients=60, looked_at=20, lenient=0.4), runs=60)
    assert held >= 0.88
    assert error > 0.1  # the judge alone is far off
    assert width < 0.3


def test_on_the_command_line(tmp_path, capsys):
    from medspatial.cli.correct_judge import correct_judge_command

    truth = made(3)
    write_records(tmp_path / "judge.jsonl", rows(dict.fromkeys(truth, True), "judge"))
    write_records(tmp_path / "people.jsonl", rows(truth, "people"))
    correct_judge_command(tmp_path / "judge.jsonl", tmp_path / "people.jsonl", 0.95, as_json=True)
    (found,) = json.loads(capsys.readouterr().out)
    assert found["by_judge"] == 1
    assert found["interval"]["method"] == "prediction_powered"
    correct_judge_command(tmp_path / "judge.jsonl", tmp_path / "people.jsonl", 0.95, as_json=False)
    assert "100.0%" in capsys.readouterr().out
