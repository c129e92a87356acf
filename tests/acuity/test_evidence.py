"""What inputs hold of a benchmark's questions: known pictures, known losses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medspatial.acuity import input_of, sights
from medspatial.acuity.evidence import noise_hu, pattern_hu
from medspatial.cases import CaseData
from medspatial.errors import InputError
from medspatial.records import Case, Evidence, Question, Sight
from medspatial.volume import Affine, MaskSet, Volume

SHAPE = (64, 64, 80)  # mm: eight slices lie 10 mm apart
BETWEEN, ON, FLAT = "nodule", "kidney_left", "spleen"


def ball(centre: tuple[float, float, float], radius: float) -> np.ndarray:
    near = [(g - c) ** 2 for g, c in zip(np.indices(SHAPE), centre, strict=True)]
    return sum(near) <= radius**2


@pytest.fixture(scope="module")
def data() -> CaseData:
    """Soft tissue with three balls: a small one that no slice meets, a large one, one without contrast."""
    hu = np.random.default_rng(0).normal(40, 10, SHAPE)
    masks = {BETWEEN: ball((20, 20, 40), 1.6), ON: ball((44, 40, 40), 14), FLAT: ball((20, 44, 20), 6)}
    hu[masks[BETWEEN]] += 200
    hu[masks[ON]] += 80
    affine = Affine(np.eye(4))
    return CaseData(
        Case(case_id="c", patient_id="c"),
        Volume(hu.astype(np.int16), affine, "HU").oriented("LPI"),
        MaskSet.from_masks(masks, affine).oriented("LPI"),
    )


def question(*structures: str) -> Question:
    return Question(
        id="+".join(structures),
        case_id="c",
        question=f"Where are {structures}?",
        answer="left",
        options=("left", "right"),
        evidence=Evidence(structures=structures),
    )


def seen(data: CaseData, name: str, *structures: str) -> Sight:
    (found,) = sights(name, input_of(name), [question(*structures)], lambda _: data)
    return found


def test_slices_lose_what_lies_between_them_and_the_whole_volume_does_not(data: CaseData) -> None:
    between, whole = seen(data, "8_slices", BETWEEN), seen(data, "whole_volume", BETWEEN)
    assert (between.d, between.seen, between.lost) == (0.0, 0.0, True)
    assert whole.seen > 0.999
    assert not whole.lost
    assert not seen(data, "8_slices", ON).lost
    assert between.contrast == whole.contrast == pytest.approx(200, abs=6)


def test_the_least_seen_structure_decides(data: CaseData) -> None:
    both = seen(data, "8_slices", ON, BETWEEN)
    assert (both.structure, both.seen) == (BETWEEN, 0.0)
    assert both.contrast == pytest.approx(80, abs=3)


def test_what_has_no_contrast_is_hardly_held_by_any_input(data: CaseData) -> None:
    pattern = pattern_hu(data.ct, data.masks.mask(FLAT))
    assert np.sqrt(np.square(pattern).mean()) < 2
    whole = seen(data, "whole_volume", FLAT)
    assert whole.d < seen(data, "whole_volume", ON).d / 100


def test_what_is_as_bright_as_its_surroundings_on_average_is_still_seen_by_its_inside(data: CaseData) -> None:
    """Bowel with gas and contrast medium: its mean says nothing, its pattern does."""
    region = data.masks.oriented("RAS").mask(FLAT)
    halves = np.where(np.indices(SHAPE)[2] < 20, 150, -150) * region
    voxels = (data.ct.oriented("RAS").voxels + halves).astype(np.int16)
    other = replace(data, ct=replace(data.ct.oriented("RAS"), voxels=voxels).oriented("LPI"))
    assert abs(pattern_hu(other.ct, other.masks.mask(FLAT)).mean()) < 40
    assert seen(other, "whole_volume", FLAT).d > 20


def test_d_is_the_contrast_times_the_root_of_the_voxels_over_the_noise(data: CaseData) -> None:
    voxels = int(data.masks.mask(ON).sum())
    assert noise_hu(data.ct) == pytest.approx(10, rel=0.15)
    wanted = 80 * np.sqrt(voxels) / noise_hu(data.ct)
    assert seen(data, "whole_volume", ON).d == pytest.approx(wanted, rel=0.25)


def test_questions_without_structures_and_cases_without_masks_are_left_out(data: CaseData) -> None:
    absent = [question("liver"), question().model_copy(update={"evidence": None, "id": "none"})]
    assert not list(sights("whole_volume", input_of("whole_volume"), absent, lambda _: data))
    bare = CaseData(data.case, data.ct, None)
    assert not list(sights("whole_volume", input_of("whole_volume"), [question(ON)], lambda _: bare))


def test_an_input_cropped_by_values_is_compared_where_its_size_stays(data: CaseData) -> None:
    """A structure that sets the size of a crop is told by it; noise must not set it."""

    def ball_alone(volume: Volume) -> np.ndarray:
        return volume.voxels[volume.voxels.max(axis=(1, 2)) > 180]

    def dithered(volume: Volume) -> np.ndarray:
        return volume.voxels[: 8 + int(volume.voxels.sum()) % 53]

    (found,) = sights("cropped", ball_alone, [question(BETWEEN)], lambda _: data)
    assert found.seen == 1.0
    with pytest.raises(InputError, match="case 'c': the size of this input changes with noise"):
        list(sights("dithered", dithered, [question(ON)], lambda _: data))
