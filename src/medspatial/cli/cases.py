"""``medspatial cases``: find, check, and make cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli import ct_rate
from medspatial.cli.show import listing
from medspatial.errors import EXIT_FAILURES, MedspatialError

app = typer.Typer(help="CT volumes with masks and reports.", no_args_is_help=True)
Folder = Annotated[Path, typer.Argument(help="A folder of CT with masks, or a file of cases (.jsonl, .csv).")]
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
    """Say which cases a folder holds.

    Example: `medspatial cases list /data/my_ct --output cases.jsonl`
    """
    from medspatial.cases import read_cases
    from medspatial.records import write_records

    cases = read_cases(folder, label_map=label_map)
    rows = [
        {
            "case": case.case_id,
            "patient": case.patient_id,
            "image": case.image_path,
            "masks": [mask.path for mask in case.masks],
            "label_map": [mask.label_map or "file names" for mask in case.masks],
        }
        for case in cases
    ]
    listing(rows, as_json=as_json)
    if output:
        write_records(output, cases)


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

    Ends with exit code 1 if a case cannot be used.
    """
    from medspatial.cases import check_sides, load_case, read_cases

    root = folder if folder.is_dir() else folder.parent
    rows = []
    for case in read_cases(folder, label_map=label_map):
        row = {
            "case": case.case_id,
            "axes": "",
            "shape": "",
            "spacing_mm": "",
            "structures": 0,
            "problem": "",
        }
        try:
            data = load_case(case, root, assume_axes=assume_axes)
            grid = data.ct or data.masks
            if grid is not None:
                row["axes"] = grid.affine.axcodes
                row["shape"] = " x ".join(map(str, grid.shape))
                row["spacing_mm"] = " x ".join(f"{s:.3g}" for s in grid.affine.spacing)
            if data.masks is not None:
                row["structures"] = len(data.masks.names)
                row["problem"] = "; ".join(check_sides(data.masks, mirrored=data.mirrored))
        except MedspatialError as error:
            row["problem"] = str(error)
        rows.append(row)
    listing(rows, as_json=as_json)
    if any(row["problem"] for row in rows):
        raise typer.Exit(EXIT_FAILURES)


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


ct_rate.register(app)
