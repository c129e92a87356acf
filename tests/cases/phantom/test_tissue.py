"""HU: blur and noise keep the mean, cortex is the outermost layer, vessels stay in their organ."""

from __future__ import annotations

import numpy as np
import pytest

from medspatial.cases.phantom import tissue
from medspatial.cases.phantom.canvas import draw_patient
from medspatial.cases.phantom.plan import make_plan
from medspatial.cases.phantom.raster import Raster
from medspatial.cases.phantom.tree import Tree, paint_tree, trees

FIELD = (np.full(3, -30.0), np.full(3, 30.0))


def raster(spacing: float = 2.0) -> Raster:
    return Raster.covering(FIELD, np.full(3, spacing), np.eye(3))


def test_finish_keeps_flat_tissue_and_rounds() -> None:
    flat = np.full((8, 9, 10), 40.4, dtype=np.float32)
    result = tissue.finish(flat, np.random.default_rng(0), noise=0.0)
    assert result.dtype == np.int16
    assert set(result.ravel().tolist()) == {40}


@pytest.mark.parametrize("noise", [5.0, 25.0])
def test_finish_noise_is_unbiased_and_correlated(noise) -> None:
    flat = np.zeros((40, 40, 40), dtype=np.float32)
    result = tissue.finish(flat, np.random.default_rng(0), noise).astype(float)
    inner = result[2:-2, 2:-2, 2:-2]
    assert inner.std() == pytest.approx(noise, rel=0.04)
    assert abs(inner.mean()) < noise / 20
    neighbours = np.corrcoef(inner[1:].ravel(), inner[:-1].ravel())[0, 1]
    assert 0.2 < neighbours < 0.6


def test_finish_stays_in_the_scanners_range() -> None:
    steep = np.where(np.indices((6, 6, 6))[0] < 3, -2000.0, 5000.0).astype(np.float32)
    result = tissue.finish(steep, np.random.default_rng(0), noise=0.0)
    assert (result.min(), result.max()) == (tissue.LOWEST, tissue.HIGHEST)


def test_cortex_is_the_outer_layer() -> None:
    bone = np.zeros((7, 7, 7), dtype=bool)
    bone[1:6, 1:6, 1:6] = True
    hu = np.where(bone, 190.0, 0.0).astype(np.float32)
    tissue.add_cortex(hu, bone, Raster.covering((np.zeros(3), np.full(3, 7.0)), np.ones(3), np.eye(3)))
    assert (hu[2:5, 2:5, 2:5] == 190.0).all()
    assert hu[1, 3, 3] == pytest.approx(tissue.CORTEX)
    assert hu[0, 3, 3] == 0.0


def test_cortex_is_fainter_on_coarse_voxels() -> None:
    bone = np.ones((5, 5, 5), dtype=bool)
    bone[0] = False
    hu = np.full((5, 5, 5), 190.0, dtype=np.float32)
    tissue.add_cortex(hu, bone, Raster.covering((np.zeros(3), np.full(3, 20.0)), np.full(3, 4.0), np.eye(3)))
    assert 190.0 < hu[1, 2, 2] < 600.0


def one_vessel(radius: float) -> Tree:
    return Tree(np.array([[-20.0, 0, 0]]), np.array([[20.0, 0, 0]]), np.array([radius]), 100.0, ("liver",))


def test_a_thick_vessel_fills_its_voxels() -> None:
    hu = np.zeros(raster().shape, dtype=np.float32)
    paint_tree(one_vessel(5.0), raster(), hu, np.ones(raster().shape, dtype=bool))
    area = (hu[15] > 99.0).sum() * 4.0
    assert area == pytest.approx(np.pi * 25.0, rel=0.35)
    assert (hu[0] == 0).all()


def test_a_thin_vessel_is_mixed_in_by_its_share() -> None:
    hu = np.zeros(raster().shape, dtype=np.float32)
    paint_tree(one_vessel(0.5), raster(), hu, np.ones(raster().shape, dtype=bool))
    assert hu.max() == pytest.approx(100.0 * np.pi * 0.25 / 4.0, rel=1e-3)


def test_vessels_stay_where_they_are_allowed() -> None:
    hu = np.zeros(raster().shape, dtype=np.float32)
    allowed = np.zeros(raster().shape, dtype=bool)
    allowed[:15] = True
    paint_tree(one_vessel(3.0), raster(), hu, allowed)
    assert (hu[:15] > 0).any()
    assert (hu[15:] == 0).all()


def test_trees_start_at_the_hilum_and_brighten_the_lungs() -> None:
    plan = make_plan(4)
    for tree in trees(plan):
        assert len(tree.radius) > 50
        assert tree.radius.max() == tree.radius[0]
        assert (tree.radius >= 0.7).all()
    canvas = draw_patient(
        plan, Raster.covering(plan.frame.skin.bounds, np.full(3, 7.0), np.eye(3)), plan.items
    )
    lung = canvas.labels == canvas.values["lung_lower_lobe_right"]
    assert (canvas.hu[lung] > -800).any()
    assert np.median(canvas.hu[lung]) < -800


def test_background_is_air_fat_muscle_from_outside_in() -> None:
    plan = make_plan(1)
    field = plan.frame.skin.bounds
    sheet = Raster.covering((field[0] - 10, field[1] + 10), np.full(3, 6.0), np.eye(3))
    hu = tissue.background(plan, sheet)
    line = hu[:, sheet.shape[1] // 2, int(np.rint(sheet.to_index(np.array([[0, 0, 250.0]]))[0, 2]))]
    seen = [float(value) for n, value in enumerate(line) if n == 0 or value != line[n - 1]]
    assert seen[:4] == [tissue.AIR, tissue.FAT, tissue.MUSCLE, tissue.FAT + 4.0]
    assert seen == seen[::-1]
