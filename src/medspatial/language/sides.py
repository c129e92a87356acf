"""Sides in text: left, right, bilateral, midline, neither; from words, letters and anatomy (R9)."""

from __future__ import annotations

import re
from functools import lru_cache

from medspatial.anatomy import OTHER_SIDE, Side, find_mentions
from medspatial.language.commitments import Mention
from medspatial.language.image_sides import without_image_sides
from medspatial.language.refusals import find_refusals
from medspatial.language.segments import blank, lowered
from medspatial.language.vocabulary import words, words_in
from medspatial.language.words import FINITE_VERBS

# "right" and "left" that name no side (R9); blanked first
_NO_SIDE = re.compile(
    r"\b(?=[abcdehilmnopqrstwy])(?:"
    r"(?:that|this|you)(?:'s| is|'re| are) (?:absolutely |quite |all |entirely |exactly "
    r")?right\b(?=\s*(?:[,.!;:]|\Z|and\b|to\b|that\b))"
    r"|you are right\b|all right\b|alright\b"
    r"|(?<!the )(?<!on )right (?:below|above|next|behind|beside|beneath|under|underneath|in|at|on|there|"
    r"here|now|away|through|into|near|after|before|where|up|along|alongside|beyond|against|from the "
    r"start)\b(?! (?:the )?patient\b)"
    r"|(?:the )?right (?:place|position|spot|location|order|size|answer|choice|option|interpretation|"
    r"response|reply|conclusion|diagnosis|way|direction|moment|track|thing|question)\b"
    r"|(?:between|distinguish|differentiate|tell|telling|whether)(?: the)? (?:left|right) (?:and|from|"
    r"or)(?: the)? "
    r"(?:left|right)\b"
    r"|(?<!the )(?<!or )right\?|if (?:i am|i'm) right\b|quite right\b|absolutely right\b|right angles?\b|is "
    r"right that\b|am i right\b|correct and right\b"
    r"|left (?:untreated|in place|in situ|behind|alone|over|out|unresected|unchanged|unanswered|open|"
    r"intact|blank|as is)\b"
    r"|(?:one|either) or both\b"
    r"|(?:nothing|little|what is|what's|much|none) left\b|has left\b|have left\b|(?:is|are) left "
    r"(?:to|with)\b)"
)
# where something is moved to: not where it lies
_SHIFT = re.compile(
    r"\b(?:(?:displac\w+|shift(?:s|ed|ing)?|push\w*|deviat\w+|compress\w+)(?: [a-z]+){0,4}? (?:to|towards?) "
    r"the (?:left|right)(?: side)?"
    r"|(?:left|right)ward (?:shift|displacement|deviation)"
    r"|(?:mediastinal|tracheal|cardiac) (?:shift|deviation) (?:to|towards?) the (?:left|right))\b"
)
_MOVED = re.compile(r"\b(?:displac|shift|push|deviat)")
_TOWARDS = re.compile(
    r"\b(?:to|towards?|into)(?: the)?(?: patient's)? (?:left|right)\b|\b(?:left|right)wards?\b"
)
_CONTRARY = re.compile(r"\bto(?:wards?)? the (?:contralateral|opposite|other)(?: side)?\b", re.I)
_AGREEMENT = re.compile(r"\A\W*right\s*[,.!;:-]+\s*(?=\S)")
_WORDS = re.compile(
    r"\b(?=[abdeilmnorstu])(?:"
    r"(?P<bilateral>(?:bilateral(?:ly)?|both(?! (?:of )?(?:dimensions|measurements|\(?[a-z]\)? and|"
    r"central|peripheral|(?:upper|lower)(?! (?:lobes|lungs|zones|poles|quadrants|limbs|fields))|anterior|"
    r"posterior|cases|readers|series|phases|images|scans|"
    r"answers|options|planes)| (?:the )?left\b[^.;]{0,60}? and (?:in )?(?:the )?left\b"
    r"| (?:the )?right\b[^.;]{0,60}? and (?:in )?(?:the )?right\b| (?:the )?(?:left|right) \w+s\b)"
    r"(?: of)?(?: the)?(?: sides?)?|on (?:either|each) side|either side|"
    r"each (?:side|kidney|lung|breast|adrenal|ovary|hemithorax|lobe|hip|ureter|one)|left and(?: the)? "
    r"right|right and(?: the)? left|(?:left|right)[ -]?sided and (?:right|left)[ -]?sided|two-sided|"
    r"both-sided|on all sides)\b)"
    r"|(?P<neither>(?:neither(?= *(?:[.,;!)]|\Z)| side| kidney| lung| one| of (?:them|the two|these|"
    r"both))(?! side (?:is|was))|on no side|no side|none of them|"
    r"not on any side|not on either side)\b)"
    r"|(?P<equal>(?:equal(?:ly)?(?: in size| large| sized)?|same size|the same|identical|no "
    r"(?:significant |relevant )?difference|symmetric(?:al(?:ly)?)?)\b)"
    r"|(?P<unilateral>(?:unilateral(?:ly)?|one side(?: only)?|one lung|only one|single (?:side|lung)|one "
    r"of the (?:lungs|kidneys))\b)"
    r"|(?P<left>(?:left(?:-|\b)|leftwards?\b|left-?sided\b|left-?hand\b|lt\b|sinister\b|sinistral\b|"
    r"l-sided\b|l/s\b))"
    r"|(?P<right>(?:right(?:-|\b)|rightwards?\b|right-?sided\b|right-?hand\b|rt\b|dexter\b|dextral\b|"
    r"r-sided\b))"
    r"|(?P<midline>(?:in the mid-?line|at the mid-?line|on the mid-?line|mid-?line(?!\s+(?:shift|"
    r"crossing))|median plane|in the midplane|midsagittal)\b))"
)
_TO_MIDLINE = re.compile(
    r"(?:\b(?:of|from|to|across|cross(?:es|ing|ed)?|beyond|past|over|towards?|respect|reach(?:es|ing)?|"
    r"than)(?: the)?|off)\s+\Z"
)
_ANATOMY = re.compile(
    r"\b(?=[acdhlmrs])(?:"
    r"(?P<right>(?:rul|rml|rll|ruq|rlq|middle lobe|hepatic flexure|ascending colon|c(?:a)?ecum|appendix|"
    r"horizontal fissure|minor fissure|azygos fissure)\b)"
    r"|(?P<left>(?:lul|lll|luq|llq|lingulae?|lingular|splenic flexure|descending colon|sigmoid colon)\b))"
)
_ANATOMY_BEGINS = words(
    """rul rml rll ruq rlq middle hepatic ascending caecum cecum appendix horizontal minor azygos lul lll luq
    llq lingula lingulae lingular splenic descending sigmoid"""
)
# organs that lie on one side; read only where no side is named at all
_ONE_SIDED = re.compile(r"\b(?:(?P<right>liver|hepatic|gallbladder|gall bladder)|(?P<left>spleen|splenic))\b")
_EITHER = re.compile(r"(?:on )?either side")
_SAY_NONE = (_ANATOMY, _ONE_SIDED, _EITHER)  # a side follows from these; none is said
_LETTERS = {"L": "left", "R": "right"}
_LETTER = re.compile(r"(?<![A-Za-z0-9.])(?<!\d )([LR])(?![A-Za-z0-9])(?!\s*\d)(?!')")
# one of these stands in every mention; looked for first, because many texts have none
_ANY_SIDE = (
    "left", "right", "bilat", "unilat", "both", "mid", "-sid", "each", "either", "neither", "side", "equal",
    "same", "identic", "difference", "symmet", "median", "sinist", "dext", "none", "lingul", "lobe",
    "flexure", "colon", "cum", "appendix", "fissure", "single", "all sides",
)  # fmt: skip
_ANY_SHORT = re.compile(r"\b(?:[lr](?:[tusmq]|[uml][lq]\b|\b)|one\b)", re.I)
# one of these stands in every "right" and "left" that names no side
_RIGHT_NO_SIDE = re.compile(
    r"right (?:be|ab|at|aw|af|al|ag|an|n|un|in|on|op|or|th|h|w|from|pl|po|sp|si|loc|int|res|rep|con|dia|dir|"
    r"mom|tra|que|cho|up\b)"
)
_NO_SIDE_STEMS = (
    "that", "this", "you", "all right", "alright", "between", "distinguish", "differentiate",
    "tell", "whether",
    "right?", "if i", "quite right", "absolutely right", "is right", "am i right", "and right", "left un",
    "left in", "left be", "left al", "left o", "left bl", "left as", "nothing left", "little left",
    "is left", "'s left", "much left", "none left", "has left", "have left", "are left", "displac", "shift",
    "push", "deviat", "compress", "or both",
)  # fmt: skip
_CENTRAL = re.compile(r"\b(?:centrally|central|in the (?:middle|cent(?:er|re))(?! lobe)|median)\b")
_SPELLED = re.compile(r"\b(?:left|right|bilateral\w*|both|mid-?line|central\w*|neither|middle)\b")
_SIDE_WORD = re.compile(r"\b(?a:left|right)\b", re.IGNORECASE)  # in ASCII: "rıght" is no side
_LOOKALIKE = re.compile(r"[a-z](?:right|left)|\bl[1-5]\b")


