"""``medspatial models``: what answerers there are; their checkpoints, checks and orientation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from medspatial.cli.options import read_options, refuse_idle
from medspatial.cli.show import csv_listing, listing
from medspatial.errors import EXIT_FAILURES, InputError

app = typer.Typer(help="The models that can answer.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Name of a model; see `medspatial models list`.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_models(
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """List all models with paper, architecture, input, checkpoint, licence, and what was verified how."""
    from medspatial.models.tools.inventory import inventory

    if as_csv:
        refuse_idle({"--json": as_json}, "and --csv: give one of them")
    rows = inventory()
    if as_csv:
        typer.echo(csv_listing(rows), nl=False)
    elif as_json:
        listing(rows, as_json=True)
    else:
        listing(
            [{k: row[k] for k in ("name", "title", "input", "checkpoint")} for row in rows], as_json=False
        )


@app.command("show")
def show(name: Name, as_json: Json = False) -> None:
    """Show a model's card and its input contract.

    Of a baseline or a model of an installed package, which have no card: what it is and where it comes from.
    """
    from medspatial.models.tools.inventory import model_facts

    facts = model_facts(name)
    if as_json:
        typer.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    listing([{"field": key, "value": _words(value)} for key, value in facts.items() if value], as_json=False)


@app.command("fetch")
def fetch_checkpoint(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("--output-dir", "-o", help="Folder for the checkpoint.")
    ] = None,
    checkpoint: Annotated[
        str | None, typer.Option(help="Which of several checkpoints: its id or a part of it.")
    ] = None,
    revision: Annotated[
        str | None, typer.Option(help="Commit, tag or branch, if not the card's or the one begun.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Another hub than HF_ENDPOINT or the usual one.")
    ] = None,
    texts: Annotated[
        bool, typer.Option("--texts", help="Only the texts of the original's source that prompts need.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Fetch a published checkpoint; licence and size are shown first. Resumes.

    Example: `medspatial models fetch m3d_lamed --checkpoint Phi-3 -o weights/m3d_phi3`
    """
    from medspatial.models import model_card
    from medspatial.models.tools.fetch import checkpoint_of, fetch, plan_fetch
    from medspatial.progress import progress

    if texts:
        of_checkpoint = {"--output-dir": output, "--checkpoint": checkpoint, "--revision": revision}
        refuse_idle(of_checkpoint | {"--endpoint": endpoint, "--json": as_json}, "is not for --texts")
        _fetch_texts(name)
        return
    if output is None:
        raise typer.BadParameter("needed for a checkpoint", param_hint="--output-dir")
    plan = plan_fetch(
        checkpoint_of(model_card(name), checkpoint), output, revision=revision, endpoint=endpoint
    )
    facts = {
        "checkpoint": plan.checkpoint.id,
        "commit": plan.commit,
        "licence": plan.checkpoint.license,
        "files": len(plan.files),
        "gigabytes": round(plan.size / 1e9, 3),
        "folder": str(plan.folder),
    }
    if not as_json:
        listing([{"": key, "value": value} for key, value in facts.items()], as_json=False)
    if not yes:
        typer.confirm("Fetch it under this licence?", abort=True)
    with progress(plan.checkpoint.id, len(plan.files)) as bar:
        fetch(plan, progress=bar)
    typer.echo(json.dumps(facts, indent=1) if as_json else f"fetched into {plan.folder}")
    if model_card(name).texts:
        _fetch_texts(name)


@app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(help="A checkpoint's folder.")],
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Of which model, if the files do not tell.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether a checkpoint's folder is complete and right, without loading the weights.

    Ends with exit code 1 if it is not.
    """
    from medspatial.models.tools.check import check_folder

    findings = check_folder(folder, model)
    rows = [{"part": f.part, "": "fine" if f.fine else "WRONG", "detail": f.detail} for f in findings]
    listing([vars(f) for f in findings] if as_json else rows, as_json=as_json)
    if not all(finding.fine for finding in findings):
        raise typer.Exit(EXIT_FAILURES)


@app.command("verify")
def verify_model(
    name: Name,
    reference: Annotated[Path, typer.Option("--reference", "-r", help="Folder of reference vectors.")],
    ct: Annotated[
        Path | None, typer.Option(help="The CT behind the preprocessing vectors, if not beside them.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare this installation with the original's own computation, tensor by tensor.

    Ends with exit code 1 if an error is over its tolerance.
    """
    from medspatial.models.tools.verify import verify

    checks = verify(name, reference, ct)
    rows = [{**vars(check), "passed": check.passed} for check in checks]
    listing(rows, as_json=as_json)
    failed = sum(not check.passed for check in checks)
    typer.echo(f"{len(checks) - failed} of {len(checks)} checks passed", err=True)
    if failed or not checks:
        raise typer.Exit(EXIT_FAILURES)


@app.command("audit")
def audit_model(
    name: Name,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the preparation; repeatable."),
    ] = None,
    spacing: Annotated[float, typer.Option(min=0.5, help="Voxel size of the phantom in mm.")] = 1.5,
    as_json: Json = False,
) -> None:
    """Send a phantom with markers at the patient's left, front and head through a model's preparation.

    Says where each lands, whether that is what the input contract declares, and what is left of small
    lesions. Ends with exit code 1 if left, front or head are not where the contract says. Covers
    models that are given a volume, not those that are shown slices.
    """
    from medspatial.cases import make_marker_phantom
    from medspatial.models.tools.audit import audit, audited_preparation
    from medspatial.models.tools.inventory import contract_of

    made = audited_preparation(name, **read_options(set_ or []))
    found = audit(name, made, contract_of(made), make_marker_phantom, spacing=spacing)
    if as_json:
        typer.echo(json.dumps(found.as_dict(), indent=1))
    else:
        listing(found.landing_rows(), as_json=False)
        listing(found.survival_rows(), as_json=False)
        typer.echo(found.verdict())
    if not found.agrees:
        raise typer.Exit(EXIT_FAILURES)


def _fetch_texts(name: str) -> None:
    from medspatial.errors import InputError
    from medspatial.models import model_card
    from medspatial.models.tools.inventory import load

    texts = model_card(name).texts
    if texts is None:
        raise InputError(f"model '{name}' needs no texts of the original's source")
    for path in load(texts)():
        typer.echo(f"fetched {path}", err=True)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text}" for key, text in value.items() if text not in (None, [], ""))
    if isinstance(value, list):
        return "\n".join(_words(entry) for entry in value)
    return str(value)


@app.command("export-language")
def export_language_command(
    name: Annotated[str, typer.Argument(help="m3d_lamed, med3dvlm, radfm or ct_chat.")],
    model_path: Annotated[Path, typer.Option("--model-path", help="Folder of the checkpoint.")],
    output: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder to write, not there yet.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="An option of the model; repeatable."),
    ] = None,
) -> None:
    """Write a model's language part as a plain folder, for an engine that takes prompt embeddings.

    Then `vllm serve FOLDER --enable-prompt-embeds`, and the model's options `engine` and `engine_model`.
    """
    from medspatial.models import create_model
    from medspatial.models.registry import model_options
    from medspatial.models.runtime.engine import export_language
    from medspatial.models.runtime.vlm import VolumeLanguageModel

    if "serving" not in model_options(name).records:
        raise InputError(f"model {name!r}: its language part cannot be served by an engine")
    model = create_model(name, path=model_path, **read_options(set_ or []))
    if not isinstance(model, VolumeLanguageModel):
        raise InputError(f"model {name!r}: it has no language part here")
    typer.echo(f"written: {export_language(model.language, output, model.tokenizer)}")
