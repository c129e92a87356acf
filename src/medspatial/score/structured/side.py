"""Sides: left, right, bilateral, midline, neither (R3 to R9)."""

from __future__ import annotations

from functools import lru_cache

from medspatial.anatomy import OTHER_SIDE
from medspatial.language.commitments import Commitments, Mention, commitments
from medspatial.language.comparison import (
    Comparison,
    by_degrees,
    by_figures,
    question_comparison,
    spelled_out,
    winners,
    with_heights,
)
from medspatial.language.sides import asks_shift, find_central, find_sides, says_plainly, sides_of
from medspatial.language.statements import Statements, denies_asked
from medspatial.language.vocabulary import CACHED_TEXTS, words_in
from medspatial.language.words import EQUAL, NEGATION_BEGINS
from medspatial.score.structured.verdict import Verdict, decided, refused, unanswered


def _clash(first: str, second: str) -> bool:
    if "unilateral" in {first, second} and {first, second} & {"left", "right"}:
        return False
    return first != second and {first, second} not in ({"left", "bilateral"}, {"right", "bilateral"})


def match_side(reply: str, answer: str, question: str) -> Verdict:
    """Judge a reply to a question whose answer is a side."""
    wanted = _reference_sides(answer, question)
    if not wanted:
        return Verdict("undecided", "R9", f"the reference names no side: '{answer}'")
    want = next(iter(wanted)) if len(wanted) == 1 else "bilateral"
    found, reading = read_sides(reply, question, frozenset({want}))
    if want == "neither" and not sides_said(found) and not found.alternatives and _denies(reading):
        found.affirmed = [Mention("neither", 0, 0)]
    if want != "neither" and found.empty() and denies_asked(reading, question, answer):
        return decided(False, "R3", "denies what is asked for", "none")
    verdict = _decide(found, want, reading.refuses(), bool(reply.strip()))
    if verdict.rule == "R14":
        verdict = verdict._replace(rule=_plain_rule(reply, reading, found))
    return verdict._replace(trace=tuple(found.trace))


@lru_cache(maxsize=CACHED_TEXTS)
def _reference_sides(answer: str, question: str) -> frozenset[str]:
    """Return a reference's sides; of "larger on the right than on the left" the one that is asked for."""
    sides = sides_of(answer, shifts=asks_shift(question))
    if sides == {"bilateral"} and question_comparison(question.lower()):
        found, _ = read_sides(answer, question, frozenset())
        said = sides_said(found)
        if len(said) == 1 and said <= {"left", "right"}:
            return said
    return sides


@lru_cache(maxsize=CACHED_TEXTS)
def denies_sides(answer: str, question: str) -> bool:
    """Say whether a reference names sides only to deny that anything is there."""
    if NEGATION_BEGINS.isdisjoint(words_in(answer.lower())) or not sides_of(
        answer, shifts=asks_shift(question)
    ):
        return False
    found, reading = read_sides(answer, question, frozenset())
    if not found.denied or found.affirmed or found.alternatives or found.compared:
        return False
    return not any(reading.states(segment) for segment in reading.segments)  # "both are normal" is a place


def read_sides(
    reply: str, question: str, wanted: frozenset[str], offered: str = ""
) -> tuple[Commitments, Statements]:
    """Return the sides that a reply commits to.

    Parameters
    ----------
    offered
        An option of the question: what it compares is asked where the question compares nothing.
    wanted
        Sides that may be the answer; the midline and equality have looser names where they may.
    """
    low = question.lower()
    central, shifts = "midline" in low or "midline" in wanted, asks_shift(question)

    def find(part: str) -> list[Mention]:
        found = find_central(part) if central else find_sides(part, shifts=shifts)
        return _with_equal(part, found) if "equal" in wanted else found

    asked = question_comparison(question) or (question_comparison(offered) if offered else None)
    said = with_heights(reply) if asked and asked[0] == "height" else reply
    found, reading = commitments(spelled_out(said), find, low, _clash)
    if asked:
        result = winners(reading, found, asked, other=OTHER_SIDE.get)
        _apply_comparison(
            found, result or by_figures(reading, found, asked) or by_degrees(reading, found, asked)
        )
    return found, reading


