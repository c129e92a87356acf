"""Is a folder complete and right, told from headers alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.models.check import check_folder
from medspatial.models.runtime import checkpoint

Build = Callable[..., Path]


def problems(folder: Path, model: str | None = None) -> dict[str, str]:
    return {finding.part: finding.detail for finding in check_folder(folder, model) if not finding.fine}


def test_a_right_folder_is_recognised_and_fine_without_reading_values(
    tiny_m3d: Path, tiny_med3dvlm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "tensors", lambda path: pytest.fail("values were read"))
    assert problems(tiny_m3d) == {}
    assert problems(tiny_med3dvlm) == {}
    assert [f.detail for f in check_folder(tiny_med3dvlm) if f.part == "model"] == ["med3dvlm"]


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("model-00002-of-00002.safetensors", "weights", "missing shards: model-00002"),
        ("tokenizer.json", "tokenizer", "no usable tokenizer"),
    ],
)
def test_a_missing_file(m3d_folder: Build, name: str, part: str, message: str) -> None:
    folder = m3d_folder()
    (folder / name).unlink()
    assert message in problems(folder)[part]


def test_a_truncated_shard(m3d_folder: Build) -> None:
    path = m3d_folder() / "model-00001-of-00002.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    assert f"{path}: damaged" in problems(path.parent)["weights"]


def test_wrong_sizes_in_the_config(m3d_folder: Build) -> None:
    folder = m3d_folder()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    assert "misshapen" in problems(folder)["weights"]
    del config["image_size"]
    (folder / "config.json").write_text(json.dumps(config))
    assert "field 'image_size' is missing" in problems(folder)["config"]


def test_a_tokenizer_that_is_not_the_checkpoints_own(m3d_folder: Build) -> None:
    folder = m3d_folder()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).write_text((folder / name).read_text().replace("<im_patch>", "<other>"))
    assert "<im_patch> is not one token" in problems(folder)["tokenizer"]


def test_no_end_token(m3d_folder: Build) -> None:
    folder = m3d_folder()
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "eos_token_id": None}))
    (folder / "generation_config.json").unlink()
    assert "no end token" in problems(folder)["generation"]


def test_an_unknown_model_type_lists_those_known(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match=r"'bert' is of no model here; known: .*vlm_qwen \(med3dvlm\)"):
        check_folder(tmp_path)


def test_segmentation_heads_are_skipped_by_name(m3d_folder: Build) -> None:
    folder = m3d_folder()
    extra = {
        "model.seg_module.image_encoder.x": torch.zeros(3),
        "model.seg_projector.0.weight": torch.zeros(2),
    }
    name = "model-00003.safetensors"
    from safetensors.torch import save_file

    save_file(extra, str(folder / name))
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    index["weight_map"].update(dict.fromkeys(extra, name))
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    found = {finding.part: finding for finding in check_folder(folder)}
    assert found["weights"].fine
    assert "2 not needed" in found["weights"].detail


def test_the_command_says_so_by_its_exit_code(tiny_m3d: Path, m3d_folder: Build) -> None:
    assert CliRunner().invoke(app, ["models", "check", str(tiny_m3d)]).exit_code == 0
    broken = m3d_folder()
    (broken / "tokenizer.json").unlink()
    result = CliRunner().invoke(app, ["models", "check", str(broken), "--json"])
    assert result.exit_code == 1
    assert {row["part"]: row["fine"] for row in json.loads(result.output)}["tokenizer"] is False
