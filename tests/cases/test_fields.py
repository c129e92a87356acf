"""A mask file that ends inside the CT cuts what it shows, along every axis and in every storage order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.cases import load_case, make_phantom
from medspatial.cases.flat_ends import with_flat_ends
from medspatial.errors import InputError
from medspatial.geometry import Measured
from medspatial.questions.build import Plan, questions_of
from medspatial.records import Case, MaskSource
from medspatial.volume import AXIS_CODES, Affine, Grid, MaskSet, Volume, write_volume
from medspatial.volume.fields import border_words, common_box, mirrored_box, seen_box, turned_box

SHAPE = (40, 30, 50)
AFFINE = Affine.from_axcodes("LPS", (2.0, 2.0, 3.0), origin=(70, 60, -100))
GRID = Grid(SHAPE, AFFINE)


def part(affine: Affine, low, high) -> Grid:
    """Grid of the voxels low..high (inclusive) of another one."""
    matrix = affine.matrix.copy()
    matrix[:3, 3] = affine.apply(low)
    shape = tuple(int(b - a + 1) for a, b in zip(low, high, strict=True))
    return Grid(shape, Affine(matrix))


boxes = st.tuples(*[st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).map(sorted) for n in SHAPE]).map(
    lambda ends: (tuple(e[0] for e in ends), tuple(e[1] for e in ends))
)


@given(boxes)
def test_the_box_of_a_cropped_file_is_found(box):
    everything = ((0, 0, 0), tuple(n - 1 for n in SHAPE))
    assert (seen_box(part(AFFINE, *box), GRID) or everything) == box


@given(boxes, st.sampled_from(AXIS_CODES))
def test_boxes_turn_with_their_grid(box, codes):
    volume = np.zeros(SHAPE, np.uint8)
    volume[tuple(slice(a, b + 1) for a, b in zip(*box, strict=True))] = 1
    turned = Volume(volume, AFFINE, unit="label").oriented(codes)
    found = turned_box(box, GRID, turned.grid)
    index = np.argwhere(turned.voxels)
    assert found == (tuple(index.min(axis=0)), tuple(index.max(axis=0)))


@given(boxes)
def test_boxes_mirror_with_their_voxels(box):
    volume = np.zeros(SHAPE, np.uint8)
    volume[tuple(slice(a, b + 1) for a, b in zip(*box, strict=True))] = 1
    index = np.argwhere(Volume(volume, AFFINE, unit="label").mirrored().voxels)
    assert mirrored_box(box, GRID) == (tuple(index.min(axis=0)), tuple(index.max(axis=0)))


def test_words_and_intersections():
    box = ((0, 0, 10), (39, 20, 49))
    assert border_words(box, GRID) == "back, feet"
    assert common_box(None, box) == box
    assert common_box(box, ((5, 0, 0), (39, 29, 30))) == ((5, 0, 10), (39, 20, 30))
    assert common_box(None, None) is None


def test_a_turned_grid_sees_less_than_its_corners():
    angle = np.deg2rad(10)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    found = seen_box(Grid((30, 25, 50), Affine(turn @ AFFINE.matrix)), GRID)
    assert found is not None
    inside = np.array([found[0], found[1]])
    at = Affine(turn @ AFFINE.matrix).inverse().apply(AFFINE.apply(inside))
    assert (at > -1.0).all()
    assert (at < np.array((30, 25, 50))).all()


@pytest.fixture(scope="module")
def phantom():
    return make_phantom(4, spacing=5.0)


def written(folder: Path, phantom, low: int, high: int, axis: int = 2, layer=None, **source) -> Case:
    """The phantom's CT, and its masks cropped to voxels low..high along an axis, with the right affine."""
    write_volume(phantom.ct, folder / "ct.nii.gz")
    affine = phantom.masks.affine
    layer = phantom.masks.layers[0] if layer is None else layer
    ends = [[0, n - 1] for n in layer.shape]
    ends[axis] = [low, high]
    place = part(affine, [e[0] for e in ends], [e[1] for e in ends]).affine
    cropped = layer[tuple(slice(a, b + 1) for a, b in ends)]
    write_volume(Volume(cropped, place, unit="label"), folder / "seg.nii.gz")
    return Case(
        case_id="p",
        patient_id="p",
        image_path="ct.nii.gz",
        masks=(MaskSource(path="seg.nii.gz", label_map="phantom", **source),),
    )


@settings(max_examples=12, deadline=None)
@given(axis=st.integers(0, 2), share=st.floats(0.15, 0.85))
def test_nothing_that_touches_the_files_border_is_whole(phantom, tmp_path_factory, axis, share):
    folder = tmp_path_factory.mktemp("cropped")
    high = round(share * (phantom.ct.shape[axis] - 1))
    case = written(folder, phantom, 0, high, axis)
    data = load_case(case, folder)
    assert data.masks is not None
    assert data.masks.partial
    measured = Measured(data.masks, data.ct)
    full = Measured(phantom.masks, phantom.ct)
    for name in measured.names:
        stats, true = measured.stats(name), full.stats(name)
        if stats.whole and true.whole and true.components == 1:
            assert stats.voxels >= 0.9 * true.voxels, name
        if stats.bbox[1][axis] == high:
            assert not stats.whole
            assert stats.faces


