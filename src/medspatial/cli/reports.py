"""``medspatial questions from-reports`` and ``check-evidence``: questions from radiology reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli.options import read_options, refuse_idle
from medspatial.cli.show import listing
from medspatial.errors import EXIT_FAILURES

if TYPE_CHECKING:
    from medspatial.cases.ct_rate import Report
    from medspatial.records import Question

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Reports = Annotated[
    Path,
    typer.Option("--reports", "-r", help="Reports: CT-RATE's CSV, JSON by volume, JSONL, or cases.jsonl."),
]
Options = Annotated[
    list[str] | None, typer.Option("--set", help="Setting of the language model, KEY=VALUE; repeatable.")
]


def from_reports(
    reports: Reports,
    output: Annotated[Path, typer.Option("--output", "-o", help="Questions (.jsonl).")],
    llm: Annotated[
        str | None,
        typer.Option(help="gemini:MODEL, openai:MODEL or local:FOLDER. Without it: the rules, no model."),
    ] = None,
    generator: Annotated[
        str | None,
        typer.Option(help="With --llm: free or templates. Default: free.", show_default=False),
    ] = None,
    prompt: Annotated[str | None, typer.Option(help="With --llm: another prompt (.md).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N reports.")] = None,
    all_reconstructions: Annotated[
        bool, typer.Option("--all-reconstructions", help="Every volume, not one per scan.")
    ] = False,
    settings: Options = None,
    as_json: Json = False,
) -> None:
    """Make questions whose quoted evidence stands in the report; the rest is listed beside them.

    Replies are kept in OUTPUT.replies.sqlite, so that a second run costs nothing. Example:
    `medspatial questions from-reports --reports validation_reports.csv --output questions.jsonl`
    """
    from medspatial.cases.ct_rate import one_per_scan, read_reports

    if llm is None:
        refuse_idle({"--generator": generator, "--prompt": prompt, "--set": settings}, "is for --llm")
    found = read_reports(reports)
    found = found if all_reconstructions else one_per_scan(found)
    found = found[:limit]
    if llm is None:
        _by_rules(found, output, as_json)
    else:
        options = read_options(settings or [])
        _by_model(found, output, llm, generator or "free", prompt, options, as_json=as_json)


def _by_rules(reports: list[Any], output: Path, as_json: bool) -> None:
    from medspatial.manifest import new_manifest, write_manifest
    from medspatial.progress import progress
    from medspatial.records import write_records
    from medspatial.report_questions import GENERATOR, counts, questions_from_report

    results = []
    with progress("reports", len(reports)) as bar:
        for report in reports:
            results.append(questions_from_report(report))
            bar.advance(1)
    write_records(output, (one for result in results for one in result.questions))
    write_records(output.with_suffix(".dropped.jsonl"), (one for result in results for one in result.drops))
    inputs = {report.case_id: report.fingerprint for report in reports}
    write_manifest(
        output.with_suffix(".manifest.json"), new_manifest("from-reports", {"generator": GENERATOR}, inputs)
    )
    table = counts(results)
    listing(
        [
            {"of": kind, "name": name, "count": n}
            for kind, own in table.items()
            for name, n in sorted(own.items())
        ],
        as_json=as_json,
    )
    typer.echo(
        f"{sum(table['category'].values())} questions from {len(reports)} reports in {output}", err=True
    )


def _by_model(
    reports: list[Any],
    output: Path,
    name: str,
    generator: str,
    prompt: str | None,
    options: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    from medspatial.llm import open_llm
    from medspatial.manifest import new_manifest, session, write_manifest
    from medspatial.progress import progress
    from medspatial.questions.prompt import load_prompt
    from medspatial.records import write_records
    from medspatial.report_questions.language_model import generate, most_tokens

    cache = output.with_suffix(".replies.sqlite")
    with open_llm(name, cache=cache, **options) as llm, progress("reports", len(reports)) as bar:
        chosen = load_prompt(prompt) if prompt else None
        most = most_tokens(reports, generator=generator, prompt=chosen)
        price = llm.price_of(most)
        cost = "" if price is None else f", ${price:.2f}"
        typer.echo(
            f"{len(reports)} reports: at most {most.input} tokens in and {most.output} out{cost}", err=True
        )
        run = generate(reports, llm, generator=generator, prompt=chosen, each=lambda _: bar.advance(1))
        spent = llm.spent
        configuration = {"generator": generator, **run.prompt.describe(), **llm.describe()}
    write_records(output, run.questions)
    refused = (pair for result in run.results for pair in result.refused)
    write_records(output.with_suffix(".refused.jsonl"), refused)
    inputs = {report.case_id: report.fingerprint for report in reports}
    manifest = new_manifest("from-reports", configuration, inputs)
    summary = run.summary()
    manifest = manifest.model_copy(update={"sessions": (session(**summary, spent=str(spent)),)})
    write_manifest(output.with_suffix(".manifest.json"), manifest)
    for one in run.results:
        if one.status != "ok":
            typer.echo(f"{one.case_id}: {one.status}: {one.error}", err=True)
    told = f"{summary['pairs']} questions in {output}; refused by the evidence check: {summary['refused']}"
    if as_json:
        typer.echo(json.dumps(summary, indent=1, ensure_ascii=False))
    typer.echo(told, err=as_json)
    if run.stopped is not None:
        raise run.stopped
    if set(summary["status"]) - {"ok"}:
        raise typer.Exit(EXIT_FAILURES)


def check_evidence(
    dataset: Annotated[Path, typer.Argument(help="Questions (.jsonl, .csv) or the field's nested JSON.")],
    reports: Reports,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV of the refused pairs with their rule.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check pairs against the reports: their quotes, or the best sentence where they quote nothing.

    Ends with exit code 1 if a pair is refused.
    """
    from medspatial.cases.ct_rate import read_reports
    from medspatial.cli.curate import load_questions
    from medspatial.cli.show import csv_listing

    known = {report.case_id: report for report in read_reports(reports)}
    pairs = load_questions(dataset)
    rows = [row for one in pairs if (row := _refused(one, known.get(one.case_id)))]
    rules = sorted({row["rule"] for row in rows})
    table = [{"rule": rule, "refused": sum(row["rule"] == rule for row in rows)} for rule in rules]
    listing([{"rule": "(supported)", "refused": len(pairs) - len(rows)}, *table], as_json=as_json)
    if output:
        output.write_text(csv_listing(rows), encoding="utf-8")
    if rows:
        raise typer.Exit(EXIT_FAILURES)


