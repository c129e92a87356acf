"""``medspatial cases download`` and ``cases validate``: CT-RATE."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from medspatial.cli.show import listing
from medspatial.errors import EXIT_FAILURES

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_SHOWN = 5


def download(
    dataset: Annotated[Literal["ct-rate"], typer.Argument(help="Which data set.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder; gets cases.jsonl.")],
    split: Annotated[str, typer.Option(help="valid_fixed or train_fixed.")] = "valid_fixed",
    cases: Annotated[
        int | None, typer.Option("--cases", "-n", min=1, help="Only the first N scans, by patient number.")
    ] = None,
    names: Annotated[
        Path | None, typer.Option("--names", help="Only the volumes named in this file, one per line.")
    ] = None,
    with_masks: Annotated[bool, typer.Option("--with-masks", help="Masks of TotalSegmentator too.")] = False,
    with_reports: Annotated[bool, typer.Option("--with-reports", help="Radiology reports too.")] = False,
    with_metadata: Annotated[bool, typer.Option("--with-metadata", help="DICOM metadata too.")] = False,
    with_labels: Annotated[bool, typer.Option("--with-labels", help="Predicted labels too.")] = False,
    all_reconstructions: Annotated[
        bool,
        typer.Option("--all-reconstructions", help="All reconstructions of a scan, not one."),
    ] = False,
    revision: Annotated[str, typer.Option(help="Branch or commit of the repository.")] = "main",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Fetch CT-RATE volumes from the hub (gated: needs an access token in HF_TOKEN or `hf auth login`).

    Shows size and free disk first; resumes. Example:
    `medspatial cases download ct-rate --split valid_fixed --output-dir ct_rate --cases 20 --with-masks`
    """
    from medspatial.cases import ct_rate
    from medspatial.progress import progress

    wanted = ct_rate.read_names(names) if names else None
    request = ct_rate.Request(
        ct_rate.check_split(split),
        wanted,
        cases,
        all_reconstructions,
        ct_rate.mask_tasks(with_masks),
        with_reports,
        with_metadata,
        with_labels,
    )
    hub = ct_rate.Hub(output_dir, revision=revision)
    with progress(
        "asking for sizes", (len(wanted) if wanted else cases or 0) * (1 + len(request.masks))
    ) as bar:
        plan = ct_rate.make_plan(request, hub, bar)
    free = ct_rate.check_room(plan, output_dir)
    typer.echo(
        f"{len(plan.volumes)} volumes, {len(plan.files)} files of {ct_rate.REPOSITORY} ({ct_rate.LICENSE}); "
        f"{len(plan.wanted)} to fetch, {ct_rate.gigabytes(plan.need)}; free: {ct_rate.gigabytes(free)}",
        err=True,
    )
    for path in plan.missing[:_SHOWN]:
        typer.echo(f"not in the repository: {path}", err=True)
    if plan.missing:
        typer.echo(f"{len(plan.missing)} files are not in the repository", err=True)
    if plan.wanted and not yes:
        typer.confirm("Fetch them under this licence?", abort=True, err=True)
    with progress("fetching", len(plan.wanted)) as bar:
        done = ct_rate.download(plan, hub, progress=bar)
    typer.echo(f"{done.cases} cases in {done.folder / ct_rate.CASES}")
    if plan.missing:
        raise typer.Exit(EXIT_FAILURES)


def validate(
    folder: Annotated[Path, typer.Argument(help="Folder of downloaded volumes.")],
    headers_only: Annotated[bool, typer.Option("--headers-only", help="Do not read voxels.")] = False,
    as_json: Json = False,
) -> None:
    """Check a CT-RATE folder: files, headers against the metadata table, HU, chest, masks, versions.

    Ends with exit code 1 if a problem is found. Example: `medspatial cases validate ct_rate`
    """
    from medspatial.cases import ct_rate

    rows = ct_rate.validate(folder, headers_only=headers_only)
    listing([row.to_row() for row in rows], as_json=as_json)
    failed = sum(row.failed for row in rows)
    typer.echo(f"{len(rows) - failed} ok, {failed} with problems", err=True)
    if failed:
        raise typer.Exit(EXIT_FAILURES)


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``cases``."""
    app.command("download")(download)
    app.command("validate")(validate)
