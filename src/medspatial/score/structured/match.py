"""One reply against one reference: the dispatcher over answer types."""

from __future__ import annotations

from dataclasses import replace

from medspatial.records import Item
from medspatial.score.structured.anatomy import match_anatomy
from medspatial.score.structured.choice import match_choice
from medspatial.score.structured.free import match_free
from medspatial.score.structured.number import match_number
from medspatial.score.structured.relation import match_relation
from medspatial.score.structured.side import match_side
from medspatial.score.structured.unwrap import Unwrapped, unwrap
from medspatial.score.structured.verdict import Verdict, unanswered
from medspatial.score.structured.yes_no import match_yes_no


def match(item: Item, reply: str) -> Verdict:
    """Judge a reply by the rules R1 to R14.

    Parameters
    ----------
    item
        Question, reference answer, answer type, options, value, unit, tolerance.
    reply
        The model's raw text.
    """
    bare = unwrap(reply, item.question)
    if not bare.text:
        return unanswered("R7", "empty" if not reply.strip() else "nothing is left inside the wrappers")
    by_option = bool(item.options) or item.answer_type == "choice"
    verdict = (match_choice if by_option else _MATCHERS[item.answer_type])(bare.text, item)
    return _with_wrappers(verdict, bare)


def _with_wrappers(verdict: Verdict, bare: Unwrapped) -> Verdict:
    """Record the wrappers that came off; where nothing else was hard, R1 is the rule."""
    if not bare.removed:
        return verdict
    trace = (f"R1: taken off: {', '.join(bare.removed)}", *verdict.trace)
    rule = "R1" if verdict.rule in _PLAIN_RULES and verdict.outcome != "undecided" else verdict.rule
    return replace(verdict, rule=rule, trace=trace)


def _side(text: str, item: Item) -> Verdict:
    return match_side(text, item.answer, item.question)


_PLAIN_RULES = frozenset({"R8", "R9", "R10", "R11", "R12", "R13", "R14"})
_MATCHERS = {
    "side": _side,
    "number": match_number,
    "yes_no": match_yes_no,
    "anatomy": match_anatomy,
    "relation": match_relation,
    "free": match_free,
}
