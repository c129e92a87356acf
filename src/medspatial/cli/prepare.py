"""``medspatial prepare``: the inputs of one model, made once for a whole dataset."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.placing import Actors, Engine, spread
from medspatial.errors import EXIT_FAILURES


def prepare_command(
    model: Annotated[
        str, typer.Option("--model", "-m", help="Name of a model; see `medspatial models list`.")
    ],
    input_jsonl: Annotated[Path, typer.Option("--input-jsonl", help="Questions (.jsonl or .csv).")],
    output_root: Annotated[Path, typer.Option("--output-root", help="Folder for the arrays (.npy).")],
    output_jsonl: Annotated[
        Path, typer.Option("--output-jsonl", help="The questions again, pointing to the arrays.")
    ],
    nifti_root: Annotated[
        Path, typer.Option("--nifti-root", help="Folder that relative image paths start from.")
    ] = Path(),
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the preparation; repeatable."),
    ] = None,
    assume_axes: Annotated[
        str | None, typer.Option(help="Axis codes for volumes without a usable affine, such as LPS.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Volumes prepared at the same time.")] = 1,
    engine: Engine = "processes",
    actors: Actors = None,
) -> None:
    """Turn each volume of a dataset into a model's input and keep it; the same command again resumes.

    Example: `medspatial prepare --model m3d_lamed --input-jsonl questions.jsonl --nifti-root ct
    --output-root inputs --output-jsonl inputs.jsonl`
    """
    from medspatial.cli.options import read_options
    from medspatial.cli.rows import load_rows
    from medspatial.models.tools.inventory import preparation
    from medspatial.models.tools.prepare import prepare_dataset
    from medspatial.progress import progress
    from medspatial.records import Question
    from medspatial.study import case_loader

    questions = load_rows(input_jsonl, Question)
    made = preparation(model, **read_options(set_ or []))
    with progress(f"prepare {model}", len({question.case_id for question in questions})) as bar:
        done = prepare_dataset(
            model,
            made,
            questions,
            load=case_loader(None, questions, nifti_root, assume_axes).volume,
            output_root=output_root,
            output_jsonl=output_jsonl,
            progress=bar,
            place=spread(engine, workers, actors),
        )
    for case_id, message in done.failed.items():
        typer.echo(f"failed: {case_id}: {message}", err=True)
    typer.echo(f"{done.output}: {done.written} prepared now, {done.found} before, {len(done.failed)} failed")
    if done.failed:
        raise typer.Exit(EXIT_FAILURES)
