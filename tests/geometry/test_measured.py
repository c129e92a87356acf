from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medspatial.errors import InputError
from medspatial.geometry import Measured
from medspatial.volume import AXIS_CODES, Affine, MaskSet, Volume

NAMES = ("stomach", "duodenum", "skull", "face")
SEEDS = st.integers(0, 10**6)


@given(SEEDS, st.sampled_from(sorted(AXIS_CODES)), st.sampled_from(["cubic", "anisotropic", "oblique"]))
@settings(max_examples=50, deadline=None)
def test_nothing_depends_on_the_storage_orientation(
    random_labels: Callable, random_affine: Callable, seed: int, codes: str, kind: str
) -> None:
    volume, matrix = random_labels(seed, 3), random_affine(seed, kind)
    table = {value: NAMES[value - 1] for value in (1, 2, 3)}
    masks = MaskSet([volume], [table], Affine(matrix))
    ct = Volume(np.random.default_rng(seed).integers(-1000, 1000, volume.shape), Affine(matrix), unit="HU")
    plain, turned = Measured(masks, ct), Measured(masks.oriented(codes), ct.oriented(codes))
    for name in plain.names:
        assert turned.stats(name).bbox == plain.stats(name).bbox
        assert turned.stats(name).faces == plain.stats(name).faces
        assert turned.stats(name).whole_reason == plain.stats(name).whole_reason
        assert turned.stats(name).centroid_mm == pytest.approx(plain.stats(name).centroid_mm, abs=1e-6)
        assert turned.stats(name).mean_hu == pytest.approx(plain.stats(name).mean_hu)
    for a, b in permutations(plain.names, 2):
        one, other = plain.distance(a, b), turned.distance(a, b)
        assert other.mm == pytest.approx(one.mm)
        assert other.point_a == pytest.approx(one.point_a, abs=1e-6)
        assert other.point_b == pytest.approx(one.point_b, abs=1e-6)
        assert (other.touching, other.near_cut) == (one.touching, one.near_cut)
        assert turned.contact(a, b) == plain.contact(a, b)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_masks_of_several_layers_may_overlap(seed: int) -> None:
    rng = np.random.default_rng(seed)
    masks = {name: rng.random((5, 6, 7)) < 0.7 for name in ("nodule", "kidney_cyst")}
    measured = Measured(MaskSet.from_masks(masks, Affine(np.eye(4))))
    first, second = masks.values()
    assert measured.contact("nodule", "kidney_cyst").overlap_voxels == (first & second).sum()
    if (first & second).any():
        found = measured.distance("nodule", "kidney_cyst")
        assert (found.mm, found.touching) == (0.0, True)
        assert found.point_a == found.point_b == tuple(np.argwhere(first & second)[0])


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_mean_hu_is_that_of_the_voxels(random_labels: Callable, seed: int) -> None:
    volume = random_labels(seed, 2)
    rng = np.random.default_rng(seed)
    ct = rng.integers(-1000, 3000, volume.shape).astype(rng.choice(["int16", "float32"]))
    masks = MaskSet([volume], [{1: "nodule", 2: "kidney_cyst"}], Affine(np.eye(4)))
    measured = Measured(masks, Volume(ct, Affine(np.eye(4)), unit="HU"))
    assert measured.stats("nodule").mean_hu == pytest.approx(ct[volume == 1].astype(float).mean())


def two_blocks() -> np.ndarray:
    volume = np.zeros((40, 12, 12), dtype=np.uint8)
    volume[2:12, 1:11, 1:11] = 1
    volume[30:38, 1:11, 1:11] = 2
    return volume


def test_a_stray_piece_does_not_decide_a_distance(measured_of: Callable) -> None:
    volume = two_blocks()
    volume[28, 5, 5] = 1  # one voxel of the first structure close to the second
    measured = measured_of(volume, np.diag([2.0, 1.0, 1.0, 1.0]))
    assert measured.distance("stomach", "duodenum").mm == pytest.approx(38.0)
    assert measured.stats("stomach").stray_voxels == 1


def test_the_pieces_of_a_lesion_all_count(measured_of: Callable) -> None:
    volume = two_blocks()
    volume[27, 5, 5] = 1
    measured = measured_of(volume, np.eye(4), ("nodule", "duodenum"))
    assert measured.distance("nodule", "duodenum").mm == 3.0
    assert measured.pieces("nodule") == ("nodule#1", "nodule#2")
    assert measured.stats("nodule#2").voxels == 1
    assert measured.distance("nodule#1", "duodenum").mm == 19.0
    assert measured.distance("nodule#1", "nodule#2").mm == 16.0
    assert [part.voxels for part in measured.components("nodule")] == [1000, 1]
    assert measured.pieces("nodule", minimum_voxels=8) == ("nodule#1",)


def test_an_organ_with_its_lesion_is_a_structure(measured_of: Callable) -> None:
    volume = two_blocks()
    volume[12:14, 1:11, 1:11] = 3
    measured = measured_of(volume, np.eye(4), ("kidney_left", "spleen", "kidney_tumor"))
    name = measured.union("kidney_left+tumor", "kidney_left", "kidney_tumor")
    assert measured.union(name, "kidney_left", "kidney_tumor") == name
    assert measured.stats(name).voxels == 1200
    assert measured.stats(name).components == 1
    assert measured.distance(name, "spleen").mm == 17.0
    assert measured.distance("kidney_left", "spleen").mm == 19.0
    assert measured.depth("kidney_tumor", name).mm == 0.0
    assert name in measured.names


