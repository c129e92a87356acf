"""VILA-M3 with its expert: the loop, one pass per volume, caches, controls, predict and study."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from transformers import StoppingCriteria, StoppingCriteriaList
from typer.testing import CliRunner

from medspatial.cli.app import app
from medspatial.errors import InputError
from medspatial.inputs import Query
from medspatial.models import create_model
from medspatial.models.runtime import checkpoint
from medspatial.models.tools.check import check_folder
from medspatial.models.vila_m3 import VilaM3
from medspatial.models.vila_m3.calls import GROUPS, call_of
from medspatial.models.vila_m3.network import spliced
from medspatial.models.vila_m3.preparation import slice_of
from medspatial.models.vila_m3.prompt import consulted
from medspatial.records import Case, Prediction, Question, read_records, write_records
from medspatial.study import read_study, run_study
from medspatial.volume import Affine, Volume, read_volume, write_volume

QUESTIONS = (
    "Which kidney is larger?",
    "Is the liver left?",
    "Is there a lesion?",
    "Segment all.",
    "Where are the teeth?",
)
QUERIES = [Query(f"q{number}", text) for number, text in enumerate(QUESTIONS)]


@pytest.fixture(scope="module")
def options(tiny_vista3d: Path, experts_file: Path) -> dict[str, Any]:
    return {
        "expert": tiny_vista3d,
        "experts": experts_file,
        "expert_window": 32,
        "prompt": "{question}",
        "max_new_tokens": 24,
        "device": "cpu",
    }


@pytest.fixture(scope="module")
def model(taught_vila: Path, options: dict[str, Any]) -> VilaM3:
    made = create_model("vila_m3", path=taught_vila, **options)
    assert isinstance(made, VilaM3)
    return made


def test_a_folder_is_checked_part_by_part(taught_vila: Path, tmp_path: Path) -> None:
    found = check_folder(taught_vila)  # told by its type and its three folders
    assert found == check_folder(taught_vila, "vila_m3")
    assert found[0].detail == "vila_m3"
    assert all(finding.fine for finding in found), found
    assert [finding.part for finding in found] == [
        "model",
        "config",
        "vision_tower weights",
        "mm_projector weights",
        "llm weights",
        "llm tokenizer",
        "llm generation",
    ]
    folder = tmp_path / "vila"
    shutil.copytree(taught_vila, folder)
    state = load_file(folder / "vision_tower/model.safetensors")
    state.pop("vision_model.encoder.layers.0.mlp.fc1.bias")
    save_file(state, str(folder / "vision_tower/model.safetensors"))
    wrong = [finding for finding in check_folder(folder, "vila_m3") if not finding.fine]
    assert [(finding.part, "fc1.bias" in finding.detail) for finding in wrong] == [
        ("vision_tower weights", True)
    ]
    with pytest.raises(InputError, match="1 missing"):
        create_model("vila_m3", path=folder)


def small_ct(seed: int) -> Volume:
    """A lump of tissue in air, 4 cm across, so that VISTA3D takes one window."""
    rng = np.random.default_rng(seed)
    shape = (20, 18, 22)
    voxels = (np.linspace(-300, 400, 20)[:, None, None] + rng.normal(0, 80, shape)).astype(np.int16)
    inside = np.zeros(shape, dtype=bool)
    inside[3:-3, 3:-3, 2:-2] = True
    voxels[~inside] = -1000
    matrix = np.diag([2.0, 2.0, 2.0, 1.0])
    matrix[:3, 3] = (-30.0, 12.0, 400.0)
    return Volume(voxels, Affine(matrix), unit="HU")


@pytest.fixture(scope="module")
def ct() -> Volume:
    return small_ct(3)


class EndOfTurn(StoppingCriteria):
    """Ends an answer at the template's own token, as the original's criterion does."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        return input_ids[:, -1] == 4


