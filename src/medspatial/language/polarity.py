"""Yes or no: a leading polarity word, negated existence, or the proposition restated (R13)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from medspatial.language.commitments import Mention, final_part
from medspatial.language.contact import touching
from medspatial.language.proposition import PRESENCE_WORDS, restated
from medspatial.language.refusals import REFUSES, find_refusals, out_of_view, refuses_whole
from medspatial.language.segments import lowered
from medspatial.language.statements import Statements, statements_in
from medspatial.language.stems import content_words
from medspatial.language.thresholds import beyond_threshold
from medspatial.language.vocabulary import CACHED_TEXTS, words, words_in

_YES = (
    r"yes|yeah|yep|yup|correct|affirmative|true|indeed|certainly|definitely|absolutely|of course|exactly|"
    r"right|sure|agreed|positive|undoubtedly|without (?:a |any )?doubt|that is (?:correct|right|true)|"
    r"that's (?:correct|right|true)|present|it is|they are|it does|they do|there is|there are|it has|"
    r"they have|y"
)
_NO = (
    r"there (?:are|is) none|(?:absolutely|definitely|certainly|surely|clearly|probably|likely|apparently) "
    r"(?:no|not)|no|nope|nah|negative|false|incorrect|not that i|not really|not at all|not quite|not "
    r"exactly|not entirely|not completely|not fully|not wholly|not (?:really|necessarily)|never|none|"
    r"nothing|neither|by no means|in no way|that is "
    r"(?:incorrect|false|wrong|not (?:correct|right|true))|that's (?:incorrect|false|wrong|not (?:correct|"
    r"right|true))|wrong|it is not|it isn't|they are not|they aren't|it does not|it doesn't|they do not|"
    r"they don't|there is not|there isn't|there are no|there is no|n|absent|not (?:seen|visible|present|"
    r"detected|identified|found|observed|involved|affected|visualized|visualised)"
)
_HEDGE = (
    r"(?:well|so|hmm|i think|i believe|i would say|i'd say|most likely|probably|likely|possibly|perhaps|"
    r"maybe|apparently|it seems|it appears|in my opinion|the answer is|answer|to my knowledge|based on "
    r"[a-z ,]+?)"
)
_LEADING = re.compile(rf"\A\W*(?:{_HEDGE}\W+)*(?:(?P<no>{_NO})|(?P<yes>{_YES}))(?![\w-])", re.I)
_BOTH = re.compile(r"\byes\s*(?:and|/)\s*no\b|\byes\s*,\s*no\b(?!\s+[a-z])|\bno\s*(?:and|/|,)\s*yes\b", re.I)
_EITHER = re.compile(
    r"\byes\s*or\s*no\b|\b(?:maybe|perhaps|possibly) (?:yes )?(?:maybe|perhaps|possibly) (?:no|not)\b", re.I
)
_WORDS = re.compile(r"\b(?:yes|no)\b(?=\s*(?:[.,;:!?)]|\Z))", re.I)
_ELLIPTIC = re.compile(  # "I can't say for certain, but it doesn't seem to"
    r"\b(?:but|although|though|still|however),? (?:it|they|this) (?:probably |likely )?"
    r"(?:(?:does|do|is|are|did|was|were)(?P<no>n't| not)?(?: (?:seem|appear|look)(?: to| so| like it)?)?"
    r"|(?:seems|appears)(?P<nor> not)? to)\W*\Z"
)
_OPEN = re.compile(r"[^.;!?]*?\bwhether\b")  # "it is difficult to tell ... whether": the question stays open
_ABSENCE = re.compile(
    r"\b(?:no|not|none|without|absent|nor|normal|unremarkable|preserved|natural)\b", re.IGNORECASE
)
_WEAK_LEADS = words("right positive negative present absent none neither nothing never sure n y")
_DEGREES = words(
    "quite exactly entirely completely fully wholly really necessarily"
)  # "not entirely: ..." denies
_NO_FINDING = PRESENCE_WORDS | {"both", "left", "right"}
_ENDS = re.compile(r"\s*(?:[.,;:!?)—–-]|\Z)")
_PRONOUNS = words("it they there that")
_POLARITY_TEXT = {"yes": True, "true": True, "present": True, "no": False, "false": False, "absent": False}


@lru_cache(maxsize=CACHED_TEXTS)
def polarity_of(text: str) -> bool | None:
    """Return the polarity of a reference: True for yes, False for no, None where it is neither.

    >>> polarity_of("No, it does not."), polarity_of("Nodule")
    (False, None)
    """
    plain = text.strip(" .!").lower()
    if plain in _POLARITY_TEXT:
        return _POLARITY_TEXT[plain]
    match = _LEADING.match(text)
    return None if match is None else match.group("no") is None


class Polarity(NamedTuple):
    """Yes (True), no (False) or neither (None), and what decided it.

    ``leads`` says that a leading word decided, not a sentence that restates the question.
    """

    value: bool | None
    rule: str
    reason: str
    leads: bool = False
    trace: tuple[str, ...] = ()


def read_polarity(text: str, question: str) -> Polarity:
    """Return what a reply to a yes/no question says in its last commitment (R2)."""
    if refuses_whole(text):
        return Polarity(None, "R7", REFUSES)
    part, cue = final_part(text, lambda tail: _mentions(tail, question))
    trace = (f"R2: only what follows '{cue}' counts",) if cue and part != text else ()
    if cue == "no":
        part = text[-len(part) - len("no, ") :]  # "Yes. No, there is a gap": this cue is itself an answer
    said = polarity(part, question)._replace(trace=trace)
    head = text[: len(text) - len(part)]
    if said.value is not None and trace and head.strip() and _mentions(head, question):
        return said._replace(rule="R2")
    return said


def _mentions(text: str, question: str) -> list[Mention]:
    return [Mention("polarity", 0, len(text))] if polarity(text, question).value is not None else []


def polarity(text: str, question: str) -> Polarity:
    """Return the polarity of a whole reply."""
    low, reading = lowered(text), statements_in(text)
    if _EITHER.search(reading.text) or _BOTH.search(reading.text):
        return Polarity(None, "R5", "says yes and no and chooses none")
    if refuses_whole(text):
        return Polarity(None, "R7", REFUSES)
    leading = _LEADING.match(reading.text if words_in(reading.text) else low)
    if leading and not _weak_lead(leading, low):
        return _led(leading)
    if out_of_view(text) and content_words(question) - content_words(text) - _NO_FINDING:
        return Polarity(None, "R7", "says only that it is out of view")
    if reading.void() or any(_OPEN.match(low, end) for _, end in find_refusals(low)):
        return Polarity(None, "R7", REFUSES)
    return _by_meaning(text, question) or _by_word(low, leading, reading)


def _by_meaning(text: str, question: str) -> Polarity | None:
    """Read what affirms or denies without the word: what lies between two structures, a restatement."""
    apart = touching(text, question)
    if apart is not None:
        return Polarity(apart, "R13", "says what lies between them")
    beyond = beyond_threshold(text, question)
    if beyond is not None:
        return Polarity(beyond, "R13", "gives a figure on one side of the asked one")
    got, why = restated(text, question)
    return None if got is None else Polarity(got, "R13", why)


def _led(leading: re.Match[str]) -> Polarity:
    word = leading.group("no") or leading.group("yes")
    return Polarity(leading.group("no") is None, "R13", f"leads with '{word}'", leads=True)


def _by_word(low: str, leading: re.Match[str] | None, reading: Statements) -> Polarity:
    """Fall back to a leading "there are none", or to the only "yes" or "no" in the text."""
    if leading and (
        leading["no"] or leading["yes"].split()[0] not in _PRONOUNS or _ENDS.match(low, leading.end())
    ):
        return _led(leading)  # "it does. The plane is lost", but not "they are near each other"
    elliptic = _ELLIPTIC.search(low)
    if elliptic:
        return Polarity(
            not (elliptic["no"] or elliptic["nor"]), "R13", f"says '{elliptic.group().strip(' .!')}'"
        )
    late = {m.group().lower() for m in _WORDS.finditer(low)}
    if len(late) == 1:
        word = late.pop()
        return Polarity(word == "yes", "R13", f"says '{word}'", leads=True)
    refused = reading.refuses()
    return Polarity(None, "R7", REFUSES if refused else "says nothing of what was asked")


def _weak_lead(match: re.Match[str], low: str) -> bool:
    """ "There is ..." or "it is ..." lead a restatement: the rest of the sentence decides."""
    word = (match.group("no") or match.group("yes")).lower()
    rest = low[match.end() :].strip(" .,!")
    if (
        word.split()[0] in _PRONOUNS
        or word in _WEAK_LEADS
        or (word.startswith("not ") and word.split()[1] not in _DEGREES)
    ):
        return bool(rest)
    if word == "no":  # "No nodule is seen" restates; "No, ..." and "No." lead
        return bool(rest) and low[match.end() : match.end() + 1] == " "
    return False


def names_absence(text: str) -> bool:
    """Say whether a reference reports that something is absent or normal, by any word for it.

    >>> names_absence("The fat planes are preserved."), names_absence("Present in both lungs.")
    (True, False)
    """
    return _ABSENCE.search(text) is not None
