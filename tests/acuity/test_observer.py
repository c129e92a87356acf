"""The ideal observer: what an input holds, and what its preparation threw away."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from medspatial.acuity import QUANTITIES, input_acuity, input_names, input_of
from medspatial.acuity.observer import Observer, discriminability, share_right
from medspatial.acuity.scene import Patient, Sphere
from medspatial.cases.phantom import make_marker_phantom
from medspatial.errors import InputError
from medspatial.models.tools.audit import audit
from medspatial.models.tools.inventory import contract_of, preparation
from medspatial.records import BLIND

M3D_STEP_MM = 330.0 / 32


def seen(name: str, diameter: float) -> list[float]:
    """Discriminability of a sphere at 12 heights within one of M3D-LaMed's 32 slices."""
    observer = Observer(input_of(name))
    spheres = [
        Sphere((5.0, 5.0, float(z)), diameter, 100.0) for z in np.linspace(0, M3D_STEP_MM, 12, endpoint=False)
    ]
    return [observer.d(Patient(1), ((sphere,), ())) for sphere in spheres]


def test_m3d_loses_the_sphere_of_6_mm_between_its_slices_and_the_whole_volume_never_does() -> None:
    prepared, whole = seen("m3d_lamed", 6.0), seen("whole_volume", 6.0)
    assert sum(d < 0.1 for d in prepared) >= 2
    assert max(prepared) > 20
    assert min(whole) > 20


def test_the_audit_of_m3d_finds_the_same_by_other_means() -> None:
    """`models audit` looks for the largest contrast that is left of a sphere, without noise or observer."""
    prepare = preparation("m3d_lamed")
    found = audit("m3d_lamed", prepare, contract_of(prepare), make_marker_phantom, storages=("RAS",))
    kept = {one.diameter_mm: one.contrast_worst for one in found.survivals}
    assert kept[6.0] < 0.1
    assert kept[20.0] > 0.5
    prepared = {mm: min(seen("m3d_lamed", mm)) for mm in (6.0, 20.0)}
    assert prepared[6.0] < BLIND
    assert prepared[20.0] > 10


def test_an_observer_without_a_difference_guesses_and_one_with_a_large_one_is_always_right() -> None:
    nothing = np.zeros((8, 8, 8), np.float32)
    noise = np.random.default_rng(0).normal(0, 2, (8, 8, 8)).astype(np.float32)
    assert share_right(discriminability(nothing, nothing, noise)) == 0.5
    dot = nothing.copy()
    dot[4, 4, 4] = 6.0
    assert discriminability(dot, dot, noise) == pytest.approx(3.0, rel=0.35)
    assert share_right(discriminability(100 * dot, dot, noise)) == pytest.approx(1.0)


def test_inputs_are_known_by_name_and_a_table_says_what_they_hold() -> None:
    assert {"whole_volume", "8_slices", "m3d_lamed", "medgemma"} <= set(input_names())
    with pytest.raises(InputError, match="no input 'gpt' without weights; there are: whole_volume"):
        input_of("gpt")
    size = replace(QUANTITIES["size"], levels=(2.0, 30.0))
    (found,) = input_acuity("vista3d", input_of("vista3d"), [size], patients=2)
    assert found.kind == "input"
    assert [one.blind for one in found.levels] == [0.0, 0.0]
    assert found.status == "finer"
    assert found.words() == "under 2 mm"


def test_thin_slices_are_worse_for_an_input_that_leaves_some_out() -> None:
    """Of a scan in 8 slices eight slices are all; of one in 220 they miss most nodules of 8 mm."""
    quantity = QUANTITIES["thickness"]
    thinned = replace(quantity, levels=(1.5, 40.0))
    [found] = input_acuity("8_slices", input_of("8_slices"), [thinned], patients=3, trials=2)
    thick, thin = found.levels
    assert (thick.level, thin.level) == (40.0, 1.5)
    assert thick.right == thick.trials
    assert thick.blind == 0
    assert thin.blind is not None
    assert thin.blind > 0.4
    assert thin.right < 0.9 * thin.trials
    [whole] = input_acuity("whole_volume", input_of("whole_volume"), [thinned], patients=2, trials=1)
    assert whole.words() == "over 40 mm"


def test_a_quantity_says_whether_easier_levels_follow() -> None:
    assert {name for name, one in QUANTITIES.items() if not one.goes_on} == {"thickness"}
