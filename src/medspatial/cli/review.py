"""``medspatial questions review``: forms for people, what their verdicts decide, published audits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from medspatial.cli.curate import load_questions
from medspatial.cli.show import listing
from medspatial.cli.view import NoBrowser, Port, Root
from medspatial.errors import EXIT_FAILURES, InputError

if TYPE_CHECKING:
    from medspatial.datasets.review import Agreement, AuditFigures, Outcome, ReviewKey, ReviewVerdict
    from medspatial.records import Question

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
app = typer.Typer(help="Review of questions by people.", no_args_is_help=True)
ACCEPTED = "accepted"
_ROWS_SHOWN = 20
_FIGURES = {
    "items": "questions",
    "raw": "equal verdicts",
    "kappa": "Cohen's kappa",
    "alpha": "Krippendorff's alpha",
    "ac1": "Gwet's AC1",
}
_COLUMNS = ("id", "case_id", "question", "answer", "category")


@app.command("assign")
def review_assign(
    dataset: Annotated[Path, typer.Argument(help="Questions (.jsonl, .csv).")],
    output_dir: Annotated[Path, typer.Option("--output-dir", "-o", help="Folder of the review.")],
    reviewer: Annotated[
        list[str],
        typer.Option("--reviewer", help="Name of a reviewer, which is that of the form; repeatable."),
    ],
    per_item: Annotated[
        int | None,
        typer.Option(min=1, help="Reviewers of a question in the overlap. Default: 2, with one reviewer 1."),
    ] = None,
    overlap: Annotated[float, typer.Option(min=0, max=1, help="Share of cases that several review.")] = 1.0,
    criterion: Annotated[list[str] | None, typer.Option(help="Criteria; repeatable.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another assignment.")] = 0,
    start_anew: Annotated[
        bool,
        typer.Option(
            "--start-anew", help="Write fresh forms; those that are there move to the subfolder earlier-N."
        ),
    ] = False,
) -> None:
    """Write a blinded form (CSV) and the same as JSONL per reviewer, and the key.

    Forms are never written over: the same command again writes only what is missing, another assignment
    into the same folder is refused.
    """
    from medspatial.datasets.judgment import CRITERIA
    from medspatial.datasets.review import assign, write_assignments

    criteria = tuple(criterion) if criterion else tuple(CRITERIA)
    plan = assign(
        load_questions(dataset), reviewer, per_item=per_item, overlap=overlap, criteria=criteria, seed=seed
    )
    listing(
        [asdict(one) for one in write_assignments(output_dir, plan, start_anew=start_anew)], as_json=False
    )


@app.command("serve")
def review_serve(
    dataset: Annotated[Path, typer.Argument(help="The questions that were assigned.")],
    folder: Annotated[Path, typer.Option("--folder", help="Folder of the review, with its key.")],
    cases: Annotated[Path, typer.Option(help="Folder or file of the cases.")],
    adjudicator: Annotated[
        str | None, typer.Option(help="Who settles disputes: a link of their own, to disputed questions.")
    ] = None,
    root: Root = None,
    port: Port = 8642,
    no_browser: NoBrowser = False,
) -> None:
    """Review in the browser, beside the images: each reviewer gets a link of their own.

    Verdicts are kept in the review's folder as NAME.verdicts.jsonl, the adjudicator's as adjudicated.jsonl,
    for `medspatial questions review finish`.
    """
    from medspatial.errors import require

    require("starlette", "view")
    from medspatial.datasets.review import read_key
    from medspatial.view.library import open_library
    from medspatial.view.reviewing import ReviewApp
    from medspatial.view.serve import free_socket, new_token, serve_people
    from medspatial.view.volumes import Volumes

    volumes = Volumes(open_library(cases, extra_roots=root or []))
    questions = {one.id: one for one in load_questions(dataset)}
    try:
        made = ReviewApp(folder, read_key(folder), questions, volumes, adjudicator)
        tokens = {new_token(): person for person in made.people}
        serve_people(made.routes(), tokens, free_socket(port), typer.echo, launch=not no_browser)
    finally:
        volumes.close()
    for person in made.people:
        if made.file(person).is_file():
            typer.echo(f"Verdicts: {made.file(person)}")


@app.command("finish")
def review_finish(
    dataset: Annotated[Path, typer.Argument(help="The questions that were reviewed.")],
    folder: Annotated[Path, typer.Option("--folder", help="Folder of the review, with its key.")],
    verdicts: Annotated[list[Path], typer.Option("--verdicts", help="Filled form or JSONL; repeatable.")],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="Accepted questions: NAME.jsonl or NAME.csv writes both of them; any other name is a "
            "folder, for accepted.jsonl and accepted.csv.",
        ),
    ],
    criterion: Annotated[
        list[str] | None, typer.Option(help="Criteria that must hold; without it those of the review.")
    ] = None,
    per_item: Annotated[
        int | None,
        typer.Option(min=1, help="Reviewers that each question needs; without it all who were given it."),
    ] = None,
    adjudicated: Annotated[Path | None, typer.Option(help="Verdicts that settle disputes.")] = None,
    as_json: Json = False,
) -> None:
    """Agreement of the reviewers, disputed and incomplete questions, and the accepted ones (.jsonl and .csv).

    Ends with exit code 1 while questions are disputed, or have fewer reviewers than they need.
    """
    from medspatial.datasets.formats.rows import write_csv
    from medspatial.datasets.review import adjudicate, gather_verdicts, read_key, read_verdicts
    from medspatial.records import write_records

    key, questions, given = read_key(folder), load_questions(dataset), gather_verdicts(verdicts)
    criteria = _criteria(criterion, key, given)
    forms = [folder / f"{name}.{ending}" for name in key.reviewers for ending in ("csv", "jsonl")]
    targets = accepted_files(
        output, keep=[dataset, *forms, *verdicts, *([adjudicated] if adjudicated else [])]
    )
    outcome = adjudicate(
        questions,
        key.items,
        given,
        criteria,
        needed=key.needed(per_item),
        adjudications=read_verdicts(adjudicated) if adjudicated else [],
    )
    write_records(targets[0], outcome.accepted)
    write_csv(targets[1], (one.model_dump() for one in outcome.accepted), _COLUMNS)
    _show_outcome(outcome, key, questions, given, criteria, per_item, as_json=as_json)
    decisions = list(outcome.decisions.values())
    told = ", ".join(f"{decisions.count(name)} {name}" for name in sorted(set(decisions)))
    typer.echo(f"{told}; accepted questions in {targets[0]} and {targets[1]}", err=True)
    if outcome.disputed or outcome.incomplete:
        raise typer.Exit(EXIT_FAILURES)


@app.command("audit")
def review_audit(
    path: Annotated[Path, typer.Argument(help="Audit file of CT-SpatialVQA (JSON).")],
    qa_json: Annotated[Path | None, typer.Option("--qa-json", help="The pairs that were audited.")] = None,
    as_json: Json = False,
) -> None:
    """Read a published audit file: progress, verdicts, agreement of people and model."""
    from medspatial.datasets.nested import read_nested
    from medspatial.datasets.review import read_audit

    figures = read_audit(path, read_nested(qa_json) if qa_json else None)
    agreed = [_agreement(name, found) for name, found in figures.with_model.items()]
    differing = [
        {"criterion": name, "people": _yes_no(people), "model": _yes_no(model), "questions": count}
        for (name, people, model), count in sorted(figures.differing.items())
    ]
    if as_json:
        plain = {
            name: value for name, value in asdict(figures).items() if name not in ("differing", "with_model")
        }
        _print_json({**plain, "differing": differing, "with_model": agreed})
        return
    listing(_progress_of(figures), as_json=False, title="The audit")
    _table(_in_words(agreed), "Agreement of people and model, on questions that people judged")
    _table(differing, "Where the file lists that they differ")
    _table(
        _with_rules(figures),
        f"On the {figures.same_pairs} cases whose pairs are the audited ones: what is spatial",
    )


def accepted_files(output: Path, *, keep: Iterable[Path] = ()) -> tuple[Path, Path]:
    """Return the JSONL and the CSV file that an output stands for.

    Raises
    ------
    InputError
        One of them is among the files to keep, or the output is a file of another kind.
    """
    if output.suffix in (".jsonl", ".csv") and not output.is_dir():
        stem = output
    elif output.is_file():
        raise InputError(f"--output: {output} is a file; name a .jsonl or .csv file, or a folder")
    else:
        stem = output / f"{ACCEPTED}.jsonl"
    targets = stem.with_suffix(".jsonl"), stem.with_suffix(".csv")
    kept = {path.resolve() for path in keep}
    for target in targets:
        if target.resolve() in kept:
            raise InputError(
                f"--output: {target} holds questions or a form of this review; name another file"
            )
    return targets


def _criteria(
    wanted: Sequence[str] | None, key: ReviewKey, given: Sequence[ReviewVerdict]
) -> tuple[str, ...]:
    known = dict.fromkeys(key.criteria) | dict.fromkeys(name for one in given for name in one.verdicts)
    for name in wanted or ():
        if name not in known:
            raise InputError(f"--criterion: {name!r} is none of this review; it has: {', '.join(known)}")
    return tuple(wanted or key.criteria)


def _show_outcome(
    outcome: Outcome,
    key: ReviewKey,
    questions: Sequence[Question],
    given: Sequence[ReviewVerdict],
    criteria: Sequence[str],
    per_item: int | None,
    *,
    as_json: bool,
) -> None:
    from medspatial.datasets.review import agreement
    from medspatial.datasets.review.agreement import by_criterion

    rows = {one.id: one for one in questions}
    needed = key.needed(per_item)
    ratings = by_criterion((one.item, one.reviewer, one.verdicts) for one in given)
    figures = [_agreement(name, agreement(items)) for name, items in ratings.items()]
    progress = _progress(key, given, criteria)
    disputed = [
        {**_told(rows[key.items[item]]), "votes": _votes(votes), "item": item}
        for item, votes in outcome.disputed.items()
    ]
    incomplete = [
        {**_told(rows[key.items[item]]), "verdicts": _counts(votes, criteria, needed[item]), "item": item}
        for item, votes in outcome.incomplete.items()
    ]
    if as_json:
        decided = list(outcome.decisions.values())
        counts = {name: decided.count(name) for name in ("accepted", "rejected", "disputed", "incomplete")}
        parts = {"reviewers": progress, "disputed": disputed, "incomplete": incomplete}
        _print_json({"decisions": counts, "agreement": figures, **parts})
        return
    _table(_in_words(figures), "Agreement of the reviewers")
    _table(progress, "Reviewers")
    _table(disputed, "Disputed: settle them with --adjudicated")
    _table(incomplete, "Incomplete: verdicts are missing")


def _progress(
    key: ReviewKey, given: Sequence[ReviewVerdict], criteria: Sequence[str]
) -> list[dict[str, Any]]:
    """How many of their items reviewers have judged by all criteria; also of those who were given none."""
    names = dict.fromkeys(key.reviewers) | dict.fromkeys(one.reviewer for one in given)
    return [
        {
            "reviewer": name,
            "assigned": len(key.reviewers[name]) if name in key.reviewers else None,
            "judged": sum(one.reviewer == name and set(criteria) <= set(one.verdicts) for one in given),
        }
        for name in names
    ]


def _told(one: Question) -> dict[str, Any]:
    return {"question": one.question, "answer": one.answer, "case": one.case_id}


def _votes(votes: dict[str, dict[str, bool]]) -> str:
    """Who says what, of the criteria that are disputed: ``spatial: ann yes, bob no``."""
    return "; ".join(
        f"{criterion}: " + ", ".join(f"{name} {_yes_no(yes)}" for name, yes in given.items())
        for criterion, given in votes.items()
        if len(set(given.values())) > 1
    )


def _counts(votes: dict[str, dict[str, bool]], criteria: Sequence[str], needed: int) -> str:
    """How many verdicts there are: ``1 of 2``, by criterion where they differ: ``spatial: 1 of 2``."""
    counts = {criterion: len(votes.get(criterion, {})) for criterion in criteria}
    if len(set(counts.values())) == 1:
        return f"{counts[criteria[0]]} of {needed}"
    return "; ".join(f"{name}: {count} of {needed}" for name, count in counts.items() if count < needed)


def _agreement(name: str, found: Agreement) -> dict[str, Any]:
    return {"criterion": name, **asdict(found)}


def _with_rules(figures: AuditFigures) -> list[dict[str, Any]]:
    """People against the filter by rules and against the model, on the same questions."""
    rows = []
    for name, found, interval in (
        ("rules", figures.rules, figures.rules_interval),
        ("model", figures.model_there, figures.model_interval),
    ):
        if found is not None:
            low, high = interval or (None, None)
            rows.append(
                {"people against": name, **_in_words([asdict(found)])[0], "kappa from": low, "to": high}
            )
    return rows


def _in_words(figures: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Agreement under the names that readers know; empty where a figure is undefined."""
    return [{_FIGURES.get(name, name): value for name, value in row.items()} for row in figures]


def _progress_of(figures: AuditFigures) -> list[dict[str, str]]:
    told = {
        "reviewers": f"{figures.reviewers}, of whom {figures.finished} judged all they were given",
        "cases": f"{figures.cases}, of which {figures.opened_cases} were opened",
        "questions": f"{figures.questions}, of which {figures.judged} were judged",
        "spatial": "{} yes, {} no".format(*figures.spatial),
        "relevant": "{} yes, {} no".format(*figures.relevant),
    }
    return [{"figure": name, "value": value} for name, value in told.items()]


def _table(rows: Sequence[dict[str, Any]], title: str) -> None:
    if not rows:
        return
    typer.echo()
    listing(rows[:_ROWS_SHOWN], as_json=False, title=title)
    if len(rows) > _ROWS_SHOWN:
        typer.echo(f"… and {len(rows) - _ROWS_SHOWN} more; all of them with --json")


def _yes_no(yes: bool) -> str:
    return "yes" if yes else "no"


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))
