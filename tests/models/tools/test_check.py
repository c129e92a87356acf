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
from medspatial.models.card import model_cards
from medspatial.models.runtime import checkpoint
from medspatial.models.tools.check import check_folder, covered

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


def test_files_that_tell_no_model_list_what_can_be_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"tell no model \(there is no model_type\); name it with --model"):
        check_folder(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError) as told:
        check_folder(tmp_path)
    message = str(told.value)
    assert "config.json states model_type 'bert'" in message
    assert f"--model, one of {', '.join(covered())}." in message
    assert "med3dvlm (model_type vlm_qwen)" in message
    # LLaVA's type is not enough: other models of its family state it too.
    (tmp_path / "config.json").write_text('{"model_type": "llava_llama"}')
    with pytest.raises(
        InputError, match=r"vila_m3 \(model_type llava_llama, llm, vision_tower, mm_projector\)"
    ):
        check_folder(tmp_path)


def test_a_model_that_is_not_covered_is_told_plainly(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match="models check does not cover 'gemini'; covered: ct_chat, image_text"
    ):
        check_folder(tmp_path, "gemini")
    with pytest.raises(InputError, match="no such checkpoint folder"):
        check_folder(tmp_path / "nothing", "radfm")


def test_every_model_with_a_checkpoint_is_covered() -> None:
    with_checkpoints = {name for name, card in model_cards().items() if card.checkpoints}
    assert set(covered()) == with_checkpoints | {"image_text"}


def test_a_bundle_of_vista3d_needs_no_config(tiny_vista3d: Path, tmp_path: Path) -> None:
    assert problems(tiny_vista3d, "vista3d") == {}
    assert problems(tiny_vista3d / "models/model.pt", "vista3d") == {}
    assert "no VISTA3D weights; looked for models/model.pt" in problems(tmp_path, "vista3d")["weights"]
    state = torch.load(tiny_vista3d / "models/model.pt", weights_only=True)
    state.pop("network.class_head.class_embeddings.weight")
    torch.save(state, tmp_path / "model.pt")
    assert "1 missing: class_head.class_embeddings" in problems(tmp_path, "vista3d")["weights"]
    torch.save({"x": torch.zeros(1)}, tmp_path / "model.pt")
    assert "not VISTA3D's weights" in problems(tmp_path, "vista3d")["weights"]


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
