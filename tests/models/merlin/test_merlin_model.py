"""Merlin's three modes: own way, batches, one encoding per volume, the command, resuming."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from medspatial.cases import write_phantoms
from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.merlin.choices import MerlinChoices
from medspatial.models.merlin.folder import LANGUAGE, REPORT
from medspatial.models.merlin.report import MerlinGenerate, MerlinReports
from medspatial.models.merlin.text import ORGANS
from medspatial.models.tools.check import check_folder
from medspatial.records import Prediction, Question, read_records, write_records
from medspatial.volume import Volume, read_volume

SHAPE = (32, 32, 32)
SMALL: dict[str, Any] = {"shape": SHAPE, "device": "cpu"}


@pytest.fixture(scope="module")
def writer(tiny_merlin: Path) -> MerlinGenerate:
    model = create_model("merlin", path=tiny_merlin, max_new_tokens=6, **SMALL)
    assert isinstance(model, MerlinGenerate)
    return model


@pytest.fixture(scope="module")
def chooser(tiny_merlin: Path) -> MerlinChoices:
    model = create_model("merlin", path=tiny_merlin, mode="choices", **SMALL)
    assert isinstance(model, MerlinChoices)
    return model


def random_input(seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).random((1, *SHAPE), dtype=np.float32)


@pytest.mark.filterwarnings("ignore:Passing `repetition_penalty`:UserWarning")
def test_answers_equal_the_originals_way(writer: MerlinGenerate) -> None:
    query = Query("q", "which kidney is larger ?", ("left", "right"))
    pixels = random_input()
    answer = writer.answer(writer.encode(pixels), [query])[0]
    ids = writer.tokenizer("which kidney is larger ? A. left B. right###\n").input_ids[1:]
    with torch.inference_mode():
        words = writer.network.language.get_input_embeddings()(torch.tensor([ids]))
        embeds = torch.cat([writer.network.visual_tokens(torch.from_numpy(pixels)[None]), words], dim=1)
        out = writer.network.language.generate(
            inputs_embeds=embeds, max_new_tokens=6, do_sample=False, repetition_penalty=1.2, pad_token_id=2
        )
    text = writer.tokenizer.decode(out[0], skip_special_tokens=True)
    assert answer.text == text.split("###")[0].strip()


def test_the_first_token_is_dropped_and_all_visual_tokens_stand_in_front(writer: MerlinGenerate) -> None:
    whole = writer.tokenizer.encode("liver###\n")
    assert writer.prompt_ids("liver###\n") == whole[1:]
    visual = writer.visual_tokens(torch.from_numpy(random_input())[None])
    assert torch.equal(writer.prefix(visual), visual)


@settings(max_examples=8, deadline=None)
@given(
    texts=st.lists(
        st.lists(st.sampled_from(["which", "kidney", "far", "left", "liver"]), min_size=1, max_size=7),
        min_size=1,
        max_size=5,
    ),
    seed=st.integers(0, 9),
)
def test_a_batch_equals_one_by_one(writer: MerlinGenerate, texts: list[list[str]], seed: int) -> None:
    encoded = writer.encode(random_input(seed))
    queries = [Query(str(place), " ".join(words)) for place, words in enumerate(texts)]
    together = [answer.text for answer in writer.answer(encoded, queries)]
    assert together == [writer.answer(encoded, [query])[0].text for query in queries]


def test_thirteen_reports_take_one_encoding(
    writer: MerlinGenerate, monkeypatch: pytest.MonkeyPatch, noise_volume: Volume
) -> None:
    calls = []
    real = writer.network.encoder.forward
    monkeypatch.setattr(writer.network.encoder, "forward", lambda x: calls.append(x.shape) or real(x))
    echo = create_model("echo")
    model = MerlinReports(writer, echo)
    encoded = model.encode(model.prepare(noise_volume))
    answers = model.answer(encoded, [Query("a", "which kidney?"), Query("b", "how far?")])
    assert calls == [torch.Size([1, 1, *SHAPE])]
    for answer, question in zip(answers, ("which kidney?", "how far?"), strict=True):
        assert answer.text.endswith(question)  # the reader gives back all that it was asked
        assert all(f"{organ}: " in answer.text for organ in ORGANS)
        assert answer.metadata["report"] == encoded.report
    assert model.describe()["reader"]["name"] == "echo"
    assert model.name == "merlin_report_then_read"


def test_reports_equal_single_generation(writer: MerlinGenerate) -> None:
    encoded = writer.encode(random_input(4))
    alone = {}
    for organ in ORGANS:
        tail = writer.language.embed(writer.prompt_ids(f"Generate a radiology report for {organ}###\n"))
        alone[organ] = writer._answer(writer.language.generate(encoded.prefix, [tail])[0]).text
    assert writer.reports(encoded) == alone


def test_the_nearest_option_is_chosen(chooser: MerlinChoices) -> None:
    image = chooser.encode(random_input())
    assert image is not None
    query = Query("q", "Which kidney is larger?", ("left", "right", "no"))
    answer = chooser.answer(image, [query])[0]
    singles = [
        float(chooser.text_features([f"Which kidney is larger? {option}"])[0] @ image[0])
        for option in query.options
    ]
    assert answer.metadata["cosines"] == pytest.approx(singles, abs=1e-5)
    assert answer.text == query.options[int(np.argmax(singles))]


def test_the_choice_does_not_depend_on_the_order_of_options(chooser: MerlinChoices) -> None:
    image = chooser.encode(random_input(2))
    texts = {
        chooser.answer(image, [Query("q", "far ?", options)])[0].text
        for options in (("left", "right"), ("right", "left"))
    }
    assert len(texts) == 1


def test_open_questions_and_missing_images_get_no_choice(chooser: MerlinChoices) -> None:
    image = chooser.encode(random_input())
    answer = chooser.answer(image, [Query("q", "How far?")])[0]
    assert (answer.text, answer.metadata) == ("", {"no_answer": "open question"})
    assert chooser.answer(image, [Query("q", "Is it?", answer_type="yes_no")])[0].text in {"yes", "no"}
    blind = chooser.answer(chooser.encode(chooser.prepare(None)), [Query("q", "Is it?", ("a", "b"))])[0]
    assert (blind.text, blind.metadata) == ("", {"no_answer": "no image"})


def test_without_a_volume_the_begin_token_stands_in_front(writer: MerlinGenerate) -> None:
    encoded = writer.encode(writer.prepare(None))
    assert encoded.prefix.length == 1
    assert isinstance(writer.answer(encoded, [Query("q", "left ?")])[0].text, str)


def test_a_tokenizer_with_code_of_its_own_is_read_as_llamas(tiny_merlin: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / LANGUAGE
    shutil.copytree(tiny_merlin / LANGUAGE, folder)
    path = folder / "tokenizer_config.json"
    config = {**json.loads(path.read_text()), "auto_map": {"AutoTokenizer": ["evil.Tokenizer", None]}}
    path.write_text(json.dumps(config))
    model = create_model("merlin", path=tiny_merlin, language_path=folder, **SMALL)
    assert model.describe()["tokenizer"].startswith("Llama")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "vqa"}, "mode must be one of generate, choices, report-then-read"),
        ({"mode": "report-then-read"}, "'reader' belongs to"),
        ({"reader": "echo"}, "'reader' belongs to"),
        ({"mode": "choices", "statement": "x"}, "must hold {option}"),
        ({"language_path": "/nowhere"}, "no such folder"),
        ({"max_new_tokens": 0}, "'max_new_tokens' must be a whole number from 1, got 0"),
        ({"repetition_penalty": -2}, "'repetition_penalty' must be a number above 0, got -2"),
    ],
)
def test_bad_options(tiny_merlin: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        create_model("merlin", path=tiny_merlin, **options)


def test_missing_weights_are_named(tiny_merlin: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has neither resnet_gpt2.*\.pt nor report\.safetensors"):
        create_model("merlin", path=tmp_path, language_path=tiny_merlin / LANGUAGE)


def _asked(model: Path, data: Path, out: Path, name: str, *more: str) -> str:
    arguments = ["predict", "-m", "merlin", "--model-path", str(model), "-d", str(data / "questions.jsonl")]
    arguments += ["-o", str(out), "--image-root", str(data), "--device", "cpu", "--name", name, *more]
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


MODES = {
    "generate": ("--set", "max_new_tokens=4"),
    "choices": ("--set", "mode=choices"),
    "report-then-read": (
        "--set",
        "mode=report-then-read",
        "--set",
        "reader=echo",
        "--set",
        "max_new_tokens=3",
    ),
}


@pytest.mark.parametrize("mode", sorted(MODES))
def test_predict_in_every_mode_resumed_after_a_kill(mode: str, tiny_merlin: Path, tmp_path: Path) -> None:
    cases = write_phantoms(tmp_path, 2, 3, spacing=(8.0, 8.0, 8.0))
    rows = [
        Question(
            case_id=case.case_id,
            image_path=case.image_path,
            question=text,
            answer="left",
            options=("left", "right"),
        )
        for case in cases
        for text in ("which kidney is larger?", "is the liver left?")
    ]
    write_records(tmp_path / "questions.jsonl", rows)
    options = ("--set", "shape=[32, 32, 32]", *MODES[mode])
    _asked(tiny_merlin, tmp_path, tmp_path / "out", "m", *options)
    path = tmp_path / "out/m.jsonl"
    whole = path.read_bytes()
    assert all(row.status == "ok" for row in read_records(path, Prediction).rows)
    manifest = json.loads((tmp_path / "out/m.manifest.json").read_text())["configuration"]
    assert manifest["mode"] == mode
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2]) + lines[2][:25])
    assert "2 answered now, 2 before" in _asked(tiny_merlin, tmp_path, tmp_path / "out", "m", *options)
    assert path.read_bytes() == whole


def test_a_real_ct_at_the_real_input_size(shared: Path, tiny_merlin: Path) -> None:
    ct = read_volume(shared / "data/real_ct/abdomen_pelvis_3mm/ct.nii.gz", unit="HU")
    model = create_model("merlin", path=tiny_merlin, device="cpu", max_new_tokens=3)
    assert isinstance(model, MerlinGenerate)
    encoded = model.encode(model.prepare(ct))
    assert encoded.visual is not None
    assert encoded.visual.shape == (490, 16)  # 10 x 7 x 7
    assert model.answer(encoded, [Query("q", "left ?")])
    assert model.visible(ct, [ct.centre, (ct.centre[0] + 400, *ct.centre[1:])]) == [1.0, 0.0]


def test_a_folder_is_checked_mode_by_mode(tiny_merlin: Path, tmp_path: Path) -> None:
    found = check_folder(tiny_merlin)  # told by the published name of the report checkpoint
    assert all(finding.fine for finding in found), found
    assert [finding.part for finding in found] == [
        "model",
        "choices: weights",
        "choices: Clinical-Longformer",
        "generate: weights",
        "generate: RadLLaMA-7b",
    ]
    assert "4 layers with low-rank parts" in found[3].detail
    folder = tmp_path / "merlin"
    shutil.copytree(tiny_merlin, folder)
    (folder / "contrastive.safetensors").unlink()
    shutil.rmtree(folder / LANGUAGE)
    wrong = {finding.part: finding.detail for finding in check_folder(folder) if not finding.fine}
    assert set(wrong) == {"choices: weights", "generate: weights", "generate: RadLLaMA-7b"}
    assert "nor contrastive.safetensors" in wrong["choices: weights"]
    assert (
        "RadLLaMA-7b: no such folder; it must hold config.json and tokenizer"
        in wrong["generate: RadLLaMA-7b"]
    )
    state = torch.load(tiny_merlin / REPORT, weights_only=True)
    state.pop("adapter.linear2.bias")
    torch.save(state, folder / REPORT)
    shutil.copytree(tiny_merlin / LANGUAGE, folder / LANGUAGE)
    wrong = {finding.part: finding.detail for finding in check_folder(folder, "merlin") if not finding.fine}
    assert "1 missing: adapter.bias" in wrong["generate: weights"]
