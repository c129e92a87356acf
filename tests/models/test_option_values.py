"""Options of a wrong type or value are refused when a model is made, by name, rule and value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from medspatial.errors import InputError
from medspatial.models import Generation, create_model
from medspatial.models.ct_chat.prompt import Prompt
from medspatial.models.ct_chat.templates import TEMPLATES
from medspatial.models.medgemma import Preparation as MedGemmaPreparation
from medspatial.models.option_values import flag, hu_window, positive, sizes, whole
from medspatial.models.runtime import checkpoint
from medspatial.models.runtime.folder import generation_settings
from medspatial.models.runtime.language import GenerationSettings
from medspatial.models.runtime.source_text import ChosenText
from medspatial.models.tools.inventory import preparation
from medspatial.models.vila_m3 import Preparation as VilaPreparation

NONSENSE = [
    ("max_new_tokens", -1, "a whole number from 1"),
    ("max_new_tokens", 0, "a whole number from 1"),
    ("max_new_tokens", "abc", "a whole number from 1"),
    ("max_new_tokens", 8.0, "a whole number from 1"),
    ("max_new_tokens", True, "a whole number from 1"),
    ("max_new_tokens", None, "a whole number from 1"),
    ("do_sample", "maybe", "true or false"),
    ("do_sample", "false", "true or false"),
    ("do_sample", 1, "true or false"),
    ("temperature", -1, "a number above 0"),
    ("temperature", 0, "a number above 0"),
    ("temperature", float("nan"), "a number above 0"),
    ("temperature", float("inf"), "a number above 0"),
    ("temperature", "warm", "a number above 0"),
    ("top_p", 3, "a number above 0 and up to 1"),
    ("top_p", 0, "a number above 0 and up to 1"),
    ("top_k", -1, "a whole number from 0"),
    ("top_k", 2.5, "a whole number from 0"),
    ("seed", "x", "a whole number"),
]


def said(option: str, rule: str, value: Any) -> str:
    return re.escape(f"{option}' must be {rule}, got {value!r}")


@pytest.mark.parametrize(
    ("option", "value", "rule"), [*NONSENSE, ("repetition_penalty", -2, "a number above 0")]
)
def test_generation_settings_name_option_rule_and_value(option: str, value: Any, rule: str) -> None:
    with pytest.raises(InputError, match=said(option, rule, value)):
        GenerationSettings(**{option: value})


@pytest.mark.parametrize(("option", "value", "rule"), NONSENSE)
def test_a_native_model_refuses_before_its_weights_are_read(
    option: str, value: Any, rule: str, tiny_m3d: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "shapes", lambda files: pytest.fail("weights were read"))
    with pytest.raises(InputError, match=said(option, rule, value)):
        create_model("m3d_lamed", path=tiny_m3d, device="cpu", **{option: value})


def test_what_is_right_is_taken_as_it_was_meant() -> None:
    made = GenerationSettings(temperature=2, top_p=1, top_k=0, repetition_penalty=1, seed=-3)  # type: ignore[arg-type]
    assert (made.temperature, made.top_p, made.top_k, made.repetition_penalty) == (2.0, 1.0, 0, 1.0)
    # transformers refuses whole numbers here, question by question
    sampled = GenerationSettings(do_sample=True, temperature=2, repetition_penalty=2)  # type: ignore[arg-type]
    assert len(sampled.processors(torch.device("cpu"))) == 2
    assert whole(np.int64(4), "n") == 4
    assert positive(np.float32(0.5), "p") == 0.5
    assert flag(False, "f") is False


def test_a_wrong_value_of_the_checkpoint_is_not_laid_to_the_user(tmp_path: Path) -> None:
    (tmp_path / "generation_config.json").write_text('{"repetition_penalty": -1, "temperature": 0}')
    with pytest.raises(
        InputError, match=r"checkpoint's own .*'repetition_penalty' must be .* above 0, got -1"
    ):
        generation_settings(tmp_path, {})
    (tmp_path / "generation_config.json").write_text('{"temperature": 0}')
    assert generation_settings(tmp_path, {}).temperature == 1.0  # greedy: it does not count
    with pytest.raises(InputError, match=r"checkpoint's own .*'temperature' must be a number above 0, got 0"):
        generation_settings(tmp_path, {}, Generation(do_sample=True))


@pytest.mark.parametrize("value", ["false", "no", 0, None])
def test_a_text_is_no_yes_or_no(value: Any, tiny_m3d: Path, tiny_med3dvlm: Path) -> None:
    def refused(model: str, option: str) -> Any:
        return pytest.raises(InputError, match=f"{model}: {option} must be true or false, got {value!r}")

    with refused("vila_m3", "jpeg"):
        VilaPreparation(jpeg=value)
    with refused("medgemma", "jpeg"):
        MedGemmaPreparation(jpeg=value)
    with refused("medgemma", "superior_first"):
        MedGemmaPreparation(superior_first=value)
    with refused("ct_chat", "provided"):
        Prompt(TEMPLATES["llama3"], ChosenText("", "none"), provided=value)
    with refused("m3d_lamed", "force_bos"):
        create_model("m3d_lamed", path=tiny_m3d, device="cpu", force_bos=value)
    with refused("med3dvlm", "lost_first_token"):
        create_model("med3dvlm", path=tiny_med3dvlm, device="cpu", lost_first_token=value)


@pytest.mark.parametrize("model", ["m3d_lamed", "med3dvlm", "radfm"])
@pytest.mark.parametrize(
    "window",
    [[100, -100], [3, 3], 5, "None", "none", [1], [1, 2, 3], ["a", "b"], [True, 7], [0, float("nan")], {}],
)
def test_a_window_that_is_none_is_refused(model: str, window: Any) -> None:
    with pytest.raises(
        InputError, match=f"{model}: hu_window must be two numbers .* low < high, or null"
    ) as told:
        preparation(model, hu_window=window)
    assert str(told.value).endswith(f"got {window!r}")


@pytest.mark.parametrize("model", ["m3d_lamed", "med3dvlm", "radfm"])
def test_windows_that_are_right(model: str) -> None:
    assert preparation(model, hu_window=[-150, 250]).hu_window == (-150.0, 250.0)
    assert preparation(model, hu_window=None).hu_window is None
    assert hu_window((np.float32(-1), 2), "m") == (-1.0, 2.0)


def test_sizes_of_inputs() -> None:
    assert sizes([1, 2, 3], "shape") == (1, 2, 3)
    for value in ("abc", [1, 2], [0, 1, 2], 5, [1.5, 2, 3], None):
        with pytest.raises(InputError, match="merlin: shape must be 3 whole numbers from 1, got"):
            preparation("merlin", shape=value)
    with pytest.raises(InputError, match="medgemma: max_slices must be a whole number from 1, got 'all'"):
        MedGemmaPreparation(max_slices="all")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="radfm: size must be a whole number from 1, got 'big'"):
        preparation("radfm", size="big")
