"""Checkpoints that cannot be used say why; video parts are left out where torchvision is missing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from medspatial.errors import InputError

pytest.importorskip("transformers")

import torch

from medspatial.models import Generation, create_model
from medspatial.models.image_text.loading import greedy_configuration, load_model, load_processor
from medspatial.models.tools.check import check_folder

CPU = torch.device("cpu")


def loaded(folder: Path) -> torch.nn.Module:
    return load_model(str(folder), revision=None, device=CPU, dtype=torch.float32, attention="sdpa")


@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")
def test_processor_without_its_video_part(image_text_folders: Callable[[str], Path]) -> None:
    processor, without_video = load_processor(
        str(image_text_folders("qwen2_5_vl")), revision=None, chat_template=None
    )
    assert without_video
    assert type(processor).__name__ == "Qwen2_5_VLProcessor"
    assert "<|im_start|>" in processor.chat_template
    assert processor.image_processor.size["longest_edge"] == 84 * 84


def test_chat_template_as_text_or_file(image_text_folders: Callable[[str], Path], tmp_path: Path) -> None:
    folder = str(image_text_folders("llava"))
    file = tmp_path / "own.jinja"
    file.write_text("{{ 'from a file' }}")
    for given, found in ((str(file), "{{ 'from a file' }}"), ("{{ 'text' }}", "{{ 'text' }}")):
        processor, _ = load_processor(folder, revision=None, chat_template=given)
        assert processor.chat_template == found


def test_no_chat_template(image_text_folders: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    shutil.copytree(image_text_folders("llava"), folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match="has no chat template; give one"):
        load_processor(str(folder), revision=None, chat_template=None)


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match="cannot be loaded as an image-text model"):
        loaded(tmp_path)
    with pytest.raises(InputError, match="cannot be loaded as an image-text model"):
        loaded(tmp_path / "nothing")


def test_remote_code_is_never_run(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(
        json.dumps({"model_type": "evil", "auto_map": {"AutoModelForImageTextToText": "evil.Model"}})
    )
    (tmp_path / "evil.py").write_text("raise SystemExit('was run')")
    with pytest.raises(InputError, match="cannot be loaded"):
        loaded(tmp_path)


def test_beams_are_refused(image_text_folders: Callable[[str], Path]) -> None:
    model = loaded(image_text_folders("llava"))
    model.generation_config.num_beams = 4
    with pytest.raises(InputError, match="num_beams=4 is not supported"):
        greedy_configuration(model, Generation(max_new_tokens=3))


@pytest.mark.parametrize(
    ("option", "value", "rule"),
    [
        ("max_new_tokens", 0, "a whole number from 1"),
        ("max_new_tokens", None, "a whole number from 1"),
        ("do_sample", "maybe", "true or false"),
        ("temperature", -1, "a number above 0"),
        ("top_p", 3, "a number above 0 and up to 1"),
        ("top_k", -1, "a whole number from 0"),
        ("seed", "x", "a whole number"),
    ],
)
def test_wrong_choices_are_refused_before_a_model_is_loaded(option: str, value: Any, rule: str) -> None:
    with pytest.raises(InputError, match=f"{option}'? must be {rule}, got {value!r}"):
        create_model("image_text", path="no-such-folder", device="cpu", **{option: value})


def test_choices_and_the_checkpoints_own_values(image_text_folders: Callable[[str], Path]) -> None:
    model = loaded(image_text_folders("llava"))
    with pytest.raises(InputError, match=r"^option 'top_p' must be a number above 0 and up to 1, got 3"):
        greedy_configuration(model, Generation(max_new_tokens=3, do_sample=True, top_p=3))
    made = greedy_configuration(
        model, Generation(max_new_tokens=3, do_sample=True, temperature=2, top_k=None)
    )
    assert (made.temperature, made.top_k) == (2.0, 5)  # the checkpoint's own top_k
    model.generation_config.repetition_penalty = -2.0
    with pytest.raises(
        InputError, match=r"generation_config\.json: .*'repetition_penalty' must be .* got -2.0"
    ):
        greedy_configuration(model, Generation(max_new_tokens=3))


def test_a_folder_is_checked_without_loading_it(
    image_text_folders: Callable[[str], Path], tmp_path: Path
) -> None:
    found = check_folder(image_text_folders("gemma3"), "image_text")
    assert all(finding.fine for finding in found), found
    parts = ["model", "config", "architecture", "weights", "processor"]
    assert [finding.part for finding in found] == parts
    folder = tmp_path / "gemma3"
    shutil.copytree(image_text_folders("gemma3"), folder)
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    index = {"weight_map": {"no.such.tensor": "model-1.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    for path in (*folder.glob("*processor*.json"), folder / "chat_template.jinja"):
        path.unlink()
    wrong = {
        finding.part: finding.detail for finding in check_folder(folder, "image_text") if not finding.fine
    }
    assert set(wrong) == {"weights", "processor"}
    assert wrong["weights"] == "1 tensors of the index are in no file, first no.such.tensor"
    (folder / "config.json").write_text('{"model_type": "bert"}')
    wrong = {
        finding.part: finding.detail for finding in check_folder(folder, "image_text") if not finding.fine
    }
    assert wrong["architecture"] == "transformers has no image-text-to-text model of type 'bert'"
    (folder / "config.json").write_text('{"model_type": "unheard_of"}')
    wrong = {
        finding.part: finding.detail for finding in check_folder(folder, "image_text") if not finding.fine
    }
    assert "unknown to transformers" in wrong["architecture"]


def test_medgemma_needs_the_marks_of_a_thought_besides(image_text_folders: Callable[[str], Path]) -> None:
    assert all(finding.fine for finding in check_folder(image_text_folders("gemma3"), "medgemma"))
    found = check_folder(image_text_folders("llava"), "medgemma")
    wrong = {finding.part: finding.detail for finding in found if not finding.fine}
    assert list(wrong) == ["marks of a thought"]
    assert "<unused94> is not one token" in wrong["marks of a thought"]
