"""``medspatial cases doctor``: everything that is known of a folder of cases, before anything is asked."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.cli.options import CASES_HELP
from medspatial.cli.show import tell_left_out
from medspatial.errors import EXIT_FAILURES
from medspatial.files import write_text
from medspatial.progress import capped

if TYPE_CHECKING:
    from medspatial.cases import Discovery
    from medspatial.cases.doctor import Diagnosis

_LINES = 12  # of a case on the terminal; JSON and HTML have them all


def doctor(
    data: Annotated[str, typer.Argument(help=CASES_HELP)],
    label_map: Annotated[
        str | None, typer.Option(help="Label map of all masks: a built-in name or a JSON file.")
    ] = None,
    assume_axes: Annotated[str | None, typer.Option(help="Axis codes for volumes without an affine.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the report as JSON; - prints it instead.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write the report as one page, with pictures.")
    ] = None,
) -> None:
    """Look at every case from file to anatomy: what was read, assumed, refused, set aside, not used.

    Ends with exit code 1 if a case is refused. Example:

        medspatial cases doctor /data/my_ct --html doctor.html
    """
    from medspatial.cases import find_cases
    from medspatial.cases.doctor import consult
    from medspatial.progress import progress
    from medspatial.report.doctor import doctor_pictures, write_doctor_page

    found = find_cases(data, label_map=label_map)
    diagnoses, pictures = [], {}
    printed = json_file is not None and str(json_file) == "-"
    with progress("cases", len(found.cases)) as bar:
        for one in consult(found, found.root, assume_axes=assume_axes):
            diagnoses.append(one.diagnosis)
            if html:
                pictures[one.diagnosis.case_id] = doctor_pictures(one.diagnosis, one.data)
            bar.advance(1, one.diagnosis.case_id)
    if not printed:
        for diagnosis in diagnoses:
            _print(diagnosis)
        counts = Counter(one.verdict for one in diagnoses)
        typer.echo(", ".join(f"{counts[verdict]} {verdict}" for verdict in ("refused", "doubtful", "fine")))
        tell_left_out(found)
    if json_file:
        _write_json(json_file, diagnoses, found)
    if html:
        loose = [str(one) for one in found.left_out if one.case_id is None]
        typer.echo(write_doctor_page(html, diagnoses, pictures, source=data, not_used=loose), err=True)
    if any(one.verdict == "refused" for one in diagnoses):
        raise typer.Exit(EXIT_FAILURES)


def _print(one: Diagnosis) -> None:
    size = " x ".join(map(str, one.shape))
    typer.echo(
        f"{one.case_id}: {one.verdict}"
        + (f" ({one.axes}, {size}, {one.structures} structures)" if size else "")
    )
    lines = [f"refused: {text}" for text in one.problems]
    lines += [f"set aside: {text}" for text in one.set_aside.values()]
    lines += [f"assumed: {text}" for text in one.assumptions]
    lines += [f"noted: {text}" for text in one.notes]
    lines += [f"not used: {file.path}: {file.reason}" for file in one.not_used]
    if one.structures:
        axes = ("left-right", "head-feet", "front-back")
        unsure = [axis for axis in axes if not one.confirmed_by.get(axis)]
        lines += [f"confirmed by nothing but the affine: {', '.join(unsure)}"] if unsure else []
    for line in capped(lines, _LINES):
        typer.echo(f"  {line}")


def _write_json(path: Path, diagnoses: list[Diagnosis], found: Discovery) -> None:
    report = {
        "cases": [one.model_dump(mode="json") for one in diagnoses],
        "not_used": [{"path": one.path, "reason": one.reason} for one in found.left_out if not one.case_id],
        "other_files": dict(found.other_files),
    }
    text = json.dumps(report, indent=1, ensure_ascii=False)
    if str(path) == "-":
        typer.echo(text)
    else:
        write_text(path, text + "\n")
