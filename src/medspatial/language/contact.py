"""R13 for contact: a plane, gap or space between two structures says that they do not touch."""

from __future__ import annotations

import re

from medspatial.anatomy import find_mentions
from medspatial.language.statements import statements_in

_CONTACT = re.compile(r"\b(?:touch\w*|contact|abut\w*|adjoin\w*|[a-z]+-based|pleural base)\b", re.I)
_APART = re.compile(r"\b(?:separat\w*|apart|(?:fat plane|gap|space)\b.*\bbetween)\b", re.I)
_SAYS_CONTACT = re.compile(
    r"\b(?:touch|contact|abut|adjoin|adjacent|contiguous|border|next to|against|flush|attach|adher|invad|"
    r"infiltrat|encas|surround|compress|indent|efface|displac|overlap|involv|extend|reach|separat|apart|distan|away|"
    r"remote|clear|gap|space|plane|fat|margin|interface|between|free|spar|intact|preserv|yes|no|not|true|false|without|"
    r"\d)|n't\b",
    re.I,
)
_BETWEEN = re.compile(
    r"(?P<no>\b(?:no|not an?|not any|without an?|without any|without|never an?|absence of an?|lack of "
    r"an?|loss of (?:the|an?))"
    r"\s+(?:[a-z-]+\s+){0,2}?)?\b(?:fat plane|fatty plane|plane|gap|space|separation|distance|clearance|"
    r"fat|interval)\b"
    r"(?=[^.;]*\b(?:between|separat\w+)\b)|(?P<none>\b(?:no|not an?|without(?: an?| any)?|lack of) )?"
    r"\b(?:interven\w+|interpos\w+)\s+(?:\w+\s+)?(?:fat|tissue|plane|gap|space|air)\b|"
    r"\bseparated by\b[^.;]*\b(?:fat|plane|gap|space|interval|distance)\b",
    re.I,
)


_AT_DISTANCE = re.compile(
    r"\d ?(?:mm|cm|millimet\w+|centimet\w+) (?:below|above|under|beneath|behind|away|from|off|short of|"
    r"proximal|distal|"
    r"cranial|caudal|superior|inferior|anterior|posterior|lateral|medial|in front)\b",
    re.I,
)
_REACHED = re.compile(
    r"\b(?:touch|contact|abut|involv|reach|invad|infiltrat|encas|includ)\w*|\b(?:yes|no|not)\b", re.I
)
_ASKS_REACH = re.compile(
    r"\b(?:touch|contact|abut|adjoin|involve|reach|invade|infiltrate|encase|include)\w*", re.I
)


def speaks_of_contact(text: str) -> bool:
    """Say whether a text says anything about contact; "close to" and "patent" say nothing of it.

    >>> speaks_of_contact("It is close to the aorta."), speaks_of_contact("It is clear of the aorta.")
    (False, True)
    """
    return _SAYS_CONTACT.search(text) is not None


def asks_contact(question: str) -> bool:
    """Say whether a question asks whether two things touch."""
    return _CONTACT.search(question) is not None


def _says_contact(text: str, question: str) -> bool | None:
    """Return whether the one clause that names contact affirms it; None where other structures are named."""
    reading = statements_in(text)
    spans = [match.span() for match in _CONTACT.finditer(reading.text)]
    if len(spans) > 1 or reading.refuses() or reading.hedged(spans[0][0]):
        return None
    asked = {mention.name for mention in find_mentions(question)}
    if any(mention.name not in asked for mention in find_mentions(text)):
        return None
    start, end = spans[0]
    return reading.standing(start, end, spans)[0] != "denied"


def touching(text: str, question: str) -> bool | None:
    """Return the answer to a question about contact from what lies between the two; None where nothing does.

    >>> question = "Do the liver and the gallbladder touch?"
    >>> touching("There is a fat plane between them.", question), touching("No gap between them.", question)
    (False, True)
    """
    if _AT_DISTANCE.search(text) and _ASKS_REACH.search(question) and not _REACHED.search(text):
        return False  # "it begins 2 cm below the renal arteries"
    asks_contact = bool(_CONTACT.search(question))
    if asks_contact == bool(_APART.search(question)):
        return None
    if _CONTACT.search(text):
        said = _says_contact(text, question)
        return None if said is None else said == asks_contact
    found = _BETWEEN.search(text)
    if found is None:
        return None
    return (found["no"] is not None or found["none"] is not None) == asks_contact
