"""Published figures of real segmentations, reproduced."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from medspatial.geometry import Measured
from medspatial.volume import Affine, MaskSet, Volume

FACES = {
    ("R", False): "left", ("R", True): "right", ("L", False): "right", ("L", True): "left",
    ("A", False): "posterior", ("A", True): "anterior", ("P", False): "anterior", ("P", True): "posterior",
    ("S", False): "inferior", ("S", True): "superior", ("I", False): "superior", ("I", True): "inferior",
}  # fmt: skip
CASES = [
    "abdomen_pelvis_3mm",
    "abdomen_slab_3mm",
    "kits19_case_00004",
    "kits19_case_00020",
    "kits23_case_00400",
]


def load(folder: Path, file: str, names: dict[int, str]) -> Measured:
    image = nibabel.load(folder / file)
    return Measured(MaskSet([np.asarray(image.dataobj).astype(np.uint8)], [names], Affine(image.affine)))


@pytest.mark.parametrize("case", CASES)
def test_known_voxels_volumes_centroids_and_faces(shared: Path, case: str) -> None:
    folder = shared / "data" / "real_ct" / case
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    measured = load(folder, "seg.nii.gz", {row["label"]: row["name"] for row in facts["labels"]})
    codes = facts["segmentation"]["axcodes"]
    checked = 0
    for row in facts["labels"]:
        if row["name"] not in measured.names:
            continue
        stats, raw = measured.stats(row["name"]), measured.raw_runs(row["name"])
        assert raw.voxels == stats.voxels + stats.stray_voxels == row["voxels"]
        if stats.stray_voxels:
            continue
        checked += 1
        assert stats.volume_ml == pytest.approx(row["volume_ml"], abs=1e-3)
        assert stats.centroid_mm == pytest.approx(row["centroid_ras_mm"], abs=0.011)
        faces = {FACES[codes["ijk".index(face[0])], face[1:] == "max"] for face in row["touches_border"]}
        assert stats.faces == faces
    assert checked >= len(facts["labels"]) // 2


def test_kidneys_of_the_abdomen(shared: Path) -> None:
    folder = shared / "data" / "real_ct" / "abdomen_pelvis_3mm"
    facts = json.loads((folder / "facts.json").read_text())
    measured = load(folder, "seg.nii.gz", {row["label"]: row["name"] for row in facts["labels"]})
    right, left = measured.stats("kidney_right"), measured.stats("kidney_left")
    assert (round(right.volume_ml, 1), round(left.volume_ml, 1)) == (192.6, 137.4)
    assert right.whole
    assert left.whole
    assert right.centroid_mm[0] > left.centroid_mm[0]
    assert "inferior" in (measured.stats("hip_left").whole_reason or "")


def test_upstream_statistics_of_the_slab(shared: Path) -> None:
    folder = shared / "data" / "real_ct" / "abdomen_slab_3mm"
    labels = json.loads((folder.parent / "totalsegmentator_v2_labels.json").read_text())
    names = {int(value): row["name"] for value, row in labels["labels"].items()}
    image, scan = nibabel.load(folder / "seg_fast.nii.gz"), nibabel.load(folder / "ct.nii.gz")
    masks = MaskSet([np.asarray(image.dataobj).astype(np.uint8)], [names], Affine(image.affine))
    measured = Measured(masks, Volume(np.asarray(scan.dataobj), Affine(scan.affine), unit="HU"))
    upstream = json.loads((folder / "upstream_statistics_fast.json").read_text())
    checked = 0
    for name, row in upstream.items():
        if name not in measured.names:
            assert row["volume"] == 0
            continue
        stats, voxel = measured.stats(name), measured.grid.voxel_ml * 1000
        assert measured.raw_runs(name).voxels * voxel == pytest.approx(row["volume"], rel=1e-4)
        if stats.stray_voxels == 0:
            assert stats.mean_hu == pytest.approx(row["intensity"], abs=0.01)
            checked += 1
    assert checked > 20


def test_surface_distances_equal_search_trees_on_boundary_voxels(shared: Path) -> None:
    folder = shared / "data" / "real_ct" / "abdomen_pelvis_3mm"
    facts = json.loads((folder / "facts.json").read_text())
    measured = load(folder, "seg.nii.gz", {row["label"]: row["name"] for row in facts["labels"]})
    trees: dict[str, cKDTree] = {}
    for name in measured.names:
        mask = measured.runs(name).mask()
        trees[name] = cKDTree(np.argwhere(mask & ~ndimage.binary_erosion(mask)) * measured.spacing)
    for a, b in list(combinations(measured.names, 2))[::9]:
        found = measured.distance(a, b)
        least = trees[b].query(trees[a].data)[0].min()
        if found.touching:
            assert least <= np.linalg.norm(measured.spacing) + 1e-6
        else:
            assert found.mm == pytest.approx(least)