class Passes:
    """Counts how often the segmenter goes through a volume."""

    def __init__(self, model: VilaM3, monkeypatch: pytest.MonkeyPatch) -> None:
        assert model.expert is not None
        real, self.prompts = model.expert.segmenter.maps, list[Any]()

        def counted(volume: Volume, prompts: Any) -> Any:
            self.prompts.append(prompts)
            return real(volume, prompts)

        monkeypatch.setattr(model.expert.segmenter, "maps", counted)
        monkeypatch.setattr(model.expert, "_last", None)


def asked(model: VilaM3, ct: Volume | None, queries: Sequence[Query] = QUERIES) -> list[Any]:
    return model.answer(model.encode(model.prepare(ct)), queries)


def test_the_expert_is_called_and_the_question_asked_again(
    model: VilaM3, ct: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = Passes(model, monkeypatch)
    kidney, liver, lesion, everything, teeth = asked(model, ct)
    assert kidney.text == "left"
    expert = kidney.metadata["expert"]
    assert (expert["group"], expert["call"]) == ("organs", "Let me call <VISTA3D(organs)>.")
    assert expert["result"].startswith("The results are <image>. The colors in this image describe red: ")
    assert (liver.text, "expert" in liver.metadata) == ("no", False)
    assert (lesion.text, lesion.metadata["expert"]["group"]) == ("no", "hepatic tumor")
    assert everything.text == "It is segmented by <VISTA3D(everything)>."  # announced, so not asked again
    assert everything.metadata["expert"]["group"] == "everything"
    assert teeth.text == "<VISTA3D(teeth)>"
    assert "takes one of everything" in teeth.metadata["expert"]["error"]
    assert passes.prompts == [GROUPS]  # three groups called for, one pass
    assert not any("cut_off" in answer.metadata for answer in (kidney, liver, lesion, everything))


def test_batched_is_one_by_one(model: VilaM3, ct: Volume) -> None:
    encoded = model.encode(model.prepare(ct))
    together = model.answer(encoded, QUERIES)
    fresh = model.encode(model.prepare(ct))
    assert [model.answer(fresh, [query])[0] for query in QUERIES] == together


def test_the_second_reply_is_that_of_the_whole_prompt_run_anew(model: VilaM3, ct: Volume) -> None:
    """As the original does it: the whole dialogue as one prompt, stock generate."""
    prepared = model.prepare(ct)
    encoded = model.encode(prepared)
    answer = model.answer(encoded, QUERIES[:1])[0]
    facts = answer.metadata["expert"]
    turns = [model._first(QUESTIONS[0], prepared), *consulted(facts["call"], facts["result"], QUESTIONS[0])]
    assert prepared is not None
    images = [model._tokens(prepared.picture), encoded.consultations["organs"][1]]
    whole = spliced(model.network.language, model._ids(turns), images)
    made = model.network.language.generate(
        inputs_embeds=whole[None],
        attention_mask=torch.ones(1, whole.shape[0], dtype=torch.long),
        do_sample=False,
        max_new_tokens=24,
        min_new_tokens=2,
        eos_token_id=1,
        pad_token_id=1,
        stopping_criteria=StoppingCriteriaList([EndOfTurn()]),
    )[0]
    assert model.tokenizer.decode(made, skip_special_tokens=True).strip() == answer.text == "left"


def test_the_end_token_is_held_back_for_two_tokens_but_not_the_end_of_turn(model: VilaM3) -> None:
    settings = model.language.settings
    assert (settings.eos_ids, settings.late_ids, settings.min_new_tokens) == ((1, 4), (1,), 2)
    first = settings.processors(torch.device("cpu"))(torch.empty(1, 0, dtype=torch.long), torch.zeros(1, 9))
    assert torch.isinf(first[0]).tolist() == [False, True] + [False] * 7
    third = settings.processors(torch.device("cpu"))(torch.zeros(1, 2, dtype=torch.long), torch.zeros(1, 9))
    assert not torch.isinf(third).any()


def test_without_an_expert_the_question_is_asked_alone(taught_vila: Path, ct: Volume) -> None:
    alone = create_model("vila_m3", path=taught_vila, prompt="{question}", max_new_tokens=6, device="cpu")
    assert isinstance(alone, VilaM3)
    assert (alone.name, alone.describe()["expert"]) == ("vila_m3", None)
    prepared = alone.prepare(ct)
    prompt = alone.template.render([alone._first("Why?", prepared)])
    assert prompt.endswith(
        "user<|end_header_id|>\n\n<image>\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    assert all("expert" not in answer.metadata for answer in asked(alone, ct))


def test_labels_of_the_slice_are_those_of_the_whole_segmentation(model: VilaM3, ct: Volume) -> None:
    assert model.expert is not None
    call = call_of("<VISTA3D(organs)>")
    assert call is not None
    whole = model.expert.segmenter.segment(ct, call.labels)
    for number in (0, ct.oriented("RAS").shape[2] // 2):
        assert np.array_equal(model.expert.labels(ct, call, number), slice_of(whole, number))


@pytest.mark.parametrize("codes", ["LPS", "PIR", "SLA"])
def test_storage_does_not_matter(model: VilaM3, ct: Volume, codes: str) -> None:
    stored = ct.oriented(codes)
    one, other = model.prepare(ct), model.prepare(stored)
    assert one is not None
    assert other is not None
    assert np.array_equal(one.picture, other.picture)
    assert asked(model, stored) == asked(model, ct)


def test_a_mirrored_volume_is_segmented_anew(
    model: VilaM3, ct: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes = Passes(model, monkeypatch)
    asked(model, ct)
    asked(model, ct)
    asked(model, ct.mirrored())
    assert len(passes.prompts) == 2


def test_label_maps_kept_on_disk_are_read_again(
    taught_vila: Path, options: dict[str, Any], ct: Volume, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = create_model("vila_m3", path=taught_vila, expert_cache=tmp_path, **options)
    assert isinstance(first, VilaM3)
    wanted = asked(first, ct)
    files = sorted(path.name for path in tmp_path.rglob("*.nii.gz"))
    assert files == sorted(f"{group.replace(' ', '_')}.nii.gz" for group in GROUPS)
    again = create_model("vila_m3", path=taught_vila, expert_cache=tmp_path, **options)
    assert isinstance(again, VilaM3)
    passes = Passes(again, monkeypatch)
    assert asked(again, ct) == wanted
    assert passes.prompts == []
    next(tmp_path.rglob("organs.nii.gz")).unlink()  # killed while writing: made anew
    assert asked(again, ct) == wanted
    assert passes.prompts == [GROUPS]


def test_controls(model: VilaM3, ct: Volume) -> None:
    blank = Volume(np.full(ct.shape, -1000, np.int16), ct.affine, unit="HU")
    seen = asked(model, blank, QUERIES[:1])[0]
    assert seen.metadata["expert"]["result"] == (
        "The results are <image>. The colors in this image describe . "
    )
    for answer in asked(model, None):  # text only: there is nothing that an expert could look at
        assert "expert" not in answer.metadata
    encoded = model.encode(model.prepare(None))
    assert (encoded.prefix.length, encoded.seen) == (1, None)


def test_questions_that_cannot_be_asked(model: VilaM3, ct: Volume) -> None:
    encoded = model.encode(model.prepare(ct))
    with pytest.raises(InputError, match="reserved text '<image>'"):
        model.answer(encoded, [Query("q", "What is <image>?")])
    with pytest.raises(InputError, match=r"the prompt has \d+ tokens, the model takes 4096"):
        model.answer(encoded, [Query("q", "left " * 3000)])


def test_what_changes_answers_is_described(model: VilaM3) -> None:
    facts = model.describe()
    assert facts["template"] == "llama_3"
    assert facts["preparation"]["place"] == "middle"
    assert facts["expert"]["segmenter"] == "vista3d"
    assert facts["expert"]["list"]["origin"] == "custom"
    assert facts["generation"]["min_new_tokens"] == 2
    json.dumps(facts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"template": "chatml"}, "template must be auto, llama_3, vicuna_v1, got 'chatml'"),
        ({"place": "head"}, "place must be middle, stored or a share"),
        ({"prompt": "{}"}, "prompt: may hold"),
        ({"expert": "/nowhere"}, "/nowhere: no VISTA3D weights"),
        ({"experts": "/nowhere.txt"}, "nowhere.txt: no such file"),
    ],
)
def test_bad_options(
    taught_vila: Path, options: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        create_model("vila_m3", path=taught_vila, **{**options, **changes})


def test_the_list_of_experts_must_be_there_or_left_out_on_purpose(
    taught_vila: Path, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEDSPATIAL_CACHE", str(tmp_path))
    with pytest.raises(InputError, match="`medspatial models fetch vila_m3 --texts`"):
        create_model("vila_m3", path=taught_vila, **{**options, "experts": "auto"})
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(InputError, match="is empty; experts=none leaves the list out"):
        create_model("vila_m3", path=taught_vila, **{**options, "experts": tmp_path / "empty.txt"})
    made = create_model("vila_m3", path=taught_vila, **{**options, "experts": "none"})
    assert made.describe()["expert"]["list"] == {"origin": "none", "sha256": None}


def test_other_kinds_of_vila_and_missing_parts_are_refused(taught_vila: Path, tmp_path: Path) -> None:
    folder = tmp_path / "vila"
    shutil.copytree(taught_vila, folder)
    top = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**top, "s2": True}))
    with pytest.raises(InputError, match=r"field 's2': must be False, got True"):
        create_model("vila_m3", path=folder)
    (folder / "config.json").write_text(json.dumps(top))
    (folder / "mm_projector/config.json").write_text(json.dumps({"mm_projector_type": "linear"}))
    with pytest.raises(InputError, match="must be 'mlp_downsample', got 'linear'"):
        create_model("vila_m3", path=folder)
    shutil.rmtree(folder / "vision_tower")
    with pytest.raises(InputError, match="vision_tower: no such checkpoint folder"):
        create_model("vila_m3", path=folder)


def written(folder: Path, volumes: Sequence[Volume]) -> Path:
    """Write volumes, their list of cases, and three questions about each."""
    rows = []
    cases = []
    for number, volume in enumerate(volumes):
        name = f"case{number}"
        write_volume(volume, folder / f"{name}.nii.gz")
        cases.append(Case(case_id=name, patient_id=name, image_path=f"{name}.nii.gz"))
        rows += [
            Question(case_id=name, image_path=f"{name}.nii.gz", question=text, answer="left")
            for text in QUESTIONS[:3]
        ]
    write_records(folder / "cases.jsonl", cases)
    write_records(folder / "questions.jsonl", rows)
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("vila-data"), [small_ct(1), small_ct(2)])


