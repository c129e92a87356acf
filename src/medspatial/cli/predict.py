"""``medspatial predict``: one model's answers to a file of questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.models import Model
    from medspatial.records import Question


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
    model_path: Annotated[
        Path | None, typer.Option(help="Folder of the model's checkpoint (its option `path`).")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    gpu_id: Annotated[int | None, typer.Option(min=0, help="Number of the GPU; the same as cuda:N.")] = None,
    dtype: Annotated[str | None, typer.Option(help="auto, float32, bfloat16 or float16.")] = None,
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
    from medspatial.cli.options import read_options
    from medspatial.cli.rows import load_rows
    from medspatial.cli.show import tell
    from medspatial.models.prepared import PreparedModel, prepared_loader
    from medspatial.predict import predict, troubles
    from medspatial.progress import progress
    from medspatial.records import Question
    from medspatial.study import case_loader

    chosen = arm_of(arm)
    questions = load_rows(dataset, Question, keep_going=keep_going)[:limit]
    asked = chosen.questions(questions)
    answerer = _answerer(
        model,
        read_options(set_ or []),
        name=name,
        path=None if model_path is None else str(model_path),
        device=_device(device, gpu_id),
        dtype=dtype,
    )
    known = case_loader(cases, questions, image_root, assume_axes)
    loader: Callable[[str], Any] = known.volume
    if cases is None and answerer.needs_volume and _reads_arrays(questions, arm):
        answerer = PreparedModel(answerer)
        loader = prepared_loader(questions, image_root)
    drawn = known.masks if answerer.needs_masks and cases is not None else None
    stem = answerer.name if arm == "standard" else f"{answerer.name}@{arm}"
    with progress(stem, len(asked)) as bar:
        run = predict(
            answerer,
            asked,
            output_dir / f"{stem}.jsonl",
            load=chosen.loader(loader, asked),
            load_masks=drawn and chosen.mask_loader(drawn, asked),
            locate=chosen.locate,
            arm=arm,
            states=known.states if chosen.shows_volume else None,
            each_alone=chosen.each_alone,
            batch_size=batch_size,
            overwrite=overwrite,
            progress=bar,
        )
    typer.echo(f"{run.path}: {run.answered} answered now, {run.resumed} before, {run.failed} failed")
    if run.outdated:
        aside = run.path.with_name(f"{run.path.stem}.outdated")
        typer.echo(f"{run.outdated} answers whose question or case changed were set aside: {aside}", err=True)
    tell(troubles(run))
    if run.failed:
        raise typer.Exit(EXIT_FAILURES)


def _answerer(model: str, options: dict[str, Any], **named: Any) -> Model:
    """Make the model from its options by name and from those that have an option of their own here."""
    from medspatial.models import create_model

    given = {key: value for key, value in named.items() if value is not None}
    twice = sorted(set(given) & set(options))
    if twice:
        raise InputError(f"--set {twice[0]}=...: is also given as an option of its own")
    return create_model(model, **options, **given)


def _device(device: str | None, gpu_id: int | None) -> str | None:
    if device is not None and gpu_id is not None:
        raise InputError(f"--device {device} and --gpu-id {gpu_id}: give one of them")
    return device if gpu_id is None else f"cuda:{gpu_id}"


def _reads_arrays(questions: Sequence[Question], arm: str) -> bool:
    """Say whether the questions point to prepared arrays; arms that change volumes cannot use those."""
    from medspatial.models.prepared import ARMS

    arrays = [str(q.image_path).endswith(".npy") for q in questions]
    if any(arrays) and not all(arrays):
        raise InputError("some questions point to prepared arrays (.npy) and some to volumes: use two files")
    if all(arrays) and arm not in ARMS:
        raise InputError(f"arm '{arm}' changes volumes; it cannot be made from prepared arrays (.npy)")
    return bool(arrays) and all(arrays)
