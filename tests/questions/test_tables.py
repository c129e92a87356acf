"""The registry of subtypes and its generated documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from medspatial.errors import InputError
from medspatial.questions import DROP_RULES, chosen_subtypes, subtype_rows, subtypes, subtypes_markdown
from medspatial.questions.drop import drop
from medspatial.questions.margins import Margin
from medspatial.questions.subtype import subtype

DOCS = Path(__file__).resolve().parents[2] / "docs" / "subtypes.md"


def test_all_32_subtypes_in_their_categories():
    counts = {"L": 6, "D": 7, "V": 7, "A": 6, "M": 6}
    ids = [f"{letter}{n}" for letter, count in counts.items() for n in range(1, count + 1)]
    assert [one.id for one in subtypes()] == ids
    assert len({one.slug for one in subtypes()}) == len(ids) == 32


def test_every_subtype_says_its_rules_and_has_several_wordings():
    for row in subtype_rows():
        assert row["measurement"]
        assert row["drop_when"]
        assert row["answers"]
        assert len(row["wordings"]) >= 3 or row["id"] == "L6"


def test_the_documentation_is_current():
    assert DOCS.read_text(encoding="utf-8") == subtypes_markdown()


def test_subtypes_are_chosen_by_id_slug_or_category():
    assert [one.id for one in chosen_subtypes(["l5", "left-of", "volume"])] == [
        "L5", "V1", "V2", "V3", "V4", "V5", "V6", "V7",
    ]  # fmt: skip
    assert len(chosen_subtypes(None)) == 32
    with pytest.raises(InputError, match="unknown question subtype 'X1'; known: L1"):
        chosen_subtypes(["X1"])


def test_an_id_is_defined_once():
    first = subtypes()[0]
    with pytest.raises(InputError, match="defined twice"):
        subtype(
            first.id, "x", "x", needs="organs", answer_type="choice", measurement="",
            margin=Margin("", ""), answers="", wordings=("",),
        )(first.find)  # fmt: skip


def test_only_known_rules_enter_the_ledger():
    with pytest.raises(KeyError, match="unknown drop rule"):
        drop("because")
    entry = drop("offset", "liver", figure=1.23456789, limit=10).of("case", "L5")
    assert entry.figure == 1.2346
    assert (entry.case_id, entry.subtype) == ("case", "L5")
    assert set(DROP_RULES) >= {entry.rule}
