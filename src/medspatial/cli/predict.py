"""``medspatial predict``: one model's answers to a file of questions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from medspatial.errors import EXIT_FAILURES, InputError


def predict_command(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of a model; see `medspatial models list`.")
    ],
    dataset: Annotated[Path, typer.Option("--dataset", "-d", help="Questions (.jsonl or .csv).")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder for the predictions.")],
    cases: Annotated[
        Path | None,
        typer.Option(
            help="Folder or file of the cases. Default: image paths of the questions, from --image-root."
        ),
    ] = None,
    image_root: Annotated[Path, typer.Option(help="Folder that relative image paths start from.")] = Path(),
    arm: Annotated[
        str, typer.Option(help="Arm of the study: standard, text_only, mirrored, ...")
    ] = "standard",
    name: Annotated[
        str | None, typer.Option(help="Name in files and tables, if not the model's own.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the model; repeatable."),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Questions answered at once.")] = None,
    assume_axes: Annotated[
        str | None, typer.Option(help="Axis codes for volumes without a usable affine, such as LPS.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    keep_going: Annotated[bool, typer.Option(help="Skip bad rows of the dataset, and list them.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Start anew instead of resuming.")] = False,
) -> None:
    """Ask a model all questions of a file; the same command again resumes.

    Example: `medspatial predict --model random --dataset questions.jsonl --output-dir predictions`
    """
    from medspatial.arms import arm as arm_of
    from medspatial.cli.rows import load_rows
    from medspatial.models import create_model
    from medspatial.predict import predict
    from medspatial.progress import progress
    from medspatial.records import Question
    from medspatial.study import volume_loader

    chosen = arm_of(arm)
    questions = load_rows(dataset, Question, keep_going=keep_going)[:limit]
    asked = chosen.questions(questions)
    answerer = create_model(model, **_options(set_ or []), **({"name": name} if name else {}))
    loader = volume_loader(questions, cases, image_root, assume_axes)
    stem = answerer.name if arm == "standard" else f"{answerer.name}@{arm}"
    with progress(stem, len(asked)) as bar:
        run = predict(
            answerer,
            asked,
            output_dir / f"{stem}.jsonl",
            load=chosen.loader(loader, asked),
            arm=arm,
            batch_size=batch_size,
            overwrite=overwrite,
            progress=bar,
        )
    typer.echo(f"{run.path}: {run.answered} answered now, {run.resumed} before, {run.failed} failed")
    if run.failed:
        raise typer.Exit(EXIT_FAILURES)


def _options(pairs: list[str]) -> dict[str, Any]:
    """Read ``KEY=VALUE`` options; values are YAML, so that numbers and lists are what they look like."""
    import yaml

    options = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InputError(f"--set: needs KEY=VALUE, got {pair!r}")
        options[key.replace("-", "_")] = yaml.safe_load(value)
    return options
