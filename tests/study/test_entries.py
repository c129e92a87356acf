"""Entries of a study: wrong names and options are told with the one meant and all that there are."""

from __future__ import annotations

import pytest

from medspatial.errors import InputError
from medspatial.study import StudyConfig
from medspatial.study.entries import check_entries


def study(**fields):
    return StudyConfig.model_validate({"cases": "d", **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"arms": ["mirrord"]},
            r"unknown arm 'mirrord' \(did you mean 'mirrored'\?\); known: standard, text",
        ),
        ({"models": ["randm"]}, r"unknown model 'randm' \(did you mean 'random'\?\); known: random, prior"),
        ({"models": [{"kind": "random", "sed": 1}]}, r"'sed' \(did you mean 'seed'\?\); it takes: seed"),
        ({"models": [{"kind": "openai"}]}, "model 'openai': option 'model' is required"),
        (
            {"models": [{"kind": "openai", "model": "m", "prices": ["a", 1]}]},
            "prices must be two or three numbers",
        ),
        ({"models": [{"kind": "openai", "model": "m", "budget": 5}]}, "a budget in dollars needs prices"),
        ({"models": [{"kind": "openai", "model": "m", "planes": "x"}]}, "model 'openai'.*planes"),
        ({"metrics": ["structred"]}, "unknown metric 'structred'; did you mean structured"),
        (
            {"metrics": ["rouge:steam"]},
            "metric 'rouge:steam': unknown variant 'steam'; there are: rouge:stem",
        ),
        ({"metrics": [{"name": "exact", "fold": 1}]}, "metric 'exact': unknown option 'fold'"),
        ({"metrics": ["alignscore"]}, "metric 'alignscore': option 'checkpoint' is required"),
        (
            {"metrics": [{"name": "judge:gemini:g", "repets": 2}]},
            r"'repets' \(did you mean 'repeats'\?\); it takes: model, repeats, .*cache, .*json_mode",
        ),
        ({"metrics": ["judge:opnai:g"]}, "model must be openai:MODEL, gemini:MODEL or local:FOLDER"),
        ({"metrics": [{"name": "jury", "judges": ["a", "b"], "x": 1}]}, "metric 'jury': unknown option 'x'"),
    ],
)
def test_what_is_wrong_is_told(fields, words):
    with pytest.raises(InputError, match=words):
        check_entries(study(**fields))


def test_what_is_right_passes():
    check_entries(
        study(
            models=["random", {"kind": "openai", "model": "m", "count": 4, "prices": [1, 2], "budget": 5}],
            arms=["mirrored"],
            metrics=[
                "rouge:stem",
                {"name": "judge:openai:m", "base_url": "http://x/v1", "repeats": 3},
                {"name": "judge", "model": "models/g"},
                {"name": "jury", "judges": ["openai:m", "gemini:g"], "seed": None},
            ],
        )
    )
