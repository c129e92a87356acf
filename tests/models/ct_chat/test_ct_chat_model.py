"""CT-CHAT from question to answer, on a tiny checkpoint in the published layout."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from embeds_server import EmbedsServer

from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.ct_chat.model import CTChat
from medspatial.models.ct_chat.original_features import original_path
from medspatial.models.ct_chat.prompt import IMAGE_ID
from medspatial.models.runtime.engine import export_language
from medspatial.models.runtime.features import read_features, write_features
from medspatial.models.tools.check import check_folder
from medspatial.volume import Affine, Volume

QUERIES = [
    Query("q1", "Which lung holds the nodule?", ("left", "right")),
    Query("q2", "How large?"),
    Query("q3", "Is the heart on the left side of the patient, or where?", ("yes", "no", "not seen")),
]


@pytest.fixture(scope="module")
def model(checkpoint: Any) -> CTChat:
    return create_model("ct_chat", **checkpoint.options())


def ct(seed: int = 0, axcodes: str = "LPS") -> Volume:
    voxels = np.random.default_rng(seed).integers(-1000, 900, (9, 9, 9)).astype(np.int16)
    return Volume(voxels, Affine.from_axcodes("LPS", (1.0, 1.0, 1.5), origin=(3, 4, 5)), "HU").oriented(
        axcodes
    )


def answers(model: CTChat, volume: Volume | None, queries: list[Query] | None = None) -> list[str]:
    encoded = model.encode(model.prepare(volume))
    return [answer.text for answer in model.answer(encoded, queries or QUERIES)]


def test_a_batch_answers_as_one_by_one(model: CTChat) -> None:
    encoded = model.encode(model.prepare(ct()))
    tails = [model.language.embed(model.tail(query)) for query in QUERIES]
    together = model.language.generate(encoded.prefix, tails)
    alone = [model.language.generate(encoded.prefix, [tail])[0] for tail in tails]
    assert together == alone
    assert len({tuple(ids) for ids in together}) > 1


@torch.inference_mode()
def test_the_shared_prefix_equals_the_whole_prompt(model: CTChat) -> None:
    """One pass over begin, image and question, without any cache."""
    encoded = model.encode(model.prepare(ct()))
    before, behind = model.prefix(encoded.visual), model.language.embed(model.tail(QUERIES[0]))
    logits = model.language.model(inputs_embeds=torch.cat([before, behind])[None]).logits[0, -1]
    assert int(logits.argmax()) == model.language.generate(encoded.prefix, [behind])[0][0]


def test_the_whole_prompt_has_one_image(model: CTChat) -> None:
    ids = model._ids(QUERIES[0])
    assert ids.count(IMAGE_ID) == 1
    assert model.prefix(None).shape[0] == 1
    assert model.prefix(torch.zeros(5, 32)).shape[0] == ids.index(IMAGE_ID) + 5


def test_storage_does_not_matter_and_mirroring_does(model: CTChat) -> None:
    first = model.prepare(ct())
    for axcodes in ("RAS", "PIR", "SAL"):
        assert np.array_equal(model.prepare(ct(axcodes=axcodes)).pixels, first.pixels)
    assert not np.array_equal(model.prepare(ct().mirrored()).pixels, first.pixels)


def test_another_volume_gives_other_tokens(model: CTChat) -> None:
    visual = [model.encode(model.prepare(ct(seed))).visual for seed in (0, 1)]
    assert visual[0] is not None
    assert visual[0].shape == (5, 32)
    assert not torch.equal(visual[0], visual[1])


def test_text_only(model: CTChat) -> None:
    assert model.prepare(None) is None
    encoded = model.encode(None)
    assert encoded.visual is None
    begin = [model.tokenizer.bos_token_id]
    whole = model.tokenizer(model.prompt.text(QUERIES[0], image=False))["input_ids"]
    assert begin + model.text_tail(QUERIES[0]) == whole
    assert len(answers(model, None)) == 3


def test_features_are_kept_and_used_again(checkpoint: Any, tmp_path: Path, monkeypatch: Any) -> None:
    options = checkpoint.options(feature_cache=tmp_path / "features")
    first = create_model("ct_chat", **options)
    wanted = answers(first, ct())
    kept = list((tmp_path / "features").rglob("*.npz"))
    assert [path.stem for path in kept] == [ct().fingerprint]
    assert read_features(kept[0]).shape == (1, 3, 3, 3, 16)
    second = create_model("ct_chat", **options)
    monkeypatch.setattr(second.encoder, "forward", None)  # must not be needed
    prepared = second.prepare(ct())
    assert prepared.pixels is None
    assert answers(second, ct()) == wanted
    assert second.prepare(ct().mirrored()).features is None


def test_other_settings_have_features_of_their_own(checkpoint: Any, tmp_path: Path) -> None:
    answers(create_model("ct_chat", **checkpoint.options(feature_cache=tmp_path)), ct())
    stored = create_model("ct_chat", **checkpoint.options(feature_cache=tmp_path, orientation="stored"))
    assert stored.prepare(ct()).features is None


def test_features_of_the_original_are_used_by_name(checkpoint: Any, model: CTChat, tmp_path: Path) -> None:
    volume = dataclasses.replace(ct(), source="/data/valid_1_a_1.nii.gz")
    features = np.random.default_rng(0).normal(size=(1, 3, 3, 3, 16)).astype(np.float32)
    write_features(tmp_path / "valid_1_a_1.npz", features)
    reader = create_model("ct_chat", **checkpoint.options(original_features=tmp_path))
    assert np.array_equal(reader.prepare(volume).features, features)
    assert reader.prepare(volume.mirrored()).features is None
    assert reader.prepare(ct()).features is None
    assert original_path(tmp_path, volume.mirrored()) is None
    assert answers(reader, volume) != answers(model, volume)
    write_features(tmp_path / "valid_1_a_1.npz", features[:, :2])
    with pytest.raises(InputError, match=r"features of shape \(1, 2, 3, 3, 16\), this encoder gives"):
        reader.prepare(volume)


def test_raw_volumes_of_ct_rate(checkpoint: Any, tmp_path: Path) -> None:
    table = tmp_path / "metadata.csv"
    table.write_text(
        "VolumeName,RescaleSlope,RescaleIntercept,XYSpacing,ZSpacing,ImagePositionPatient,"
        'ImageOrientationPatient\nvalid_1_a_1.nii.gz,1,-1024,"[1.0, 1.0]",1.5,"[-3, -4, 5]","[1,0,0,0,1,0]"\n'
    )
    values = np.full((9, 9, 9), -1000)
    values[3:7, 2:8] = 40
    unplaced = Affine.from_axcodes("LPS", (1, 1, 1), origin=(0, 0, 0))
    raw = Volume(values + 1024, unplaced, "unknown", (), "/data/valid_1_a_1.nii.gz")
    model = create_model("ct_chat", **checkpoint.options(ct_rate_table=table))
    right = Volume(values, Affine.from_axcodes("LPS", (1, 1, 1.5), origin=(3, 4, 5)), "HU")
    assert np.array_equal(model.prepare(raw).pixels, model.prepare(right).pixels)
    with pytest.raises(InputError, match="needs HU, the unit is 'unknown'"):
        create_model("ct_chat", **checkpoint.options()).prepare(raw)


def test_both_merges_answer_the_same(checkpoint: Any, model: CTChat) -> None:
    assert answers(create_model("ct_chat", **checkpoint.options(merge="peft")), ct()) == answers(model, ct())


def test_described(checkpoint: Any, model: CTChat, tmp_path: Path) -> None:
    facts = model.describe()
    assert facts["prompt"]["system_prompt"] == {"origin": "none", "sha256": None}
    assert facts["checkpoint"] == "any_name"
    assert facts["contract"]["axes"] == "SLP"
    (tmp_path / "system.txt").write_text("Be brief.")
    other = create_model(
        "ct_chat", **checkpoint.options(system_prompt=tmp_path / "system.txt", provided=False, task="none")
    )
    assert other.describe()["prompt"]["system_prompt"]["origin"] == "custom"
    assert other.describe() != facts
    assert other.tail(QUERIES[1]) != model.tail(QUERIES[1])


def test_the_end_of_turn_ends_an_answer(model: CTChat) -> None:
    end = model.tokenizer.convert_tokens_to_ids("<|eot_id|>")
    assert end in model.language.settings.eos_ids
    assert 102 in model.language.settings.eos_ids


def test_through_the_registry(checkpoint: Any) -> None:
    made = create_model("ct_chat", **checkpoint.options(name="mine"))
    assert made.name == "mine"
    with pytest.raises(InputError, match="option 'base' is required"):
        create_model("ct_chat", path="x")


def test_refused(checkpoint: Any) -> None:
    with pytest.raises(InputError, match="is none of the variants"):
        create_model("ct_chat", **checkpoint.options(template="auto"))
    with pytest.raises(InputError, match="device_map: must be auto or a map"):
        create_model("ct_chat", **checkpoint.options(device_map="balanced"))
    with pytest.raises(InputError, match="merge: must be formula or peft"):
        create_model("ct_chat", **checkpoint.options(merge="both"))


def test_a_device_map_by_name(checkpoint: Any, model: CTChat) -> None:
    spread = create_model("ct_chat", **checkpoint.options(device_map="auto", max_memory={"cpu": "2GiB"}))
    assert spread.describe()["devices"] == ["cpu"]
    assert answers(spread, ct()) == answers(model, ct())


def test_what_is_visible_is_not_known_of_raw_values(model: CTChat, monkeypatch: pytest.MonkeyPatch) -> None:
    point = tuple(float(v) for v in ct().affine.apply([4, 4, 4]))
    assert model.visible(ct(), [point]) == [True]  # type: ignore[list-item]
    monkeypatch.setattr(model, "_with_unit", lambda volume: volume.oriented("RAS"))
    assert model.visible(ct(), [point]) is None  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("max_new_tokens", 0, "'max_new_tokens' must be a whole number from 1, got 0"),
        ("do_sample", "maybe", "'do_sample' must be true or false, got 'maybe'"),
        ("top_p", 3, "'top_p' must be a number above 0 and up to 1, got 3"),
        ("provided", "no", "ct_chat: provided must be true or false, got 'no'"),
        ("orientation", "left", "ct_chat: orientation must be canonical or stored, got 'left'"),
    ],
)
def test_wrong_options_are_refused_before_encoder_and_base_are_read(
    option: str, value: Any, message: str, checkpoint: Any, tmp_path: Path
) -> None:
    options = checkpoint.options(encoder=tmp_path / "no_encoder.pt")
    with pytest.raises(InputError, match=message):
        create_model("ct_chat", **{**options, option: value})


def test_the_lora_folder_is_checked_from_headers(checkpoint: Any, make: Any, tmp_path: Path) -> None:
    found = check_folder(checkpoint.lora, "ct_chat")
    assert all(finding.fine for finding in found), found
    told = {finding.part: finding.detail for finding in found}
    assert told["adapter settings"] == "LoRA of rank 2, alpha 4"
    assert "6 updates" in told["adapter and projector"]
    assert told["base and encoder"].startswith("not covered")
    make.adapter(tmp_path, {"vision_tower": make.vision}, use_dora=True)
    state = torch.load(tmp_path / "non_lora_trainables.bin", weights_only=True)
    state.pop("base_model.model.model.mm_projector.proj.0.bias")
    torch.save(state, tmp_path / "non_lora_trainables.bin")
    wrong = {
        finding.part: finding.detail for finding in check_folder(tmp_path, "ct_chat") if not finding.fine
    }
    assert "'use_dora': True is not supported" in wrong["adapter settings"]
    assert "1 missing: proj.0.bias" in wrong["adapter and projector"]
    (tmp_path / "non_lora_trainables.bin").unlink()
    wrong = {
        finding.part: finding.detail for finding in check_folder(tmp_path, "ct_chat") if not finding.fine
    }
    assert "no projector" in wrong["adapter and projector"]


def test_an_engine_makes_the_same_tokens(model: CTChat, checkpoint: Any, tmp_path: Path) -> None:
    with EmbedsServer(export_language(model.language, tmp_path / "language")) as server:
        served = {"engine": server.url, "engine_model": "language", "engine_protocol": "chat"}
        there = create_model("ct_chat", **checkpoint.options(**served))
        for volume in (ct(), None):
            assert answers(there, volume) == answers(model, volume)
        assert len(server.requests) == 2 * len(QUERIES)
    assert there.describe()["engine"]["protocol"] == "chat, prompt_embeds"
