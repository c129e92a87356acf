"""``medspatial predict``: one model's answers to a file of questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli.options import CASES_HELP
from medspatial.cli.placing import Actors, Cache, CacheGb, Engine, Gpus, GpusPerActor, kept_volumes, placed
from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.arms import Arm
    from medspatial.models import Model
    from medspatial.records import Question


def predict_command(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of a model; see `medspatial models list`.")
    ],
    dataset: Annotated[Path, typer.Option("--dataset", "-d", help="Questions (.jsonl or .csv).")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder for the predictions.")],
    cases: Annotated[
        str | None,
        typer.Option(help=f"{CASES_HELP} Default: image paths of the questions, from --image-root."),
    ] = None,
    image_root: Annotated[
        Path | None, typer.Option(help="Folder that relative image paths start from. Default: this one.")
    ] = None,
    arm: Annotated[
        str, typer.Option(help="Arm of the study: standard, text_only, mirrored, ...")
    ] = "standard",
    model_path: Annotated[
        Path | None, typer.Option(help="Folder of the model's checkpoint (its option `path`).")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:N.")] = None,
    gpu_id: Annotated[int | None, typer.Option(min=0, help="Number of the GPU; the same as cuda:N.")] = None,
    gpus: Gpus = None,
    engine: Engine = "processes",
    actors: Actors = None,
    gpus_per_actor: GpusPerActor = None,
    cache: Cache = None,
    cache_gb: CacheGb = None,
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
    shard: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="Only share I of N of the cases; `medspatial merge` joins them."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    keep_going: Annotated[bool, typer.Option(help="Skip bad rows of the dataset, and list them.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Start again instead of resuming.")] = False,
    plain_rows: Annotated[
        Path | None,
        typer.Option(
            help="Also write image_path, question, prediction, answer and `correct` (exact match) as JSONL."
        ),
    ] = None,
) -> None:
    """Ask a model all questions of a file; the same command again resumes.

    Example: `medspatial predict --model random --dataset questions.jsonl --output-dir predictions`
    """
    from medspatial.arms import arm as arm_of
    from medspatial.cli.options import read_options
    from medspatial.cli.rows import stored_rows
    from medspatial.cli.show import tell
    from medspatial.models.tools.prepared import prepared_loader
    from medspatial.models.tools.recipe import ModelRecipe
    from medspatial.predict import (
        Cases,
        Job,
        PredictOptions,
        Shard,
        failure_lines,
        predict,
        predict_with,
    )
    from medspatial.progress import progress
    from medspatial.records import Question
    from medspatial.study import case_loader

    chosen = arm_of(arm)
    share = None if shard is None else Shard.parse(shard)
    if share is not None:
        share.refuse(chosen)  # before any case is read for the arm
    workers = placed(engine, gpus, actors, gpus_per_actor)
    _refuse_idle(
        engine, device if gpu_id is None else f"cuda:{gpu_id}", cases, image_root, placed=workers is not None
    )
    questions = stored_rows(dataset, Question, keep_going=keep_going, beside=output_dir)[:limit]
    given = _given(
        read_options(set_ or []),
        name=name,
        path=None if model_path is None else str(model_path),
        device=_device(device, gpu_id),
        dtype=dtype,
    )
    arrays = cases is None and _points_to_arrays(questions)
    recipe = ModelRecipe(model, given, prepared=arrays)
    kept = kept_volumes(cache, cache_gb)
    known = case_loader(cases, questions, image_root or Path(), assume_axes, kept)
    source = Cases(
        known.volume,
        None if cases is None else known.masks,
        known.states if chosen.shows_volume else None,
        None if cases is None else known.data,
    )
    asked = chosen.questions(questions, source.data)
    folder = output_dir if share is None else output_dir / share.folder

    def output(model_name: str) -> Path:
        return folder / (f"{model_name}.jsonl" if arm == "standard" else f"{model_name}@{arm}.jsonl")

    answerer = recipe() if workers is None else None
    _tell_extra(chosen, asked, answerer)
    if arrays and (answerer is None or answerer.needs_volume):
        _refuse_arrays(questions, arm)
        loader: Any = prepared_loader(questions, image_root or Path())
        source = replace(source, volume=loader)
    label = output(answerer.name if answerer is not None else name or model).stem
    with progress(label, len(asked if share is None else share.questions(asked))) as bar:
        options = PredictOptions(batch_size=batch_size, overwrite=overwrite, progress=bar, shard=share)
        if answerer is not None:
            run = predict(
                answerer, questions, output(answerer.name), cases=source, arm=chosen, options=options
            )
        elif workers is not None:
            job = Job(recipe, source, asked, arm, batch_size)
            run = predict_with(workers(job), job, output, options)
    typer.echo(f"{run.path}: {run.answered} answered now, {run.resumed} before, {run.failed} failed")
    if run.outdated:
        aside = run.path.with_name(f"{run.path.stem}.outdated")
        typer.echo(f"{run.outdated} answers whose question or case changed were set aside: {aside}", err=True)
    tell(failure_lines(run))
    if plain_rows is not None:
        _write_plain_rows(run.path, plain_rows)
    if run.failed:
        raise typer.Exit(EXIT_FAILURES)


def _tell_extra(chosen: Arm, asked: Sequence[Question], answerer: Model | None) -> None:
    """Say how many changed volumes an arm shows."""
    from medspatial.arms import extra_volumes

    extra = extra_volumes(chosen, asked)
    if extra and (answerer is None or answerer.needs_volume):
        typer.echo(f"{extra} changed volumes to show for {len(asked)} questions", err=True)


def _write_plain_rows(predictions: Path, output: Path) -> None:
    """Write all answers of a file with their verdict by exact match."""
    from medspatial.exchange.plain_rows import write_plain_rows
    from medspatial.predict import iter_predictions
    from medspatial.score import metric, score_stream

    if output.resolve() == predictions.resolve():
        raise InputError(f"--plain-rows: {output} is the file of predictions")
    count = write_plain_rows(output, score_stream(iter_predictions(predictions), [metric("exact")]))
    typer.echo(f"{output}: {count} rows with `correct` by exact match")


def _given(options: dict[str, Any], **named: Any) -> dict[str, Any]:
    """Join the model's options by name with those that have an option of their own here."""
    given = {key: value for key, value in named.items() if value is not None}
    twice = sorted(set(given) & set(options))
    if twice:
        raise InputError(f"--set {twice[0]}=...: is also given as an option of its own")
    return {**options, **given}


