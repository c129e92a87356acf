"""Preparations and towers against vectors in the repository, where no folder of the originals' is at hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import reference_vectors
from medspatial.cases import make_phantom
from medspatial.models.tools.inventory import preparation

KEPT: dict[str, Any] = json.loads(reference_vectors.FILE.read_text(encoding="utf-8"))


def differ(found: dict[str, Any], kept: dict[str, Any]) -> bool:
    """Whether a vector differs by more than the arithmetic of machines does."""
    if found["shape"] != kept["shape"]:
        return True
    allowed = 1e-4 * max(kept["spread"], 1e-12)
    figures = ([one["mean"], one["spread"], *one["values"]] for one in (found, kept))
    return bool(np.abs(np.subtract(*figures)).max() > allowed)


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return reference_vectors.vectors()


@pytest.mark.parametrize("name", sorted(KEPT["vectors"]))
def test_vectors_are_as_they_were(made: dict[str, Any], name: str) -> None:
    assert not differ(made[name], KEPT["vectors"][name])


def test_every_vector_is_kept(made: dict[str, Any]) -> None:
    assert made.keys() == KEPT["vectors"].keys()
    native = {"ct_chat", "m3d_lamed", "med3dvlm", "medgemma", "merlin", "radfm", "vila_m3", "vista3d"}
    assert set(KEPT["equal_to_the_originals"]) == native


@pytest.mark.parametrize("name", ["ct_chat", "m3d_lamed", "med3dvlm", "merlin", "radfm"])
def test_a_mirrored_patient_or_other_units_would_be_seen(name: str) -> None:
    ct = make_phantom(3, spacing=5.0, axcodes="LPI").ct
    kept = KEPT["vectors"][f"preparation of {name}"]
    for changed in (np.flip(ct.voxels, 0), ct.voxels + 100):
        found = np.asarray(preparation(name)(replace(ct, voxels=np.ascontiguousarray(changed))))
        assert differ(reference_vectors.vector(found), kept)


def test_nothing_is_written_beside_a_folder_without_vectors(tmp_path: Any) -> None:
    with pytest.raises(SystemExit, match="no folder of reference vectors"):
        reference_vectors.checked(tmp_path)
