"""A few phantoms, measured and asked once for all tests of the questions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
