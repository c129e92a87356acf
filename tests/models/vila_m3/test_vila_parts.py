"""Parts of VILA-M3: golden vectors, column order, begin tokens, templates, slices, calls, legends."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from medspatial.errors import InputError
from medspatial.inputs import through_jpeg
from medspatial.models.runtime.checkpoint import state_shapes
from medspatial.models.vila_m3.calls import GROUPS, call_of, is_final
from medspatial.models.vila_m3.experts_list import fetch_experts_list, load_experts_list
from medspatial.models.vila_m3.legend import COLOURS, dealt, legend, overlay
from medspatial.models.vila_m3.names import legend_names
from medspatial.models.vila_m3.network import language_layout, projector_layout, vision_layout
from medspatial.models.vila_m3.pixels import pixel_values
from medspatial.models.vila_m3.preparation import Preparation, as_rgb, grey_slice, slice_of
from medspatial.models.vila_m3.projector import Projector, downsampled
from medspatial.models.vila_m3.prompt import (
    TEMPLATES,
    consulted,
    dialogue_turn,
    image_ids,
    plain_turn,
    template_of,
)
from medspatial.models.vila_m3.verify import checks
from medspatial.volume import AXIS_CODES, Affine, Volume


def test_golden_vectors(shared: Path) -> None:
    ct = shared / "data/real_ct/abdomen_pelvis_3mm/ct.nii.gz"
    rows = list(checks(shared / "parity/vila_m3", ct))
    assert not [row for row in rows if not row.passed]
    names = {row.name for row in rows}
    assert {"generate.ids", "splice.logits_last8", "legend k22", "overlay mid", "slice_mid grey"} <= names
    assert sum(name.startswith("dialogue") for name in names) >= 12


def test_the_list_of_experts_is_known_by_its_hash(shared: Path, tmp_path: Path) -> None:
    dialogues = json.loads((shared / "parity/vila_m3/dialog_expected.json").read_text())
    path = tmp_path / "experts.txt"
    path.write_bytes(dialogues["model_cards"].encode())
    assert load_experts_list(path).origin == "original"
    source = tmp_path / "gradio_m3.py"
    source.write_text(f"import gradio\nMODEL_CARDS = {dialogues['model_cards']!r}\n")
    assert [one.name for one in fetch_experts_list(tmp_path / "out", source)] == ["experts.txt"]
    path.write_text(path.read_text().replace("127 organs", "128 organs"))
    assert load_experts_list(path).origin == "custom"


def test_tokens_come_column_by_column_and_the_padding_is_zero() -> None:
    patches = torch.arange(1.0, 10.0)[None, :, None]  # 3 x 3
    blocks = downsampled(patches)[0].tolist()
    assert blocks == [[1, 2, 4, 5], [7, 8, 0, 0], [3, 0, 6, 0], [9, 0, 0, 0]]
    with pytest.raises(ValueError, match="square"):
        downsampled(torch.zeros(1, 5, 1))


def test_the_projector_at_its_real_size() -> None:
    with torch.device("meta"):
        projector = Projector(1152, 4096)
    found = state_shapes(projector)
    assert found["layers.2.weight"] == (4096, 4608)
    assert sorted(found) == [f"layers.{n}.{kind}" for n in (1, 2, 4) for kind in ("bias", "weight")]


LLAMA_3_8B = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "rope_theta": 500000.0,
}
SO400M = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}


def test_sizes_are_those_of_the_published_files() -> None:
    """At two bytes a value: 71.3 and 99.7 MB of projector, 16.1 GB of Llama, 857 MB of tower with head."""

    def values(module: torch.nn.Module) -> int:
        return sum(value.numel() for value in module.state_dict().values())

    with torch.device("meta"):
        projectors = [Projector(1152, hidden) for hidden in (4096, 5120)]
    assert [round(2 * values(one) / 1e6, 1) for one in projectors] == [71.3, 99.7]
    language = language_layout(LLAMA_3_8B)
    assert round(2 * values(language.network) / 1e9, 1) == 16.1
    tower = vision_layout(SO400M)
    wide, inner = SO400M["hidden_size"], SO400M["intermediate_size"]
    head = 4 * wide * wide + 2 * wide * inner + inner + 8 * wide  # attention, MLP, norm, probe: not loaded
    assert 2 * (values(tower.network) + head) / 1e6 == pytest.approx(857, abs=1)
    assert tower.rename("vision_model.head.probe") is None


def test_a_foreign_projector_is_refused(tmp_path: Path) -> None:
    save_file({"x": torch.zeros(1)}, str(tmp_path / "model.safetensors"))
    with pytest.raises(InputError, match="not VILA's downsampling projector"):
        projector_layout(tmp_path)


class Letters:
    """A tokenizer of letters; 0 begins a text where ``adds`` is set, and ``^`` spells it out."""

    bos_token_id = 0

    def __init__(self, adds: bool) -> None:
        self.adds = adds

    def __call__(self, text: str) -> Letters:
        self.input_ids = [0] * self.adds + [0 if letter == "^" else ord(letter) for letter in text]
        return self


def test_every_piece_loses_its_first_id_behind_a_begin_token() -> None:
    a, b, c, d = (ord(letter) for letter in "abcd")
    assert image_ids(Letters(True), "ab<image>cd") == [0, a, b, -200, c, d]
    assert image_ids(Letters(False), "ab<image>cd") == [a, b, -200, c, d]
    assert image_ids(Letters(False), "^ab<image>cd") == [0, a, b, -200, d]


def test_messages_of_the_expert_become_one_turn() -> None:
    first = dialogue_turn("Why?", "LIST ")
    text = TEMPLATES["llama_3"].render([first, *consulted("<VISTA3D>", "A. ", "Why?")])
    assert "LIST <image>This is a CT image.\nWhy?<|eot_id|>" in text
    assert "A. Use this result to respond to this prompt:\nWhy?<|eot_id|>" in text
    assert text.endswith("<|start_header_id|>assistant<|end_header_id|>\n\n")
    final = TEMPLATES["vicuna_v1"].render([first, *consulted("<VISTA3D>", "A. ", None)])
    assert final.endswith("ASSISTANT: <VISTA3D></s>USER: A.  ")
    assert TEMPLATES["vicuna_v1"].render([plain_turn("Why?")]).endswith("USER: <image>\nWhy? ")


@settings(max_examples=20, deadline=None)
@given(codes=st.sampled_from(sorted(AXIS_CODES)), seed=st.integers(0, 9))
def test_the_slice_is_chosen_in_patient_space(codes: str, seed: int) -> None:
    voxels = np.random.default_rng(seed).integers(-400, 400, (5, 6, 9)).astype(np.int16)
    volume = Volume(voxels, Affine(np.diag([2.0, 2.0, 3.0, 1.0])), unit="HU")
    stored = volume.oriented(codes)
    assert Preparation().number(stored) == 4
    assert np.array_equal(grey_slice(stored, 4), grey_slice(volume, 4))


def test_front_is_up_and_the_patients_right_is_on_the_left() -> None:
    voxels = np.zeros((3, 4, 1), np.int16)
    voxels[2, 3, 0] = 7  # the most right, most anterior voxel of an RAS array
    shown = slice_of(Volume(voxels, Affine(np.eye(4)), unit="HU"), 0)
    assert shown.shape == (4, 3)
    assert shown[0, 0] == 7


def test_the_window_ends_at_0_and_255() -> None:
    voxels = np.array([-2000, -150, 50, 250, 900], np.int16)[:, None, None]
    grey = grey_slice(Volume(voxels, Affine(np.eye(4)), unit="HU"), 0)
    assert grey[0, ::-1].tolist() == [0, 0, 127, 255, 255]
    assert through_jpeg(as_rgb(grey)).shape == (1, 5, 3)
    assert pixel_values([as_rgb(grey)], 4).shape == (1, 3, 4, 4)


@pytest.mark.parametrize(
    ("reply", "group"),
    [
        ("Use <VISTA3D(hepatic tumor)>.", "hepatic tumor"),
        ("<VISTA3D(hepatoma)>", "hepatic tumor"),
        ("<VISTA3D()>", "everything"),
        ("<VISTA3D>", "everything"),
        ("<VISTA3D(everything)>", "everything"),
    ],
)
def test_calls(reply: str, group: str) -> None:
    call = call_of(reply)
    assert call is not None
    assert call.group == group
    assert call.labels == GROUPS[group]


def test_what_is_no_call() -> None:
    assert call_of("nothing") is None
    assert call_of("<VISTA3D> <VISTA3D>") is None
    assert call_of("<CXR()>") is None
    with pytest.raises(InputError, match=r"takes one of everything, .* got 'teeth'"):
        call_of("<VISTA3D(teeth)>")
    with pytest.raises(InputError, match="got 'organs', 'muscles'"):
        call_of("<VISTA3D(organs)(muscles)>")
    assert is_final("It was segmented by <VISTA3D>.")
    assert not is_final("Let me call <VISTA3D>.")


def test_colours_are_dealt_to_what_the_slice_holds_in_a_cycle() -> None:
    labels = np.arange(18).reshape(3, 6)
    colours = dealt(labels)
    assert list(colours) == list(range(1, 18))
    assert colours[17] == colours[1] == COLOURS[0]
    assert colours[11][0] == colours[13][0] == "orange"


def test_the_overlay_and_its_legend() -> None:
    labels = np.array([[0, 5], [14, 18]])
    grey = np.full((2, 2), 100, np.uint8)
    picture = overlay(grey, labels)
    assert picture[0, 0].tolist() == [70, 70, 70]
    assert picture[0, 1].tolist() == [146, 70, 70]
    text = legend(labels, legend_names())
    assert text.endswith("describe red: right kidney, blue: left kidney. ")  # 18 is in no group


def test_every_label_of_a_group_has_a_name() -> None:
    listed = {label for name, group in GROUPS.items() if name != "everything" for label in group}
    names = legend_names()
    assert set(names) == listed
    assert (names[28], names[63], names[33], names[20]) == (
        "left lung upper lobe",
        "left rib 1",
        "vertebrae L5",
        "lung",
    )


def test_the_place_of_the_slice_can_be_chosen() -> None:
    volume = Volume(np.zeros((12, 4, 10), np.int16), Affine(np.diag([1.0, 1.0, 5.0, 1.0])), unit="HU")
    assert [Preparation(share).number(volume) for share in (0, 0.5, 0.999, 1)] == [0, 5, 9, 9]
    stored = volume.oriented("SAR")  # the original takes the middle of the third stored axis
    assert (Preparation().number(stored), Preparation("stored").number(stored)) == (5, 6)
    wide = Volume(np.zeros((24, 4, 10), np.int16), volume.affine, unit="HU").oriented("SAR")
    with pytest.raises(InputError, match="place 'stored' is slice 12, but SAR has only 10 slices"):
        Preparation("stored").number(wide)
    for place in ("top", -0.1, 1.5, True, None):
        with pytest.raises(InputError, match=r"place must be middle, stored or a share from 0 \(feet\)"):
            Preparation(place)  # type: ignore[arg-type]


def test_a_point_off_the_slice_is_not_seen() -> None:
    volume = Volume(np.zeros((4, 4, 9), np.int16), Affine(np.diag([1.0, 1.0, 5.0, 1.0])), unit="HU")
    points = [(1.0, 1.0, 20.0), (1.0, 1.0, 5.0), (99.0, 1.0, 20.0)]
    assert Preparation().visible(volume, points) == [True, False, False]
    assert Preparation(0).visible(volume, points) == [False, True, False]


@pytest.mark.parametrize(
    ("marker", "axis", "beyond"), [("marker_left", 1, True), ("marker_anterior", 0, False)]
)
def test_left_and_front_land_where_the_contract_says(marker: str, axis: int, beyond: bool) -> None:
    """Left lies right of the picture's middle, front above it; told from the marker bright and hollow."""
    from medspatial.cases import make_marker_phantom
    from medspatial.models.tools.audit import STORAGES

    phantom = make_marker_phantom(spacing=4.0)
    mask = phantom.masks.mask(marker)
    assert phantom.ct.axcodes == "RAS"
    upward = np.flatnonzero(mask.any(axis=(0, 1))).mean()
    prepare = Preparation((upward + 0.5) / mask.shape[2], jpeg=False)
    hollow = replace(phantom.ct, voxels=np.where(mask, -1000, phantom.ct.voxels).astype(np.int16))
    pictures = []
    for codes in STORAGES:
        bright = prepare(phantom.ct.oriented(codes))
        change = np.abs(bright.astype(int) - prepare(hollow.oriented(codes)))[..., 0]
        place = np.argwhere(change > 0).mean(axis=0)[axis] / change.shape[axis]
        assert (place > 0.6) if beyond else (place < 0.4), (codes, place)
        pictures.append(bright)
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)


