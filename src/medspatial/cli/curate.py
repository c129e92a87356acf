"""``medspatial questions``: judge, filter, convert, split, freeze, count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli.options import read_options
from medspatial.cli.show import listing
from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.records import Question

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
Dataset = Annotated[Path, typer.Argument(help="Questions (.jsonl, .csv), or the field's nested JSON.")]


def load_questions(path: Path) -> list[Question]:
    """Read questions of our own form or the field's nested JSON."""
    from medspatial.cli.rows import load_rows
    from medspatial.datasets.nested import read_nested, to_questions
    from medspatial.records import Question

    if path.name.removesuffix(".gz").endswith(".json"):
        return to_questions(read_nested(path))
    return load_rows(path, Question)


def judge(
    dataset: Dataset,
    reports: Annotated[Path, typer.Option("--reports", "-r", help="The reports the pairs were made from.")],
    output: Output,
    llm: Annotated[list[str], typer.Option("--llm", help="A judge, PROVIDER:MODEL; repeatable.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Setting of all judges, KEY=VALUE; repeatable.")
    ] = None,
) -> None:
    """Let one or several models judge pairs: spatial, answerable, needs the image, distinct; with reasons.

    Each judge is first given pairs of an invented report whose verdicts are known (canaries).

    Example: `medspatial questions judge q.jsonl --reports r.csv --llm gemini:MODEL --output judgments.jsonl`
    """
    from contextlib import ExitStack

    from medspatial.cases.ct_rate import read_reports
    from medspatial.datasets.judge import judge_pairs
    from medspatial.datasets.pair_canaries import judge_canaries
    from medspatial.files import write_json
    from medspatial.llm import open_llm
    from medspatial.records import write_records

    known = {report.case_id: report for report in read_reports(reports)}
    cache = output.with_suffix(".replies.sqlite")
    with ExitStack() as stack:
        options = read_options(settings or [])
        judges = [stack.enter_context(open_llm(name, cache=cache, **options)) for name in llm]
        questions = load_questions(dataset)
        canaries = judge_canaries(judges)
        judgments, stopped = judge_pairs(questions, known, judges)
    write_records(output, judgments)
    write_json(output.with_suffix(".canaries.json"), [one.to_dict() for one in canaries])
    failed = sum(one.status == "failed" for one in judgments)
    warned = sum(one.warning is not None for one in judgments)
    typer.echo(f"{len(judgments)} judgments in {output}, {failed} failed")
    for one in canaries:
        missing = f", {one.without_verdict} without a verdict" if one.without_verdict else ""
        typer.echo(f"{one.judge}: canaries {one.passed}/{one.run}{missing}")
        for line in one.failed:
            typer.echo(f"{one.judge}: canary failed: {line}", err=True)
    if warned:
        typer.echo(f"warning: {warned} pairs were judged by the model that made them", err=True)
    if stopped is not None:
        raise stopped
    if failed:
        raise typer.Exit(EXIT_FAILURES)