def predicted(folder: Path, data: Path, out: Path, options: dict[str, Any]) -> str:
    settings = [f"{key}={value}" for key, value in options.items() if key != "device"]
    arguments = ["predict", "-m", "vila_m3", "--model-path", str(folder), "--device", "cpu", "-o", str(out)]
    arguments += ["-d", str(data / "questions.jsonl"), "--image-root", str(data), "--name", "m"]
    arguments += [part for setting in settings for part in ("--set", setting)]
    result = CliRunner().invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("with_expert", [True, False])
def test_predict_resumed_after_a_kill(
    with_expert: bool, taught_vila: Path, options: dict[str, Any], data: Path, tmp_path: Path
) -> None:
    chosen = options if with_expert else {"prompt": "{question}", "max_new_tokens": 6}
    predicted(taught_vila, data, tmp_path, chosen)
    path = tmp_path / "m.jsonl"
    whole = path.read_bytes()
    rows = read_records(path, Prediction).rows
    assert len(rows) == 6
    assert all(row.status == "ok" for row in rows)
    if with_expert:
        assert [row.prediction for row in rows] == ["left", "no", "no"] * 2
        assert [row.metadata.get("expert", {}).get("group") for row in rows[:3]] == [
            "organs",
            None,
            "hepatic tumor",
        ]
    lines = whole.splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + lines[4][:30])
    assert "2 answered now, 4 before" in predicted(taught_vila, data, tmp_path, chosen)
    assert path.read_bytes() == whole