def test_the_contract_says_which_way_the_picture_lies() -> None:
    notes = " ".join(Preparation().contract().notes)
    assert "front at the top, the patient's right on the left" in notes
    assert "JPEG" in notes
    assert "JPEG" not in " ".join(Preparation(jpeg=False).contract().notes)


def test_pieces_of_vicuna_are_those_of_sentencepiece(tmp_path: Path) -> None:
    import io

    import sentencepiece

    from medspatial.models.runtime.folder import load_tokenizer

    texts = ["A chat between a user and an assistant.", "USER: ASSISTANT: which kidney is left?"] * 20
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        vocab_size=310,
        model_type="bpe",
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    (tmp_path / "tokenizer.model").write_bytes(model.getvalue())
    config = {"tokenizer_class": "LlamaTokenizer", "legacy": False, "add_bos_token": True}
    config |= {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}))
    tokenizer = load_tokenizer(tmp_path)
    plain = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    text = TEMPLATES["vicuna_v1"].render([dialogue_turn("Which is left?", "Experts:\n")])
    before, after = (plain.encode(piece) for piece in text.split("<image>"))
    assert template_of(tokenizer) == "vicuna_v1"
    assert image_ids(tokenizer, text) == [1, *before, -200, *after]
    assert tokenizer.convert_tokens_to_ids("</s>") == 2
