"""The generator that asks a language model, and believes it only as far as its quotes carry."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from medspatial.cases.ct_rate import LICENSE, Report
from medspatial.errors import InputError, RunStopped
from medspatial.llm import CallFailed, Llm, Reply, Request, Tokens, largest_use, user
from medspatial.questions.prompt import Prompt, load_prompt
from medspatial.records import Evidence, Question, Record
from medspatial.report_questions.categories import six_categories
from medspatial.report_questions.evidence import check_pair, locate_quote
from medspatial.report_questions.language import measures
from medspatial.report_questions.read_check import check_reading

GENERATORS: dict[str, str] = {"free": "generate-free-2", "templates": "generate-templates-2"}
"""The two generators that ask a model: it writes the questions, or only fills our templates."""

_TEMPLATES: dict[str, tuple[str, str]] = {
    "location": ("Where {verb} the {finding} located?", "localisation"),
    "side": ("On which side {verb} the {finding}?", "laterality"),
    "lobe": ("In which lobe of the lungs {verb} the {finding}?", "localisation"),
    "largest": ("Where is the largest of the {finding}?", "volume"),
    "neighbour": ("What {verb} the {finding} next to?", "distance"),
    "prominence": ("Where {verb} the {finding} most prominent?", "comparison"),
}
_PLURAL = re.compile(r"(?:[^s]s|ae|changes|opacities|densities)$")


class RefusedPair(Record):
    """A pair that a model gave and the evidence check refused."""

    case_id: str
    question: str
    answer: str
    quote: str
    rule: str
    detail: str


@dataclass
class ModelPairs:
    """What a model gave for one report.

    Attributes
    ----------
    status
        ``ok``; ``failed`` (no answer, or none that fits the schema even after repair); ``refused`` (the model
        or its server declined); ``not_asked`` (the run ended before).
    """

    case_id: str
    status: Literal["ok", "failed", "refused", "not_asked"] = "ok"
    questions: list[Question] = field(default_factory=list)
    refused: list[RefusedPair] = field(default_factory=list)
    error: str | None = None
    repaired: bool = False
    from_cache: bool = False


@dataclass
class Generation:
    """A whole run: results in the order of the reports, and why it ended early, if it did."""

    results: list[ModelPairs]
    prompt: Prompt
    stopped: RunStopped | None = None

    @property
    def questions(self) -> list[Question]:
        """All pairs that stand."""
        return [one for result in self.results for one in result.questions]

    def summary(self) -> dict[str, Any]:
        """Counts for the manifest."""
        refused = Counter(pair.rule for result in self.results for pair in result.refused)
        return {
            "reports": len(self.results),
            "status": dict(Counter(result.status for result in self.results)),
            "repaired": sum(result.repaired for result in self.results),
            "pairs": len(self.questions),
            "refused": dict(sorted(refused.items())),
        }


def generate(
    reports: Sequence[Report],
    llm: Llm,
    *,
    generator: str = "free",
    prompt: Prompt | None = None,
    each: Callable[[ModelPairs], None] | None = None,
) -> Generation:
    """Ask a model for the pairs of each report and check every one.

    With a client whose cache is a file, a report that was answered before costs no call.

    Parameters
    ----------
    generator
        A name of `GENERATORS`.
    prompt
        Another prompt than the generator's own (its schema must have the same fields).
    each
        Called as soon as a report is done, from the thread that got its answer.
    """
    chosen = _chosen(generator, prompt)
    requests = [_request(chosen, report) for report in reports]

    def done(place: int, outcome: Reply | CallFailed) -> None:
        if each is not None:
            each(_result(reports[place], outcome, llm, chosen))

    outcomes = llm.ask_all(requests, each=done)
    results = [_result(r, outcome, llm, chosen) for r, outcome in zip(reports, outcomes, strict=True)]
    stops = [outcome for outcome in outcomes if isinstance(outcome, RunStopped)]
    return Generation(results, chosen, stops[0] if stops else None)


def most_tokens(
    reports: Sequence[Report], *, generator: str = "free", prompt: Prompt | None = None
) -> Tokens:
    """Return an upper estimate of what a run takes, before anything is sent; a cache may save some."""
    chosen = _chosen(generator, prompt)
    uses = [largest_use(_request(chosen, report)) for report in reports]
    return Tokens(input=sum(one.input for one in uses), output=sum(one.output for one in uses))


def _chosen(generator: str, prompt: Prompt | None) -> Prompt:
    if generator not in GENERATORS:
        raise InputError(f"unknown generator {generator!r}; known: {', '.join(GENERATORS)}")
    return prompt or load_prompt(GENERATORS[generator])


def _request(prompt: Prompt, report: Report) -> Request:
    text = prompt.fill(findings=report.findings or "(none)", impression=report.impression or "(none)")
    return Request(
        (user(text),), system=prompt.system, schema=prompt.schema, temperature=0.0, max_tokens=2048
    )


def _result(report: Report, outcome: Reply | CallFailed | RunStopped, llm: Llm, prompt: Prompt) -> ModelPairs:
    if isinstance(outcome, RunStopped):
        return ModelPairs(report.case_id, "not_asked", error=str(outcome))
    if isinstance(outcome, CallFailed):
        return ModelPairs(report.case_id, "failed", error=str(outcome))
    if outcome.refusal is not None:
        return ModelPairs(report.case_id, "refused", error=outcome.refusal)
    result = ModelPairs(report.case_id, repaired=outcome.repaired, from_cache=outcome.from_cache)
    source = {"llm": llm.name, "served_model": outcome.served_model, **prompt.describe()}
    seen: set[str] = set()
    for pair in _pairs(outcome.parsed):
        if pair["question"] not in seen:
            seen.add(pair["question"])
            _judge(report, pair, source, result)
    return result


def _pairs(parsed: Any) -> Iterator[dict[str, str]]:
    """Yield question, answer, category and quote, whichever form the schema has."""
    yield from parsed.get("pairs", ())
    for fact in parsed.get("facts", ()):
        template, category = _TEMPLATES[fact["template"]]
        verb = "are" if _PLURAL.search(fact["finding"]) else "is"
        question = template.format(verb=verb, finding=fact["finding"].strip())
        yield {"question": question, "answer": fact["answer"], "category": category, "quote": fact["quote"]}


def _judge(report: Report, pair: dict[str, str], source: dict[str, str], result: ModelPairs) -> None:
    question, answer, quote = pair["question"].strip(), pair["answer"].strip(), pair["quote"]
    refusal = check_pair(report, question, answer, quote) or check_reading(question, answer, quote)
    if refusal is not None:
        result.refused.append(
            RefusedPair(
                case_id=report.case_id, question=question, answer=answer, quote=quote,
                rule=refusal.rule, detail=refusal.detail,
            )
        )  # fmt: skip
        return
    place = locate_quote(report, quote)
    assert place is not None  # checked above
    sizes = measures(answer)
    number = sizes[0] if len(sizes) == 1 and len(sizes[0].numbers) == 1 and not sizes[0].bounded else None
    only_number = number is not None and number.text.strip() == answer.strip(" .")
    result.questions.append(
        Question(
            case_id=report.case_id,
            question=question,
            answer=answer,
            category=pair["category"],
            answer_type="number" if only_number else "free",
            value=number.numbers[0] if number and only_number else None,
            unit=number.unit if number and only_number else None,
            evidence=Evidence(
                quote=quote, details=dict(zip(("section", "start", "end"), place, strict=True))
            ),
            tags=six_categories(question, answer),
            source=f"llm:{source['llm']}",
            license=LICENSE,
            metadata={"report": report.fingerprint, **source},
        )
    )
