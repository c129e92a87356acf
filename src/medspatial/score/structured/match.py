"""One reply against one reference: the dispatcher over answer types."""

from __future__ import annotations

from medspatial.anatomy import OTHER_SIDE
from medspatial.language import in_english, lettered, numbered, option_marks, other_language
from medspatial.language.headline import headline
from medspatial.language.image_sides import without_image_sides
from medspatial.language.polarity import read_polarity
from medspatial.language.refusals import holds_back, refuses_whole, without_usual
from medspatial.language.roles import asks_side_of
from medspatial.language.sides import find_sides
from medspatial.language.unwrap import Unwrapped, unwrap
from medspatial.records import Item
from medspatial.score.structured.anatomy import match_anatomy
from medspatial.score.structured.choice import match_choice
from medspatial.score.structured.free import match_free
from medspatial.score.structured.number import match_number
from medspatial.score.structured.relation import match_relation
from medspatial.score.structured.side import match_side
from medspatial.score.structured.verdict import Verdict, refused, unanswered
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
    try:
        item = _by_own_letters(item)
    except ValueError as error:
        return Verdict("undecided", "letters", str(error))
    return _with_wrappers(_read(numbered(bare.text, item.options) or bare.text, item), bare)


def _read(text: str, item: Item) -> Verdict:
    """Judge a bare reply; one in another language by what the small tables read of it, never as wrong."""
    language = other_language(text)
    if language is None or other_language(item.question):
        return _in_view(text, item)
    english = None if option_marks(text, item.options) else in_english(text)
    # "no" is "not" in some languages, and "si" is "if": a yes or no counts only where the tables read it
    for said in (english,) if item.answer_type == "yes_no" else (english, text):
        verdict = _in_view(said, item) if said else None
        if (
            verdict is not None
            and verdict.outcome in {"correct", "incorrect"}
            and not _half_read(verdict, item)
        ):
            trace = (f"language: '{said}' is read of {language}", *verdict.trace)
            return verdict._replace(trace=trace if said != text else verdict.trace)
    why = f"language: the reply is in {language}, and the small tables of other languages do not read it"
    return Verdict("undecided", "language", why)


def _half_read(verdict: Verdict, item: Item) -> bool:
    """Say whether nothing but a side was read of a place in another language: the rest may be right."""
    return (
        item.answer_type in {"anatomy", "free"}
        and verdict.outcome == "incorrect"
        and verdict.rule == "R8"
        and verdict.extracted in OTHER_SIDE
    )


def _in_view(text: str, item: Item) -> Verdict:
    if holds_back(text) or refuses_whole(text):
        return _declines(item)
    text = without_usual(text)
    bare, views = without_image_sides(text, item.question, item.answer)
    verdict = _judge(bare, item)
    return _with_views(verdict, views, bare, text, item) if views else verdict


def _declines(item: Item) -> Verdict:
    """Judge a refusal: where one option offers to decline, it is that option."""
    declining = [option for option in item.options if refuses_whole(option)]
    if len(declining) != 1:
        return refused()
    verdict = match_choice(declining[0], item)
    return verdict._replace(trace=("R11: declines, which is an option", *verdict.trace))


def _by_own_letters(item: Item) -> Item:
    """Bring options that carry letters of their own into the order of these letters, and take them off.

    "B" then means the option that is written "B.", as the model was shown it.
    """
    if not item.options:
        return item
    pairs = lettered(item.options)
    bare = tuple(text for _, text in sorted(pairs))
    if len(pairs) < len(item.options) or set(bare) == set(item.options):
        return item
    if len(set(bare)) < len(bare):
        raise ValueError(f"options: texts must differ without their letters, got {list(item.options)}")
    return item.model_copy(
        update={
            "options": bare,
            "answer": dict(zip(item.options, (t for _, t in pairs), strict=True))[item.answer],
        }
    )


def _judge(text: str, item: Item) -> Verdict:
    by_option = bool(item.options) or item.answer_type == "choice"
    matcher = match_choice if by_option else _MATCHERS[item.answer_type]
    first = headline(text) if by_option or item.answer_type != "yes_no" else None
    if first:
        verdict = matcher(first, item)
        if verdict.outcome == "correct" or (verdict.outcome == "incorrect" and _final(verdict)):
            return verdict._replace(trace=("R2: answers first, then explains", *verdict.trace))
    return matcher(text, item)


def _final(verdict: Verdict) -> bool:
    """Say whether no explanation can complete an answer: it is neither coarse nor only denied."""
    return verdict.rule in _PLAIN_RULES - {"R8"} and verdict.extracted != "neither"


def _with_views(verdict: Verdict, views: tuple[str, ...], text: str, whole: str, item: Item) -> Verdict:
    """R9: record the sides of the image that were set aside; alone they do not state the patient's side."""
    trace = (*(f"R9: '{view}' is not a side of the patient" for view in views), *verdict.trace)
    if _untold(verdict, text, whole, item):
        return unanswered("R9", "names only a side of the image, not the patient's")._replace(trace=trace)
    return verdict._replace(rule="R9" if verdict.rule == "R14" else verdict.rule, trace=trace)


def _untold(verdict: Verdict, text: str, whole: str, item: Item) -> bool:
    """Say whether nothing but the image's side would have answered."""
    if verdict.outcome == "unanswered":
        return verdict.rule == "R7"
    if verdict.outcome == "undecided":
        return _judge(whole, item).outcome in {"correct", "incorrect"}
    side_asked = verdict.rule == "R13" and find_sides(item.question) and not find_sides(text)
    return bool(side_asked) and not read_polarity(text, item.question).leads


def _with_wrappers(verdict: Verdict, bare: Unwrapped) -> Verdict:
    """Record the wrappers that came off; where nothing else was hard, R1 is the rule."""
    if not bare.removed:
        return verdict
    trace = (f"R1: taken off: {', '.join(bare.removed)}", *verdict.trace)
    rule = "R1" if verdict.rule in _PLAIN_RULES and verdict.outcome != "undecided" else verdict.rule
    return verdict._replace(rule=rule, trace=trace)


def _side(text: str, item: Item) -> Verdict:
    if asks_side_of(item.question):  # "the aorta lies to the left of it": roles are exchanged
        verdict = match_relation(text, item)
        if any("exchanged" in step for step in verdict.trace):
            return verdict
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
