"""``medspatial acuity``: from which size, distance or difference on a model, or its input alone, sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.errors import InputError

if TYPE_CHECKING:
    from medspatial.acuity import Acuity, Quantity


def acuity_command(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Ask this model; see `medspatial models list`.")
    ] = None,
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            help="Test what this model's input could know, without weights; also whole_volume and "
            "8_slices; repeatable. Default: the input of --model.",
        ),
    ] = None,
    output_dir: Annotated[
        Path, typer.Option("--output-dir", "-o", help="Folder for answers, results and figures.")
    ] = Path("acuity"),
    quantity: Annotated[
        list[str] | None,
        typer.Option(help="side, distance, ratio, size, contrast, height or thickness; repeatable."),
    ] = None,
    patients: Annotated[int, typer.Option(min=2, help="Bodies; intervals are over these.")] = 12,
    repeats: Annotated[int, typer.Option(min=1, help="Trials of each level on each body.")] = 2,
    adaptive: Annotated[bool, typer.Option(help="Ask again near each threshold.")] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the model; repeatable."),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Questions answered at once.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure acuity in millimetres, HU and ratios on graded phantoms; the same command again resumes.

    Example: `medspatial acuity --model m3d_lamed --set path=checkpoints/m3d --output-dir acuity`
    Example: `medspatial acuity --input m3d_lamed --input whole_volume --quantity size`
    """
    import json

    from medspatial.acuity import chosen_quantities, input_acuity, input_names, input_of
    from medspatial.acuity.table import acuity_figure, acuity_table, sentences
    from medspatial.cli.options import read_options
    from medspatial.cli.show import report_table
    from medspatial.records import write_records
    from medspatial.report.figures import save_figure

    if model is None and not inputs:
        raise InputError("give --model, --input or both")
    quantities = chosen_quantities(tuple(quantity) if quantity else None)
    found: list[Acuity] = []
    if model is not None:
        found += _asked(
            model, quantities, output_dir, (patients, repeats, adaptive), read_options(set_ or []), batch_size
        )
    names = inputs if inputs is not None else [model] if model in input_names() else []
    for name in names:
        found += input_acuity(str(name), input_of(str(name)), quantities, patients=patients)
    output_dir.mkdir(parents=True, exist_ok=True)
    write_records(output_dir / "acuity.jsonl", found)
    for one in dict.fromkeys(row.quantity for row in found):
        save_figure(acuity_figure(found, one), output_dir / f"acuity_{one}", ("svg", "png"))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=1))
        return
    report_table(acuity_table(found))
    for line in sentences(found):
        typer.echo(line)


def _asked(
    model: str,
    quantities: tuple[Quantity, ...],
    folder: Path,
    plan: tuple[int, int, bool],
    options: dict[str, object],
    batch_size: int | None,
) -> list[Acuity]:
    """Ask a model, after saying how many volumes that takes."""
    from medspatial.acuity import Trials, model_acuity
    from medspatial.models import create_model
    from medspatial.progress import progress

    patients, repeats, adaptive = plan
    answerer = create_model(model, **options)
    trials = Trials(quantities, patients=patients, repeats=repeats)
    count = len(trials.questions)
    typer.echo(f"{answerer.name}: {count} volumes, one question each", err=True)
    with progress(f"acuity {answerer.name}", count) as bar:
        found = model_acuity(answerer, trials, folder, adaptive=adaptive, batch_size=batch_size, progress=bar)
    answerer.close()
    return found
