"""Overlays end to end: from phantoms with masks through arms and runner into the model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("transformers")

from medspatial.cases import load_case, write_phantoms
from medspatial.errors import InputError
from medspatial.inputs import PictureSettings, render
from medspatial.models import create_model
from medspatial.predict import predict, read_predictions
from medspatial.records import Case, Evidence, EvidencePoint, Question, write_records
from medspatial.study import CaseLoader, StudyConfig, run_study

PAIR = ["kidney_left", "liver"]
OPTIONS: dict[str, Any] = {"count": 3, "size": 56, "planes": "coronal", "structures": PAIR, "legend": False}


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Case]]:
    root = tmp_path_factory.mktemp("phantoms")
    return root, write_phantoms(root, 2, seed=5, spacing=10.0)


@pytest.fixture(scope="module")
def model(image_text_folders: Callable[[str], Path]) -> Any:
    shown = {"representation": "overlay", "max_new_tokens": 3, "device": "cpu", **OPTIONS}
    return create_model("image_text", path=str(image_text_folders("llava")), name="tiny", **shown)


def questions(cases: list[Case]) -> list[Question]:
    return [
        Question(case_id=case.case_id, patient_id=case.patient_id, question="Which side?", answer="left")
        for case in cases
    ]


def seen(model: Any, name: str, phantoms: tuple[Path, list[Case]], folder: Path) -> list[Any]:
    """What the model is given in an arm: for each case the images and captions that enter its prompt."""
    root, cases = phantoms
    given: list[Any] = []
    head = model.conversation.head

    def spy(images: Any, captions: Any) -> Any:
        given.append((images, captions))
        return head(images, captions)

    loader, asked = CaseLoader(cases, root), questions(cases)
    model.conversation.head = spy
    try:
        run = predict(
            model,
            asked,
            folder / f"{name}.jsonl",
            cases=loader,
            arm=name,
        )
    finally:
        del model.conversation.head
    assert run.failed == 0
    return given


def same(images: Any, others: Any) -> bool:
    return len(images) == len(others) and all(map(np.array_equal, images, others))


def drawn(phantoms: tuple[Path, list[Case]], place: int, *, mirrored: bool = False) -> tuple[Any, Any]:
    """The overlay of a case, made from its mask set without loader or arm; and its plain slices."""
    root, cases = phantoms
    data = load_case(cases[place], root)
    assert data.ct is not None
    assert data.masks is not None
    ct, masks = (data.ct.mirrored(), data.masks.mirrored()) if mirrored else (data.ct, data.masks)
    settings = PictureSettings.model_validate({**OPTIONS, "representation": "overlay"})
    over = masks.without(set(masks.names) - set(PAIR))
    return render(ct, settings, over), render(ct, settings.bare)


def test_overlays_reach_the_model_and_differ_from_plain_slices(
    model: Any, phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    given = seen(model, "standard", phantoms, tmp_path)
    for place, (images, captions) in enumerate(given):
        over, plain = drawn(phantoms, place)
        assert same(images, over.images)
        assert not same(images, plain.images)
        assert captions == over.captions
    assert "liver in orange" in " ".join(given[0][1])
    assert len(given) == 2


def test_the_mirrored_arm_mirrors_slices_and_structures(
    model: Any, phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    given = seen(model, "mirrored", phantoms, tmp_path)
    standard = seen(model, "standard", phantoms, tmp_path)
    for place, (images, captions) in enumerate(given):
        over, _ = drawn(phantoms, place, mirrored=True)
        assert same(images, over.images)
        assert captions == over.captions
        assert not same(images, standard[place][0])
        assert not same(
            images, [image[:, ::-1] for image in standard[place][0]]
        )  # the other kidney is marked


def test_another_patient_is_shown_with_its_own_structures(
    model: Any, phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    given = seen(model, "wrong_patient", phantoms, tmp_path)
    assert same(given[0][0], drawn(phantoms, 1)[0].images)
    assert same(given[1][0], drawn(phantoms, 0)[0].images)


def test_blank_and_text_only_show_no_structures(
    model: Any, phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    for images, captions in seen(model, "blank", phantoms, tmp_path):
        assert len(images) == 3
        assert not any(image.any() for image in images)
        assert "marked" not in " ".join(captions)
    assert all(len(images) == 0 for images, _ in seen(model, "text_only", phantoms, tmp_path))


def test_a_volume_without_masks_is_refused(
    model: Any, phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    root, cases = phantoms
    loader = CaseLoader(cases, root)
    with pytest.raises(InputError, match="'overlay' needs masks"):
        model.prepare(loader.volume(cases[0].case_id))
    with pytest.raises(InputError, match="give the folder or file of cases"):
        predict(model, questions(cases), tmp_path / "p.jsonl", cases=loader.volume)
    bare = CaseLoader([case.model_copy(update={"masks": ()}) for case in cases], root)
    run = predict(model, questions(cases), tmp_path / "p.jsonl", cases=bare)
    assert run.failed == 2
    assert "has no masks to draw" in str(read_predictions(run.path)[0].error)


def test_visible_share_is_that_of_the_slices_shown(
    image_text_folders: Callable[[str], Path], phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    root, cases = phantoms
    loader = CaseLoader(cases, root)
    volume = loader.volume(cases[0].case_id)
    middle = tuple(float(v) for v in volume.affine.apply((np.array(volume.shape) - 1) / 2))
    above = (middle[0], middle[1], middle[2] + 100)
    points = (EvidencePoint(name="a", xyz=middle), EvidencePoint(name="b", xyz=above))
    asked = questions(cases)[0].model_copy(update={"evidence": Evidence(points=points)})
    options: dict[str, Any] = {"path": str(image_text_folders("llava")), "max_new_tokens": 2, "size": 28}
    shares = {}
    for name, more in (
        ("whole", {"count": 4}),
        ("near", {"count": 3, "around": middle, "step_mm": 20.0}),
        ("grid", {"count": 4, "representation": "grid"}),  # not square: the processor cuts its edges off
    ):
        one = create_model("image_text", name=name, device="cpu", **options, **more)
        run = predict(one, [asked], tmp_path / f"{name}.jsonl", cases=loader.volume)
        shares[name] = read_predictions(run.path)[0].visible_share
    assert shares == {"whole": 1.0, "near": 0.0, "grid": None}


def test_a_study_holds_overlay_against_slices(
    image_text_folders: Callable[[str], Path], tmp_path: Path
) -> None:
    path = str(image_text_folders("llava"))
    tiny = {"kind": "image_text", "path": path, "size": 28, "count": 2, "max_new_tokens": 3, "device": "cpu"}
    config = StudyConfig.model_validate(
        {
            "title": "Overlay",
            "cases": {"phantom": {"count": 2, "seed": 5, "spacing": 10.0}},
            "questions": {"subtypes": ["L1"], "balance": False},
            "models": [
                {**tiny, "name": "tiny-slices"},
                {**tiny, "name": "tiny-overlay", "representation": "overlay", "structures": PAIR},
            ],
            "arms": ["mirrored", "blank"],
            "metrics": ["exact"],
            "compare": {"metric": "exact", "resamples": 50},
            "report": {"max_pictures": 0, "figures": []},
        }
    )
    run = run_study(config, tmp_path)
    assert run.failed == 0
    known = {}
    for name in ("tiny-overlay", "tiny-overlay@mirrored", "tiny-overlay@blank", "tiny-slices"):
        lines = (tmp_path / "predictions" / f"{name}.jsonl").read_text().splitlines()
        assert len(lines) == run.questions
        known[name] = ["visible_share" in json.loads(line) for line in lines]
    assert all(known["tiny-slices"])
    assert not any(known["tiny-overlay@blank"])
    assert any(curve.against == "visible" for curve in run.comparison.curves)


def test_predict_draws_masks_of_cases_and_says_where_there_are_none(
    image_text_folders: Callable[[str], Path], phantoms: tuple[Path, list[Case]], tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from medspatial.cli.app import app

    root, cases = phantoms
    dataset = tmp_path / "questions.jsonl"
    asked = [
        q.model_copy(update={"image_path": c.image_path})
        for q, c in zip(questions(cases), cases, strict=True)
    ]
    write_records(dataset, asked)
    command = ["predict", "--model", "image_text", "--model-path", str(image_text_folders("llava"))]
    command += ["--dataset", str(dataset), "--name", "tiny", "--device", "cpu", "--output-dir", str(tmp_path)]
    for setting in ("representation=overlay", "structures=[liver]", "count=2", "size=28", "max_new_tokens=2"):
        command += ["--set", setting]
    done = CliRunner().invoke(app, [*command, "--cases", str(root)])
    assert done.exit_code == 0, done.output
    assert len(read_predictions(tmp_path / "tiny.jsonl")) == 2
    refused = CliRunner().invoke(app, [*command, "--image-root", str(root)])
    assert isinstance(refused.exception, InputError)
    assert "needs masks" in str(refused.exception)
