"""Several judges, language models and recorded verdicts alike, that vote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, cast

from medspatial.errors import InputError
from medspatial.llm.factory import PROVIDERS
from medspatial.records import Prediction, Score
from medspatial.score.base import Mark, Metric, Tally
from medspatial.score.judge.metric import Judge
from medspatial.score.judge.tally import JudgeTally
from medspatial.score.registry import register_metric
from medspatial.score.verdicts import RecordedVerdicts, jury

RULES = ("majority", "mean")


@register_metric
class Jury(Metric):
    """Correct where more than half of the judges with a verdict say so.

    Parameters
    ----------
    judges
        Names of models (``openai:MODEL``, ...), paths of verdict files, or metrics that decide.
    rule
        ``majority``: the score is 1 or 0, a tie leaves the row unscored. ``mean``: the score is the share
        of judges that say correct, and a tie is not correct.
    minimum
        Judges that must have given a verdict; by default more than half of them.
    options
        Of `Judge`, for all judges that are models.

    Raises
    ------
    InputError
        Fewer than two judges, two of one name, an unknown rule, or a file that cannot be read.
    """

    name = "jury"
    extra = "judge"
    reads = ("medspatial.score.verdicts",)
    variants = {"mean": {"rule": "mean"}}  # noqa: RUF012

    def __init__(
        self,
        *,
        judges: Sequence[str | Metric],
        rule: Literal["majority", "mean"] = "majority",
        minimum: int | None = None,
        **options: Any,
    ) -> None:
        if rule not in RULES:
            raise InputError(f"jury: rule must be majority or mean, got {rule!r}")
        self.judges = [_judge(entry, options) for entry in judges]
        names = [judge.name for judge in self.judges]
        if len(names) < 2 or len(set(names)) < len(names):
            got = ", ".join(names) or "none"
            raise InputError(f"jury: needs at least two judges of different names, got {got}")
        if minimum is not None and not 1 <= minimum <= len(names):
            raise InputError(f"jury: minimum must lie in 1..{len(names)}, got {minimum}")
        self._rule = rule
        self._minimum = len(names) // 2 + 1 if minimum is None else minimum
        self.resumable = all(judge.resumable for judge in self.judges)
        self.name = "jury" if rule == "majority" else f"jury:{rule}"

    def marks(self, rows: Sequence[Prediction]) -> list[Mark]:
        """Ask every judge about every row, and count votes."""
        ballots = [judge.score(rows) for judge in self.judges]
        return [self._mark([ballot[place] for ballot in ballots]) for place in range(len(rows))]

    def estimate(self, rows: Sequence[Prediction]) -> str:
        """Return in words what judging rows takes at most, for every judge that is a model."""
        models = [judge for judge in self.judges if isinstance(judge, Judge)]
        return "; ".join(f"{judge.name}: {judge.estimate(rows)}" for judge in models)

    def tally(self) -> Tally:
        """Return an accumulator with every judge's own figures and the agreement with our rules."""
        return JudgeTally(self.name, self._facts)

    def close(self) -> None:
        """Close all judges."""
        for judge in self.judges:
            judge.close()

    def describe(self) -> dict[str, Any]:
        """Return the rule and every judge's own description."""
        return {
            **super().describe(),
            "rule": self._rule,
            "minimum": self._minimum,
            "judges": [judge.describe() for judge in self.judges],
        }

    def identity(self) -> dict[str, Any]:
        """Return the rule and what every judge says of itself."""
        return {**self.describe(), "judges": [judge.identity() for judge in self.judges]}

    def _mark(self, verdicts: list[Score]) -> Mark:
        voted = jury(verdicts, name=self.name, minimum=self._minimum)[0]
        votes = voted.votes
        if voted.score is None:
            return Mark(None, None, "unscored", rule=voted.rule, reason=voted.reason, votes=votes)
        if self._rule == "mean":
            return Mark(voted.score, voted.correct, rule="mean", reason=voted.reason, votes=votes)
        if voted.score == 0.5:
            return Mark(None, None, "unscored", rule="tie", reason=voted.reason, votes=votes)
        return Mark(
            float(voted.correct or False), voted.correct, rule=voted.rule, reason=voted.reason, votes=votes
        )

    def _facts(self) -> dict[str, Any]:
        return {
            "judges": {
                judge.name: judge._facts() if isinstance(judge, Judge) else judge.describe()
                for judge in self.judges
            }
        }


def _judge(entry: str | Metric, options: dict[str, Any]) -> Metric:
    if isinstance(entry, Metric):
        return entry
    if entry.partition(":")[0] in PROVIDERS:
        return Judge(model=entry, **options)
    if Path(entry).is_file():
        return cast(Metric, RecordedVerdicts(path=entry))
    known = ", ".join(PROVIDERS)
    raise InputError(f"jury: a judge is PROVIDER:MODEL ({known}) or a file of verdicts, got {entry!r}")
