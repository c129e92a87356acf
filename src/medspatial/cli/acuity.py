"""``medspatial acuity``: from which size, distance or difference on a model, or its input alone, sees."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from medspatial.errors import InputError

if TYPE_CHECKING:
    from medspatial.acuity import Acuity, Quantity

_PATIENTS, _REPEATS = 12, 2


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
    patients: Annotated[
        int | None,
        typer.Option(min=2, help="Bodies; intervals are over these. Default: 12.", show_default=False),
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option(
            min=1, help="With --model: trials of each level on each body. Default: 2.", show_default=False
        ),
    ] = None,
    adaptive: Annotated[bool, typer.Option(help="With --model: ask again near each threshold.")] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the model; repeatable."),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Questions answered at once.")] = None,
    questions: Annotated[
        Path | None,
        typer.Option(help="In place of phantoms: what each --input holds of these questions' evidence."),
    ] = None,
    cases: Annotated[
        Path | None, typer.Option(help="With --questions: folder or file of their cases, with masks.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Measure acuity in millimetres, HU and ratios on graded phantoms; the same command again resumes.

    Example: `medspatial acuity --model m3d_lamed --set path=checkpoints/m3d --output-dir acuity`

    Example: `medspatial acuity --input m3d_lamed --input whole_volume --quantity size`

    Example: `medspatial acuity --input m3d_lamed --questions questions.jsonl --cases my_ct`
    """
    import json

    from medspatial.acuity import chosen_quantities, input_acuity, input_names, input_of
    from medspatial.acuity.table import acuity_figure, acuity_table, sentences
    from medspatial.cli.options import read_options, refuse_idle
    from medspatial.cli.show import report_table
    from medspatial.records import write_records
    from medspatial.report.figures import save_figure

    of_model = {"--repeats": repeats, "--adaptive": adaptive, "--set": set_, "--batch-size": batch_size}
    if (questions is None) != (cases is None):
        raise InputError("--questions and --cases belong together")
    if questions is not None and cases is not None:
        if model is not None or not inputs:
            raise InputError("--questions needs --input, and no --model: it tells what an input holds")
        refuse_idle({"--quantity": quantity, "--patients": patients, **of_model}, "is not for --questions")
        _held(inputs, questions, cases, output_dir / "sights.jsonl", as_json=as_json)
        return
    if model is None and not inputs:
        raise InputError("give --model, --input or both")
    if model is None:
        refuse_idle(of_model, "is for --model")
    bodies = patients or _PATIENTS
    quantities = chosen_quantities(tuple(quantity) if quantity else None)
    found: list[Acuity] = []
    if model is not None:
        found += _asked(
            model,
            quantities,
            output_dir,
            (bodies, repeats or _REPEATS, adaptive),
            read_options(set_ or []),
            batch_size,
        )
    names = inputs if inputs is not None else [model] if model in input_names() else []
    for name in names:
        found += input_acuity(str(name), input_of(str(name)), quantities, patients=bodies)
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


def _held(inputs: list[str], questions: Path, cases: Path, output: Path, *, as_json: bool) -> None:
    """Write what inputs hold of each question, and print how many they cannot answer at all."""
    from medspatial.acuity import input_of, sights
    from medspatial.cli.rows import load_rows
    from medspatial.cli.show import report_table
    from medspatial.progress import progress
    from medspatial.records import Question, Sight, write_records
    from medspatial.report.tables.causes import lost_table
    from medspatial.study import case_loader

    asked, loader = load_rows(questions, Question), case_loader(cases)
    prepared = {name: input_of(name) for name in inputs}
    count = len({one.case_id for one in asked})
    typer.echo(f"{len(inputs)} inputs of {count} cases to look into", err=True)
    found: list[Sight] = []
    for name, prepare in prepared.items():
        with progress(f"input {name}", count) as bar:
            found += sights(name, prepare, asked, loader.data, told=lambda case_id: bar.advance(1, case_id))
    output.parent.mkdir(parents=True, exist_ok=True)
    write_records(output, found)
    if as_json:
        typer.echo("\n".join(one.to_json() for one in found))
    else:
        report_table(lost_table(found, asked))
    typer.echo(f"{output}: `medspatial compare --sights` sets it beside the models", err=True)
