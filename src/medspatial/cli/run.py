"""``medspatial run``: a whole study."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.cli.placing import Actors, Cache, CacheGb, Engine, Gpus, GpusPerActor, kept_volumes, placed
from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.study import StudyConfig, StudyRun


def run(
    study: Annotated[
        str | None,
        typer.Argument(
            help="The name of a study (built-in, or of an installed package), a study file (YAML), a folder "
            "of CT with masks (./demo is a folder, demo the built-in study), a list of cases (.jsonl, .csv), "
            "or a case source of an installed package (NAME:option=value,...). Without it: the demo.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for all results.")] = Path("runs/study"),
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME[:k=v,...]",
            help="A model with options, in place of the study's; repeatable.",
        ),
    ] = None,
    arm: Annotated[
        list[str] | None, typer.Option(help="A control arm, in place of the study's; repeatable.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option(help="A metric, in place of the study's; repeatable, the first is compared."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first N questions; they stand case by case.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything as `study check` does, and end.")
    ] = False,
    gpus: Gpus = None,
    engine: Engine = "processes",
    actors: Actors = None,
    gpus_per_actor: GpusPerActor = None,
    cache: Cache = None,
    cache_gb: CacheGb = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only the table.")] = False,
) -> None:
    """Run all stages of a study: cases, questions, predictions, scores, comparison, report.

    The same command again resumes where it was. Examples:

        medspatial run                          # built-in study

        medspatial run /data/my_ct -o runs/mine # CT with masks in a folder

        medspatial run study.yaml -o runs/paper

        medspatial run my_ct -m random -m m3d_lamed:path=weights/M3D-LaMed --arm mirrored --limit 100
    """
    from medspatial.study import ReportSetConfig, StudyConfig, find_study, run_report_set, run_study
    from medspatial.study.choices import chosen_study

    config = find_study(study)
    workers = placed(engine, gpus, actors, gpus_per_actor)
    if workers is not None and not isinstance(config, StudyConfig):
        raise InputError("--gpus, --engine: a set of questions and a package's study take none of these")
    kept = kept_volumes(cache, cache_gb)
    if kept is not None and not isinstance(config, StudyConfig):
        raise InputError("--cache: a set of questions and a package's study take none")
    say = (lambda line: None) if quiet else typer.echo
    chosen = {"models": model or (), "arms": arm or (), "metrics": metric or ()}
    if isinstance(config, ReportSetConfig):
        if dry_run or limit is not None or any(chosen.values()):
            raise InputError(
                "--model, --arm, --metric, --limit, --dry-run: a set of questions has none of these"
            )
        made = run_report_set(config, out, say)
        typer.echo(f"\n{made.audit.to_markdown()}")
        return
    if isinstance(config, StudyConfig):
        config = chosen_study(config, **chosen, limit=limit)
        _checked(config, out, dry_run=dry_run, say=say)
        _shown(run_study(config, out, say, lambda line: typer.echo(line, err=True), workers, kept), out)
    elif dry_run or limit is not None or any(chosen.values()):
        raise InputError(
            "--model, --arm, --metric, --limit, --dry-run: a package's study has stages of its own"
        )
    else:
        _shown(config.run(out, say), out)


def _checked(config: StudyConfig, out: Path, *, dry_run: bool, say: Callable[[str], None]) -> None:
    """Check first: what is wrong ends it, what is missing is told, and what costs is said."""
    from medspatial.cli.show_check import estimate_lines, show_check
    from medspatial.study.check import check_study

    found = check_study(config, out, scan=dry_run)
    if dry_run:
        show_check(found)
        raise typer.Exit(found.exit_code)
    if found.of("wrong"):
        raise InputError("\n  ".join(map(str, found.of("wrong"))))
    for one in found.of("missing"):
        typer.echo(f"missing: {one}", err=True)
    for line in estimate_lines(found) if found.estimates else ():
        say(line)


def _shown(done: StudyRun, out: Path) -> None:
    """Print the table and where the report is, and what failed; end with 1 where something did."""
    from medspatial.cli.show import report_table
    from medspatial.report.tables import accuracy_table

    typer.echo()
    report_table(accuracy_table(done.comparison, kinds=done.kinds))
    for part, cause in done.stopped.items():
        typer.echo(f"{part} stopped, what it had not finished is not in the table: {cause}")
    typer.echo(f"\nReport: {done.report.resolve().as_uri()}")
    if done.failed:
        typer.echo(
            f"{done.failed} questions failed; see the *.failures.jsonl in {out / 'predictions'}", err=True
        )
    if done.unusable:
        typer.echo(f"{len(done.unusable)} cases gave no question; the report names them", err=True)
    if done.failed or done.unusable or done.stopped:
        raise typer.Exit(EXIT_FAILURES)
