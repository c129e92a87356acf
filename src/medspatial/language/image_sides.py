"""R9: sides of the image, the screen or the viewer, which are not the patient's."""

from __future__ import annotations

import re

from medspatial.language.segments import lowered
from medspatial.language.statements import statements_in
from medspatial.language.vocabulary import words, words_in

_SIDE = r"(?:left|right)"
_VIEW = (
    r"(?:image|picture|screen|display|monitor|viewer|reader|observer|slice|figure|film|frame|view|viewport)s?"
)
_VIEW_WORDS = words(
    """image images picture pictures screen screens display displays monitor monitors viewer viewers reader
    readers observer observers slice slices figure figures film films frame frames view views viewport
    viewports"""
)
_PATIENT_WORDS = words(
    """patient patients subject subjects person persons anatomic anatomical anatomically"""
)
_SCAN = r"(?:ct|scan|study|volume|series|stack|section|plane)s?"  # of a patient: a view only beside one
_WHICH = (
    r"(?:(?:the|this|that|our|an?|each|your|given|provided|displayed|shown|input|axial|coronal|transverse|"
    r"cross-sectional|ct|first|same)\s+){0,4}"
)
_PART = (
    r"(?:[- ]hand)?(?:[- ](?:upper|lower|outer|inner|anterior|posterior))?"
    r"(?:[- ](?:side|half|part|portion|edge|border|margin|corner|quadrant|region|area|aspect|third)s?)?"
)
_PAIR = rf"(?:(?<!'s )(?<!s' ){_SIDE}(?: side)?(?: and|,? or| to| ?/| versus) ?(?:on |to )?(?:the )?)?"
_NOUN = r"(?! (?!side|half|part|hand)[a-z]*(?:lung|kidney|lobe|breast|adrenal|ureter|atri|ventric|hilum|hem))"
_LINK = (
    r"(?:i\.? ?e\.?|that is|that's|which (?:is|would be|means|corresponds to|represents|equals)|"
    r"corresponding to|corresponds to|representing|represents|meaning|equivalent to|equals|means|namely)"
)
_OWN = r"(?:own |actual |true |real |anatomic(?:al)? )?"
_PATIENT = re.compile(
    rf"\b(?:patient|subject|person)(?:'s|s'|s)?[- ]{_OWN}{_SIDE}\b"
    rf"|\b{_SIDE}{_PART} (?:of|in) the (?:patient|subject|person)\b"
    rf"|\banatomic(?:al(?:ly)?)?(?: the)? {_SIDE}\b|\b{_SIDE}(?: side)?,? anatomically\b"
    rf"|\b{_SIDE}(?: side)? in (?:patient|anatomical) (?:space|terms|coordinates)\b"
)
# a side of what is looked at, whatever else is said
_OF_VIEW = re.compile(
    rf"\b{_PAIR}{_SIDE}{_PART} of {_WHICH}{_VIEW}\b"
    rf"|\b{_VIEW}(?:'s|s')\s+{_SIDE}{_PART}(?: (?:and|or) {_SIDE}{_PART})?\b{_NOUN}"
    rf"|\b(?:on[- ])?{_VIEW}[- ]{_SIDE}\b(?: (?:side|half|part|or {_SIDE}))?"
    r"(?=\s*(?:[.,;:()=/>-]|\Z|and\b|but\b|which\b|that\b|is\b|so\b|i\.?e\b|means\b|corresponds\b|patient))"
    rf"|\b{_SIDE}[- ]{_VIEW} side\b"
    rf"|\b{_SIDE}{_PART} on (?:the )?(?:screen|monitor|display)\b"
    rf"|\b{_SIDE}{_PART} \(?in (?:image|screen|display|viewer) (?:space|terms|coordinates)\b"
    rf"|\b{_SIDE}{_PART} \((?:(?:on|in|of|as on) )?{_WHICH}{_VIEW}(?: side)?\)"
    rf"|\((?:[a-z]+ ){{0,4}}?{_SIDE}{_PART} (?:in|on) {_WHICH}{_VIEW}\)"
    rf"|\bfrom {_WHICH}(?:viewer|reader|observer)(?:'s|s')? (?:perspective|point of view|view|viewpoint|"
    rf"standpoint|side),?(?: [a-z]+){{0,5}}? {_SIDE}\b(?: side)?"
    rf"|\b{_SIDE}{_PART} from {_WHICH}(?:viewer|reader|observer)(?:'s|s')?(?: (?:perspective|point of view|"
    rf"view|viewpoint|standpoint))?\b"
)
# may be the image's side or where the patient's side was seen: only what else is said can tell
_IN_VIEW = re.compile(
    rf"\b{_PAIR}{_SIDE}{_PART} (?:of|in|on|within|as (?:seen|shown|displayed) (?:in|on)) {_WHICH}"
    rf"(?:{_VIEW}|{_SCAN})\b"
    rf"|\b(?:shown|displayed|depicted|rendered|drawn)(?: here)? (?:on|at|to) the {_SIDE}{_PART}\b"
    rf"|\b{_SIDE}{_PART} as (?:displayed|shown|viewed|seen|depicted)\b"
    rf"|\b(?:in|on) {_WHICH}(?:{_VIEW}|{_SCAN}),? (?:(?:it|this|that|the [a-z]+|is|are|lies|appears?|"
    rf"sits|seen|shown|displayed|located|on|at|to|the)\s+){{0,6}}{_SIDE}{_PART}\b{_NOUN}"
    rf"|\b{_SIDE}(?: side)?[\s,;:(=-]+{_LINK}[\s,:]+(?:on |in |at |to )?(?:the )?"
    rf"(?=(?:patient|subject|person|anatomic)|{_SIDE}{_PART} of the (?:patient|subject|person)\b)"
    rf"|\b{_SIDE}(?: side)? ?[(=] ?(?:the )?(?=(?:patient|subject|person)(?:'s|s'|s)? {_OWN}{_SIDE}\b)"
)
_ASKED = re.compile(rf"\b(?:side|half|part|{_SIDE}) of {_WHICH}{_VIEW}\b")
_SENTENCE = re.compile(r"[.;!?\n]+(?=\s|\Z)")
_RESUMES = re.compile(
    r"\s*(?:that|this|it|which|so|hence|thus|therefore|in|by|due|because|since|note|anatomically|i\.?e)\b"
)


