"""The figures of a reader study as lines of text."""

from __future__ import annotations

import math
from collections.abc import Iterator

from medspatial.compare.multireader import Estimate
from medspatial.compare.reader_means import ReaderMean
from medspatial.readers.learning import Trend
from medspatial.readers.results import ReaderResults


def summary(found: ReaderResults) -> list[str]:
    """Return the lines: each reader, means with intervals, help, models, agreement, change over time."""
    return list(_lines(found))


def _lines(found: ReaderResults) -> Iterator[str]:
    for name, (share, count) in found.accuracy.items():
        yield f"{name}: {share:.1%} of {count} right"
    for condition, one in found.mean.items():
        yield f"readers {condition}: {_share(one.estimate)}; {rests_on(one)}"
    if found.assistance is not None:
        yield f"assisted minus alone: {_difference(found.assistance.estimate)}; {rests_on(found.assistance)}"
    for model, one in found.against.items():
        yield f"readers alone minus {model}: {_difference(one.estimate)}; {rests_on(one)}"
    yield from course_lines(found)


def course_lines(found: ReaderResults) -> Iterator[str]:
    """Yield agreement, change over time, and what could not be computed."""
    if found.agreement is not None and found.agreement.items:
        known = {
            "equal answers": found.agreement.raw,
            "alpha": found.agreement.alpha,
            "AC1": found.agreement.ac1,
        }
        figures = ", ".join(f"{name} {value:.2f}" for name, value in known.items() if value is not None)
        yield f"agreement of readers on {found.agreement.items} questions: {figures}"
    if found.learning is not None:
        yield f"accuracy over ten questions: {_trend(found.learning, 100, ' points')}"
    if found.speed is not None:
        yield f"time per question over ten questions: {_trend(found.speed, 100, ' %')}"
    yield from (f"note: {why}" for why in found.why_not)


def rests_on(one: ReaderMean) -> str:
    """Say what a mean of readers rests on.

    Examples
    --------
    >>> rests_on(ReaderMean(Estimate(0, 0, 0, 0, 0, 0), readers=3, questions=30, patients=12, answers=60))
    '3 readers, 30 questions of 12 patients, 2.0 readers to a question'
    """
    each = "all by all" if one.crossed else f"{one.answers / one.questions:.1f} readers to a question"
    return f"{one.readers} readers, {one.questions} questions of {one.patients} patients, {each}"


def _share(one: Estimate) -> str:
    return f"{one.value:.1%} (95 % interval {one.low:.1%} to {one.high:.1%}, df {_df(one.df)})"


def _difference(one: Estimate) -> str:
    p = "undefined" if math.isnan(one.p) else f"{one.p:.3g}"
    low, high = 100 * one.low, 100 * one.high
    return f"{100 * one.value:+.1f} points (95 % interval {low:+.1f} to {high:+.1f}, df {_df(one.df)}, p {p})"


def _df(df: float) -> str:
    return "infinite" if math.isinf(df) else f"{df:.1f}"


def _trend(one: Trend, scale: float, unit: str) -> str:
    text = f"{scale * one.mean:+.1f}{unit}"
    if math.isnan(one.low):
        return f"{text} (one reader)"
    return f"{text} (95 % interval {scale * one.low:+.1f} to {scale * one.high:+.1f})"
