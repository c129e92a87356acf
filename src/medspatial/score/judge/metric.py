"""One language model as a judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from medspatial.errors import InputError
from medspatial.llm import CallFailed, Reply, Request, Tokens, open_llm, user
from medspatial.llm.budget import largest_use
from medspatial.records import Item, Prediction, Vote
from medspatial.score.base import Mark, Metric, Tally, unscored
from medspatial.score.judge.canaries import CanaryReport, canaries, canary_report
from medspatial.score.judge.prompt import DEFAULT, SCHEMA, judge_prompt
from medspatial.score.judge.tally import JudgeTally
from medspatial.score.registry import register_metric
from medspatial.score.versions import versions

_REPEAT_TEMPERATURE = 0.7  # repeats of a greedy judge would only repeat
_SDK = {"openai": "openai", "gemini": "google-genai", "local": "transformers"}
Outcome = Reply | Exception


@register_metric
class Judge(Metric):
    """A language model that reads question, reference and answer, and says whether they agree.

    The answer is handed over as quoted data; the name of the model that gave it is not.

    Parameters
    ----------
    model
        As `medspatial.llm.open_llm` takes it: ``openai:MODEL``, ``gemini:MODEL``, ``local:FOLDER``.
    repeats
        Times that each answer is judged; the majority decides, no majority leaves the row unscored.
    prompt
        Version of the prompt.
    temperature, seed
        By default 0 for one judging and 0.7 for repeats; repeat *i* is sent ``seed + i``. None leaves
        them out, for servers that refuse them.
    max_tokens
        Of a verdict.
    canary_rows
        How many rows lend question and reference to canaries, besides the fixed ones.
    options
        Of `medspatial.llm.open_llm`: ``cache``, ``budget``, ``prices``, ``concurrency``, ``base_url``, ...

    Raises
    ------
    InputError
        Unknown prompt, option or provider, or no key in the environment.
    """

    name = "judge"
    extra = "judge"
    warning: ClassVar[str | None] = (
        "a language model's opinion, no measurement: read it with its canaries and its agreement with people "
        "or rules"
    )

    def __init__(
        self,
        *,
        model: str,
        repeats: int = 1,
        prompt: str = DEFAULT,
        temperature: float | Literal["default"] | None = "default",
        seed: int | None = 0,
        max_tokens: int = 1024,
        canary_rows: int = 5,
        **options: Any,
    ) -> None:
        if repeats < 1:
            raise InputError(f"judge: repeats must be at least 1, got {repeats}")
        self._prompt = judge_prompt(prompt)
        self._repeats, self._seed, self._max_tokens = repeats, seed, max_tokens
        default = 0.0 if repeats == 1 else _REPEAT_TEMPERATURE
        if isinstance(temperature, str) and temperature != "default":
            raise InputError(f"judge: temperature must be a number, null or 'default', got {temperature!r}")
        self._temperature = default if temperature == "default" else temperature
        self._canary_rows = canary_rows
        self._canaries: CanaryReport | None = None
        self.llm = open_llm(model, **options)
        self.name = f"judge:{self.llm.name}"

    @classmethod
    def variant(cls, name: str) -> Mapping[str, Any]:
        """``judge:openai:gpt-x`` is the judge with that model."""
        return {"model": name}

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Judge the batch; the first batch of a judging brings the canaries with it.

        A blank answer is unanswered without a call. Where a budget ends or a server refuses, the rows
        judged so far keep their verdicts and the others are unscored with the cause.
        """
        if self._canaries is None:
            self._canaries = self._tested(rows)
        asked = [row for row in rows if (row.prediction or "").strip()]
        requests = [
            self._request(row, row.prediction or "", sample)
            for row in asked
            for sample in range(self._repeats)
        ]
        outcomes = self.llm.ask_all(requests)
        marks = iter(
            self._mark(outcomes[place : place + self._repeats])
            for place in range(0, len(outcomes), self._repeats)
        )
        return [next(marks) if (row.prediction or "").strip() else _blank() for row in rows]

    def estimate(self, rows: Sequence[Prediction]) -> str:
        """Return in words what judging rows takes at most, before any call is made."""
        asked = [row for row in rows if row.status == "ok" and (row.prediction or "").strip()]
        tests = canaries(rows, self._canary_rows) if self._canaries is None else []
        requests = [self._request(one.item, one.candidate, 0) for one in tests]
        for sample in range(self._repeats):
            requests += [self._request(row, row.prediction or "", sample) for row in asked]
        uses = {request.key(""): largest_use(request) for request in requests}  # equal ones are asked once
        most = sum(uses.values(), Tokens())
        times = f" x {self._repeats}" if self._repeats > 1 else ""
        price = self.llm.price_of(most)
        return (
            f"at most {len(uses):,} calls ({len(asked):,} answers{times}, {len(tests)} canaries; equal and "
            f"known ones cost nothing), {most.input:,} tokens in, {most.output:,} out, "
            + ("cost unknown without prices" if price is None else f"${price:,.2f}")
        )

    def tally(self) -> Tally:
        """Return an accumulator with canaries, spend and agreement."""
        return JudgeTally(self.name, self._facts, repeats=self._repeats > 1)

    def describe(self) -> dict[str, Any]:
        """Return model, prompt and its hash, settings, served version, and the versions of the packages."""
        return {
            **super().describe(),
            **self.llm.describe(),
            "served_model": self.llm.served_model,
            "prompt": self._prompt.version,
            "prompt_hash": self._prompt.hash,
            "repeats": self._repeats,
            "temperature": self._temperature,
            "seed": self._seed,
            "max_tokens": self._max_tokens,
            "versions": versions(_SDK[self.llm.provider.kind]),
        }

    def identity(self) -> dict[str, Any]:
        """Return its description without the version served, which is known only after a call."""
        return {name: value for name, value in self.describe().items() if name != "served_model"}

    def close(self) -> None:
        """Close connections and cache."""
        self.llm.close()

    def _request(self, item: Item, candidate: str, sample: int) -> Request:
        return Request(
            (user(self._prompt.message(item, candidate)),),
            system=self._prompt.system,
            schema=SCHEMA,
            temperature=self._temperature,
            max_tokens=self._max_tokens,
            seed=None if self._seed is None else self._seed + sample,
            sample=sample,
            may_miss=("reason", "extracted_answer"),
        )

    def _tested(self, rows: Sequence[Prediction]) -> CanaryReport:
        """Put the canaries to the judge, one sample each."""
        chosen = canaries(rows, self._canary_rows)
        outcomes = self.llm.ask_all([self._request(c.item, c.candidate, 0) for c in chosen])
        return canary_report((c, _verdict(o)) for c, o in zip(chosen, outcomes, strict=True))

    def _mark(self, outcomes: Sequence[Outcome]) -> Mark:
        """One row's verdict from its repeats."""
        verdicts = [_verdict(outcome) for outcome in outcomes]
        replies = [o for o, said in zip(outcomes, verdicts, strict=True) if isinstance(o, Reply) and said]
        count = Counter(said for said in verdicts if said)
        votes = {f"sample {n}": said for n, said in enumerate(verdicts, 1)} if self._repeats > 1 else None
        facts = self._row_facts(replies)
        if 2 * len(replies) <= len(outcomes):
            causes = [_cause(outcome) for outcome in outcomes if _verdict(outcome) is None]
            return unscored(f"no verdict: {causes[0]}", votes, **facts)
        winner, most = count.most_common(1)[0]
        if 2 * most <= len(replies):
            return unscored(f"no majority among {dict(sorted(count.items()))}", votes, **facts)
        reply = next(reply for reply in replies if reply.parsed["verdict"] == winner)
        return Mark(
            score=count["correct"] / len(replies),
            correct=winner == "correct",
            status="unanswered" if winner == "unanswered" else "scored",
            extracted=reply.parsed["extracted_answer"] or None,
            rule="judge",
            reason=reply.parsed["reason"],
            votes=votes,
            metadata=facts,
        )

    def _row_facts(self, replies: Sequence[Reply]) -> dict[str, Any]:
        facts: dict[str, Any] = {"prompt_hash": self._prompt.hash, "served_model": self.llm.served_model}
        if self._canaries is not None:
            facts["canaries"] = self._canaries.short
        if any(reply.repaired for reply in replies):
            facts["repaired"] = sum(reply.repaired for reply in replies)
        costs = [reply.cost for reply in replies if reply.cost is not None]
        if costs:
            facts["cost"] = sum(costs)
        return facts

    def _facts(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "served_model": self.llm.served_model,
            "prompt": f"{self._prompt.version} ({self._prompt.hash})",
            "spent": self.llm.spent.to_dict(),
        }
        found["canaries"] = self._canaries.to_dict() if self._canaries else "not run: nothing was judged now"
        return found


def _verdict(outcome: Outcome) -> Vote | None:
    if isinstance(outcome, Reply) and outcome.parsed is not None:
        verdict: Vote = outcome.parsed["verdict"]  # held to the schema
        return verdict
    return None


def _cause(outcome: Outcome) -> str:
    if isinstance(outcome, Reply):
        return f"the judge refused: {outcome.refusal}"
    kind = "" if isinstance(outcome, CallFailed) else f"{type(outcome).__name__}: "
    return f"{kind}{outcome}"


def _blank() -> Mark:
    return Mark(0.0, False, "unanswered", rule="blank", reason="the answer is blank")
