"""From a phantom's file to predictions on disk, through the command, with tiny published checkpoints."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.models import Answer, Model
from medspatial.models.runtime.language import LanguageModel
from medspatial.predict import predict
from medspatial.records import Prediction, Question, read_records, write_records
from medspatial.volume import Affine, Volume

TEXTS = ("which kidney is larger?", "how far is the liver", "which side is near the liver of the left kidney")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two phantoms as NIfTI, three questions each."""
    folder = tmp_path_factory.mktemp("phantoms")
    cases = write_phantoms(folder, 2, 3, spacing=(6.0, 6.0, 6.0))
    rows = [
        Question(
            case_id=case.case_id,
            image_path=case.image_path,
            question=text,
            answer="left",
            options=("left", "right") if "which" in text else (),
        )
        for case in cases
        for text in TEXTS
    ]
    write_records(folder / "questions.jsonl", rows)
    return folder


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def asked(model: str, folder: Path, data: Path, out: Path, *more: object, dataset: Path | None = None) -> str:
    questions = dataset or data / "questions.jsonl"
    where = ("--image-root", data) if dataset is None else ()
    options = ("--set", "max_new_tokens=4", "--device", "cpu", "--batch-size", 2)
    return run(
        "predict", "-m", model, "--model-path", folder, "-d", questions, "-o", out, *where, *options, *more
    )


@pytest.mark.parametrize("model", ["m3d_lamed", "med3dvlm"])
def test_predict_and_resume(model: str, data: Path, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue({"m3d_lamed": "tiny_m3d", "med3dvlm": "tiny_med3dvlm"}[model])
    asked(model, folder, data, tmp_path, "--name", "m")
    path = tmp_path / "m.jsonl"
    whole = path.read_bytes()
    rows = read_records(path, Prediction).rows
    assert [row.question for row in rows] == list(TEXTS) * 2
    assert all(row.status == "ok" and row.metadata["new_tokens"] <= 4 for row in rows)
    volumes = [json.loads(line) for line in (tmp_path / "m.volumes.jsonl").read_text().splitlines()]
    assert [v["questions"] for v in volumes] == [3, 3]
    assert all(v["prepare_s"] > 0 and v["encode_s"] > 0 and v["answer_s"] > 0 for v in volumes)
    manifest = json.loads((tmp_path / "m.manifest.json").read_text())["configuration"]
    assert manifest["generation"]["max_new_tokens"] == 4
    assert manifest["contract"]["axes"] == "SPL"
    assert manifest["dtype"] == "float32"
    # Killed after the fourth answer, in the middle of a line: the same command ends in the same bytes.
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + lines[4][:30])
    told = asked(model, folder, data, tmp_path, "--name", "m")
    assert "2 answered now, 4 before" in told
    assert path.read_bytes() == whole


def test_prepared_arrays_give_the_same_answers(data: Path, tiny_m3d: Path, tmp_path: Path) -> None:
    asked("m3d_lamed", tiny_m3d, data, tmp_path / "a", "--name", "m")
    prepare = ("prepare", "-m", "m3d_lamed", "--input-jsonl", data / "questions.jsonl", "--nifti-root", data)
    where = (
        "--output-root",
        tmp_path / "npy",
        "--output-jsonl",
        tmp_path / "npy.jsonl",
        "--set",
        "shape=[4, 8, 8]",
    )
    assert "2 prepared now, 0 before" in run(*prepare, *where)
    assert "0 prepared now, 2 before" in run(*prepare, *where)
    asked("m3d_lamed", tiny_m3d, data, tmp_path / "b", "--name", "m", dataset=tmp_path / "npy.jsonl")
    first, second = (read_records(tmp_path / folder / "m.jsonl", Prediction).rows for folder in "ab")
    assert [(row.id, row.prediction) for row in first] == [(row.id, row.prediction) for row in second]
    with pytest.raises(InputError, match="arm 'mirrored' changes volumes"):
        asked(
            "m3d_lamed", tiny_m3d, data, tmp_path / "c", "--arm", "mirrored", dataset=tmp_path / "npy.jsonl"
        )


def test_memory_that_runs_out_in_mid_batch_loses_nothing(
    data: Path, tiny_m3d: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked("m3d_lamed", tiny_m3d, data, tmp_path / "a", "--name", "m")
    real = LanguageModel._batch

    def small(self: LanguageModel, prefix: Any, tails: Any, keys: Any) -> Any:
        if len(tails) > 1:
            raise torch.OutOfMemoryError("simulated")
        return real(self, prefix, tails, keys)

    monkeypatch.setattr(LanguageModel, "_batch", small)
    asked("m3d_lamed", tiny_m3d, data, tmp_path / "b", "--name", "m")
    assert (tmp_path / "a/m.jsonl").read_bytes() == (tmp_path / "b/m.jsonl").read_bytes()


def test_a_broken_checkpoint_is_one_message(
    m3d_folder: Callable[..., Path], data: Path, tmp_path: Path
) -> None:
    folder = m3d_folder()
    shard = folder / "model-00002-of-00002.safetensors"
    shard.write_bytes(shard.read_bytes()[:-64])
    with pytest.raises(InputError, match=r"model-00002-of-00002\.safetensors: damaged"):
        asked("m3d_lamed", folder, data, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_options_that_contradict_or_do_not_exist(data: Path, tiny_m3d: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--device cpu and --gpu-id 0: give one"):
        asked("m3d_lamed", tiny_m3d, data, tmp_path, "--gpu-id", 0)
    with pytest.raises(InputError, match=r"--set dtype=\.\.\.: is also given"):
        asked("m3d_lamed", tiny_m3d, data, tmp_path, "--dtype", "float32", "--set", "dtype=float16")
    with pytest.raises(InputError, match="unknown option 'device'"):
        run("predict", "-m", "random", "-d", data / "questions.jsonl", "-o", tmp_path, "--device", "cpu")


class Watched(Model):
    """Notes in which order its stages begin and end."""

    name = "watched"

    def __init__(self) -> None:
        self.events: list[str] = []
        self.read_ahead = threading.Event()

    def prepare(self, volume: Volume | None) -> Any:
        assert volume is not None
        self.events.append(f"prepare {volume.source}")
        if volume.source == "b":
            self.read_ahead.set()
        return volume.source

    def answer(self, encoded: Any, queries: Any) -> list[Answer]:
        if encoded == "a":  # the next volume is prepared while this one is answered
            assert self.read_ahead.wait(timeout=10)
        self.events.append(f"answer {encoded}")
        return [Answer("left") for _ in queries]


def test_the_next_volume_is_prepared_while_this_one_is_answered(tmp_path: Path) -> None:
    import numpy as np

    model = Watched()

    def load(case_id: str) -> Volume:
        time.sleep(0.05)
        return Volume(np.zeros((2, 2, 2), np.int16), Affine(np.eye(4)), source=case_id)

    rows = [Question(case_id=case, question="Side?", answer="left") for case in ("a", "b", "c")]
    predict(model, rows, tmp_path / "out.jsonl", cases=load)
    assert model.events.index("prepare b") < model.events.index("answer a")
    assert [e for e in model.events if e.startswith("answer")] == ["answer a", "answer b", "answer c"]
