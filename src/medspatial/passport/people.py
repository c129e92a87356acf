"""Patients of a set, and what their number of questions and patients can show."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from medspatial.compare.pairs import minimum_detectable
from medspatial.passport.reading import VqaSet
from medspatial.passport.result import Alarm, Kind, Power, alarm
from medspatial.records import Case, Question, volume_name
from medspatial.records.question import is_ct_rate_volume

ICCS = (0.05, 0.1, 0.3)
"""Likeness of verdicts within a patient to reckon with before there are verdicts."""
DISCORDANCE = 0.3
"""Share of questions on which exactly one of two models is right, assumed before there are verdicts."""
_FIELDS = ("patient_id", "patient", "PatientID", "Patient ID", "subject", "subject_id")


def power(questions: Sequence[Question]) -> tuple[Power, ...]:
    """What a paired comparison of two models would find, for each of `ICCS`.

    The standard error of a difference is ``sqrt(DISCORDANCE / effective_n)``; the design effect is Kish's
    ``1 + (m - 1) icc`` with ``m = sum of squares / sum`` of the questions per patient.
    """
    sizes = list(Counter(one.patient_id for one in questions).values())
    n = sum(sizes)
    shared = sum(size * size for size in sizes) / n
    found = []
    for icc in ICCS:
        effect = 1 + (shared - 1) * icc
        least = minimum_detectable(math.sqrt(DISCORDANCE * effect / n), len(sizes))
        found.append(Power(icc=icc, design_effect=effect, effective_n=n / effect, smallest_difference=least))
    return tuple(found)


def patients_from(held: VqaSet, cases: Mapping[str, Case]) -> str:
    """Say where the patients come from; see `medspatial.passport.result.Passport`."""
    if all(_stated(row) for row in held.rows):
        return "stated"
    if all(is_ct_rate_volume(volume_name(one.case_id)) for one in held.questions):
        return "names of CT-RATE"
    if cases and all(one.case_id in cases for one in held.questions):
        return "cases"
    return "each case one"


def patient_alarms(held: VqaSet, cases: Mapping[str, Case]) -> list[Alarm]:
    """Patients that nobody states, and those that contradict."""
    unknown = (
        [
            f"{one.id}: case {one.case_id}"
            for one, row in zip(held.questions, held.rows, strict=True)
            if not _stated(row) and not is_ct_rate_volume(volume_name(one.case_id))
        ]
        if patients_from(held, cases) == "each case one"
        else []
    )
    return [
        *alarm(
            Kind.PATIENTS_UNKNOWN,
            "no field names the patient, so each case counts as a patient of its own; where a patient has "
            "several cases, intervals are too narrow",
            unknown,
        ),
        *alarm(
            Kind.PATIENTS_DIFFER,
            "a case belongs to one patient, and a patient to one split",
            [*_several(held.questions), *_against_cases(held.questions, cases), *_in_parts(held)],
        ),
    ]


def _stated(row: Mapping[str, Any]) -> bool:
    return any(str(row.get(name) or "").strip() for name in _FIELDS)


def _several(questions: Sequence[Question]) -> list[str]:
    of_case: dict[str, set[str]] = defaultdict(set)
    for one in questions:
        of_case[one.case_id].add(one.patient_id)
    return [
        f"case {case}: patients {', '.join(sorted(names))}"
        for case, names in of_case.items()
        if len(names) > 1
    ]


def _against_cases(questions: Sequence[Question], cases: Mapping[str, Case]) -> list[str]:
    told = {(one.case_id, one.patient_id) for one in questions if one.case_id in cases}
    return [
        f"case {case}: patient {name} in the questions, {cases[case].patient_id} in the cases"
        for case, name in sorted(told)
        if name != cases[case].patient_id
    ]


def _in_parts(held: VqaSet) -> list[str]:
    parts = held.parts or [str(row.get("split") or "") for row in held.rows]
    of_patient: dict[str, set[str]] = defaultdict(set)
    for one, part in zip(held.questions, parts, strict=True):
        if part:
            of_patient[one.patient_id].add(part)
    return [
        f"patient {name}: splits {', '.join(sorted(found))}"
        for name, found in of_patient.items()
        if len(found) > 1
    ]
