"""``medspatial merge``: the shards of a run joined to one result."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from medspatial.errors import InputError


def merge_command(
    dataset: Annotated[Path, typer.Option("--dataset", "-d", help="Questions, as each shard had them.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder for the predictions.")],
    shards: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of the shards. Default: shard-*-of-* in the output folder."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N questions.")] = None,
    keep_going: Annotated[bool, typer.Option(help="Skip bad rows of the dataset, and list them.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Replace predictions that are there.")] = False,
) -> None:
    """Join shards of `medspatial predict --shard I/N`: what one run over all cases would have written.

    Example: `medspatial merge --dataset questions.jsonl --output-dir predictions`
    """
    from medspatial.cli.rows import load_rows
    from medspatial.predict import merge
    from medspatial.records import Question

    questions = load_rows(dataset, Question, keep_going=keep_going)[:limit]
    for name, files in _by_name(shards or sorted(output_dir.glob("shard-*-of-*"))).items():
        merged = merge(files, questions, output_dir / name, overwrite=overwrite)
        typer.echo(
            f"{merged.path}: {merged.answered} answered, {merged.failed} failed, from {merged.shards} shards"
        )


def _by_name(folders: list[Path]) -> dict[str, list[Path]]:
    """Return the files of answers in the folders, by name: one per model and arm."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        ends = ".manifest.json"
        for manifest in sorted(folder.glob(f"*{ends}")):
            path = manifest.with_name(manifest.name.removesuffix(ends) + ".jsonl")
            found.setdefault(path.name, []).append(path)
    if not found:
        raise InputError("no shards found: give the folders that predict --shard I/N made")
    return dict(sorted(found.items()))
