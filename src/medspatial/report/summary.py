"""What a report says first: what was compared, on how much, and what stands out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from medspatial.records import Question
from medspatial.report.formatting import count, figure, interval, percent
from medspatial.report.measured import Measured, measured, nothing_to_find, smallest_difference

if TYPE_CHECKING:
    from medspatial.compare.accuracy_result import Accuracy, Interval
    from medspatial.compare.arm_result import Grounding
    from medspatial.compare.result import Comparison


BASELINE = "baseline"  # how the kind of a model that sees no image begins


@dataclass(frozen=True)
class Summary:
    """The head of a report: a few key figures and one sentence per finding."""

    figures: tuple[tuple[str, str], ...]
    findings: tuple[str, ...]
    reading: str


def summarise(
    comparison: Comparison, questions: Sequence[Question], kinds: Mapping[str, str] | None = None
) -> Summary:
    """Write the head of a report from a comparison; says nothing that the intervals do not bear out.

    Parameters
    ----------
    kinds
        Model to what it is where that must be known to read its figures, such as ``"baseline"``. What a
        baseline, which sees no image, has of visual grounding stands in the table alone.
    """
    kinds = kinds or {}
    results = [comparison.result(model) for model in comparison.models]
    guess = next((one.overall.guess for one in results if one.overall.guess is not None), None)
    figures = [
        ("Questions", count(comparison.n_questions)),
        ("Cases", count(len({question.case_id for question in questions})) if questions else ""),
        ("Patients", count(comparison.n_patients)),
        ("Models", count(len(comparison.models))),
        ("Guessing gives", f"{percent(guess)} %" if guess else ""),
    ]
    figures.append(("Smallest difference likely to be found", smallest_difference(comparison)))
    what = measured(comparison)
    called = {one.model: _called(one.model, kinds.get(one.model)) for one in results}
    findings = [_finding(called[one.model], one.overall, what) for one in results]
    findings += [
        _grounding(found)
        for found in comparison.grounding
        if not kinds.get(found.model, "").startswith(BASELINE)
    ]
    if words := nothing_to_find(comparison):
        findings.append(words)
    return Summary(tuple(pair for pair in figures if pair[1]), tuple(findings), reading(comparison))


def _called(model: str, kind: str | None) -> str:
    return f"{model} ({kind})" if kind else model


def _grounding(found: Grounding) -> str:
    ends = found.interval
    meaning = {
        "grounded": "its answers come from the image at least in part",
        "not shown": "it is not shown that its answers come from the image",
        "mirrored": "it reads the image with left and right exchanged",
    }[found.verdict]
    share = f"{figure(found.value)} (interval {figure(ends.low)} to {figure(ends.high)})"
    return f"{found.model}: visual grounding {share}; {meaning}."


def reading(comparison: Comparison) -> str:
    """Explain the intervals to a reader who does not do statistics."""
    level = f"{100 * comparison.confidence:g}"
    what = measured(comparison)
    kind = f"values of {what.name[0].lower()}{what.name[1:]}" if what.graded else "accuracies"
    text = (
        f"Intervals are {level} % intervals: the {kind} that these data leave plausible. Questions "
        "about the same patient are not independent, so intervals are clustered by patient. Where two "
        "intervals overlap, only the paired comparison on the same questions can say whether the models "
        "differ."
    )
    if what.graded:
        return (
            f"{text} The metric {comparison.metric} gives a figure for each answer; none is right or wrong."
        )
    return (
        f"{text} Guessing gives the chance level on questions with options, yes/no or left/right, and "
        "nothing on open questions; compare an accuracy with that figure."
    )


def _finding(model: str, found: Accuracy, what: Measured) -> str:
    if found.accuracy is None:
        return f"{model}: no questions."
    if found.unanswered == found.n:
        return f"{model} gives no usable answer to any of the {count(found.n)} questions."
    ends = found.interval
    text = f"{model} answers {percent(found.accuracy)} % correctly"
    if what.graded:
        text = f"{model}: {what.title[0].lower()}{what.title[1:]} {percent(what.shown(found.accuracy))}"
    if ends is None:
        return f"{text}; no interval can be given."
    text += f" (interval {interval(what.shown(ends.low), what.shown(ends.high))})"
    return f"{text}{_against_guessing(ends, found.guess)}.{_without_verdict(found, what)}"


def _against_guessing(ends: Interval, guess: float | None) -> str:
    if not guess:
        return ""
    if ends.low > guess:
        return ", above guessing"
    return ", below guessing" if ends.high < guess else ", not distinguishable from guessing"


def _without_verdict(found: Accuracy, what: Measured) -> str:
    """Say what counts as not right without having been judged; nothing where all was."""
    counts = {
        "failed predictions": found.failed,
        "answers without a verdict": found.unscored - found.failed,
        "missing": found.missing,
    }
    told = ", ".join(f"{count(number)} {what}" for what, number in counts.items() if number)
    if not told:
        return ""
    share = found.accuracy_scored
    if what.graded:
        rest = "" if share is None else f"; the mean of the others is {percent(what.shown(share))}"
        return f" Counted as zero: {told}{rest}."
    rest = "" if share is None else f"; of the others {percent(share)} % are right"
    return f" Counted as not right: {told}{rest}."
