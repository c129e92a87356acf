"""Printing of what a check of a study found."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from medspatial.study.check import StudyCheck

_MARKS = {"ok": "ok     ", "missing": "MISSING", "wrong": "WRONG  "}


def show_check(found: StudyCheck, *, as_json: bool = False) -> None:
    """Print all findings and the estimate, for people or as one JSON object."""
    if as_json:
        facts = {"exit_code": found.exit_code, **asdict(found)}
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    for one in found.findings:
        typer.echo(f"{_MARKS[one.level]} {one}")
    for line in estimate_lines(found):
        typer.echo(line)


def estimate_lines(found: StudyCheck) -> list[str]:
    """Return what the study will ask for, a line each."""
    if found.questions is None:
        return []
    lines = [f"estimate: at most {found.questions:,} questions in an arm"]
    return lines + [f"estimate: {one.who}: {one.line()}" for one in found.estimates]
