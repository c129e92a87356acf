"""Inputs prepared once: written whole, resumed, pointed to, and held to the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from medspatial.errors import InputError
from medspatial.models import create_model
from medspatial.models.m3d_lamed.preparation import Preparation
from medspatial.models.tools.prepare import prepare_dataset
from medspatial.models.tools.prepared import PreparedModel, prepared_loader, read_prepared
from medspatial.records import Question, read_records
from medspatial.volume import Volume

SHAPE = (4, 8, 8)


def questions() -> list[Question]:
    return [
        Question(case_id=case, image_path=f"{case}.nii.gz", question=text, answer="left")
        for case in ("a", "b/1", "bad")
        for text in ("which side?", "what side?")
    ]


@pytest.fixture
def prepared(tmp_path: Path, noise_volume: Volume) -> dict[str, Any]:
    loads: list[str] = []

    def load(case_id: str) -> Volume:
        loads.append(case_id)
        if case_id == "bad":
            raise InputError("bad.nii.gz: truncated")
        return noise_volume

    def run(**changes: Any) -> Any:
        made = Preparation(**{"shape": SHAPE, **changes})
        return prepare_dataset(
            "m3d_lamed",
            made,
            questions(),
            load=load,
            output_root=tmp_path / "arrays",
            output_jsonl=tmp_path / "out.jsonl",
        )

    return {"run": run, "loads": loads, "root": tmp_path / "arrays", "jsonl": tmp_path / "out.jsonl"}


def test_one_array_per_volume_and_rows_that_point_to_it(
    prepared: dict[str, Any], noise_volume: Volume
) -> None:
    done = prepared["run"]()
    assert (done.written, done.found, done.failed) == (2, 0, {"bad": "bad.nii.gz: truncated"})
    assert prepared["loads"] == ["a", "b/1", "bad"]
    rows = read_records(prepared["jsonl"], Question).rows
    assert [row.id for row in rows] == [q.id for q in questions()[:4]]  # identities stay
    assert rows[0].image_path == rows[1].image_path
    assert "/" not in Path(str(rows[2].image_path)).name
    array = np.load(str(rows[0].image_path))
    assert np.array_equal(array, Preparation(shape=SHAPE)(noise_volume))


def test_what_is_there_is_kept_and_a_torn_array_is_made_again(prepared: dict[str, Any]) -> None:
    prepared["run"]()
    torn = prepared["root"] / "a.npy"
    torn.write_bytes(torn.read_bytes()[:200])
    prepared["loads"].clear()
    done = prepared["run"]()
    assert (done.written, done.found) == (1, 1)
    assert prepared["loads"] == ["a", "bad"]
    assert np.load(torn).shape == (1, *SHAPE)


def test_another_recipe_needs_another_folder(prepared: dict[str, Any]) -> None:
    prepared["run"]()
    with pytest.raises(InputError, match="holds inputs of m3d_lamed made with other settings"):
        prepared["run"](orientation="stored")


def test_answers_from_arrays_equal_answers_from_volumes(
    prepared: dict[str, Any], tiny_m3d: Path, noise_volume: Volume
) -> None:
    prepared["run"]()
    model = create_model("m3d_lamed", path=tiny_m3d, device="cpu", max_new_tokens=4)
    rows = read_records(prepared["jsonl"], Question).rows
    item = prepared_loader(rows, Path())("a")
    given = PreparedModel(model)
    assert np.array_equal(given.prepare(item), model.prepare(noise_volume))
    assert given.describe()["prepared_inputs"] is True
    assert given.prepare(None) is None  # text only


def test_arrays_of_other_settings_or_of_another_shape_are_refused(
    prepared: dict[str, Any], tiny_m3d: Path, tmp_path: Path
) -> None:
    prepared["run"](hu_window=(-150, 250))
    given = PreparedModel(create_model("m3d_lamed", path=tiny_m3d, device="cpu"))
    rows = read_records(prepared["jsonl"], Question).rows
    with pytest.raises(InputError, match="prepared for another model, or with other settings"):
        given.prepare(prepared_loader(rows, Path())("a"))
    np.save(tmp_path / "foreign.npy", np.zeros((1, 8, 8, 8), np.float32))
    with pytest.raises(
        InputError, match=r"foreign\.npy for m3d_lamed_llama: input shape must be \(1, 4, 8, 8\)"
    ):
        given.prepare(read_prepared(tmp_path / "foreign.npy"))
    np.save(tmp_path / "hu.npy", np.full((1, *SHAPE), 40, np.float32))
    with pytest.raises(InputError, match="input values must lie in"):
        given.prepare(read_prepared(tmp_path / "hu.npy"))


def test_an_array_of_objects_is_not_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match="not a readable array"):
        read_prepared(tmp_path / "x.npy")
    with pytest.raises(InputError, match="no such file"):
        read_prepared(tmp_path / "y.npy")


def test_a_model_without_arrays_is_told() -> None:
    with pytest.raises(InputError, match="'echo' does not take prepared arrays"):
        PreparedModel(create_model("echo"))


def test_the_folder_says_how_its_arrays_were_made(prepared: dict[str, Any]) -> None:
    prepared["run"]()
    facts = json.loads((prepared["root"] / "prepared.json").read_text())
    assert facts["model"] == "m3d_lamed"
    assert facts["contract"]["axes"] == "SPL"
    assert facts["preparation"]["orientation"] == "canonical"