def find_sides(text: str, *, implied: bool = True, shifts: bool = False) -> list[Mention]:
    """Return all mentions of a side in order: left, right, bilateral, unilateral, midline, neither, equal.

    With ``implied=False`` only sides that are spelled out, none that follow from anatomy; with ``shifts``
    also those towards which something is shifted, for questions that ask for them.

    >>> [m.value for m in find_sides("The bright nodule in the RLL; that's right, not in the left lung")]
    ['right', 'left']
    """
    found = list(_find(text, shifts))
    return found if implied else [m for m in found if _SPELLED.search(text.lower(), m.start, m.end)]


def find_central(text: str) -> list[Mention]:
    """Sides and, for questions about the midline, its looser names too."""
    loose = [Mention("midline", m.start(), m.end()) for m in _CENTRAL.finditer(text.lower())]
    return sorted([*find_sides(text), *loose], key=lambda mention: mention.start)


@lru_cache(maxsize=16_384)
def _find(text: str, shifts: bool) -> tuple[Mention, ...]:
    low = (
        _AGREEMENT.sub(lambda m: " " * len(m.group()), lowered(text)) if only_agrees(text) else lowered(text)
    )
    if not any(stem in low for stem in _ANY_SIDE) and not _ANY_SHORT.search(text):
        return _one_sided(low)
    low = towards(blank(low, _NO_SIDE)) if shifts else _without_lookalikes(low)
    found = [Mention(str(m.lastgroup), m.start(), m.end()) for m in _WORDS.finditer(low)]
    found = [m for m in found if m.value != "midline" or not _TO_MIDLINE.search(low[: m.start])]
    if not _ANATOMY_BEGINS.isdisjoint(words_in(low)):
        found += [Mention(str(m.lastgroup), m.start(), m.end()) for m in _ANATOMY.finditer(low)]
    if "L" in text or "R" in text:
        found += [Mention(_LETTERS[m.group(1)], m.start(), m.end()) for m in _LETTER.finditer(text)]
    alone = low.strip(" .()\n")
    if alone in {"l", "r"} and not found:
        found = [Mention(_LETTERS[alone.upper()], 0, len(text))]
    if not found:
        found = list(_one_sided(low))
    return tuple(sorted(found, key=lambda m: m.start))


