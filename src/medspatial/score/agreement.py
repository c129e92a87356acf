"""How far a metric agrees with a judge or with people: kappa, sensitivity, specificity, confusion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from medspatial.agreement import cohen_kappa
from medspatial.records import Score

_Z = 1.959963984540054  # 97.5 % point of the normal distribution


@dataclass(frozen=True, slots=True)
class Agreement:
    """A metric against a standard on the rows that both decided.

    Attributes
    ----------
    rows, left_out
        Rows compared, and rows that one side left unscored or lacks.
    both, metric_only, standard_only, neither
        Confusion: correct by both, by the metric alone, by the standard alone, by neither.
    agreement
        Share of equal verdicts.
    kappa, kappa_low, kappa_high
        Cohen's kappa with a 95 % interval (large-sample standard error of Fleiss, Cohen and Everitt 1969);
        None where it is undefined (no variation on both sides).
    sensitivity, specificity
        Share of the standard's correct (incorrect) rows that the metric calls so; None without any.
    precision
        Share of the metric's correct rows that the standard calls so; None without any.
    """

    metric: str
    standard: str
    rows: int
    left_out: int
    both: int
    metric_only: int
    standard_only: int
    neither: int
    agreement: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    sensitivity: float | None
    specificity: float | None
    precision: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return all fields by name."""
        return asdict(self)


def agreement(metric: Iterable[Score], standard: Iterable[Score]) -> Agreement:
    """Compare the verdicts of two sets of scores, joined by id, model and arm.

    Scores without a verdict (unscored, or graded) are counted in ``left_out``.
    """
    known = {_key(score): score for score in standard}
    names = ["", next(iter(known.values())).metric if known else ""]
    cells = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    left_out, seen = 0, 0
    for score in metric:
        names[0] = names[0] or score.metric
        other = known.get(_key(score))
        seen += other is not None
        if other is None or score.correct is None or other.correct is None:
            left_out += 1
            continue
        cells[score.correct, other.correct] += 1
    return _summary(names, cells, left_out + len(known) - seen)


def agreement_by(
    metric: Sequence[Score], standard: Sequence[Score], group: Callable[[Score], str]
) -> dict[str, Agreement]:
    """Return the agreement per group of the metric's scores, such as ``lambda s: s.answer_type``.

    Groups come in sorted order; rows that only the standard has are not counted.
    """
    known = {_key(score): score for score in standard}
    groups: dict[str, list[Score]] = {}
    for score in metric:
        groups.setdefault(group(score), []).append(score)
    return {
        name: agreement(scores, [known[_key(s)] for s in scores if _key(s) in known])
        for name, scores in sorted(groups.items())
    }


def disagreements(metric: Iterable[Score], standard: Iterable[Score]) -> list[tuple[Score, Score]]:
    """Return the pairs of scores whose verdicts differ, the standard's clearest verdicts first.

    A jury's unanimous verdict is clearer than a majority; ties keep the metric's order.
    """
    known = {_key(score): score for score in standard}
    pairs = [(score, known[_key(score)]) for score in metric if _key(score) in known]
    differing = [
        (a, b) for a, b in pairs if a.correct is not None and b.correct is not None and a.correct != b.correct
    ]
    return sorted(
        differing, key=lambda pair: -abs((pair[1].score if pair[1].score is not None else 0.5) - 0.5)
    )


def _key(score: Score) -> tuple[str, str, str]:
    return score.id, score.model, score.arm


def _summary(names: list[str], cells: dict[tuple[bool, bool], int], left_out: int) -> Agreement:
    both, metric_only = cells[True, True], cells[True, False]
    standard_only, neither = cells[False, True], cells[False, False]
    rows = both + metric_only + standard_only + neither
    found = cohen_kappa([[both, metric_only], [standard_only, neither]])
    return Agreement(
        metric=names[0],
        standard=names[1],
        rows=rows,
        left_out=left_out,
        both=both,
        metric_only=metric_only,
        standard_only=standard_only,
        neither=neither,
        agreement=_share(both + neither, rows),
        kappa=found.value if found else None,
        kappa_low=found.value - _Z * found.se if found else None,
        kappa_high=found.value + _Z * found.se if found else None,
        sensitivity=_share(both, both + standard_only),
        specificity=_share(neither, neither + metric_only),
        precision=_share(both, both + metric_only),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
