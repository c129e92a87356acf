"""One reply against one reference: the dispatcher over answer types."""

from __future__ import annotations

from medspatial.records import Item
from medspatial.score.structured.anatomy import match_anatomy
from medspatial.score.structured.choice import match_choice
from medspatial.score.structured.number import match_number
from medspatial.score.structured.relation import match_relation
from medspatial.score.structured.side import match_side
from medspatial.score.structured.unwrap import unwrap
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
    if item.options or item.answer_type == "choice":
        return match_choice(bare.text, item)
    return _MATCHERS[item.answer_type](bare.text, item)


def _side(text: str, item: Item) -> Verdict:
    return match_side(text, item.answer, item.question)


def _undecided(text: str, item: Item) -> Verdict:
    return Verdict("undecided", "-", f"no rule for answer type '{item.answer_type}' yet")


_MATCHERS = {
    "side": _side,
    "number": match_number,
    "yes_no": match_yes_no,
    "anatomy": match_anatomy,
    "relation": match_relation,
    "free": _undecided,
    "choice": _undecided,
}
