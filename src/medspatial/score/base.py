"""What every metric is: rows in, one score with its reason per row out, and an aggregate."""

from __future__ import annotations

import gc
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, is_dataclass
from functools import wraps
from operator import itemgetter
from typing import Any, ClassVar, Literal

from medspatial.errors import InputError, MedspatialError
from medspatial.plugins import in_a_line
from medspatial.records import (
    AnsweredItem,
    NumericAccuracy,
    Prediction,
    Reading,
    Score,
    Vote,
    content_hash,
)

Status = Literal["scored", "unanswered", "unscored"]
_shared = itemgetter(*AnsweredItem.model_fields)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a metric says of one row, before it is joined to the row's identity.

    Attributes
    ----------
    score
        The figure in the metric's own range; None when unscored.
    correct
        True or False for metrics that decide, None for graded ones and unscored rows.
    status, extracted, rule, reason, metadata, reading, numeric, votes
        As in :class:`medspatial.records.Score`.
    """

    score: float | None
    correct: bool | None = None
    status: Status = "scored"
    extracted: str | None = None
    rule: str | None = None
    reason: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    reading: Reading | None = None
    numeric: NumericAccuracy | None = None
    votes: dict[str, Vote | None] | None = None


def unscored(reason: str, votes: dict[str, Vote | None] | None = None, **metadata: Any) -> Mark:
    """Return the mark of a row that no verdict could be had for, with its cause."""
    return Mark(None, None, "unscored", reason=reason, votes=votes, metadata=metadata)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The figures of one metric over many rows.

    Attributes
    ----------
    metric
        Its name.
    rows, scored, unanswered, unscored
        Counts; the first is the sum of the other three.
    mean
        Mean score over scored and unanswered rows; None without any. Unscored rows are left out and
        counted: they are no zeros.
    accuracy
        Share of correct rows among those with a verdict (unanswered is wrong); None for graded metrics.
    details
        Further figures of the metric (a corpus BLEU, mean lengths, causes of unscored rows).
    """

    metric: str
    rows: int
    scored: int
    unanswered: int
    unscored: int
    mean: float | None
    accuracy: float | None
    details: dict[str, Any] = field(default_factory=dict)


class Tally:
    """Adds up scores one by one, so that a million rows need no memory."""

    def __init__(self, metric: str) -> None:
        self.metric = metric
        self._counts = {"scored": 0, "unanswered": 0, "unscored": 0}
        self._sum = 0.0
        self._figures = 0
        self._correct = 0
        self._decided = 0
        self._causes: dict[str, int] = {}

    def add(self, score: Score) -> None:
        """Take one score into account."""
        self._counts[score.status] += 1
        if score.status == "unscored":
            cause = score.rule or score.reason or "no cause given"
            self._causes[cause] = self._causes.get(cause, 0) + 1
            return
        if score.score is not None:
            self._sum += score.score
            self._figures += 1
        if score.correct is not None:
            self._decided += 1
            self._correct += score.correct

    def details(self) -> dict[str, Any]:
        """Return the further figures; subclasses add theirs."""
        return {"unscored_causes": dict(sorted(self._causes.items()))} if self._causes else {}

    def result(self) -> Aggregate:
        """Return the figures of all scores added so far."""
        return Aggregate(
            metric=self.metric,
            rows=sum(self._counts.values()),
            scored=self._counts["scored"],
            unanswered=self._counts["unanswered"],
            unscored=self._counts["unscored"],
            mean=self._sum / self._figures if self._figures else None,
            accuracy=self._correct / self._decided if self._decided else None,
            details=self.details(),
        )


