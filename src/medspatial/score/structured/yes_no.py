"""R13: yes or no, by a leading polarity word, negated existence, or the proposition restated."""

from __future__ import annotations

from medspatial.language.polarity import polarity_of, read_polarity
from medspatial.language.proposition import restated
from medspatial.records import Item
from medspatial.score.structured.verdict import Verdict, decided, unanswered


def match_yes_no(text: str, item: Item) -> Verdict:
    """Judge a reply to a yes/no question."""
    want = polarity_of(item.answer)
    if want is None:
        want = restated(item.answer, item.question)[0]
    if want is None:
        return Verdict("undecided", "R13", f"the reference is neither yes nor no: '{item.answer}'")
    said = read_polarity(text, item.question)
    if said.value is None:
        return unanswered(said.rule, said.reason)._replace(trace=said.trace)
    shown = "yes" if said.value else "no"
    return decided(said.value == want, said.rule, said.reason, shown)._replace(trace=said.trace)
