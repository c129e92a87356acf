"""A few phantoms, measured and asked once for all tests of the questions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from medspatial.anatomy import load_label_map
from medspatial.cases import CaseData
from medspatial.cases.phantom import Phantom, make_phantom
from medspatial.questions import CaseQuestions, Plan, mirrored_cases, questions_of
from medspatial.records import Case

SEEDS = range(6)
SPACING = 5.0
LISTED = frozenset(load_label_map("phantom").labels.values())

Ask = Callable[..., CaseQuestions]


@pytest.fixture(scope="session")
def phantoms() -> list[Phantom]:
    return [make_phantom(seed, spacing=SPACING) for seed in SEEDS]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Questions of a phantom: as it is, stored along other axes, or mirrored."""

    def questions(
        phantom: Phantom, plan: Plan | None = None, axcodes: str | None = None, mirrored: bool = False
    ) -> CaseQuestions:
        case = Case(case_id=phantom.case_id, patient_id=phantom.patient_id, license="test")
        ct, masks = phantom.ct, phantom.masks
        if mirrored:
            case, ct, masks = mirrored_cases([case])[0], ct.mirrored(), masks.mirrored()
        if axcodes:
            ct, masks = ct.oriented(axcodes), masks.oriented(axcodes)
        return questions_of(CaseData(case, ct, masks), plan, listed=LISTED)

    return questions


@pytest.fixture(scope="session")
def cohort(phantoms: list[Phantom], ask: Ask) -> list[CaseQuestions]:
    return [ask(phantom, Plan(forms=("open", "choice"))) for phantom in phantoms]


class Brute:
    """Measurements from the bare masks, without the measuring code."""

    """Masks as boolean arrays in RAS order, an organ with the lesions that its evidence names."""

    def __init__(self, phantom):
        self.masks = phantom.masks.oriented("RAS")
        self.matrix = np.asarray(self.masks.affine.matrix)
        self.names = {}

    def mask(self, name, evidence):
        kind, _, number = name.partition("#")
        if number:
            labels, count = ndimage.label(self.masks.mask(kind), np.ones((3, 3, 3)))
            sizes = ndimage.sum_labels(np.ones_like(labels), labels, range(1, count + 1))
            return labels == 1 + np.argsort(-sizes, kind="stable")[int(number) - 1]
        mask = self.clean(name)
        for lesion in evidence.details.get("with_lesions", {}).get(name, []):
            mask = mask | self.mask(lesion, evidence)
        return mask

    def clean(self, name):
        from medspatial.anatomy import structure

        mask = self.masks.mask(name)
        known = structure(name)
        labels, count = ndimage.label(mask, np.ones((3, 3, 3)))
        if count < 2 or known.kind == "lesion":
            return mask
        sizes = ndimage.sum_labels(mask, labels, range(1, count + 1))
        share = 0.01 if known.vessel or known.scattered else 0.05
        keep = 1 + np.flatnonzero(sizes >= share * sizes.sum())
        return np.isin(labels, keep)

    def points(self, mask):
        return np.argwhere(mask) @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def ml(self, mask):
        return mask.sum() * abs(np.linalg.det(self.matrix[:3, :3])) / 1000

    def gap(self, a, b):
        if (ndimage.binary_dilation(a, np.ones((3, 3, 3))) & b).any():
            return 0.0
        return float(cKDTree(self.points(a)).query(self.points(b))[0].min())

    def faces(self, a, b):
        count = 0
        for axis in range(3):
            first, second = [slice(None)] * 3, [slice(None)] * 3
            first[axis], second[axis] = slice(None, -1), slice(1, None)
            count += (a[tuple(first)] & b[tuple(second)]).sum() + (b[tuple(first)] & a[tuple(second)]).sum()
        return int(count)


@pytest.fixture(scope="session")
def brute() -> type[Brute]:
    return Brute