def test_a_cut_lesion_makes_its_organ_cut(measured_of: Callable) -> None:
    volume = two_blocks()
    volume[0:2, 5, 5] = 3
    measured = measured_of(volume, np.eye(4), ("kidney_left", "spleen", "kidney_tumor"))
    assert measured.stats("kidney_left").whole
    assert measured.stats(measured.union("all", "kidney_left", "kidney_tumor")).faces == {"left"}


@pytest.mark.parametrize(("reach", "cut"), [(20, True), (21, False)])
def test_near_cut_looks_within_two_centimetres_of_the_closest_point(
    measured_of: Callable, reach: int, cut: bool
) -> None:
    volume = np.zeros((60, 9, 9), dtype=np.uint8)
    volume[0 : reach + 1, 4, 4] = 1  # its right end is the closest point, its left end lies on the face
    volume[50:55, 3:6, 3:6] = 2
    found = measured_of(volume, np.eye(4), ("kidney_cyst", "nodule")).distance("kidney_cyst", "nodule")
    assert found.point_a == (reach, 4, 4)
    assert (found.cut_a, found.cut_b, found.near_cut) == (cut, False, cut)


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_near_cut_equals_the_distance_to_every_voxel_on_a_face(
    random_labels: Callable, random_affine: Callable, measured_of: Callable, seed: int
) -> None:
    volume, matrix = random_labels(seed, 2), random_affine(seed, "oblique")
    matrix[:3, :3] *= 6.0
    found = measured_of(volume, matrix, ("nodule", "kidney_cyst")).distance("nodule", "kidney_cyst")
    border = np.ones(volume.shape, dtype=bool)
    border[1:-1, 1:-1, 1:-1] = False
    for value, point, cut in ((1, found.point_a, found.cut_a), (2, found.point_b, found.cut_b)):
        centres = np.argwhere((volume == value) & border) @ matrix[:3, :3].T + matrix[:3, 3]
        gaps = np.linalg.norm(centres - point, axis=1)
        assert cut == bool((gaps <= 20.0).any())


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_nearest_candidates_are_those_of_all_distances(
    random_labels: Callable, measured_of: Callable, seed: int
) -> None:
    volume = random_labels(seed, 6, most=14)
    names = ("nodule", "kidney_cyst", "kidney_tumor", "liver_lesion", "pleural_effusion", "pancreas_lesion")
    measured = measured_of(volume, np.diag([0.7, 1.3, 2.0, 1.0]), names)
    first, *others = measured.names
    every = sorted((measured.distance(first, other).mm, other) for other in others)
    again = measured_of(volume, np.diag([0.7, 1.3, 2.0, 1.0]), names)
    found = [(distance.mm, name) for name, distance in again.nearest(first, others, 2)]
    assert found == every[:2]


def test_distances_of_many_pairs_leave_out_what_is_far(measured_of: Callable) -> None:
    volume = two_blocks()
    volume[20:22, 5:7, 5:7] = 3
    measured = measured_of(volume, np.eye(4), ("kidney_left", "spleen", "nodule"))
    pairs = list(combinations(measured.names, 2))
    everything = measured.distances(pairs)
    assert {pair: found.mm for pair, found in everything.items()} == {
        ("kidney_left", "spleen"): 19.0,
        ("kidney_left", "nodule"): 9.0,
        ("spleen", "nodule"): 9.0,
    }
    fresh = measured_of(volume, np.eye(4), ("kidney_left", "spleen", "nodule"))
    assert set(fresh.distances(pairs, upper_bound=9.0)) == {("kidney_left", "nodule"), ("spleen", "nodule")}
    assert fresh.distance("kidney_left", "spleen").mm == 19.0
    assert fresh.distance_within("kidney_left", "spleen", 18.9) is None


def test_what_lies_between_and_diameters_by_name(measured_of: Callable) -> None:
    volume = two_blocks()
    volume[16:25, 1:11, 1:11] = 3
    measured = measured_of(volume, np.eye(4), ("kidney_left", "spleen", "nodule"))
    assert measured.between("kidney_left", "spleen", ["nodule"]) == pytest.approx({"nodule": 0.5})
    assert measured.axial_diameter("nodule").mm == pytest.approx(np.hypot(8, 9) + 17 / np.hypot(8, 9))
    assert measured.solid_diameter("nodule").mm > measured.axial_diameter("nodule").mm


def test_an_unknown_name_says_what_there_is(measured_of: Callable) -> None:
    measured = measured_of(two_blocks(), np.eye(4))
    with pytest.raises(InputError, match=r"'liver'.*duodenum, stomach"):
        measured.stats("liver")
    with pytest.raises(InputError, match="already used"):
        measured.union("stomach", "duodenum")
    with pytest.raises(InputError, match="at least one part"):
        measured.union("nothing")


def test_a_ct_on_another_grid_is_refused() -> None:
    masks = MaskSet([two_blocks()], [{1: "liver", 2: "spleen"}], Affine(np.eye(4)))
    small = Volume(np.zeros((4, 4, 4), dtype=np.int16), Affine(np.eye(4)))
    moved = Volume(np.zeros((40, 12, 12), dtype=np.int16), Affine(np.diag([2.0, 1.0, 1.0, 1.0])))
    with pytest.raises(InputError, match="differ"):
        Measured(masks, small)
    with pytest.raises(InputError, match="different affines"):
        Measured(masks, moved)