def compare_facts(
    first: Annotated[Path, typer.Argument(help="Pairs whose facts are looked for.")],
    second: Annotated[Path, typer.Argument(help="Pairs in which they are looked for.")],
    reports: Reports,
    as_json: Json = False,
) -> None:
    """Count the sides of findings that two sets both state."""
    from medspatial.cases.ct_rate import read_reports
    from medspatial.cli.curate import load_questions
    from medspatial.report_questions import compare_pairs

    known = {report.case_id: report for report in read_reports(reports)}
    found = compare_pairs(load_questions(first), load_questions(second), known)
    names = ("pairs", "facts", "found", "part", "contradicted", "not_found", "read", "supported")
    rows = [{"figure": name, "count": getattr(found, name)} for name in names]
    rows += [{"figure": f"refused: {rule}", "count": count} for rule, count in sorted(found.refused.items())]
    listing(rows, as_json=as_json)


def _refused(one: Question, report: Report | None) -> dict[str, str] | None:
    """Return the row of a pair that the check refuses, None where it stands."""
    from medspatial.report_questions import check_pair, check_quotes, find_support

    quote = one.evidence.quote if one.evidence else None
    rule, detail = "no_report", "no report of this case"
    if report is not None:
        support = None if quote else find_support(report, one.question, one.answer)
        quote = support.quote if support else quote
        if support:
            refusal = support.refusal
        elif (one.source or "").startswith("rules:"):
            refusal = check_quotes(report, one)
        else:
            refusal = check_pair(report, one.question, one.answer, quote or "")
        if refusal is None:
            return None
        rule, detail = refusal.rule, refusal.detail
    return {
        "id": one.id,
        "case": one.case_id,
        "rule": rule,
        "detail": detail,
        "question": one.question,
        "answer": one.answer,
        "quote": quote or "",
    }


def register(app: typer.Typer) -> None:
    """Add the commands to the group ``questions``."""
    app.command("from-reports")(from_reports)
    app.command("check-evidence")(check_evidence)
    app.command("compare-facts")(compare_facts)
