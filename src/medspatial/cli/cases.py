"""``medspatial cases``: find, check, and make cases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli import ct_rate, doctor
from medspatial.cli.options import CASES_HELP
from medspatial.cli.show import listing, tell_assumed, tell_left_out
from medspatial.errors import EXIT_FAILURES, MedspatialError
from medspatial.progress import capped

if TYPE_CHECKING:
    from medspatial.cases import Discovery
    from medspatial.records import Case

_NOTES = 8  # lines of notes per case; --json has them all
app = typer.Typer(help="CT volumes with masks and reports.", no_args_is_help=True)
Folder = Annotated[str, typer.Argument(help=CASES_HELP)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LabelMapOption = Annotated[
    str | None, typer.Option("--label-map", help="Label map of all masks: a built-in name or a JSON file.")
]


@app.command("list")
def list_cases(
    folder: Folder,
    label_map: LabelMapOption = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Also write them as cases.jsonl.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the cases of a folder; files that are not used are named on standard error.

    Ends with exit code 1 if a case is refused because its files contradict each other.

    Example: `medspatial cases list /data/my_ct --output cases.jsonl`
    """
    from medspatial.cases import find_cases, named_by, refusal
    from medspatial.records import write_records

    found = find_cases(folder, label_map=label_map)
    root = found.root
    rows = [
        {
            "case": case.case_id,
            "patient": case.patient_id,
            "image": case.image_path,
            "masks": [mask.path for mask in case.masks],
            "label_map": [mask.label_map or named_by(root / mask.path, root) for mask in case.masks],
            "problem": refusal(case) or "",
        }
        for case in found.cases
    ]
    if as_json:
        listing(_with_not_used(rows, found), as_json=True)
    else:
        hidden = set() if found.refused else {"problem"}
        listing([{k: v for k, v in row.items() if k not in hidden} for row in rows], as_json=False)
    typer.echo(f"{len(found.cases)} cases of {found.patients} patients", err=True)
    tell_assumed(case.assumptions for case in found.cases)
    tell_left_out(found)
    if output:
        write_records(output, found.cases)
    if found.refused:
        typer.echo(f"{len(found.refused)} refused: {', '.join(capped(found.refused, _NOTES))}", err=True)
        raise typer.Exit(EXIT_FAILURES)


@app.command("check")
def check_cases(
    folder: Folder,
    label_map: LabelMapOption = None,
    assume_axes: Annotated[
        str | None, typer.Option(help="Axis codes for volumes without a usable affine, such as LPS.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every case: grid, orientation, HU, masks, and whether sides agree with the affine.

    Notes say what was set aside, such as label values without a name. Ends with exit code 1 if a case cannot
    be used.
    """
    from medspatial.cases import find_cases

    found = find_cases(folder, label_map=label_map)
    rows = [_checked(case, found.root, assume_axes) for case in found.cases]
    if as_json:
        listing(_with_not_used(rows, found), as_json=True)
    else:
        listing(
            [{k: v for k, v in row.items() if k not in ("notes", "assumptions")} for row in rows],
            as_json=False,
        )
        for row in rows:
            for line in capped((f"{row['case']}: {note}" for note in row["notes"]), _NOTES):
                typer.echo(line)
    tell_assumed(row["assumptions"] for row in rows)
    tell_left_out(found)
    if any(row["problem"] for row in rows):
        raise typer.Exit(EXIT_FAILURES)


def _with_not_used(rows: Sequence[dict[str, Any]], found: Discovery) -> list[dict[str, Any]]:
    """Add what each case does not use; the first row has also what lies in no case's folder, and sums."""
    first: str = rows[0]["case"] if rows else ""
    entries: dict[str, list[dict[str, str]]] = {}
    for one in found.left_out:
        entry = {"path": one.path, "reason": one.reason}
        entries.setdefault(first if one.case_id is None else one.case_id, []).append(entry)
    return [
        {
            **row,
            "not_used": entries.get(row["case"], []),
            "other_files": dict(found.other_files) if row["case"] == first else {},
        }
        for row in rows
    ]


def _checked(case: Case, root: Path, assume_axes: str | None) -> dict[str, Any]:
    from medspatial.cases import examine, load_case

    row: dict[str, Any] = {"case": case.case_id, "axes": "", "shape": "", "spacing_mm": ""}
    row |= {"structures": 0, "problem": "", "notes": [], "assumptions": list(case.assumptions)}
    try:
        data = load_case(case, root, assume_axes=assume_axes)
        grid = data.ct if data.ct is not None else data.masks
        if grid is not None:
            row["axes"] = grid.affine.axcodes
            row["shape"] = " x ".join(map(str, grid.shape))
            row["spacing_mm"] = " x ".join(f"{s:.3g}" for s in grid.affine.spacing)
        if data.masks is not None:
            row["structures"] = len(data.masks.names)
        found = examine(data)
        row["problem"] = data.empty or "; ".join(found.problems)
        aside = [f"set aside: {text}" for text in found.set_aside.values()]
        row["notes"] = [*data.notes, *aside, *found.notes]
        row["assumptions"] = [*data.assumptions, *found.assumptions]
    except MedspatialError as error:
        row["problem"] = str(error)
    return row


@app.command("phantom")
def phantom(
    output: Annotated[
        Path, typer.Option("--output-dir", "-o", help="Folder for volumes, masks, cases.jsonl.")
    ],
    count: Annotated[int, typer.Option("--count", "-n", min=1, help="How many.")] = 12,
    seed: Annotated[int, typer.Option(help="The same seed gives the same phantoms.")] = 0,
    spacing: Annotated[float | None, typer.Option(min=0.3, help="Voxel size in mm. Default: varied.")] = None,
) -> None:
    """Make torso phantoms: CT with masks whose ground truth is exact by construction.

    Example: `medspatial cases phantom --output-dir phantoms --count 20 --seed 7`
    """
    from medspatial.cases import write_phantoms

    size = (spacing, spacing, spacing) if spacing else None
    cases = write_phantoms(output, count, seed, spacing=size)
    typer.echo(f"{len(cases)} phantoms in {output}; list: {output / 'cases.jsonl'}")


app.command("doctor")(doctor.doctor)
ct_rate.register(app)
