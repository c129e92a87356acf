"""R12: relations between structures: synonyms, masked names, compounds, subject and object exchanged."""

from __future__ import annotations

from medspatial.language.commitments import Commitments, Mention, commitments
from medspatial.language.properties import along_the_body
from medspatial.language.refusals import REFUSES
from medspatial.language.relation_words import OPPOSITES, exchanged
from medspatial.language.relations import find_relations, landmark_leads, object_of, question_phrases
from medspatial.language.roles import Roles, roles
from medspatial.language.sides import asks_shift, says_towards, sides_of
from medspatial.language.statements import Statements
from medspatial.records import Item
from medspatial.score.structured.side import match_side
from medspatial.score.structured.verdict import Verdict, decided, unanswered


def match_relation(text: str, item: Item) -> Verdict:
    """Judge a reply to a question whose answer is a relation."""
    want = list(dict.fromkeys(mention.value for mention in find_relations(item.answer)))
    if not want:
        return Verdict("undecided", "R12", f"the reference names no relation: '{item.answer}'")
    if asks_shift(item.question) and sides_of(item.answer, shifts=True) == set(want):
        verdict = match_side(text, item.answer, item.question)
        if verdict.outcome != "unanswered" and (says_towards(text) or verdict.rule == "R3"):
            return verdict
    hidden = question_phrases(item.question)
    text = along_the_body(text, item.question)

    def find(part: str) -> list[Mention]:
        names = [m.span() for m in hidden.finditer(part)] if hidden else []
        return [m for m in find_relations(part) if not any(a <= m.start < b for a, b in names)]

    found, reading = commitments(text, find, item.question.lower(), _clash)
    found.affirmed += [
        m for m in found.compared if "than" not in reading.text[reading.segment_of(m.start).start : m.start]
    ]
    asked = roles(item.question)
    _drop_other_landmarks(found, reading, asked)
    got = [_turned(mention, reading, asked, found) for mention in found.affirmed]
    verdict = _decide(got, want, found, reading)
    return verdict._replace(trace=tuple(found.trace))


def _drop_other_landmarks(found: Commitments, reading: Statements, asked: Roles | None) -> None:
    """R14: "posterior to the stomach and anterior to the spine" says a second place."""
    if asked is None or len(found.affirmed) < 2:
        return
    objects = [object_of(mention, reading) for mention in found.affirmed]
    if not any(keys & asked.landmark for keys in objects):
        return
    known = asked.landmark | asked.subject
    kept = [m for m, keys in zip(found.affirmed, objects, strict=True) if not keys or keys & known]
    if len(kept) < len(found.affirmed):
        found.affirmed = kept
        found.trace.append("R14: a relation to something else is detail")


def _clash(first: str, second: str) -> bool:
    return OPPOSITES.get(first) == second


def _turned(mention: Mention, reading: Statements, asked: Roles | None, found: Commitments) -> str:
    """Turn a relation round where the landmark is the subject of its sentence."""
    if asked is None or not landmark_leads(mention, reading, asked):
        return mention.value
    value = exchanged(mention.value)
    found.note("R12", f"subject and object are exchanged: {mention.value} becomes {value}")
    return value


def _decide(got: list[str], want: list[str], found: Commitments, reading: Statements) -> Verdict:
    have = list(dict.fromkeys(got))
    shown = " and ".join(have)
    if not have:
        return _nothing(want, found, reading)
    rule = found.rule if found.rule in {"R2", "R3", "R6"} else "R12"
    against = [value for value in have if OPPOSITES.get(value) in want and value not in want]
    if against:
        both = [value for value in want if value in have]
        return decided(
            False, "R5" if both else rule, f"says {shown}, the reference is {' and '.join(want)}", shown
        )
    missing = [value for value in want if value not in have]
    if not missing:
        return decided(True, rule, f"says {shown}", shown)
    if len(missing) < len(want):
        return decided(False, "R8", f"names only a part ({shown}) of {' and '.join(want)}", shown)
    return decided(False, rule, f"says {shown}, the reference is {' and '.join(want)}", shown)


def _nothing(want: list[str], found: Commitments, reading: Statements) -> Verdict:
    if found.alternatives:
        return unanswered("R5", "offers alternatives and chooses none")
    denied = {mention.value for mention in found.denied}
    if denied & set(want):
        return decided(
            False, "R3", "denies the reference and offers nothing else", "not " + " and ".join(sorted(denied))
        )
    if denied:
        return unanswered("R3", f"only says what it is not ({', '.join(sorted(denied))})")
    return unanswered("R7", REFUSES if reading.refuses() else "names no relation")
