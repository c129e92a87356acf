"""Batches as large as memory allows: nothing lost, nothing twice, and order kept."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from medspatial.models.runtime.batching import Batches, cut_behind_end


@given(st.lists(st.integers(0, 3), min_size=1, max_size=20), st.integers(1, 8))
def test_every_question_is_answered_once_whatever_fits(kinds: list[int], room: int) -> None:
    groups = [[place for place, kind in enumerate(kinds) if kind == wanted] for wanted in sorted(set(kinds))]
    asked: list[int] = []

    def generate(batch: list[int]) -> list[list[int]]:
        if len(batch) > room:
            raise MemoryError
        asked.extend(batch)
        return [[place] for place in batch]

    batches = Batches()
    assert batches.run(groups, generate) == [[place] for place in range(len(kinds))]
    assert sorted(asked) == list(range(len(kinds)))
    assert batches.largest is None or batches.largest <= max(map(len, groups))


def test_one_question_that_does_not_fit_and_other_errors_go_on() -> None:
    def generate(batch: list[int]) -> list[list[int]]:
        raise torch.OutOfMemoryError("CUDA out of memory (simulated)")

    batches = Batches()
    with pytest.raises(torch.OutOfMemoryError):
        batches.run([[0, 1, 2]], generate)
    assert batches.largest == 1

    def broken(batch: list[int]) -> list[list[int]]:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes do not fit"):
        Batches().run([[0, 1]], broken)


def test_what_stands_behind_the_first_end_is_cut() -> None:
    assert cut_behind_end([4, 9, 2, 9], (2, 9)) == [4, 9]
    assert cut_behind_end([4, 5], (2,)) == [4, 5]
    assert cut_behind_end([], (2,)) == []