def _denies(reading: Statements) -> bool:
    """Say whether a text without a side denies what is asked ("none", "the adrenals are normal")."""
    return not reading.refuses() and any(
        reading.cues(part) or reading.states(part) for part in reading.segments
    )


def _with_equal(text: str, found: list[Mention]) -> list[Mention]:
    spans = [match.span() for match in EQUAL.finditer(text.lower())]
    new = [
        Mention("equal", *span)
        for span in spans
        if not any(m.start < span[1] and span[0] < m.end for m in found)
    ]
    return sorted([*found, *new], key=lambda mention: mention.start)


def _apply_comparison(found: Commitments, result: Comparison | None) -> None:
    """R4: the side tied to the asked comparative is the answer; the rest is background."""
    if result is None:
        return
    if len(result.values) > 1 and set(result.values) <= {mention.value for mention in found.alternatives}:
        return  # "larger on the left or on the right"
    before = {mention.value for mention in found.affirmed + found.alternatives}
    found.affirmed = [Mention(value, 0, 0) for value in result.values]
    found.alternatives = []
    if result.turned or found.compared or before != set(result.values):
        found.note("R4", result.reason)
    else:
        found.trace.append(f"R14: {result.reason}")


def sides_said(found: Commitments, *, both: bool = True) -> frozenset[str]:
    """Return the sides that are affirmed; left with right is bilateral.

    Parameters
    ----------
    both
        Whether "both are equal" says "both"; else it says "equal".
    """
    values = {mention.value for mention in found.affirmed}
    if len(values) > 1:
        values.discard("unilateral")
    if {"left", "right"} <= values:
        values = (values - {"left", "right"}) | {"bilateral"}
    if "midline" in values:
        values -= {"bilateral", "neither"}  # "both main bronchi are in the midline"; "neither, it is central"
    if {"bilateral", "equal"} <= values:
        values.discard("equal" if both else "bilateral")
    if "bilateral" in values and values <= {"bilateral", "left", "right"}:
        values = {"bilateral"}
    return frozenset(values)


def _decide(found: Commitments, want: str, refuses: bool, any_text: bool) -> Verdict:
    values = sides_said(found)
    if want == "neither" and not values and len(found.denied) > 0:
        return decided(True, "R3", "all sides are denied", "neither")
    if not values:
        return no_side(found, want, refuses, any_text)
    got = next(iter(values)) if len(values) == 1 else " and ".join(sorted(values))
    if got == want:
        rule = "R8" if want == "bilateral" else _rule(found)
        return decided(True, rule, f"commits to {got}", got)
    if got == "bilateral" and refuses:
        return refused()  # "I cannot tell: both kidneys look alike"
    if want == "bilateral" and got in OTHER_SIDE:
        return decided(False, "R8", f"names one half ({got}) of a two-sided answer", got)
    rule = "R5" if got == "bilateral" or " and " in got else _rule(found)
    return decided(False, rule, f"commits to {got}, the reference is {want}", got)


def no_side(found: Commitments, want: str, refuses: bool, any_text: bool) -> Verdict:
    """Judge a reply that affirms no side."""
    denied = {mention.value for mention in found.denied}
    if found.alternatives:
        return unanswered("R5", "offers alternatives and chooses none")
    if want in denied or (want == "bilateral" and denied):
        return decided(False, "R3", f"denies {want} and offers nothing else", f"not {want}")
    if denied:
        return unanswered("R3", f"only says what it is not ({', '.join(sorted(denied))})")
    if refuses:
        return refused()
    return unanswered("R7", "names no side" if any_text else "empty")


def _rule(found: Commitments) -> str:
    return found.rule if found.rule in {"R2", "R3", "R4", "R6"} else "R14"


def _plain_rule(reply: str, reading: Statements, found: Commitments) -> str:
    """Name the rule of a plain answer: hedged (R6), anatomy or a word that is no side (R9), else R14."""
    if any(reading.hedged(mention.start) for mention in found.affirmed):
        return "R6"
    return "R14" if says_plainly(reply) else "R9"
