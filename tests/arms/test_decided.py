"""An arm decided once asks what the arm itself asks, and shows the same."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.arms import ARMS, arm, decided
from medspatial.errors import InputError

NAMES = ("standard", "mirrored", "evidence_removed", "irrelevant_removed", "unanswerable_crop")


@pytest.fixture(scope="module")
def fixed_arms(cohort):
    opened: list[str] = []
    found = decided([ARMS[name] for name in NAMES], cohort.questions, cohort.read, opened.append)
    assert opened == list(cohort.cases)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_decided_arm_is_the_arm_itself(cohort, fixed_arms, name: str) -> None:
    chosen, fixed = ARMS[name], fixed_arms[name]
    found = fixed.questions(cohort.questions)
    assert found == chosen.questions(cohort.questions, cohort.read)
    assert (fixed.name, fixed.each_alone, fixed.shows_volume) == (
        name,
        chosen.each_alone,
        chosen.shows_volume,
    )
    first = found[0]
    assert fixed.view(first) == chosen.view(first)
    volumes = [
        one.loader(lambda case_id: cohort.read(case_id).ct, found, cohort.read)(one.view(first))
        for one in (chosen, fixed)
    ]
    assert np.array_equal(volumes[0].voxels, volumes[1].voxels)
    masks = [
        one.mask_loader(lambda case_id: cohort.read(case_id).masks, found, cohort.read)(one.view(first))
        for one in (chosen, fixed)
    ]
    assert masks[0].names == masks[1].names


def test_it_refuses_other_questions(cohort) -> None:
    fixed = decided([ARMS["standard"]], cohort.questions)["standard"]
    with pytest.raises(InputError, match="arm 'standard' was decided for other questions"):
        fixed.questions(cohort.questions[1:])


def test_a_repeat_stays_a_repeat() -> None:
    fixed = decided([arm("standard-epoch-3")], [])["standard-epoch-3"]
    assert (fixed.sample, fixed.title) == (2, arm("standard-epoch-3").title)
