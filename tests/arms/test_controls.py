"""Control arms: pure changes of question and volume, joined by id, logical under mirroring."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from medspatial.anatomy import swap_side
from medspatial.arms import arm
from medspatial.arms.controls import CONTROLS
from medspatial.errors import InputError
from medspatial.records import Question
from medspatial.volume import AXIS_CODES, Affine, MaskSet, Volume


def volume_of(case_id: str, codes: str = "RAS") -> Volume:
    seed = sum(case_id.encode())
    voxels = np.random.default_rng(seed).integers(-1000, 1000, (6, 5, 4)).astype(np.int16)
    return Volume(voxels, Affine(np.diag([2.0, 2.0, 3.0, 1.0])), "HU").oriented(codes)


def question(case: str = "a", text: str = "Which side?", answer: str = "left", **more: object) -> Question:
    return Question(case_id=case, patient_id=case, question=text, answer=answer, **more)  # type: ignore[arg-type]


CLOSED = question(options=("left", "right", "both", "neither"))
QUESTIONS = [question(case) for case in "abcdef"]


def test_unknown_arm_lists_those_known() -> None:
    with pytest.raises(
        InputError,
        match=r"unknown arm 'mirror' \(did you mean 'mirrored'\?\); known: standard, text_only, blank",
    ):
        arm("mirror")


@pytest.mark.parametrize("name", sorted(one.name for one in CONTROLS))
def test_every_arm_keeps_ids_and_is_pure(name: str) -> None:
    asked = [CLOSED, question("b", reworded="On what side is it?")]
    first, second = arm(name).questions(asked), arm(name).questions(asked)
    assert first == second
    assert {q.id for q in first} <= {q.id for q in asked}
    for changed in first:
        assert not changed.options or changed.answer in changed.options


def test_text_only_gives_no_volume_and_blank_gives_air_on_the_same_grid() -> None:
    assert arm("text_only").loader(volume_of, QUESTIONS)("a") is None
    blank = arm("blank").loader(volume_of, QUESTIONS)("a")
    assert blank is not None
    assert np.unique(blank.voxels).tolist() == [-1000]
    assert (blank.affine, blank.shape) == (volume_of("a").affine, volume_of("a").shape)
    assert blank.history[-1].name == "blank"


def test_wrong_patient_never_gives_the_same_patient() -> None:
    asked = [question(case).model_copy(update={"patient_id": case[0]}) for case in ("a1", "a2", "b1", "c1")]
    seen: list[str] = []

    def load(case_id: str) -> Volume:
        seen.append(case_id)
        return volume_of(case_id)

    loader = arm("wrong_patient").loader(load, asked)
    for item in asked:
        volume = loader(item.case_id)
        assert volume is not None
        assert seen[-1][0] != item.patient_id
        assert volume.history[-1].parameters == {"instead_of": item.case_id}


def test_wrong_patient_needs_two_patients() -> None:
    with pytest.raises(InputError, match="at least two patients"):
        arm("wrong_patient").loader(volume_of, [question("a")])


@given(codes=st.sampled_from(AXIS_CODES))
def test_shuffled_slices_keeps_every_axial_slice_whole_whatever_the_storage(codes: str) -> None:
    loader = arm("shuffled_slices").loader(lambda case: volume_of(case, codes), QUESTIONS)
    shuffled = loader("b")
    assert shuffled is not None
    before = volume_of("b").voxels
    after = shuffled.oriented("RAS").voxels
    order = [
        int(np.flatnonzero([(before[:, :, j] == after[:, :, k]).all() for j in range(4)])[0])
        for k in range(4)
    ]
    assert sorted(order) == [0, 1, 2, 3]
    assert order != [0, 1, 2, 3]


def test_mirrored_turns_volume_and_reference_but_not_a_text_without_sides() -> None:
    (changed,) = arm("mirrored").questions([CLOSED])
    assert (changed.question, changed.answer, changed.options) == (
        "Which side?",
        "right",
        ("left", "right", "both", "neither"),
    )
    volume = arm("mirrored").loader(volume_of, [CLOSED])("a")
    assert volume is not None
    np.testing.assert_array_equal(volume.voxels, volume_of("a").voxels[::-1])


def test_permuted_options_move_every_letter_and_keep_the_answer() -> None:
    (changed,) = arm("permuted_options").questions([CLOSED, question("b")])
    assert set(changed.options) == set(CLOSED.options)
    assert all(a != b for a, b in zip(changed.options, CLOSED.options, strict=True))
    assert changed.answer == CLOSED.answer


def test_reworded_uses_the_wording_that_is_given() -> None:
    (changed,) = arm("reworded").questions([CLOSED, question("b", metadata={"reworded": "What side?"})])
    assert (changed.case_id, changed.question) == ("b", "What side?")


NAMES = ("kidney_left", "kidney_right", "liver")


def masks_of(case_id: str, codes: str = "RAS") -> MaskSet:
    labels = np.random.default_rng(sum(case_id.encode())).integers(0, 4, (6, 5, 4)).astype(np.uint8)
    table = dict(enumerate(NAMES, start=1))
    return MaskSet([labels], [table], Affine(np.diag([2.0, 2.0, 3.0, 1.0]))).oriented(codes)


@given(codes=st.sampled_from(AXIS_CODES))
def test_mirrored_masks_change_sides_and_names(codes: str) -> None:
    made = arm("mirrored").mask_loader(lambda case: masks_of(case, codes), QUESTIONS)("a")
    plain = masks_of("a", codes)
    assert made is not None
    assert set(made.names) == set(NAMES)
    assert made.grid == plain.grid
    for name in NAMES:
        flipped = Volume(plain.mask(name), plain.affine, "label").mirrored()
        np.testing.assert_array_equal(made.mask(swap_side(name)), flipped.voxels)


@given(codes=st.sampled_from(AXIS_CODES))
def test_shuffled_masks_stay_with_their_slices(codes: str) -> None:
    """Where the volume's voxels are the mask itself, they still are behind the arm."""
    shuffled = arm("shuffled_slices")
    masks = shuffled.mask_loader(lambda case: masks_of(case, codes), QUESTIONS)("b")
    plain = masks_of("b", codes)
    voxels = plain.mask("liver").astype(np.int16)
    volume = shuffled.loader(lambda case: Volume(voxels, plain.affine, "HU"), QUESTIONS)("b")
    assert masks is not None
    assert volume is not None
    np.testing.assert_array_equal(volume.voxels, masks.mask("liver"))
    assert not np.array_equal(volume.voxels, voxels)


