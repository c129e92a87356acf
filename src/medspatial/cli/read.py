"""``medspatial read``: people answer the questions, one at a time; what follows from their answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.options import refuse_idle
from medspatial.cli.view import NoBrowser, Port, Root
from medspatial.errors import InputError


def read_command(
    study: Annotated[Path, typer.Argument(help="The study's file (YAML).")],
    root: Root = None,
    port: Port = 8642,
    no_browser: NoBrowser = False,
    results: Annotated[
        bool, typer.Option("--results", help="Serve nothing: print what follows from the answers so far.")
    ] = False,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Predictions of a model to compare readers with; repeatable. With --results."),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="What decides right and wrong. With --results. Default: structured.", show_default=False
        ),
    ] = None,
) -> None:
    """Serve a study's questions to its readers; each has a link of their own.

    Answers are kept in a folder beside the file, named like it: `answers.sqlite`, and `predictions.jsonl`
    as of any model. Ended at any moment, the same command goes on from there.

    Example: `medspatial read readers.yaml`, then
    `medspatial read readers.yaml --results --against predictions/model.jsonl`
    """
    if results:
        _print_results(study, against or [], metric or "structured")
        return
    refuse_idle({"--against": against, "--metric": metric}, "is for --results")
    from medspatial.errors import require

    require("starlette", "view")
    from medspatial.readers.answers import Answers
    from medspatial.readers.design import read_design
    from medspatial.view.library import open_library
    from medspatial.view.reading import ReadingApp
    from medspatial.view.serve import free_socket, serve_people
    from medspatial.view.volumes import Volumes

    found = read_design(study)
    folder = study.with_suffix("")
    volumes = Volumes(open_library(found.cases, extra_roots=root or []))
    with Answers(folder / "answers.sqlite") as answers:
        answers.claim(found.facts())
        made = ReadingApp(found, answers, volumes, folder / "predictions.jsonl")
        tokens = {answers.token(reader): reader for reader in found.design.readers}
        typer.echo(f"{len(found.questions)} questions, {len(tokens)} readers: {found.design.title}")
        try:
            serve_people(made.routes(), tokens, free_socket(port), typer.echo, launch=not no_browser)
        finally:
            made.write()
            volumes.close()
    typer.echo(f"Answers: {folder / 'predictions.jsonl'}")


def _print_results(study: Path, against: Sequence[Path], metric_name: str) -> None:
    from medspatial.readers.answers import Answers
    from medspatial.readers.design import read_design
    from medspatial.readers.results import reader_results
    from medspatial.readers.session import reader_predictions
    from medspatial.readers.summary import summary
    from medspatial.records import Prediction, read_records
    from medspatial.score import metric

    design, folder = read_design(study), study.with_suffix("")
    if not (folder / "answers.sqlite").is_file():
        raise InputError(f"{folder / 'answers.sqlite'}: no answers yet; `medspatial read {study}` serves")
    with Answers(folder / "answers.sqlite") as answers:
        people = reader_predictions(design, answers)
    models = [
        row for path in against for row in read_records(path, Prediction).rows if row.id in design.questions
    ]
    judge = metric(metric_name)
    scores = judge.score([*people, *models])
    judge.close()
    for line in summary(reader_results(people, scores)):
        typer.echo(line)