class Metric(ABC):
    """One way to judge predictions.

    A subclass implements :meth:`marks`; failed predictions never reach it.

    Attributes
    ----------
    name
        Stands in every score; with a variant after a colon where the metric has some.
    extra
        The extra of this project whose packages the metric needs, or None.
    variants
        Named settings: ``metric("rouge:stem")`` builds the class with ``variants["stem"]``.
    reads
        Packages besides its own whose code decides its figures; see `medspatial.score.identity`.
    in_workers
        Whether rows may be judged in several processes: it holds nothing but its settings, or is `remade`.
    remade
        Other processes make it anew from its options: it holds a network.
    origin
        Entry point and package of a metric that another package brought, None for any other.
    resumable
        False where a row's mark depends on the rows before it: then all are scored again at each resume.
    computes
        Its batches are short and pure computation: Python's search for cycles of objects waits for their end.
    warning
        Where this metric misleads, in one sentence; shown beside its figures.
    """

    name: str
    extra: ClassVar[str | None] = None
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    reads: ClassVar[tuple[str, ...]] = ()
    resumable: bool = True
    in_workers: ClassVar[bool] = False
    remade: ClassVar[bool] = False
    origin: str | None = None
    warning: ClassVar[str | None] = None
    computes: ClassVar[bool] = False

    _made_with: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})

    def __init_subclass__(cls, **options: Any) -> None:
        """Let instances remember the options they are made with, for :meth:`identity`."""
        super().__init_subclass__(**options)
        if "__init__" in vars(cls):
            cls.__init__ = _remembering(vars(cls)["__init__"])  # type: ignore[method-assign]

    @classmethod
    def variant(cls, name: str) -> Mapping[str, Any]:
        """Return the settings of a variant; classes whose variants cannot be listed override this.

        Raises
        ------
        KeyError
            There is no such variant.
        """
        return cls.variants[name]

    def score(self, rows: Sequence[Prediction]) -> list[Score]:
        """Judge a batch of rows; the result has the rows' order and length.

        Raises
        ------
        InputError
            A metric of another package failed; the message names both.
        """
        with _collector_paused() if self.computes else nullcontext():
            return self._scores(rows)

    def _scores(self, rows: Sequence[Prediction]) -> list[Score]:
        answered = [row for row in rows if row.status == "ok"]
        try:
            marks = list(self.marks(answered)) if answered else []
        except MedspatialError:
            raise
        except Exception as error:
            if self.origin is None:
                raise
            raise InputError(f"{self.origin}: marks() failed ({in_a_line(error)})") from error
        if len(marks) != len(answered):
            raise RuntimeError(f"metric '{self.name}' gave {len(marks)} marks for {len(answered)} rows")
        given = iter(marks)
        return [_joined(row, self.name, next(given) if row.status == "ok" else _failure(row)) for row in rows]

    @property
    def made_with(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments and options it was made with."""
        return self._made_with

    def unscored(self, rows: Sequence[Prediction], cause: str) -> list[Score]:
        """Return scores of rows that could not be judged, with the cause."""
        mark = Mark(None, None, "unscored", rule="not_judged", reason=cause)
        return [_joined(row, self.name, mark if row.status == "ok" else _failure(row)) for row in rows]

    @abstractmethod
    def marks(self, rows: Sequence[Prediction]) -> Sequence[Mark]:
        """Judge rows that all carry a prediction (it may be blank), in order."""

    def tally(self) -> Tally:
        """Return a fresh accumulator for this metric's scores."""
        return Tally(self.name)

    def aggregate(self, scores: Iterable[Score]) -> Aggregate:
        """Sum up scores of this metric; takes any iterable and keeps none of it."""
        tally = self.tally()
        for score in scores:
            if score.metric == self.name:
                tally.add(score)
        return tally.result()

    def close(self) -> None:  # noqa: B027 (a hook)
        """Free what the metric holds: connections, caches."""

    def describe(self) -> dict[str, Any]:
        """Return name, conventions and the versions of all libraries that enter the figures."""
        return {"metric": self.name, **({"warning": self.warning} if self.warning else {})}

    def identity(self) -> dict[str, Any]:
        """Return what decides its figures besides its code: its description and its options.

        While this stays the same, scores in a file are kept. A class with options that change no figure
        (a cache, a budget) leaves them out here.
        """
        options = self if is_dataclass(self) else self._made_with
        return {**self.describe(), "options_hash": content_hash(repr(options))}  # they may hold a key


def _remembering(init: Callable[..., None]) -> Callable[..., None]:
    @wraps(init)
    def remembering(self: Metric, *args: Any, **options: Any) -> None:
        if "_made_with" not in vars(self):  # else a subclass's, which comes first
            self._made_with = (args, options)
        init(self, *args, **options)

    return remembering


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the search for cycles of objects: a batch makes many objects, and none in cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _failure(row: Prediction) -> Mark:
    return Mark(
        None,
        None,
        "unscored",
        rule="failed",
        reason=f"the prediction failed: {row.error or 'no cause given'}",
    )


def _joined(row: Prediction, metric: str, mark: Mark) -> Score:
    """Build the score without validating the row's fields a second time."""
    values = (
        *_shared(row.__dict__),
        metric,
        mark.score,
        mark.correct,
        mark.status,
        mark.extracted,
        mark.reading,
        mark.rule,
        mark.reason,
        mark.numeric,
        mark.votes,
        None,  # row_hash
        mark.metadata,
    )
    return Score.unchecked(values)
