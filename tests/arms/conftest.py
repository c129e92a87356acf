"""Phantoms as read cases, with their questions."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from medspatial.cases import CaseData, make_phantom
from medspatial.questions import Plan, questions_of
from medspatial.records import Case, Question


@dataclass(frozen=True)
class Cohort:
    cases: dict[str, CaseData]
    questions: list[Question]

    def read(self, case_id: str) -> CaseData:
        return self.cases[case_id]


def phantom_case(seed: int, **options: object) -> CaseData:
    made = make_phantom(seed, **{"spacing": 4.0, **options})  # type: ignore[arg-type]
    return CaseData(Case(case_id=made.case_id, patient_id=made.patient_id), made.ct, made.masks)


@pytest.fixture(scope="session")
def cohort() -> Cohort:
    cases = [phantom_case(1), phantom_case(2, axcodes="LPI")]
    asked = [
        q for data in cases for q in questions_of(data, Plan(per_subtype=1, forms=("choice",))).questions
    ]
    return Cohort({data.case.case_id: data for data in cases}, asked)