def test_with_and_without_the_expert_as_two_arms_of_a_study(
    taught_vila: Path, tiny_vista3d: Path, experts_file: Path, data: Path, tmp_path: Path
) -> None:
    shutil.copytree(tiny_vista3d, tmp_path / "weights" / "vista3d")
    shutil.copy(experts_file, tmp_path / "experts.txt")
    model = {
        "kind": "vila_m3",
        "name": "vila",
        "path": str(taught_vila),
        "experts": "experts.txt",  # paths are taken from the study file's folder
        "expert_window": 32,
        "prompt": "{question}",
        "max_new_tokens": 24,
        "device": "cpu",
        "cross": {"expert": {"alone": None, "vista3d": "weights/vista3d"}},
    }
    study = {
        "title": "Does the expert help?",
        "cases": {"path": str(data / "cases.jsonl")},
        "questions": {"path": str(data / "questions.jsonl")},
        "models": [model],
        "arms": ["blank"],
        "metrics": ["exact"],
        "compare": {"metric": "exact", "resamples": 50},
        "report": {"max_pictures": 2},
    }
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study))
    run = run_study(read_study(tmp_path / "study.yaml"), tmp_path / "out")
    assert run.failed == 0
    for name, has_expert in (("vila-alone", False), ("vila-vista3d", True)):
        manifest = json.loads((tmp_path / f"out/predictions/{name}.manifest.json").read_text())
        assert (manifest["configuration"]["expert"] is not None) == has_expert
    rows = read_records(tmp_path / "out/predictions/vila-vista3d.jsonl", Prediction).rows
    assert {row.metadata["expert"]["group"] for row in rows if "expert" in row.metadata} == {
        "organs",
        "hepatic tumor",
    }
    assert {(pair.first, pair.second) for pair in run.comparison.pairs} == {("vila-alone", "vila-vista3d")}


