"""Let language models judge pairs, a case at a time, with a reason for every verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from medspatial.cases.ct_rate import Report
from medspatial.datasets.judgment import CRITERIA, Judgment
from medspatial.errors import RunStopped
from medspatial.llm import CallFailed, Llm, Reply, Request, user
from medspatial.questions.prompt import Prompt, load_prompt
from medspatial.records import Question

JUDGE_PROMPT = "judge-2"


def judge_pairs(
    questions: Iterable[Question],
    reports: Mapping[str, Report],
    llms: Sequence[Llm],
    *,
    prompt: Prompt | None = None,
) -> tuple[list[Judgment], RunStopped | None]:
    """Return one judgment per pair and judge, in the order of the pairs, and why a judge stopped early.

    A case's pairs are judged together, since redundancy shows only beside the others. A pair that a reply
    leaves out, or names twice, is ``failed``; so are all pairs of a reply that never came. Where the judge is
    the model that made the pair, the judgment carries a warning.
    """
    chosen = prompt or load_prompt(JUDGE_PROMPT)
    cases: dict[str, list[Question]] = {}
    for one in questions:
        cases.setdefault(one.case_id, []).append(one)
    judgments: list[Judgment] = []
    stopped: RunStopped | None = None
    for llm in llms:
        requests = [_request(chosen, reports.get(case), pairs) for case, pairs in cases.items()]
        outcomes = llm.ask_all(requests)
        for pairs, outcome in zip(cases.values(), outcomes, strict=True):
            judgments += _of_case(pairs, outcome, llm)
            stopped = stopped or (outcome if isinstance(outcome, RunStopped) else None)
    return judgments, stopped


def same_model(judge: Llm, question: Question) -> bool:
    """Whether a pair was made by the model that judges it."""
    made_by = {question.source or "", str(question.metadata.get("served_model", ""))}
    return f"llm:{judge.name}" in made_by or bool(judge.served_model and judge.served_model in made_by)


def _request(prompt: Prompt, report: Report | None, pairs: Sequence[Question]) -> Request:
    listed = "\n".join(f"{n}. Q: {one.question}\n   A: {one.answer}" for n, one in enumerate(pairs, start=1))
    text = prompt.fill(
        findings=(report.findings if report else "") or "(none)",
        impression=(report.impression if report else "") or "(none)",
        pairs=listed,
    )
    tokens = 200 + 160 * len(pairs)
    return Request((user(text),), system=prompt.system, schema=prompt.schema, max_tokens=tokens)


def _of_case(pairs: Sequence[Question], outcome: Reply | CallFailed | RunStopped, llm: Llm) -> list[Judgment]:
    if not isinstance(outcome, Reply):
        return [_failed(one, llm, str(outcome)) for one in pairs]
    if outcome.refusal is not None:
        return [_failed(one, llm, f"refused: {outcome.refusal}") for one in pairs]
    by_number: dict[int, list[dict[str, object]]] = {}
    for row in outcome.parsed["verdicts"]:
        by_number.setdefault(row["number"], []).append(row)
    found = []
    for number, one in enumerate(pairs, start=1):
        rows = by_number.get(number, [])
        if len(rows) != 1:
            found.append(_failed(one, llm, f"the reply holds {len(rows)} verdicts for this pair"))
            continue
        found.append(
            Judgment(
                case_id=one.case_id,
                question=one.question,
                answer=one.answer,
                id=one.id,
                judge=llm.name,
                verdicts={name: bool(rows[0][name]) for name in CRITERIA},
                reasons={name: str(rows[0][f"{name}_reason"]) for name in CRITERIA},
                warning=_warning(one, llm),
            )
        )
    return found


def _warning(one: Question, llm: Llm) -> str | None:
    return "the judge is the model that made this pair" if same_model(llm, one) else None


def _failed(one: Question, llm: Llm, error: str) -> Judgment:
    return Judgment(
        case_id=one.case_id, question=one.question, answer=one.answer, id=one.id, judge=llm.name,
        status="failed", error=error, warning=_warning(one, llm),
    )  # fmt: skip
