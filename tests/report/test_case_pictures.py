from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from medspatial.cases import CaseData
from medspatial.errors import InputError
from medspatial.records import Case, Evidence, Question
from medspatial.report.pictures import CasePictures

Load = Callable[..., CaseData]


def asked(study_question: Question, **changes: object) -> Question:
    return study_question.model_copy(update=changes)


@pytest.fixture
def distance(study) -> Question:
    return study.questions[0]


@pytest.mark.parametrize("axcodes", ["RAS", "LPI", "SAL"])
def test_the_markers_outline_and_brightness_are_where_the_patient_has_them(
    distance: Question, load: Load, tmp_path: Path, axcodes: str
) -> None:
    picture = CasePictures(load(axcodes=axcodes), tmp_path, "c").picture(distance)
    assert [view.frame.plane for view in picture.views] == ["axial", "coronal", "sagittal"]
    for view in picture.views:
        outlines = dict(view.outlines)
        if 0 not in outlines:
            continue
        corners = np.array([[float(x), float(y)] for x, y in re.findall(r"([\d.]+) ([\d.]+)", outlines[0])])
        middle = corners.mean(axis=0)
        grey = np.asarray(Image.open(tmp_path / view.href))
        assert grey.shape[:2] == view.frame.size[::-1]
        assert grey[int(middle[1]), int(middle[0])].max() > 240  # the marker is the brightest thing
        wanted_right = view.frame.plane != "sagittal"
        assert (middle[0] > view.frame.size[0] / 2) == wanted_right
        assert middle[1] < view.frame.size[1] / 2
    assert any(0 in dict(view.outlines) for view in picture.views)


def test_points_line_and_legend_say_what_is_drawn(distance: Question, load: Load, tmp_path: Path) -> None:
    content = CasePictures(load(), tmp_path, "c").picture(distance).to_json()
    assert [one["title"] for one in content["legend"]] == ["left kidney", "liver"]
    assert len({one["colour"] for one in content["legend"]}) == 2
    for view in content["views"]:
        first, second = view["points"]
        assert view["line"] == [first["x"], first["y"], second["x"], second["y"]]
        assert first["name"] == "centroid of left kidney"
    assert content["grey"].startswith("soft-tissue window")


def test_a_point_off_the_slice_says_by_how_much(distance: Question, load: Load, tmp_path: Path) -> None:
    content = CasePictures(load(), tmp_path, "c").picture(distance).to_json()
    axial = content["views"][0]
    asides = [point["aside"] for point in axial["points"]]
    assert any(re.fullmatch(r"\d+ mm (above|below) this slice", aside) for aside in asides)


def test_same_slice_is_written_once(distance: Question, load: Load, tmp_path: Path) -> None:
    artist = CasePictures(load(), tmp_path, "c")
    first, second = artist.picture(distance), artist.picture(distance)
    assert [view.href for view in first.views] == [view.href for view in second.views]
    assert len(list(tmp_path.rglob("*.webp"))) == len({view.href for view in first.views})


def test_masks_alone_are_drawn_as_greys(distance: Question, load: Load, tmp_path: Path) -> None:
    picture = CasePictures(load(ct=False), tmp_path, "c").picture(distance)
    assert "no CT" in picture.grey_scale
    greys = [np.asarray(Image.open(tmp_path / view.href)) for view in picture.views]
    assert any(grey.max() > 40 for grey in greys)
    assert any(view.outlines for view in picture.views)


def test_ct_alone_says_that_outlines_are_missing(distance: Question, load: Load, tmp_path: Path) -> None:
    picture = CasePictures(load(masks=False), tmp_path, "c").picture(distance)
    assert picture.structures == ()
    assert "no masks" in picture.notes[0]
    assert all(view.points for view in picture.views)


def test_without_points_the_slices_pass_through_the_structure(
    distance: Question, load: Load, tmp_path: Path
) -> None:
    bare = asked(distance, evidence=Evidence(structures=("liver",)))
    picture = CasePictures(load(), tmp_path, "c").picture(bare)
    assert all(view.outlines for view in picture.views)
    assert all(view.line is None for view in picture.views)


def test_without_evidence_the_middle_is_shown_and_said(
    distance: Question, load: Load, tmp_path: Path
) -> None:
    picture = CasePictures(load(), tmp_path, "c").picture(asked(distance, evidence=None))
    assert "no evidence" in picture.notes[0]
    assert picture.views[0].frame.index in {9, 10}


def test_unknown_structures_are_named(distance: Question, load: Load, tmp_path: Path) -> None:
    odd = asked(distance, evidence=Evidence(structures=("liver", "spleen")))
    assert CasePictures(load(), tmp_path, "c").picture(odd).notes == (
        "Not outlined, no mask of this name: spleen.",
    )


def test_a_case_with_nothing_is_refused(tmp_path: Path) -> None:
    empty = CaseData(case=Case(case_id="x", patient_id="x"), ct=None, masks=None)
    with pytest.raises(InputError, match="case x: has neither a CT nor masks"):
        CasePictures(empty, tmp_path, "c")


def test_the_slice_that_shows_most_structures_wins(distance: Question, load: Load, tmp_path: Path) -> None:
    """Two boxes side by side at different depths: no single slice shows both, the first point's is kept."""
    picture = CasePictures(load(), tmp_path, "c").picture(distance)
    first = np.array(distance.evidence.points[0].xyz)
    assert abs(picture.views[0].frame.offset(first)) <= 2.0 + 1e-6


def test_a_lesion_of_several_is_found_in_the_mask_of_all(
    distance: Question, load: Load, tmp_path: Path
) -> None:
    lesion = asked(distance, evidence=Evidence(structures=("liver#2", "liver#1")))
    picture = CasePictures(load(), tmp_path, "c").picture(lesion)
    assert picture.structures == ("liver",)
    assert picture.notes == ()
