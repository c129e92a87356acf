"""M3D-LaMed as a model: prompt, begin token, batches, what the manifest is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.m3d_lamed import M3DLaMed
from medspatial.volume import Volume

ASKED = st.lists(
    st.sampled_from(["which", "side", "is", "larger", "left", "kidney", "the", "how", "far"]),
    min_size=1,
    max_size=9,
)


@pytest.fixture(scope="module")
def model(tiny_m3d: Path) -> M3DLaMed:
    return create_model("m3d_lamed", path=tiny_m3d, device="cpu", max_new_tokens=6)


def words(model: M3DLaMed, ids: list[int]) -> str:
    return "".join(model.tokenizer.convert_ids_to_tokens(ids)).replace("▁", " ")


def test_open_and_closed_prompts(model: M3DLaMed) -> None:
    assert words(model, model.tail(Query("q", "which side?"))) == " which side?"
    closed = Query("q", "which side?", ("left", "right"))
    assert words(model, model.tail(closed)) == " which side? Choices: A. left B. right"


def test_the_prompt_is_begin_token_image_tokens_question(model: M3DLaMed) -> None:
    query = Query("q", "which side?")
    ids = model.prompt_ids(query, 8)
    assert ids == [1, *[model._image_id] * 8, *model.tail(query)]


@settings(max_examples=10, deadline=None)
@given(texts=st.lists(ASKED.map(" ".join), min_size=1, max_size=5))
def test_a_batch_equals_one_by_one(tiny_m3d: Path, noise_volume_once: Volume, texts: list[str]) -> None:
    model = _cached(tiny_m3d)
    queries = [Query(str(place), text) for place, text in enumerate(texts)]
    encoded = model.encode(model.prepare(noise_volume_once))
    together = [answer.text for answer in model.answer(encoded, queries)]
    assert together == [model.answer(encoded, [query])[0].text for query in queries]


_MODELS: dict[Path, M3DLaMed] = {}


def _cached(folder: Path) -> M3DLaMed:
    if folder not in _MODELS:
        _MODELS[folder] = create_model("m3d_lamed", path=folder, device="cpu", max_new_tokens=6)
    return _MODELS[folder]


@pytest.fixture(scope="module")
def noise_volume_once() -> Volume:
    import numpy as np

    from medspatial.volume import Affine

    voxels = np.random.default_rng(1).integers(-900, 900, (7, 8, 9)).astype(np.int16)
    return Volume(voxels, Affine(np.diag([2.0, 2.0, 3.0, 1.0])), unit="HU")


def test_answers_equal_the_whole_prompt_through_transformers(model: M3DLaMed, noise_volume: Volume) -> None:
    """The original's way: one sequence, spliced by position, generated from embeddings."""
    query = Query("q", "which kidney is larger?", ("left", "right"))
    pixels = torch.from_numpy(model.prepare(noise_volume))[None]
    with torch.inference_mode():
        visual = model.network.visual_tokens(pixels)
        ids = torch.tensor([model.prompt_ids(query, visual.shape[1])])
        embeds = model.network.language.get_input_embeddings()(ids)
        embeds = torch.cat([embeds[:, :1], visual, embeds[:, 1 + visual.shape[1] :]], dim=1)
        own = model.network.language.generate(
            inputs_embeds=embeds, max_new_tokens=6, do_sample=False, eos_token_id=2, pad_token_id=0
        )
    (answer,) = model.answer(model.encode(model.prepare(noise_volume)), [query])
    assert answer.text == model.tokenizer.decode(own[0], skip_special_tokens=True).strip()


def test_the_volume_matters_and_text_only_works(model: M3DLaMed, noise_volume: Volume) -> None:
    query = Query("q", "which side is larger?")
    seen = model.encode(model.prepare(noise_volume))
    blind = model.encode(model.prepare(None))
    assert blind.visual is None
    assert seen.prefix.length == 1 + model.network.projector.tokens
    assert blind.prefix.length == 1
    assert model.answer(seen, [query]) != model.answer(blind, [query])


def test_a_tokenizer_without_begin_token_is_refused_unless_forced(m3d_folder: Callable[..., Path]) -> None:
    folder = m3d_folder()
    config = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**config, "post_processor": None}))
    with pytest.raises(InputError, match=r"puts no begin token in front.*force_bos=true"):
        create_model("m3d_lamed", path=folder, device="cpu")
    forced = create_model("m3d_lamed", path=folder, device="cpu", force_bos=True)
    assert forced.first_id == 1
    assert forced.describe()["force_bos"] is True


def test_a_foreign_tokenizer_is_refused(m3d_folder: Callable[..., Path]) -> None:
    folder = m3d_folder()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        text = (folder / name).read_text()
        (folder / name).write_text(text.replace("<im_patch>", "<other>"))
    with pytest.raises(InputError, match="does not know <im_patch>"):
        create_model("m3d_lamed", path=folder, device="cpu")


def test_the_manifest_is_told_what_changes_answers(m3d_folder: Callable[..., Path]) -> None:
    folder = m3d_folder()
    (folder / "generation_config.json").write_text(
        json.dumps({"eos_token_id": [2, 5], "repetition_penalty": 1.2, "temperature": 0.7, "top_p": 0.8})
    )
    greedy = create_model("m3d_lamed", path=folder, device="cpu").describe()
    assert greedy["generation"]["eos_ids"] == (2, 5)
    assert greedy["generation"]["repetition_penalty"] == 1.2  # acts on greedy answers too
    assert greedy["generation"]["temperature"] == 1.0  # does not
    assert (greedy["dtype"], greedy["attention"], greedy["device"]) == ("float32", "sdpa", "cpu")
    sampled = create_model("m3d_lamed", path=folder, device="cpu", do_sample=True, top_p=0.5).describe()[
        "generation"
    ]
    assert (sampled["temperature"], sampled["top_p"], sampled["top_k"]) == (0.7, 0.5, 50)
    (folder / "generation_config.json").write_text(json.dumps({"num_beams": 4}))
    with pytest.raises(
        InputError, match=r"generation_config\.json: field 'num_beams': 4 would change answers"
    ):
        create_model("m3d_lamed", path=folder, device="cpu")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "device: must be auto, cpu, cuda"),
        ({"device": "cuda:99"}, "this machine has"),
        ({"dtype": "int8"}, "dtype: must be auto, float32"),
        ({"attention": "fast"}, "attention: must be one of eager, sdpa"),
    ],
)
def test_wrong_choices(tiny_m3d: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        create_model("m3d_lamed", path=tiny_m3d, **{"device": "cpu", **options})


def test_bfloat16_runs(tiny_m3d: Path, noise_volume: Volume) -> None:
    model = create_model("m3d_lamed", path=tiny_m3d, device="cpu", dtype="bfloat16", max_new_tokens=3)
    assert {p.dtype for p in model.network.parameters()} == {torch.bfloat16}
    assert model.answer(model.encode(model.prepare(noise_volume)), [Query("q", "which side?")])[0].text
