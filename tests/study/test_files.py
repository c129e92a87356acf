"""Where a study's files lie, and what is counted in them."""

import json
from pathlib import Path

import pytest

from medspatial.questions import DROP_RULES
from medspatial.study.files import StudyFiles


@pytest.fixture
def files(tmp_path: Path) -> StudyFiles:
    (tmp_path / "questions").mkdir()
    (tmp_path / "predictions").mkdir()
    return StudyFiles(tmp_path)


def test_the_standard_arm_has_the_model_s_own_name(files):
    assert files.predictions("m", "standard").name == "m.jsonl"
    assert files.predictions("m", "mirrored").name == "m@mirrored.jsonl"
    assert files.scores_of("judge:openai:org/m", "m", "blank") == (
        files.folder / "scores" / "judge-openai-org-m" / "m@blank.jsonl"
    )


def test_what_the_questions_stage_counted_is_read_in_words(files):
    summary = {
        "dropped_by_subtype": {"V1": {"overlap": 3}, "D1": {"overlap": 1, "short_distance": 2}},
        "unusable_cases": {"a": "no masks"},
    }
    (files.questions / "summary.json").write_text(json.dumps(summary))
    assert files.drops() == {
        DROP_RULES["overlap"]: {"V1": 3, "D1": 1},
        DROP_RULES["short_distance"]: {"D1": 2},
    }
    assert files.unusable() == {"a": "no masks"}


def test_questions_from_a_file_have_no_summary(files):
    assert (files.drops(), files.unusable()) == ({}, {})


def test_seconds_are_summed_over_arms_and_a_model_without_any_has_none(files):
    for arm, seconds in (("standard", 1.0), ("blank", 0.5)):
        path = files.predictions("m", arm).with_suffix(".volumes.jsonl")
        row = {"case_id": "c", "prepare_s": seconds, "encode_s": 2 * seconds, "answer_s": 0.0}
        path.write_text(json.dumps(row) + "\n")
    found = files.seconds(["m", "other"], ["standard", "blank"])
    assert sum(found["m"].values()) == pytest.approx(4.5)
    assert not any(found["other"].values())
