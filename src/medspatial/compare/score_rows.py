"""Scores of many models without their weight: columns join and judge them, whole rows stay where they are.

A comparison looks at each score once to join it, and at some again to say why they are wrong. What is kept
of a row is what joins and judges it and where it stands, some eighty bytes; the row itself is read again from
its file when asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats
from medspatial.compare.coded import Coded, Coding, Flags, Numbers
from medspatial.errors import InputError
from medspatial.records import Score

SCORED, UNANSWERED, UNSCORED, MISSING = 0, 1, 2, 3
_STATES = {"scored": SCORED, "unanswered": UNANSWERED, "unscored": UNSCORED}


@dataclass(frozen=True, eq=False)
class ScoreRows(Sequence[Score]):
    """Scores in order.

    Attributes
    ----------
    ids, models, arms, metrics
        Names of each row.
    states
        (rows,) ``SCORED``, ``UNANSWERED`` or ``UNSCORED``.
    graded
        (rows,) True for a scored row that is neither right nor wrong.
    failed
        (rows,) True where there is not a verdict because there is no prediction.
    verdicts
        (rows,) 1, 0, or the graded figure; 0 where there is none, NaN where a scored row has no figure.
    visible
        (rows,) the row's ``visible_share``, NaN where it has none.
    """

    ids: Coded[str]
    models: Coded[str]
    arms: Coded[str]
    metrics: Coded[str]
    states: NDArray[np.int8]
    graded: Flags
    failed: Flags
    verdicts: Floats
    visible: Floats
    _parts: tuple[Sequence[Score], ...]
    _starts: Numbers  # of each part, among all rows of the parts
    _places: Numbers  # (rows,) place among them

    @classmethod
    def of(cls, scores: Iterable[Score]) -> ScoreRows:
        """Return scores with their columns; those that have them already as they are."""
        if isinstance(scores, ScoreRows):
            return scores
        rows = scores if isinstance(scores, Sequence) else list(scores)
        taken = ScoreColumns()
        for score in rows:
            taken.add(score)
        return taken.rows([rows])

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Score: ...

    @overload
    def __getitem__(self, at: slice) -> ScoreRows: ...

    def __getitem__(self, at: int | slice) -> Score | ScoreRows:
        if isinstance(at, slice):
            return self.only(np.arange(len(self))[at])
        place = int(self._places[at])
        part = int(np.searchsorted(self._starts, place, side="right")) - 1
        score = self._parts[part][place - int(self._starts[part])]
        model = self.models[at]
        return score if score.model == model else score.model_copy(update={"model": model})

    def __iter__(self) -> Iterator[Score]:
        return (self[row] for row in range(len(self)))

    def only(self, rows: Numbers | Flags) -> ScoreRows:
        """Return some rows, by their numbers in order or by a flag for each."""
        kept = np.asarray(np.flatnonzero(rows) if rows.dtype == np.bool_ else rows, dtype=np.int64)
        if len(kept) == len(self):
            return self
        return replace(
            self,
            ids=self.ids.only(kept),
            models=self.models.only(kept),
            arms=self.arms.only(kept),
            metrics=self.metrics.only(kept),
            states=self.states[kept],
            graded=self.graded[kept],
            failed=self.failed[kept],
            verdicts=self.verdicts[kept],
            visible=self.visible[kept],
            _places=self._places[kept],
        )

    def judgements(self) -> list[tuple[str, str, str, str, int, float]]:
        """Return id, model, arm, metric, state and verdict of each row, sorted; no row is read for it."""
        names = self.ids, self.models, self.arms, self.metrics
        return sorted(zip(*names, self.states.tolist(), self.verdicts.tolist(), strict=True))

    def renamed(self, names: Mapping[str, str]) -> ScoreRows:
        """Return the rows under other names of their models."""
        shown = tuple(names.get(name, name) for name in self.models.values)
        known = {name: code for code, name in enumerate(dict.fromkeys(shown))}
        codes = np.array([known[name] for name in shown], dtype=np.int64)
        return replace(self, models=Coded(tuple(known), codes[self.models.codes]))


class ScoreColumns:
    """The columns of `ScoreRows` while rows come in."""

    def __init__(self) -> None:
        self._names = [Coding[str](), Coding[str](), Coding[str](), Coding[str]()]
        self._states = bytearray()
        self._graded, self._failed = bytearray(), bytearray()
        self._verdicts, self._visible = _Figures(), _Figures()

    def add(self, score: Score) -> None:
        """Take the next row."""
        for coding, name in zip(self._names, (score.id, score.model, score.arm, score.metric), strict=True):
            coding.add(name)
        state = _STATES[score.status]
        self._states.append(state)
        self._graded.append(state == SCORED and score.correct is None)
        self._failed.append(prediction_failed(score))
        self._verdicts.add(_verdict(score, state))
        self._visible.add(np.nan if score.visible_share is None else score.visible_share)

    def __len__(self) -> int:
        return len(self._states)

    def cut(self, rows: int) -> None:
        """Forget what came behind the first rows."""
        del self._states[rows:], self._graded[rows:], self._failed[rows:]
        for coding in self._names:
            coding.cut(rows)
        for figures in (self._verdicts, self._visible):
            figures.cut(rows)

    def rows(self, parts: Sequence[Sequence[Score]]) -> ScoreRows:
        """Return the rows, which stand in these sequences one behind the other."""
        sizes = np.array([len(part) for part in parts], dtype=np.int64)
        if sizes.sum() != len(self):
            raise ValueError(f"{sizes.sum()} scores in {len(parts)} parts, columns of {len(self)}")
        ids, models, arms, metrics = (coding.result() for coding in self._names)
        return ScoreRows(
            ids=ids,
            models=models,
            arms=arms,
            metrics=metrics,
            states=np.frombuffer(bytes(self._states), dtype=np.int8),
            graded=np.frombuffer(bytes(self._graded), dtype=np.bool_),
            failed=np.frombuffer(bytes(self._failed), dtype=np.bool_),
            verdicts=self._verdicts.result(),
            visible=self._visible.result(),
            _parts=tuple(parts),
            _starts=np.cumsum(sizes) - sizes,
            _places=np.arange(len(self)),
        )


class _Figures:
    """Floats that come one by one."""

    def __init__(self) -> None:
        self._values = array("d")
        self.add: Callable[[float], None] = self._values.append

    def cut(self, rows: int) -> None:
        del self._values[rows:]

    def result(self) -> Floats:
        return np.array(self._values, dtype=np.float64)


def prediction_failed(score: Score) -> bool:
    """Say whether an unscored row had no prediction at all; else an answer is there without a verdict."""
    return score.status == "unscored" and (score.rule == "failed" or score.prediction is None)


def _verdict(score: Score, state: int) -> float:
    if state == UNSCORED:
        return 0.0
    if score.correct is not None:
        return float(score.correct)
    if score.score is None:
        return 0.0 if state == UNANSWERED else np.nan
    return score.score


def one_metric(scores: Iterable[Score], metric: str | None) -> tuple[str, ScoreRows]:
    """Pick the scores of one metric.

    Raises
    ------
    InputError
        No scores, no such metric, or several metrics and none named.
    """
    rows = ScoreRows.of(scores)
    names = rows.metrics.there()
    if not names:
        raise InputError("no scores to compare")
    if metric is None and len(names) > 1:
        raise InputError(f"scores hold {len(names)} metrics, name one of them: {', '.join(sorted(names))}")
    chosen = metric or names[0]
    if chosen not in names:
        raise InputError(f"no scores of metric {chosen!r}; there are: {', '.join(sorted(names))}")
    return chosen, rows.only(rows.metrics.among({chosen}))
