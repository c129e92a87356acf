"""R10: one count against the reference; counts are exact."""

from __future__ import annotations

from medspatial.language.commitments import Mention, final_part
from medspatial.language.counts import Count, find_counts, read_count
from medspatial.language.statements import statements_in
from medspatial.records import Item
from medspatial.score.structured.target import Target, accuracy
from medspatial.score.structured.verdict import Verdict, decided, refused, unanswered

_UNANSWERED = {
    "bound": ("R10", "only a bound: neither confirms nor contradicts"),
    "alternatives": ("R5", "offers several counts and chooses none"),
    "vague": ("R10", "'{}' is not a count"),
    "none": ("R7", "names no count"),
}


def match_count(text: str, item: Item, target: Target) -> Verdict:
    """Judge a reply to "how many"."""

    def find(part: str) -> list[Mention]:
        return [Mention("count", q.start, q.end) for q in find_counts(part, item.question)]

    part, cue = final_part(text, find)
    trace = (f"R2: only what follows '{cue}' counts",) if cue else ()
    count = read_count(part, item.question, statements_in(part))
    if count.value is None:
        return _none(count)._replace(trace=trace)
    shown = f"{count.value:g}"
    result = decided(
        target.fits(count.value), "R10", f"counts {shown}, the reference is {target.value:g}", shown
    )
    return result._replace(trace=trace, numeric=accuracy(count.value, target.value))


def _none(count: Count) -> Verdict:
    said = count.said
    if count.kind == "refused":
        return refused()
    if count.kind == "range":
        return decided(False, "R10", f"'{said}' is a range; counts are exact", said)
    if count.kind == "several":
        return decided(False, "R5", f"gives several counts: {said}", said)
    rule, reason = _UNANSWERED[count.kind]
    return unanswered(rule, reason.format(said), said if count.kind == "bound" else None)