def test_masks_of_another_patient_are_those_of_the_volume_shown() -> None:
    chosen = arm("wrong_patient")
    read: list[str] = []

    def load(case_id: str) -> MaskSet:
        read.append(case_id)
        return masks_of(case_id)

    for item in QUESTIONS:
        chosen.mask_loader(load, QUESTIONS)(item.case_id)
        volume = chosen.loader(volume_of, QUESTIONS)(item.case_id)
        assert volume is not None
        np.testing.assert_array_equal(volume.voxels, volume_of(read[-1]).voxels)


@pytest.mark.parametrize("name", ["blank", "text_only"])
def test_no_masks_where_nothing_is_shown(name: str) -> None:
    assert arm(name).mask_loader(masks_of, QUESTIONS)("a") is None


@pytest.mark.parametrize("name", ["standard", "permuted_options", "reworded"])
def test_arms_that_leave_the_volume_alone_leave_masks_and_points_alone(name: str) -> None:
    masks = arm(name).mask_loader(masks_of, QUESTIONS)("a")
    assert masks is not None
    np.testing.assert_array_equal(masks.mask("liver"), masks_of("a").mask("liver"))
    assert arm(name).locate(volume_of("a"), [(1.0, 2.0, 3.0)]) == [(1.0, 2.0, 3.0)]


@given(codes=st.sampled_from(AXIS_CODES))
def test_points_move_with_the_mirrored_volume(codes: str) -> None:
    volume = volume_of("a", codes)
    turned = volume.mirrored()
    voxel = (1, 2, 3)
    (point,) = arm("mirrored").locate(turned, [volume.affine.apply(voxel)]) or ()
    place = np.rint(turned.affine.inverse().apply(point)).astype(int)
    assert turned.voxels[tuple(place)] == volume.voxels[voxel]
    x, y, z = volume.affine.apply(voxel)
    np.testing.assert_allclose(
        point, (2 * volume.affine.apply((np.array(volume.shape) - 1) / 2)[0] - x, y, z)
    )