def says_towards(text: str) -> bool:
    """Say whether a text names a side towards which something moves."""
    return _TOWARDS.search(lowered(text)) is not None


def towards(text: str) -> str:
    """Blank all sides but those towards which something moves, where there are any: its cause, or its start.

    >>> towards("shifted from the right to the left")
    'shifted from the       to the left'
    """
    named = side_words(text)
    if len(named) == 1 and _CONTRARY.search(lowered(text)):
        other = f"to the {OTHER_SIDE[next(iter(named))]}"
        text = _CONTRARY.sub(lambda match: other.ljust(len(match.group())), text)
    spans = [match.span() for match in _TOWARDS.finditer(lowered(text))]
    if not spans:
        return text
    return _SIDE_WORD.sub(
        lambda m: m.group() if any(a <= m.start() < b for a, b in spans) else " " * len(m.group()), text
    )


def _without_lookalikes(low: str) -> str:
    """Blank each "right" and "left" that names no side."""
    if _RIGHT_NO_SIDE.search(low) or any(stem in low for stem in _NO_SIDE_STEMS):
        return blank(blank(low, _NO_SIDE), _SHIFT)
    return low


def _one_sided(low: str) -> tuple[Mention, ...]:
    """Read organs of one side; a text that refuses answers nothing by naming one."""
    found = tuple(Mention(str(m.lastgroup), m.start(), m.end()) for m in _ONE_SIDED.finditer(low))
    return () if found and find_refusals(low) else found