def without_image_sides(text: str, question: str = "", answer: str = "") -> tuple[str, tuple[str, ...]]:
    """Blank the sides of the image in a reply, and return them.

    "Image left" and "on the left of the screen" name no side of the patient, whether or not the patient's
    side is named too. "On the left in the image" may say where the patient's left was seen, so it is
    blanked only where the same statement names the patient's side. Where question or reference
    speak of the image's side, nothing is blanked.

    >>> without_image_sides("Image left, the patient's right")
    ("          , the patient's right", ('image left',))
    """
    low = lowered(text)
    if "left" not in low and "right" not in low:
        return text, ()
    spans = [match.span() for match in _OF_VIEW.finditer(low)] if _has_view(low) else []
    spans += [span for span in _beside_patient(low) if not any(a < span[1] and span[0] < b for a, b in spans)]
    if not spans or _about_view(lowered(question)):
        return text, ()
    if _about_view(lowered(answer)) and not _PATIENT.search(answer.lower()):
        return text, ()
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text, tuple(low[start:end].strip(" ,;:(=-") for start, end in sorted(spans))


def _about_view(low: str) -> bool:
    return _has_view(low) and bool(_ASKED.search(low) or _OF_VIEW.search(low))


def _has_view(low: str) -> bool:
    return not _VIEW_WORDS.isdisjoint(words_in(low))


def _beside_patient(low: str) -> list[tuple[int, int]]:
    """Return looser sides of the image that stand with an affirmed side of the patient."""
    if _PATIENT_WORDS.isdisjoint(words_in(low)) and "convention" not in low:
        return []
    found = [match.span() for match in _IN_VIEW.finditer(low)]
    if "convention" in low:  # only a side of the image needs one to be understood
        return [span for span in found if "convention" in _sentence(low, *span)]
    patient = [match.span() for match in _PATIENT.finditer(low)] if found else []
    patient = [span for span in patient if not any(a <= span[0] and span[1] <= b for a, b in found)]
    if not patient:
        return []
    reading = statements_in(low)
    firm = [span for span in patient if reading.standing(*span, [*found, *patient])[0] == "affirmed"]
    return [span for span in found if any(_together(low, span, other) for other in firm)]


def _sentence(low: str, start: int, end: int) -> str:
    first = max((match.end() for match in _SENTENCE.finditer(low, 0, start)), default=0)
    after = _SENTENCE.search(low, end)
    return low[first : after.start() if after else len(low)]


def _together(low: str, view: tuple[int, int], patient: tuple[int, int]) -> bool:
    """Say whether two sides stand in one sentence, or the patient's in the next that resumes the first."""
    start, end = sorted((view, patient))
    breaks = list(_SENTENCE.finditer(low, start[1], end[0]))
    if not breaks:
        return True
    return len(breaks) == 1 and view < patient and bool(_RESUMES.match(low, breaks[0].end()))
