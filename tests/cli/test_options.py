"""Options of models given as KEY=VALUE."""

from __future__ import annotations

import pytest

from medspatial.cli.options import read_options
from medspatial.errors import InputError


def test_values_are_what_they_look_like() -> None:
    pairs = ["shape=[1, 2]", "max-new-tokens=4", "jpeg=false", "window=null", "name=x", "prices={in: 1.0}"]
    assert read_options(pairs) == {
        "shape": [1, 2],
        "max_new_tokens": 4,
        "jpeg": False,
        "window": None,
        "name": "x",
        "prices": {"in": 1.0},
    }


@pytest.mark.parametrize(
    "text", ["{question}", "{question} Answer in one word.", "{prompt}: {options}", "a: b: c"]
)
def test_patterns_and_what_is_no_yaml_are_text(text: str) -> None:
    assert read_options([f"prompt={text}"]) == {"prompt": text}


@pytest.mark.parametrize("pair", ["prompt", "=3"])
def test_a_pair_without_key_or_value_is_refused(pair: str) -> None:
    with pytest.raises(InputError, match="--set: needs KEY=VALUE"):
        read_options([pair])
