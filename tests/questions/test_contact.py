"""Contacts and distances beside a cut, against the patient that was cut; structures in pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from medspatial.geometry import Measured
from medspatial.questions import chosen_subtypes
from medspatial.questions.contact import near_cut, touch_verdict
from medspatial.questions.drop import Drop
from medspatial.questions.margins import SURE_DISTANCE
from medspatial.questions.scene import Scene
from medspatial.volume import AXIS_CODES, Affine, MaskSet

SHAPE = (24, 20, 22)
SPACINGS = ((3.0, 3.0, 3.0), (1.5, 2.0, 5.0), (4.0, 1.0, 2.0))


def affine_of(spacing, low=(0, 0, 0)):
    matrix = np.diag([*spacing, 1.0])
    matrix[:3, 3] = np.array(low) * spacing
    return Affine(matrix)


def blocks(seed):
    """Two blobs of boxes in one patient, often close, often long."""
    rng = np.random.default_rng(seed)
    masks = []
    for _ in range(2):
        mask = np.zeros(SHAPE, bool)
        at = rng.integers(2, np.array(SHAPE) - 6)
        for _ in range(rng.integers(1, 4)):
            size = rng.integers(2, 10, 3)
            mask[tuple(slice(a, a + n) for a, n in zip(at, size, strict=True))] = True
            at = np.clip(at + rng.integers(-3, 6, 3), 1, np.array(SHAPE) - 3)
        masks.append(mask)
    masks[1] &= ~masks[0]
    return masks


def gap_mm(first, second, spacing):
    return float(cKDTree(np.argwhere(first) * spacing).query(np.argwhere(second) * spacing)[0].min())


def box_of(seed):
    rng = np.random.default_rng(seed + 1)
    low = rng.integers(0, 9, 3) * (rng.random(3) < 0.4)
    high = np.array(SHAPE) - rng.integers(0, 9, 3) * (rng.random(3) < 0.4)
    return tuple(slice(a, b) for a, b in zip(low.tolist(), high.tolist(), strict=True)), low


def scene_of(masks, affine, fields=None, codes=None):
    layers = [mask.astype(np.uint8) for mask in masks.values()]
    found = MaskSet(layers, [{1: name} for name in masks], affine, fields=fields)
    return Scene("case", Measured(found.oriented(codes) if codes else found))


@given(st.integers(0, 10**6), st.sampled_from(SPACINGS))
@settings(max_examples=150, deadline=None)
def test_no_beside_a_cut_is_true_of_the_whole_patient(seed, spacing):
    """The scan cuts the patient at a random box; a 'no' asked beside a cut holds for what it hides."""
    first, second = blocks(seed)
    box, low = box_of(seed)
    seen = {"stomach": first[box], "duodenum": second[box]}
    if not all(mask.any() for mask in seen.values()):
        return
    scene = scene_of(seen, affine_of(spacing, low))
    if any(scene.stats(name).stray_voxels for name in seen):
        return
    verdict = touch_verdict(scene, "stomach", "duodenum")
    if isinstance(verdict, Drop) or verdict.clear_of_cut_mm is None:
        return
    limit = SURE_DISTANCE.mm(vmax=max(spacing))
    assert verdict.clear_of_cut_mm > limit
    faces = [scene.stats(name).faces for name in seen]
    assert sorted(map(bool, faces)) == [False, True]
    hidden_box = np.ones(SHAPE, bool)
    hidden_box[box] = False
    cut = (first, second)[bool(faces[1])]
    other = (second, first)[bool(faces[1])]
    inside = np.zeros(SHAPE, bool)
    inside[box] = True
    worst = hidden_box & beyond(faces[0] | faces[1], box)  # the cut one could fill all of this
    assert gap_mm((cut & inside) | worst, other & inside, np.array(spacing)) > limit


def beyond(faces, box):
    """All voxels beyond the planes of the given faces of a box."""
    ends = {"left": (0, 0), "right": (0, 1), "posterior": (1, 0), "anterior": (1, 1)}
    ends |= {"inferior": (2, 0), "superior": (2, 1)}
    found = np.zeros(SHAPE, bool)
    for face in faces:
        axis, end = ends[face]
        outside = slice(box[axis].stop, None) if end else slice(None, box[axis].start)
        found[tuple(outside if at == axis else slice(None) for at in range(3))] = True
    return found


@given(st.integers(0, 10**6), st.sampled_from(SPACINGS), st.sampled_from(sorted(AXIS_CODES)))
@settings(max_examples=150, deadline=None)
def test_a_distance_beside_the_end_of_a_mask_file_is_that_of_the_patient(seed, spacing, codes):
    """Where a mask file ends inside the CT, no distance is asked that its hidden part changes."""
    first, second = blocks(seed)
    box, _ = box_of(seed)
    cropped = np.zeros(SHAPE, np.uint8)
    cropped[box] = first[box]
    if not (cropped.any() and second.any()):
        return
    seen = (tuple(one.start for one in box), tuple(one.stop - 1 for one in box))
    whole = seen == ((0, 0, 0), tuple(n - 1 for n in SHAPE))
    masks = {"stomach": cropped, "duodenum": second}
    scene = scene_of(masks, affine_of(spacing), None if whole else {"stomach": seen}, codes)
    touches = any(
        cropped.take(one.start, axis).any() or cropped.take(one.stop - 1, axis).any()
        for axis, one in enumerate(box)
    )
    stats = scene.stats("stomach")
    if stats.stray_voxels or scene.stats("duodenum").stray_voxels:
        return
    assert bool(stats.faces) is touches
    if touches:
        assert not stats.whole
    found = scene.distance("stomach", "duodenum")
    connected = not (cropped.astype(bool) != first).any() or touches
    if connected and not near_cut(scene, "stomach", "duodenum") and found.mm > 0 and one_piece(first):
        assert found.mm == pytest.approx(gap_mm(first, second, np.array(spacing)))


def one_piece(mask):
    from scipy import ndimage

    return ndimage.label(mask, np.ones((3, 3, 3)))[1] == 1


def slab(low, high, shape=(40, 30, 30)):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


@pytest.mark.parametrize(("depth", "expected"), [(3, "near_cut"), (4, "asked"), (5, "asked")])
def test_no_beside_a_cut_needs_more_than_the_limit(depth, expected):
    """At 2 mm the limit is 6 mm: three voxels from the outermost plane are not enough, four are."""
    top = 29 - depth
    masks = {"liver": slab((5, 5, 10), (15, 25, 30)), "stomach": slab((22, 5, top - 4), (32, 25, top + 1))}
    verdict = touch_verdict(scene_of(masks, affine_of((2.0, 2.0, 2.0))), "liver", "stomach")
    assert (verdict.rule if isinstance(verdict, Drop) else "asked") == expected
    if not isinstance(verdict, Drop):
        assert verdict.clear_of_cut_mm == pytest.approx(2.0 * depth)


def test_no_beside_a_cut_is_not_asked_of_two_that_touch_faces():
    masks = {"liver": slab((5, 5, 10), (15, 25, 30)), "stomach": slab((22, 5, 0), (32, 25, 20))}
    scene = scene_of(masks, affine_of((2.0, 2.0, 2.0)))
    assert isinstance(touch_verdict(scene, "liver", "stomach"), Drop)


@pytest.mark.parametrize(("small", "expected"), [(100, True), (99, True), (101, False)])
def test_a_structure_in_pieces_is_not_used_for_distances(small, expected):
    """900 voxels in the main component; a second one of 100 is exactly 10 %."""
    pancreas = slab((2, 2, 2), (12, 12, 11))
    rest = slab((2, 20, 2), (12, 30, 12)) & (np.cumsum(slab((2, 20, 2), (12, 30, 12))) <= small).reshape(
        (40, 30, 30)
    )
    masks = {"pancreas": pancreas | rest, "liver": slab((20, 2, 2), (30, 12, 12))}
    for name, at in (("spleen", 14), ("stomach", 17), ("duodenum", 20), ("gallbladder", 23)):
        masks[name] = slab((20, 14, at), (36, 28, at + 2))
    scene = scene_of(masks, affine_of((3.0, 3.0, 3.0)))
    assert (scene.in_pieces("pancreas") is None) is expected
    for subtype in chosen_subtypes(["D1", "D2", "D4", "M4"]):
        found = list(subtype.find(scene))
        dropped = [one for one in found if isinstance(one, Drop) and one.rule == "in_pieces"]
        assert bool(dropped) is not expected
        if dropped:
            asked = [one for one in found if not isinstance(one, Drop)]
            assert all("pancreas" not in one.structures for one in asked)
            assert dropped[0].structures == ("pancreas",)
            assert dropped[0].figure == pytest.approx(900 / (900 + small), abs=1e-4)


@pytest.mark.parametrize(
    ("name", "exempt"), [("colon", True), ("rib_left_5", True), ("costal_cartilages", False)]
)
def test_bowel_and_ribs_may_lie_in_pieces_and_rib_cartilages_may_not(name, exempt):
    masks = {name: slab((2, 2, 2), (10, 10, 10)) | slab((20, 2, 2), (28, 10, 10))}
    assert (scene_of(masks, affine_of((3.0, 3.0, 3.0))).in_pieces(name) is None) is exempt
