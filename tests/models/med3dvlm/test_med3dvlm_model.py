"""Med3DVLM as a model: the lost first token, the penalty, batches, preparation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.med3dvlm import Med3DVLM
from medspatial.models.med3dvlm.preparation import Preparation
from medspatial.volume import AXIS_CODES, Affine, Volume


@pytest.fixture(scope="module")
def models(med3dvlm_folder: Callable[..., Path]) -> dict[str, Med3DVLM]:
    folder = med3dvlm_folder()
    (folder / "generation_config.json").write_text(
        json.dumps({"eos_token_id": 2, "repetition_penalty": 1.4, "temperature": 0.7, "top_k": 20})
    )
    options: dict[str, Any] = {"device": "cpu", "max_new_tokens": 6}
    return {
        "as trained": create_model("med3dvlm", path=folder, **options),
        "whole": create_model("med3dvlm", path=folder, lost_first_token=False, **options),
        "no penalty": create_model("med3dvlm", path=folder, repetition_penalty=1.0, **options),
    }


def own_way(model: Med3DVLM, query: Query, pixels: np.ndarray[Any, Any]) -> str:
    """The original's: all image tokens and the question, spliced from position 1, then ``generate``."""
    settings = model.language.settings
    with torch.inference_mode():
        visual = model.network.visual_tokens(torch.from_numpy(pixels)[None])
        ids = torch.tensor([model.prompt_ids(query, visual.shape[1])])
        embeds = model.network.language.get_input_embeddings()(ids)
        embeds = torch.cat([embeds[:, :1], visual, embeds[:, 1 + visual.shape[1] :]], dim=1)
        out = model.network.language.generate(
            inputs_embeds=embeds,
            max_new_tokens=settings.max_new_tokens,
            do_sample=False,
            eos_token_id=2,
            pad_token_id=0,
            repetition_penalty=settings.repetition_penalty,
        )
    return str(model.tokenizer.decode(out[0], skip_special_tokens=True)).strip()


@pytest.mark.filterwarnings("ignore:Passing `repetition_penalty`:UserWarning")
@pytest.mark.parametrize("kind", ["as trained", "no penalty"])
def test_answers_equal_the_originals_way(
    models: dict[str, Med3DVLM], kind: str, noise_volume: Volume
) -> None:
    model = models[kind]
    pixels = model.prepare(noise_volume)
    assert pixels is not None
    encoded = model.encode(pixels)
    queries = [Query("a", "which kidney is larger?", ("left", "right")), Query("b", "how far is the liver")]
    assert [a.text for a in model.answer(encoded, queries)] == [own_way(model, q, pixels) for q in queries]


def test_the_first_token_is_lost_as_trained_and_kept_by_the_switch(models: dict[str, Med3DVLM]) -> None:
    query, other = Query("q", "which side is larger"), Query("q", "what side is larger")
    trained, whole = models["as trained"], models["whole"]
    assert whole.tail(query)[1:] == trained.tail(query)
    assert trained.tail(query) == trained.tail(other)
    assert whole.tail(query) != whole.tail(other)
    assert trained.first_id == trained._image_id
    assert trained.describe()["lost_first_token"] is True
    with pytest.raises(InputError, match="has no tokens"):
        trained.answer(trained.encode(None), [Query("q", "side")])


def test_the_penalty_is_that_of_the_checkpoint_unless_chosen(models: dict[str, Med3DVLM]) -> None:
    generation = models["as trained"].describe()["generation"]
    assert generation["repetition_penalty"] == 1.4
    assert (generation["top_k"], generation["temperature"]) == (None, 1.0)  # without effect on greedy answers
    assert models["no penalty"].describe()["generation"]["repetition_penalty"] == 1.0


@settings(max_examples=10, deadline=None)
@given(
    texts=st.lists(
        st.lists(st.sampled_from(["which", "side", "is", "left", "of", "liver"]), min_size=2, max_size=8),
        min_size=1,
        max_size=5,
    ),
    seed=st.integers(0, 9),
)
def test_a_batch_equals_one_by_one(models: dict[str, Med3DVLM], texts: list[list[str]], seed: int) -> None:
    model = models["as trained"]
    pixels = np.random.default_rng(seed).random((1, 64, 64, 32), dtype=np.float32)
    encoded = model.encode(pixels)
    queries = [Query(str(place), " ".join(words)) for place, words in enumerate(texts)]
    together = [answer.text for answer in model.answer(encoded, queries)]
    assert together == [model.answer(encoded, [query])[0].text for query in queries]


@pytest.mark.parametrize("recipe", ["dataprep128", "app_raw_hu"])
@settings(max_examples=15, deadline=None)
@given(
    codes=st.sampled_from(sorted(AXIS_CODES)),
    seed=st.integers(0, 99),
    shape=st.tuples(*[st.integers(3, 9)] * 3),
)
def test_every_storage_of_a_patient_gives_the_same_bits(
    recipe: Any, codes: str, seed: int, shape: tuple[int, int, int]
) -> None:
    voxels = np.random.default_rng(seed).integers(-1100, 2500, shape).astype(np.int16)
    volume = Volume(voxels, Affine(np.diag([1.5, 2.0, 3.0, 1.0])), unit="HU")
    prepare = Preparation(recipe, shape=(8, 6, 4))
    array = prepare(volume)
    assert np.array_equal(array, prepare(volume.oriented(codes)))
    prepare.contract().check(array)


def test_raw_hu_are_left_as_they_are(noise_volume: Volume) -> None:
    raw = Preparation("app_raw_hu", shape=noise_volume.shape[::-1])
    array = raw(noise_volume)[0]
    assert np.array_equal(array, noise_volume.oriented("LPS").voxels.transpose(2, 1, 0).astype(np.float32))
    assert raw.contract().normalisation == "HU as they are"


@pytest.mark.parametrize(
    ("options", "message"),
    [({"recipe": "x"}, "recipe must be"), ({"orientation": "x"}, "orientation must be")],
)
def test_unknown_choices(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Preparation(**options)