def _refuse_idle(
    engine: str, device: str | None, cases: str | None, image_root: Path | None, *, placed: bool
) -> None:
    """Refuse options that would have no effect."""
    if placed and device is not None:
        where = "--engine ray places its actors" if engine == "ray" else "--gpus names the devices"
        raise InputError(f"{where}: give no --device and no --gpu-id beside it")
    if cases is not None and image_root is not None:
        raise InputError("--image-root: has no effect beside --cases, which says where the volumes are")


def _device(device: str | None, gpu_id: int | None) -> str | None:
    if device is not None and gpu_id is not None:
        raise InputError(f"--device {device} and --gpu-id {gpu_id}: give one of them")
    return device if gpu_id is None else f"cuda:{gpu_id}"


def _points_to_arrays(questions: Sequence[Question]) -> bool:
    """Say whether any question points to a prepared array."""
    from medspatial.records import StoredRecords

    if isinstance(questions, StoredRecords):
        return questions.arrays > 0
    return any(str(question.image_path).endswith(".npy") for question in questions)


def _refuse_arrays(questions: Sequence[Question], arm: str) -> None:
    """Hold to what arrays can serve: all questions point to one, and the arm changes no volume."""
    from medspatial.models.tools.prepared import ARMS

    if not all(str(question.image_path).endswith(".npy") for question in questions):
        raise InputError("some questions point to prepared arrays (.npy) and some to volumes: use two files")
    if arm not in ARMS:
        raise InputError(f"arm '{arm}' changes volumes; it cannot be made from prepared arrays (.npy)")
