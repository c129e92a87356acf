"""Options of models given as KEY=VALUE."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from medspatial.cli.app import app
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


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["predict", "-m", "random", "-d", "q", "-o", "p", "--actors", "2"], "--actors: is for --engine ray"),
        (
            ["predict", "-m", "random", "-d", "q", "-o", "p", "--gpus-per-actor", "0.5"],
            "--gpus-per-actor: is",
        ),
        (
            ["predict", "-m", "random", "-d", "q", "-o", "p", "--cases", "c", "--image-root", "."],
            "beside --cases",
        ),
        (
            ["segment", "c", "-o", "m", "--with", "totalsegmentator", "--window", "64"],
            "--window: is for --with",
        ),
        (
            ["segment", "c", "-o", "m", "--with", "totalsegmentator", "--model-path", "w"],
            "--model-path: is for",
        ),
    ],
)
def test_options_without_effect_are_refused(arguments: list[str], words: str) -> None:
    done = CliRunner().invoke(app, arguments)
    assert isinstance(done.exception, InputError)
    assert words in str(done.exception)
