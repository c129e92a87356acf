"""Who reads what, in which order."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from reader_study import READERS, write_study

from medspatial.errors import InputError
from medspatial.readers.design import drawn, read_design


def test_everybody_reads_everything_in_an_order_of_their_own(tmp_path: Path) -> None:
    study = read_design(write_study(tmp_path, 20))
    orders = [[task.question for task in study.blocks(reader)[0]] for reader in READERS]
    assert all(sorted(order) == sorted(study.questions) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    again = read_design(tmp_path / "readers.yaml")
    assert again.blocks("ben") == study.blocks("ben")


def test_another_seed_gives_another_order(tmp_path: Path) -> None:
    one = read_design(write_study(tmp_path / "a", 20)).blocks("anna")
    other = read_design(write_study(tmp_path / "b", 20, seed="2")).blocks("anna")
    assert one != other


def test_overlap(tmp_path: Path) -> None:
    study = read_design(write_study(tmp_path, 30, overlap=2))
    asked = Counter(task.question for reader in READERS for task in study.blocks(reader)[0])
    assert set(asked.values()) == {2}
    assert {len(study.blocks(reader)[0]) for reader in READERS} == {20}


def test_with_and_without_a_model(tmp_path: Path) -> None:
    design = {"conditions": ["alone", "assisted"], "assistant": "helper.jsonl"}
    study = read_design(write_study(tmp_path, 6, **design))
    first = {study.blocks(reader)[0][0].condition for reader in READERS}
    assert first == {"alone", "assisted"}  # half of the readers begin with the model
    assert all(len(study.blocks(reader)) == 2 for reader in READERS)


@pytest.mark.parametrize(
    ("design", "message"),
    [
        ({"readers": []}, "readers"),
        ({"readers": ["a", "a"]}, "different names"),
        ({"overlap": 9}, "at most the 3 readers"),
        ({"conditions": ["assisted"]}, "'assistant' is needed"),
        ({"assistant": "helper.jsonl"}, "'assistant' is needed"),
        ({"washout_days": -1}, "washout_days"),
        ({"confidence": "high"}, "confidence"),
        ({"questions": "none.jsonl"}, r"none\.jsonl"),
        ({"colour": "blue"}, "unknown field"),
        ({"readers": ["a", "a assisted"]}, "cannot end in ' assisted'"),
        ({"washout_days": 3}, "pause between two conditions"),
        ({"count": 7}, "'count': must be at most the 6 questions"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, design: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_design(write_study(tmp_path, **design))


def test_a_draw_is_even_over_subtypes(tmp_path: Path) -> None:
    whole = read_design(write_study(tmp_path, 12)).questions
    mixed = {
        id: one.model_copy(update={"subtype": "L1" if n < 9 else "D3"})
        for n, (id, one) in enumerate(whole.items())
    }
    chosen = drawn(mixed, 6, "")
    assert Counter(one.subtype for one in chosen.values()) == {"L1": 3, "D3": 3}
    assert list(chosen) == [id for id in mixed if id in chosen]
    assert drawn(mixed, 6, "") == chosen != drawn(mixed, 6, "2")
    assert set(drawn(mixed, 5, "")) < set(chosen)
    study = read_design(write_study(tmp_path, 12, count=4, overlap=2))
    assert len(study.questions) == 4
    assert sum(len(study.blocks(reader)[0]) for reader in READERS) == 8


def test_an_assistant_must_answer_everything(tmp_path: Path) -> None:
    path = write_study(tmp_path, conditions=["assisted"], assistant="helper.jsonl")
    rows = (tmp_path / "helper.jsonl").read_text().splitlines()
    (tmp_path / "helper.jsonl").write_text("\n".join(rows[1:]) + "\n")
    with pytest.raises(InputError, match="no answer to 1 questions"):
        read_design(path)
