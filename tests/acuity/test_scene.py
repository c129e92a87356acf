"""The pictures of the sight test: exact, repeatable, and without a hint beside the quantity itself."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.acuity import QUANTITIES, Trials, chosen_quantities
from medspatial.acuity.scene import SPACING_MM, Patient, Sphere, draw
from medspatial.errors import InputError


def extra(spheres: list[Sphere], **more: float) -> np.ndarray:
    patient = Patient(1)
    return draw(patient, spheres, noise=None, **more).voxels - draw(patient, [], noise=None, **more).voxels


def test_a_sphere_has_its_volume_and_its_centre_to_a_tenth_of_a_voxel() -> None:
    drawn = extra([Sphere((10.3, -7.1, 21.7), 20.0, 100.0)])
    ml = drawn.sum() / 100 * SPACING_MM**3 / 1000
    assert ml == pytest.approx(4 / 3 * np.pi, rel=0.02)
    affine = draw(Patient(1), [], noise=None).affine
    weights = drawn[drawn > 0]
    centre = (affine.apply(np.argwhere(drawn > 0)) * weights[:, None]).sum(axis=0) / weights.sum()
    wanted = np.array((10.3, -7.1, 21.7)) + Patient(1).middle
    assert centre == pytest.approx(wanted, abs=0.1)


def test_thick_slices_hold_the_same_sphere_thinned_out() -> None:
    sphere = Sphere((0, 0, 3.0), 8.0, 100.0)
    thin, thick = extra([sphere]), extra([sphere], thickness=20.0)
    assert thick.shape[2] == 16
    assert thick.max() < 60 < thin.max()
    assert thick.sum() * 20.0 == pytest.approx(thin.sum() * SPACING_MM, rel=0.15)


def test_the_same_trial_is_the_same_picture_and_its_name_does_not_tell_the_answer() -> None:
    side = QUANTITIES["side"]
    first, again = Trials((side,), patients=2), Trials((side,), patients=2)
    assert first.questions == again.questions
    case_id = first.questions[3].case_id
    assert np.array_equal(first.volume(case_id).voxels, again.volume(case_id).voxels)
    assert len({q.id for q in first.questions}) == len(first.questions) == 2 * 2 * len(side.levels)
    answers = [q.answer for q in first.questions]
    assert answers.count("left") == answers.count("right")
    assert {q.options for q in first.questions} == {("left", "right"), ("right", "left")}


def test_unknown_quantities_are_named() -> None:
    assert chosen_quantities() == tuple(QUANTITIES.values())
    with pytest.raises(InputError, match="unknown quantity 'colour'; known: side, distance"):
        chosen_quantities(("colour",))