def test_it_is_said_and_scan_wide_questions_are_dropped(phantom, tmp_path):
    case = written(tmp_path, phantom, 30, 80)
    data = load_case(case, tmp_path)
    assert any("seg.nii.gz: ends inside the CT (feet, head)" in note for note in data.notes)
    found = questions_of(data, Plan(None, 20), listed=frozenset({"kidney_left", "kidney_right", "nodule"}))
    assert {q.subtype for q in found.questions} & {"L2", "L3", "L4", "V7", "A6"} == set()
    assert {entry.subtype for entry in found.drops if entry.rule == "mask_field"} == {
        "L2",
        "L3",
        "L4",
        "V7",
        "A6",
    }
    reasons = [entry.note or "" for entry in found.drops if entry.rule == "not_whole"]
    assert any("of its mask file, which ends inside the CT" in reason for reason in reasons)
    assert found.questions


def test_a_file_cropped_to_its_labels_can_be_stated_complete(phantom, tmp_path):
    layer = np.where(phantom.masks.mask("liver"), phantom.masks.layers[0], 0).astype(np.uint8)
    shown = np.flatnonzero(layer.any(axis=(0, 1)))
    for complete in (False, True):
        case = written(tmp_path, phantom, int(shown[0]), int(shown[-1]), layer=layer, complete=complete)
        data = load_case(case, tmp_path)
        assert data.masks is not None
        assert data.masks.partial is not complete
    assert any("stated to be complete" in note for note in data.notes)


def test_a_voxel_less_than_the_ct_is_rounding(phantom, tmp_path):
    case = written(tmp_path, phantom, 1, phantom.ct.shape[2] - 2)
    masks = load_case(case, tmp_path).masks
    assert masks is not None
    assert not masks.partial


def test_fields_survive_joining_splitting_and_mirroring(phantom, tmp_path):
    masks = load_case(written(tmp_path, phantom, 30, 80), tmp_path).masks
    assert masks is not None
    liver = masks.fields["liver"]
    other = MaskSet([np.zeros(masks.shape, np.uint8)], [{}], masks.affine)
    assert masks.combined(other).fields == other.combined(masks).fields == masks.fields
    assert masks.with_notes("x").fields == masks.fields
    assert masks.mirrored().mirrored().fields == masks.fields
    assert masks.oriented("SAR").oriented(masks.affine.axcodes).fields["liver"] == liver


def test_each_file_of_a_folder_has_a_field_of_its_own(phantom, tmp_path):
    write_volume(phantom.ct, tmp_path / "ct.nii.gz")
    affine, shape = phantom.masks.affine, phantom.masks.shape
    whole = Volume(phantom.masks.mask("spleen").astype(np.uint8), affine, unit="label")
    write_volume(whole, tmp_path / "masks" / "spleen.nii.gz")
    liver = phantom.masks.mask("liver")
    low, high = np.argwhere(liver).min(axis=0), np.argwhere(liver).max(axis=0)
    place = part(affine, low, high).affine
    tight = liver[tuple(slice(a, b + 1) for a, b in zip(low, high, strict=True))].astype(np.uint8)
    write_volume(Volume(tight, place, unit="label"), tmp_path / "masks" / "liver.nii.gz")
    case = Case(case_id="p", patient_id="p", image_path="ct.nii.gz", masks=(MaskSource(path="masks"),))
    masks = load_case(case, tmp_path).masks
    assert masks is not None
    assert set(masks.fields) == {"liver"}
    measured = Measured(masks)
    assert not measured.stats("liver").whole
    assert measured.stats("spleen").whole
    assert shape == masks.shape


def test_a_mask_mostly_outside_its_ct_is_refused(phantom, tmp_path):
    case = written(tmp_path, phantom, 0, phantom.ct.shape[2] - 1)
    matrix = phantom.masks.affine.matrix.copy()
    matrix[2, 3] += 120.0
    write_volume(Volume(phantom.masks.layers[0], Affine(matrix), unit="label"), tmp_path / "seg.nii.gz")
    with pytest.raises(InputError, match=r"seg\.nii\.gz: \d+% of its \d+ labelled voxels lie outside the CT"):
        load_case(case, tmp_path)


def erased(phantom, low: int, high: int) -> MaskSet:
    """The masks with every label outside slices low..high erased, the file as long as ever."""
    layer = phantom.masks.layers[0].copy()
    layer[:, :, :low] = 0
    layer[:, :, high + 1 :] = 0
    return MaskSet([layer], phantom.masks.tables(), phantom.masks.affine)


@pytest.mark.parametrize("codes", ["RAS", "SPL"])
def test_labels_that_end_flat_at_one_slice_are_cut_there(phantom, codes):
    masks = with_flat_ends(erased(phantom, 40, 90).oriented(codes))
    assert masks.partial
    assert any("end flat at the same slice (feet, head)" in note for note in masks.notes)
    box = (
        masks.oriented("RAS").fields["liver"]
        if "liver" in masks
        else next(iter(masks.oriented("RAS").fields.values()))
    )
    assert (box[0][2], box[1][2]) == (40, 90)
    measured = Measured(masks)
    assert not any(
        measured.stats(name).whole for name in measured.names if measured.stats(name).bbox[1][2] >= 90
    )


@pytest.mark.parametrize("region", ["torso", "chest", "abdomen", "slab"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_anatomy_does_not_end_flat(region, seed):
    masks = make_phantom(seed, spacing=4.0, region=region).masks
    assert with_flat_ends(masks) is masks


def test_real_masks_do_not_end_flat(shared):
    from medspatial.cases import find_cases

    root, seen = shared / "data" / "real_ct", 0
    for case in find_cases(root, label_map=None).cases:
        if case.masks and not case.case_id.startswith("kits"):
            masks = load_case(case, root).masks
            assert masks is not None
            assert not masks.partial
            seen += 1
    assert seen == 3
