"""What the server sends: images in their place, by ranges, reduced; evidence; answers; models' inputs."""

from __future__ import annotations

import io
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from starlette.testclient import TestClient
from viewed_run import HOSTILE, LIVER, MARKER, SHAPE, SPACING, body, middle

from medspatial.models.merlin.preparation import Preparation
from medspatial.view.inputs import model_input
from medspatial.view.library import ShownModel
from medspatial.volume import Affine


def image(content: bytes) -> Any:
    return nib.Nifti1Image.from_stream(io.BytesIO(content))


def centre_of(found: Any, mask: np.ndarray) -> np.ndarray:
    return nib.affines.apply_affine(found.affine, np.argwhere(mask).mean(axis=0))


def test_the_ct_is_the_case(client: TestClient) -> None:
    found = image(client.get("/api/ct.nii?case=case_1").content)
    hu, _ = body()
    assert np.array_equal(found.get_fdata(), hu.voxels)
    assert np.allclose(found.affine, hu.affine.matrix)
    assert centre_of(found, found.get_fdata() == 150) == pytest.approx(middle(LIVER))


def test_ranges(client: TestClient) -> None:
    whole = client.get("/api/ct.nii?case=case_1").content
    part = client.get("/api/ct.nii?case=case_1", headers={"range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole[100:200]
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    tail = client.get("/api/ct.nii?case=case_1", headers={"range": "bytes=-50"})
    assert tail.content == whole[-50:]
    assert client.get("/api/ct.nii?case=case_1", headers={"range": "bytes=999999999-"}).status_code == 416


def test_reduced_keeps_the_field_of_view(client: TestClient) -> None:
    small = image(client.get("/api/ct.nii?case=case_1&most=30").content)
    assert max(small.shape) <= 30
    assert centre_of(small, small.get_fdata() > 400) == pytest.approx(middle(MARKER), abs=6)
    corners = nib.affines.apply_affine(small.affine, np.array([[-0.5] * 3, np.array(small.shape) - 0.5]))
    size = np.abs(corners[1] - corners[0])
    assert size == pytest.approx(np.array(SHAPE) * SPACING, abs=12)
    for wrong in ("0", "5", "99999", "x", "-3"):
        assert client.get(f"/api/ct.nii?case=case_1&most={wrong}").status_code == 400


def test_masks_by_name_are_cut_to_where_they_are(client: TestClient) -> None:
    facts = client.get("/api/case?case=case_1").json()
    assert [one["name"] for one in facts["masks"]] == ["kidney_left", "liver"]
    assert facts["masks"][0]["title"] == "left kidney"
    found = image(client.get("/api/mask.nii?case=case_1&name=liver").content)
    assert found.shape == (18, 20, 16)
    assert centre_of(found, found.get_fdata() > 0) == pytest.approx(middle(LIVER))
    assert client.get("/api/mask.nii?case=case_1&name=spleen").status_code == 400
    assert client.get("/api/mask.nii?case=case_9&name=liver").status_code == 400


def test_questions_with_evidence_and_answers(client: TestClient) -> None:
    rows = client.get("/api/questions").json()["rows"]
    assert [row[3] for row in rows] == ["D3", "L1"]
    found = client.get("/api/question", params={"id": rows[0][0]}).json()
    assert found["evidence"]["points"][0]["xyz"] == pytest.approx(middle(LIVER))
    assert len(found["evidence"]["segments"]) == 1
    assert found["evidence"]["structures"] == ["liver", "kidney_left"]
    assert {one["model"]: one["text"] for one in found["answers"]} == {"merlin": "80 mm", "grid": HOSTILE}
    assert found["answers"][0]["scores"][0]["correct"] is True
    side = client.get("/api/question", params={"id": rows[1][0]}).json()
    assert side["evidence"]["planes"] == [{"name": "midline", "axis": 0, "mm": 0.0}]
    assert client.get("/api/question?id=nothing").status_code == 400
    assert client.get("/api/question").status_code == 400


def test_json_is_never_taken_for_a_page(client: TestClient) -> None:
    for path in ("/api/library", "/api/questions", "/api/case?case=<script>"):
        assert client.get(path).headers["content-type"] == "application/json"


def test_a_model_s_volume_lies_where_it_should(client: TestClient) -> None:
    facts = client.get("/api/input?case=case_1&model=merlin").json()
    assert facts["volume"]
    assert facts["placed"]
    found = image(client.get("/api/input.nii?case=case_1&model=merlin").content)
    hu, _ = body()
    assert np.allclose(found.affine, Preparation().grid(hu).matrix)
    bright = found.get_fdata() > 0.95
    assert centre_of(found, bright) == pytest.approx(middle(MARKER), abs=4)


def test_a_model_s_pictures(client: TestClient) -> None:
    facts = client.get("/api/input?case=case_1&model=grid").json()
    assert not facts["volume"]
    assert facts["captions"]
    picture = client.get("/api/picture.png?case=case_1&model=grid&n=0")
    assert picture.content.startswith(b"\x89PNG")
    assert client.get("/api/picture.png?case=case_1&model=grid&n=99").status_code == 400
    assert client.get("/api/input.nii?case=case_1&model=grid").status_code == 400
    assert client.get("/api/input?case=case_1&model=random").status_code == 400
    assert client.get("/api/input?case=case_1&model=nobody").status_code == 400


@pytest.mark.parametrize("kind", ["ct_chat", "merlin", "m3d_lamed", "med3dvlm", "radfm", "vista3d"])
@pytest.mark.parametrize("axcodes", ["LPS", "PIR"])
def test_every_model_s_volume_shows_the_marker_in_its_place(kind: str, axcodes: str) -> None:
    pytest.importorskip("torch")
    made = model_input(ShownModel(kind, kind), body(axcodes)[0])
    assert made.volume is not None
    assert made.placed
    values = made.volume.voxels
    places = made.volume.affine.apply(np.argwhere(values > values.min() + 0.93 * np.ptp(values)))
    # Voxels of the input may be as thick as its coarsest axis.
    assert places.mean(axis=0) == pytest.approx(middle(MARKER), abs=max(made.volume.spacing))


def test_stretched_inputs_cover_the_whole_field_of_view() -> None:
    from medspatial.view.inputs import stretched_affine

    hu, _ = body("PIR")
    affine = stretched_affine(hu, "SPL", (10, 25, 30))
    start = affine.apply(np.array([-0.5, -0.5, -0.5]))
    stop = affine.apply(np.array([9.5, 24.5, 29.5]))
    own = Affine.from_axcodes("RAS", SPACING, origin=(-118.0, -122.5, -117.0))
    low, high = own.apply(np.full(3, -0.5)), own.apply(np.array(SHAPE) - 0.5)
    assert start == pytest.approx((high[0], high[1], low[2]))
    assert stop == pytest.approx((low[0], low[1], high[2]))
