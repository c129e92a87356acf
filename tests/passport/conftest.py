"""A small cohort of phantoms with questions that hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from medspatial.cases import find_cases
from medspatial.cases.phantom import write_phantoms
from medspatial.passport import audit_set, read_set
from medspatial.questions import build_questions, mirrored_cases, write_questions
from medspatial.records import Question, read_records

SUBTYPES = ("L1", "L2", "L5", "L6", "D2", "D4", "V2", "V3", "V6", "A5", "M1", "M6")


@pytest.fixture(scope="session")
def cohort(tmp_path_factory):
    """Return (root of the cases, their questions): four phantoms, all storage orders, mirrored controls."""
    root = tmp_path_factory.mktemp("cohort")
    cases = write_phantoms(root, 4, spacing=7.0, regions=("torso", "abdomen"))
    asked = [*cases, *mirrored_cases(cases)]
    results = build_questions(asked, root, subtypes=SUBTYPES, per_subtype=4, forms=("open", "choice"))
    write_questions(results, root / "q", balance=False)
    return root, read_records(root / "q" / "questions.jsonl", Question).rows


@pytest.fixture
def audit(tmp_path):
    """Write rows and audit them, with or without cases."""

    def run(rows, cases: Path | None = None, **options):
        path = tmp_path / "set.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        found = find_cases(cases) if cases else None
        return audit_set(read_set(path), found, cases.parent if cases else ".", **options)

    return run
