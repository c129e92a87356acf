"""What a user chooses of the generation: checked by name, rule and value; what is left open is not stated."""

from __future__ import annotations

import re
from typing import Any

import pytest

from medspatial.errors import InputError
from medspatial.models import Generation


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("max_new_tokens", None, "a whole number from 1"),
        ("max_new_tokens", 0, "a whole number from 1"),
        ("do_sample", "false", "true or false"),
        ("temperature", 0, "a number above 0"),
        ("top_p", 3, "a number above 0 and up to 1"),
        ("top_k", -1, "a whole number from 0"),
        ("repetition_penalty", -2, "a number above 0"),
        ("seed", "x", "a whole number"),
    ],
)
def test_a_wrong_choice_names_option_rule_and_value(option: str, value: Any, rule: str) -> None:
    with pytest.raises(InputError, match=re.escape(f"option '{option}' must be {rule}, got {value!r}")):
        Generation(**{option: value})


def test_whole_numbers_become_what_transformers_takes() -> None:
    assert isinstance(Generation(temperature=2).temperature, float)


def test_what_is_left_open_is_not_stated() -> None:
    assert Generation(top_k=0).stated() == {"max_new_tokens": 256, "do_sample": False, "top_k": 0, "seed": 0}