def test_predict_on_a_part_of_a_real_ct(
    shared: Path, taught_vila: Path, options: dict[str, Any], tmp_path: Path
) -> None:
    whole = read_volume(shared / "data/real_ct/abdomen_slab_3mm/ct.nii.gz", unit="HU")
    start = [n // 2 - 8 for n in whole.shape]
    part = whole.cropped(start, [n + 15 for n in start])
    folder = written(tmp_path, [part])
    predicted(taught_vila, folder, tmp_path / "out", options)
    path = tmp_path / "out/m.jsonl"
    bytes_before = path.read_bytes()
    assert [row.prediction for row in read_records(path, Prediction).rows] == ["left", "no", "no"]
    path.write_bytes(bytes_before[:-40])
    assert "1 answered now, 2 before" in predicted(taught_vila, folder, tmp_path / "out", options)
    assert path.read_bytes() == bytes_before


@pytest.mark.parametrize("changed", [{}, {"expert": None}])
@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("expert_window", 8, "vila_m3: expert_window must be a multiple of 16 from 32, got 8"),
        ("expert_window", "big", "vila_m3: expert_window must be a whole number, got 'big'"),
        ("max_new_tokens", -1, "'max_new_tokens' must be a whole number from 1, got -1"),
        ("jpeg", "no", "vila_m3: jpeg must be true or false, got 'no'"),
    ],
)
def test_wrong_options_are_refused_before_weights_are_read(
    option: str,
    value: Any,
    message: str,
    changed: dict[str, Any],
    taught_vila: Path,
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoint, "shapes", lambda files: pytest.fail("weights were read"))
    with pytest.raises(InputError, match=message):
        create_model("vila_m3", path=taught_vila, **{**options, **changed, option: value})