def only_agrees(text: str) -> bool:
    """ "Right, the nodule is in the left gland": a leading "right" agrees where another side follows."""
    match = _AGREEMENT.match(text.lower())
    if not match:
        return False
    words = text.lower()[match.end() :].split()
    if words[:1] in (["not"], ["rather"], ["and"], ["no"]) or not FINITE_VERBS & set(words):
        return False  # "Right, not left": an answer
    rest = [m.lastgroup for m in _WORDS.finditer(_without_lookalikes(text.lower()[match.end() :]))]
    return bool(rest) and "right" not in rest and bool({"left", "bilateral", "midline"} & set(rest))


def asks_shift(question: str) -> bool:
    """Say whether a question asks to which side something has moved.

    >>> asks_shift("To which side is the mediastinum shifted?"), asks_shift("On which side is the cyst?")
    (True, False)
    """
    return bool(_MOVED.search(question.lower()))


def sides_of(text: str, *, shifts: bool = False) -> frozenset[str]:
    """Return the sides that a reference names; left with right is bilateral. For shifts see `find_sides`.

    >>> sorted(sides_of("Left and right kidney"))
    ['bilateral']
    """
    found = find_sides(without_image_sides(text)[0], shifts=shifts) or find_sides(text, shifts=shifts)
    values = {mention.value for mention in found}
    if len(values) > 1:
        values.discard("unilateral")
    if "midline" in values and {"left", "right", "bilateral"} & values:
        return frozenset({"midline"})  # "both main bronchi are in the midline"
    return frozenset({"bilateral"} if {"left", "right"} <= values or "bilateral" in values else values)


def sides_said(text: str) -> frozenset[Side]:
    """Return which sides of the body a text speaks of, by words or by structures with a side.

    A plural of a pair ("the kidneys") speaks of both, "shifted to the left" of the left. Organs that merely
    lie on one side (the liver) say none, and neither does "on either side".

    >>> sorted(sides_said("RLL and lingula")), sorted(sides_said("the kidneys")), sorted(sides_said("liver"))
    (['left', 'right'], ['left', 'right'], [])
    """
    low = lowered(text)
    said = {
        m.value for m in find_sides(text) if not any(one.fullmatch(low, m.start, m.end) for one in _SAY_NONE)
    }
    said |= {mention.side for mention in find_mentions(text) if mention.side}
    said.update(*(side_words(match.group()) for match in _SHIFT.finditer(low)))
    both = not said.isdisjoint({"both", "bilateral"})
    return frozenset(side for side in OTHER_SIDE.values() if both or side in said)


def says_plainly(text: str) -> bool:
    """Say whether a side is spelled out, and no word looks like one that is none.

    >>> says_plainly("left"), says_plainly("RLL"), says_plainly("bright, left")
    (True, False, False)
    """
    low = text.lower()
    return bool(_SPELLED.search(low)) and not _LOOKALIKE.search(low) and _without_lookalikes(low) == low


def side_words(text: str) -> frozenset[str]:
    """Return which of the words left and right a text has, whatever they say there."""
    return frozenset(match.group().lower() for match in _SIDE_WORD.finditer(text))


def exchange_sides(text: str) -> str:
    """Exchange the words left and right, keeping their case.

    Examples
    --------
    >>> exchange_sides("Left kidney, RIGHT lung")
    'Right kidney, LEFT lung'
    """

    def other(match: re.Match[str]) -> str:
        word = match.group()
        turned = OTHER_SIDE[word.lower()]
        return turned.upper() if word.isupper() else turned.capitalize() if word[0].isupper() else turned

    return _SIDE_WORD.sub(other, text)