def filter_command(
    qa_json: Annotated[Path, typer.Option("--qa-json", help="Pairs: the field's nested JSON, or JSONL.")],
    judgments: Annotated[list[Path], typer.Option("--judgments", "-j", help="Judgments; repeatable.")],
    output: Output,
    keep_nonspatial: Annotated[bool, typer.Option("--keep-nonspatial", help="Keep the others too.")] = False,
    keep_nonrelevant: Annotated[
        bool, typer.Option("--keep-nonrelevant", help="Keep the others too.")
    ] = False,
    keep_unjudged: Annotated[
        bool, typer.Option("--keep-unjudged", help="Keep pairs without a verdict.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Keep the pairs that most judges find spatial and relevant; the output has the input's form."""
    from medspatial.datasets.filter import filter_pairs
    from medspatial.datasets.judgment import majority, read_judgments
    from medspatial.datasets.nested import (
        from_questions,
        read_nested,
        to_questions,
        write_nested,
    )
    from medspatial.records import write_records

    nested_form = qa_json.name.removesuffix(".gz").endswith(".json")
    nested = read_nested(qa_json) if nested_form else from_questions(load_questions(qa_json))
    verdicts = majority(one for path in judgments for one in read_judgments(path, nested))
    found = filter_pairs(
        nested,
        verdicts,
        keep_nonspatial=keep_nonspatial,
        keep_nonrelevant=keep_nonrelevant,
        keep_unjudged=keep_unjudged,
    )
    if nested_form:
        write_nested(output, found.nested)
    else:
        kept = {(one.case_id, one.question, one.answer) for one in to_questions(found.nested)}
        rows = load_questions(qa_json)
        write_records(output, (one for one in rows if (one.case_id, one.question, one.answer) in kept))
    listing([{"pairs": name, "count": count} for name, count in found.counts.items()], as_json=as_json)
    if found.empty:
        typer.echo(f"{len(found.empty)} cases have no pair left and are left out", err=True)


def to_jsonl(
    source: Annotated[Path, typer.Option("--input", "-i", help="The field's nested JSON.")],
    output: Output,
    image_root: Annotated[str, typer.Option("--image-root", help="Folder before image paths.")] = "",
    plain: Annotated[
        bool, typer.Option("--plain", help="Only case_id, image_path, question, answer.")
    ] = False,
) -> None:
    """Turn the nested JSON into flat JSONL; what rows cannot hold goes into OUTPUT.layout.json beside it."""
    from medspatial.datasets.nested import (
        LAYOUT_SUFFIX,
        layout_of,
        plain_rows,
        read_nested,
        to_questions,
        write_lines,
    )
    from medspatial.records import write_records

    nested = read_nested(source)
    if plain:
        write_lines(output, plain_rows(nested, image_root=image_root))
    else:
        write_records(output, to_questions(nested, image_root=image_root))
        layout = json.dumps(layout_of(nested), ensure_ascii=False)
        output.with_name(output.name + LAYOUT_SUFFIX).write_text(layout + "\n", encoding="utf-8")
    typer.echo(f"{nested.pair_count} rows in {output}")


def to_nested(
    source: Annotated[Path, typer.Option("--input", "-i", help="Questions (.jsonl).")], output: Output
) -> None:
    """Turn flat JSONL into the field's nested JSON; with its layout file beside it, byte for byte."""
    from medspatial.datasets.nested import LAYOUT_SUFFIX, from_questions, write_nested

    beside = source.with_name(source.name + LAYOUT_SUFFIX)
    layout = json.loads(beside.read_text(encoding="utf-8")) if beside.is_file() else None
    nested = from_questions(load_questions(source), layout)
    write_nested(output, nested)
    typer.echo(f"{nested.pair_count} pairs of {len(nested.volumes)} volumes in {output}")


def duplicates(
    dataset: Dataset,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the rows without repeats within a case.")
    ] = None,
    near: Annotated[float, typer.Option(min=0.5, max=1.0, help="Least share of common word pairs.")] = 0.8,
    as_json: Json = False,
) -> None:
    """Find questions that repeat, word for word or nearly, within a case and across cases."""
    from medspatial.datasets.duplicates import drop_duplicates, find_duplicates
    from medspatial.records import write_records

    rows = load_questions(dataset)
    groups = find_duplicates(rows, near=near)
    listing(
        [
            {
                "kind": one.kind, "within_case": one.within, "rows": len(one.ids),
                "same_answer": one.same_answer, "text": one.text,
            }
            for one in sorted(groups, key=lambda one: -len(one.ids))[: None if as_json else 40]
        ],
        as_json=as_json,
    )  # fmt: skip
    typer.echo(f"{len(groups)} groups", err=True)
    if output:
        kept, repeats = drop_duplicates(rows)
        write_records(output, kept)
        typer.echo(f"{len(kept)} rows kept, {len(repeats)} repeats within a case left out", err=True)


def split(
    dataset: Dataset,
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder; gets <part>.jsonl.")],
    shares: Annotated[str, typer.Option(help="Parts with their shares.")] = "train=0.8,test=0.2",
    seed: Annotated[int, typer.Option(help="Another seed, another split.")] = 0,
    as_json: Json = False,
) -> None:
    """Split by patient: deterministic, nobody on both sides, nobody moves when rows are added."""
    from medspatial.datasets.split import parse_shares, split_by_patient
    from medspatial.records import write_records

    parts = split_by_patient(load_questions(dataset), parse_shares(shares), seed=seed)
    for name, rows in parts.items():
        write_records(output_dir / f"{name}.jsonl", rows)
    table = [
        {"part": name, "questions": len(rows), "patients": len({one.patient_id for one in rows})}
        for name, rows in parts.items()
    ]
    listing(table, as_json=as_json)


def freeze(
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder of the dataset.")],
    part: Annotated[list[str], typer.Option("--split", help="NAME=FILE; repeatable.")],
    name: Annotated[str, typer.Option(help="Name of the dataset.")],
    license: Annotated[str, typer.Option(help="Licence of the questions.")],
    description: Annotated[str, typer.Option(help="One paragraph for the card.")] = "",
    without_quotes: Annotated[
        bool, typer.Option("--without-quotes", help="Offsets and hash in place of quoted sentences.")
    ] = False,
) -> None:
    """Freeze questions into a dataset folder with card, licence, schema version and hashes."""
    from medspatial.datasets.frozen import freeze as write

    splits = {}
    for text in part:
        key, equals, path = text.partition("=")
        if not equals:
            raise InputError(f"--split: must be NAME=FILE, got {text!r}")
        splits[key] = load_questions(Path(path))
    write(
        output_dir, splits, name=name, license=license, description=description,
        with_quotes=not without_quotes,
    )  # fmt: skip
    typer.echo(f"dataset in {output_dir}")


def stats_command(
    dataset: Annotated[Path, typer.Argument(help="Questions, nested JSON, or a frozen dataset folder.")],
    as_json: Json = False,
) -> None:
    """Count what a dataset holds; of a frozen one the hashes are checked first."""
    from medspatial.datasets.frozen import read_frozen
    from medspatial.datasets.stats import stats

    rows = (
        [one for own in read_frozen(dataset).values() for one in own]
        if dataset.is_dir()
        else load_questions(dataset)
    )
    found: dict[str, Any] = stats(rows)
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    flat = []
    for name, value in found.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        flat += [{"figure": name, "of": key, "value": figure} for key, figure in parts]
    listing(flat, as_json=False)


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``questions``."""
    for name, command in (
        ("judge", judge),
        ("filter", filter_command),
        ("to-jsonl", to_jsonl),
        ("to-nested", to_nested),
        ("duplicates", duplicates),
        ("split", split),
        ("freeze", freeze),
        ("stats", stats_command),
    ):
        app.command(name)(command)
