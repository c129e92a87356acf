"""RadFM from question to answer, on a tiny checkpoint in the published layout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from embeds_server import EmbedsServer

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.radfm import RadFM
from medspatial.models.runtime import checkpoint
from medspatial.models.runtime.engine import export_language
from medspatial.models.tools.check import check_folder
from medspatial.volume import Affine, Volume

QUERIES = [
    Query("q1", "Which kidney is larger?", ("left", "right")),
    Query("q2", "How far is the liver from the spleen?"),
    Query("q3", "Can you see the lesion?"),
]


def made(folder: Path, **options: Any) -> RadFM:
    return create_model("radfm", path=folder, **{"device": "cpu", "size": 16, "max_new_tokens": 6, **options})


@pytest.fixture(scope="module")
def model(tiny_radfm: Path) -> RadFM:
    return made(tiny_radfm)


def ct(seed: int = 0, axcodes: str = "LPS") -> Volume:
    voxels = np.random.default_rng(seed).integers(-1000, 900, (9, 9, 9)).astype(np.int16)
    affine = Affine.from_axcodes("LPS", (1.0, 1.0, 1.5), origin=(3, 4, 5))
    return Volume(voxels, affine, "HU").oriented(axcodes)


def answers(model: RadFM, volume: Volume | None) -> list[str]:
    return [answer.text for answer in model.answer(model.encode(model.prepare(volume)), QUERIES)]


def test_a_batch_answers_as_one_by_one(model: RadFM) -> None:
    encoded = model.encode(model.prepare(ct()))
    tails = [model.language.embed(model.tail(query)) for query in QUERIES]
    together = model.language.generate(encoded.prefix, tails)
    assert together == [model.language.generate(encoded.prefix, [tail])[0] for tail in tails]
    assert len({tuple(ids) for ids in together}) > 1


@torch.inference_mode()
def test_prefix_and_tail_are_the_whole_prompt(model: RadFM) -> None:
    """Begin, image block and question looked up in one table, as the original does."""
    encoded = model.encode(model.prepare(ct()))
    text = model.tokenizer.image_block(0) + model.question_text(QUERIES[0])
    whole = model.network.table(encoded.visual)[torch.tensor(model.tokenizer.encode(text))]
    parts = [model.prefix(encoded.visual), model.language.embed(model.tail(QUERIES[0]))]
    assert torch.allclose(torch.cat(parts), whole)
    logits = model.network.language(inputs_embeds=whole[None]).logits[0, -1]
    assert int(logits.argmax()) == model.language.generate(encoded.prefix, parts[1:])[0][0]


def test_the_prompt_is_the_bare_question(model: RadFM) -> None:
    assert model.question_text(Query("q", " Why? ")) == "Why?"
    assert model.question_text(QUERIES[0]) == "Which kidney is larger?\nA. left\nB. right"
    with pytest.raises(InputError, match="reserved mark of an image"):
        model.question_text(Query("q", "What is <image>?"))


def test_generation_ends_at_two_not_at_one(model: RadFM) -> None:
    assert model.language.settings.eos_ids == (2,)
    assert model.language.settings.pad_id == 0


def test_several_images_in_one_prompt(model: RadFM) -> None:
    prepared = model.prepare_series([ct(0), ct(1)])
    encoded = model.encode(prepared)
    assert encoded.visual is not None
    assert encoded.visual.shape == (6, 32)
    assert encoded.prefix.length == 1 + 2 * (3 + 2)
    alone = model.encode(model.prepare_series([ct(0)]))
    assert alone.prefix.length == 1 + 3 + 2
    assert torch.allclose(alone.visual, model.encode(model.prepare(ct(0))).visual, atol=1e-5)
    assert len(model.answer(encoded, QUERIES)) == 3


def test_storage_does_not_matter_and_mirroring_does(model: RadFM) -> None:
    first = model.prepare(ct()).pixels
    assert np.array_equal(model.prepare(ct(axcodes="RAS")).pixels, first)
    assert not np.array_equal(model.prepare(ct().mirrored()).pixels, first)


def test_text_only(model: RadFM) -> None:
    encoded = model.encode(model.prepare(None))
    assert encoded.prefix.length == 1
    assert len(answers(model, None)) == 3


def test_features_are_kept_and_used_again(tiny_radfm: Path, tmp_path: Path, monkeypatch: Any) -> None:
    first = made(tiny_radfm, feature_cache=tmp_path)
    wanted = answers(first, ct())
    assert [path.stem for path in tmp_path.rglob("*.npz")] == [ct().fingerprint]
    second = made(tiny_radfm, feature_cache=tmp_path)
    monkeypatch.setattr(second.network.vision, "forward", None)  # must not be needed
    assert answers(second, ct()) == wanted
    other = made(tiny_radfm, feature_cache=tmp_path, hu_window=None)
    assert other.prepare(ct()).features is None


def test_bfloat16_on_request(tiny_radfm: Path) -> None:
    model = made(tiny_radfm, dtype="bfloat16")
    assert {p.dtype for p in model.network.parameters()} == {torch.bfloat16}
    assert len(answers(model, ct())) == 3
    assert model.describe()["dtype"] == "bfloat16"


def test_described(tiny_radfm: Path, model: RadFM) -> None:
    facts = model.describe()
    assert facts["preparation"]["hu_window"] == [-1000.0, 1000.0]
    assert facts["contract"]["axes"] == "PLS"
    assert made(tiny_radfm, hu_window=None).describe() != facts


def test_through_the_registry(tiny_radfm: Path) -> None:
    assert create_model("radfm", path=tiny_radfm, device="cpu", size=16, name="mine").name == "mine"


def test_refused(tiny_radfm: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such checkpoint folder"):
        made(tmp_path / "nothing")
    shutil.copy(tiny_radfm / "pytorch_model.bin", tmp_path)
    shutil.copy(tiny_radfm / "config.json", tmp_path)
    with pytest.raises(InputError, match=r"tokenizer\.model: no such file"):
        made(tmp_path)
    assert made(tmp_path, tokenizer=tiny_radfm / "tokenizer.model").name == "radfm"


def test_the_whole_volume_is_visible(model: RadFM) -> None:
    volume = ct()
    points = [tuple(float(v) for v in volume.affine.apply([n] * 3)) for n in (0, 8, 9)]
    assert model.visible(volume, points) == [True, True, False]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("max_new_tokens", -1, "'max_new_tokens' must be a whole number from 1, got -1"),
        ("do_sample", "maybe", "'do_sample' must be true or false, got 'maybe'"),
        ("temperature", -1, "'temperature' must be a number above 0, got -1"),
        ("hu_window", [100, -100], r"radfm: hu_window must be two numbers .*, got \[100, -100\]"),
        ("size", 18, "radfm: size must be a multiple of 4, got 18"),
    ],
)
def test_wrong_options_are_refused_before_weights_are_read(
    option: str, value: Any, message: str, tiny_radfm: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "shapes", lambda files: pytest.fail("weights were read"))
    with pytest.raises(InputError, match=message):
        made(tiny_radfm, **{option: value})


def test_sampling_settings_may_be_left_open(tiny_radfm: Path) -> None:
    settings = made(tiny_radfm, do_sample=True, temperature=None, top_p=None).language.settings
    assert (settings.temperature, settings.top_p) == (1.0, None)


def test_a_folder_is_checked(tiny_radfm: Path, tmp_path: Path) -> None:
    found = check_folder(tiny_radfm, "radfm")
    assert all(finding.fine for finding in found), found
    assert [finding.part for finding in found] == ["model", "config", "weights", "tokenizer"]
    shutil.copy(tiny_radfm / "config.json", tmp_path)
    wrong = {finding.part: finding.detail for finding in check_folder(tmp_path, "radfm") if not finding.fine}
    assert "no weights; looked for" in wrong["weights"]
    assert "name its place with the option tokenizer" in wrong["tokenizer"]
    state = torch.load(tiny_radfm / "pytorch_model.bin", weights_only=True)
    state.pop("embedding_layer.fc.bias")
    torch.save(state, tmp_path / "pytorch_model.bin")
    (tmp_path / "tokenizer.model").write_bytes(b"no model")
    wrong = {finding.part: finding.detail for finding in check_folder(tmp_path, "radfm") if not finding.fine}
    assert "1 missing: fc.bias" in wrong["weights"]
    assert "not a SentencePiece model" in wrong["tokenizer"]


def test_an_engine_makes_the_same_tokens(tiny_radfm: Path, tmp_path: Path) -> None:
    here = made(tiny_radfm)
    with EmbedsServer(export_language(here.language, tmp_path / "language")) as server:
        there = made(tiny_radfm, engine=server.url, engine_model="language")
        for volume in (ct(), None):
            assert answers(there, volume) == answers(here, volume)
        assert len(server.requests) == 2 * len(QUERIES)
    assert there.describe()["engine"]["model"] == "language"
