"""Replies that refuse as a whole, whatever yes or no stands in front of or behind the refusal."""

from __future__ import annotations

import re
from functools import lru_cache

from medspatial.language.vocabulary import words, words_in

REFUSES = "refuses or calls it indeterminate"  # the reason of a verdict on such a reply
_ABILITY = (
    r"(?:can ?not|can't|could not|couldn't|cannot be|unable|not able|inability|not let me|not possible|"
    r"impossible|"
    r"difficult|"
    r"hard|not in a position|not qualified|not allowed|won't|will not|decline|no way|no means|not feasible|"
    r"neither|never)"
)
_ACT = (
    r"(?:determin\w*|assess\w*|tell|told|say|said|evaluat\w*|answer\w*|analy[sz]\w*|interpret\w*|conclud\w*|"
    r"diagnos\w*|help|assist|decid\w*|judg\w*|specif\w*|comment\w*|access\w*|ascertain\w*|establish\w*|"
    r"infer\w*|"
    r"know\w*|choose|pick|confirm\w*|verif\w*|respond\w*|discern\w*|clarif\w*|rule (?:it|this|that) out|"
    r"be (?:sure|"
    r"certain)|"
    r"(?:see|view|process|open|read|load) (?:the|an|any|your|this|these|those|ct|medical)?\s*(?:images?|"
    r"scans?|pictures?|cts?|study|"
    r"studies|volumes?|slices|files?)|(?:provide|give|offer|make|draw|reach|form) (?:an?|any|the|"
    r"you)?\s*(?:\w+ ){0,2}"
    r"(?:answer|diagnosis|interpretation|assessment|conclusion|determination|opinion|judge?ment|"
    r"statement|response|"
    r"information|evaluation|advice))"
)
_KNOWLEDGE = (
    r"(?:information|data|details?|context|evidence|images?|slices|resolution|knowledge|views?|contrast)"
)
_SHOWN = (
    r"(?:provided|attached|available|given|uploaded|shared|supplied|included|accessible|loaded|visible to me)"
)
_IMAGES = r"(?:images?|scans?|cts?|ct scans?|pictures?|volumes?|stud(?:y|ies)|files?|slices|attachments?)"
_RELUCTANT = (  # "I would not call it enlarged" answers
    r"(?:(?:would not|wouldn't|reluctant to|hesitate to|hesitant to) (?:\w+ ){0,2}?(?:commit|assign|name|"
    r"hazard|venture|"
    r"attempt|give|rely|put an?)|(?:do not|don't) (?:think|believe|feel) (?:that )?i can|"
    r"(?:reluctant|hesitate|hesitant) to (?:say|decide|call|state))"
)
_REFUSES = re.compile(
    rf"\b{_ABILITY}\W+(?:(?!see\b|find\b|identify\b|any\b)\w+\W+){{0,4}}?{_ACT}\b"
    rf"|\bno\s+(?:(?:further|more|other|clear|definite|definitive|reliable|specific|relevant|such|"
    rf"additional|certain|"
    rf"final|clinical|sufficient|diagnostic)\s+){{0,2}}(?:information|data|idea|clue|comment|opinion|"
    rf"conclusions?|"
    rf"determination|answers?|diagnosis|statement|judge?ment|assessment|guess|knowledge|way (?:to|of)|"
    rf"means (?:to|of))\b"
    rf"(?! of (?:contact|touch))"
    rf"|\bno {_IMAGES}\s+(?:(?:is|are|was|were|has been|have been)\s+)?{_SHOWN}\b"
    rf"|\bno evidence (?:is |was )?available\b|\bno evidence (?:to|for me to) (?:say|tell|decide|answer)\b"
    rf"|\b(?:the |any |these |your )?(?:{_IMAGES}) (?:is|are|was|were) (?:not|n't)\s+{_SHOWN}\b"
    rf"|\bnot (?:been )?(?!included){_SHOWN}(?: to me)?\s*\Z|\b(?:isn't|aren't|wasn't|"
    rf"weren't) (?!included){_SHOWN}\b"
    rf"|\b(?:not|n't) (?:\w+ )?(?:enough|sufficient|adequate)\s+(?:\w+ )?{_KNOWLEDGE}\b"
    rf"|\b(?:insufficient|inadequate|limited|lack(?:s|ing)? (?:of |the |enough |sufficient "
    rf")?)\s*{_KNOWLEDGE}\b"
    rf"|\b(?:do not|don't|does not|doesn't|did not|didn't) (?:provide|show|contain|have|give|include|"
    rf"allow|permit|know|"
    rf"specify|mention|see (?:the|an|any|your|this) {_IMAGES})\b(?=.*\b(?:enough|sufficient|information|"
    rf"data|detail|access|"
    rf"image|scan|picture|this|that|it|to (?:say|tell|determine|decide|answer|assess)|"
    rf"(?:an?|any) (?:\w+ )?(?:assessment|evaluation|determination|conclusion|answer|statement))\b|\W*\Z)"
    rf"|\b(?:need|require)\w*\s+(?:\w+ ){{0,2}}(?:more|further|additional|other|better)\s+(?:\w+ "
    rf")?{_KNOWLEDGE}"
    rf"|\b(?:more|further|additional) {_KNOWLEDGE} (?:is|are|would be) (?:needed|required|necessary)\b"
    rf"|\b(?:it is|it's|this is|that is|that's|remains|is|seems) (?:unclear|uncertain|unknown|"
    rf"undetermined|indeterminate|"
    rf"inconclusive|ambiguous|equivocal|undeterminable)\b"
    rf"|\b(?:i am|i'm|am) (?:not (?:sure|certain)|unsure|uncertain)\b|\bnot sure\b|\bno idea\b|\bi "
    rf"(?:do not|don't) know\b"
    rf"|\b(?:indeterminate|inconclusive|undetermined|unanswerable|not applicable|n/a|unknown|unclear|"
    rf"uncertain|unsure)\W*\Z"
    rf"|\b(?:consult|ask|see|contact) (?:a|your|with|the) (?:\w+ )?(?:radiologist|doctor|physician|"
    rf"professional|specialist)\b"
    rf"|\bas an (?:ai|artificial)\b|\blanguage model\b"
    rf"|\bno {_IMAGES} (?:is |are )?here\b|\bwould need to (?:see|view|have)\b|\bno (?:response|reply)\W*\Z"
    rf"|\bno (?:\w+ )?(?:measurements?|side|value|figure|statement|decision|distinction) "
    rf"(?:is possible|(?:can|could) be (?:made|given|stated|determined|told|taken|drawn))\b"
    rf"|\b(?:nothing|neither|none of the {_IMAGES})\b(?: \w+){{0,6}}? (?:can|could) be "
    rf"(?:said|told|determined|concluded|stated|decided|established)\b"
    rf"|\bnone of the {_IMAGES} (?:show|allow|permit|help)\w*\b.*\b(?:enough|decide|tell|say|determine)\b"
    rf"|\btoo \w+ (?:for me )?to {_ACT}\b|\b(?:clear )?(?:evidence|indication) either way\b|\b{_RELUCTANT}\b",
    re.I,
)
_CLAUSES = re.compile(r"[.;!?\n:]+|,|\s[-–—]+\s|\bbut\b", re.I)
_EMPTY = re.compile(
    r"\W*(?:(?:no|yes|nope|sorry|unfortunately|please|however|well|hmm|thanks?|thank you|therefore|so|i "
    r"apologi[sz]e\w*|"
    r"i'm sorry|i am sorry|my apologies|sorry about that|regrettably|honestly)\W*)*\Z",
    re.I,
)
_LEAD = re.compile(r"\A\W*(?:(?:no|yes|sorry|unfortunately|well|so|and|therefore|hence)\b\W*)+(?=\w)", re.I)
_GROUNDS = re.compile(
    r"\A\W*(?:because|since|as|due to|from|based on|given|without|with|so|if|whether|which|or|in "
    r"(?:this|the|these)|on)\b",
    re.I,
)
_OUTSIDE = re.compile(
    rf"\b(?:{_IMAGES}|field of view|coverage)\b.*\b(?:not|n't) (?:fully |even )?(?:include|cover|reach|"
    rf"show|extend)\w*"
    r"|\b(?:not|n't) (?:fully |even )?(?:included|covered|shown|visible|within|in) (?:in|on|by|within|"
    r"from)?\s*"
    rf"(?:the |this |these |any |provided |given )*(?:{_IMAGES}|field of view|coverage)\b|"
    rf"\boutside (?:of )?the (?:{_IMAGES}|field)",
    re.I,
)
_TOO = re.compile(r"\A\W*(?:although|though|while|even|except|only|apart from)\b", re.I)
_STEMS = re.compile(
    r"\b(?:can\b|cann|could|would need|either way|nothing|none of|"
    r"no (?:res|rep|side|val|fig|stat|dec|dis|meas)|"
    r"un[ackds]|not|n't|im|hard|reluctant|hesitate|difficult|neither|limit|lack|need|requir|in[acds]|"
    r"consult|ask|ai|too|language|decline|won't|will|never|n/a|no\s+(?:evidence (?:is|was|avail|to|for)|"
    r"fur|mo|"
    r"oth|cle|def|rel|spe|suc|add|cer|fin|cli|suf|dia|inf|dat|ide|clu|com|opi|con|det|ans|sta|jud|ass|gue|kno|"
    r"way|mea|ima|sca|ct|pic|vol|stu|fil|sli|att))|n't|no idea",
    re.I,
)


REFUSAL = re.compile(
    r"\b(?:(?:can ?not|can't|could not|couldn't|unable to|not able to|not possible to|impossible to|"
    r"(?:difficult|hard) to|"
    r"do not have the ability to|don't have the ability to|not qualified to|not allowed to|won't|will not|"
    r"must decline to|"
    r"decline to|not in a position to|cannot be|can't be|could not be|couldn't be|am not able|not "
    r"be)\W+(?:\w+\W+){0,3}?"
    r"(?:measure|estimate|quantify|determin\w*|assess\w*|tell|told|interpret\w*|say|evaluat\w*|provide|answer\w*|analy[sz]\w*|"
    r"view\w*|process\w*|conclu\w*|"
    r"diagnos\w*|help|assist|decid\w*|judg\w*|specif\w*|comment\w*|access\w*|ascertain\w*|establish\w*|"
    r"infer\w*|know|"
    r"see (?:the|an|any|your|this) (?:image|scan|picture|ct|study)\w*|give|offer|make (?:a|any)|respond|"
    r"infer|verif\w*|choose|pick|discern\w*|localis\w*|localiz\w*|clarif\w*|differentiate|distinguish)"
    r"|indeterminate|undetermined|undeterminable|inconclusive|insufficient(?:ly)?|not enough "
    r"(?:information|data|detail)|"
    rf"{_RELUCTANT}|"
    r"(?:do not|don't|does not|doesn't) (?:know|have (?:access|enough|sufficient))|no idea|"
    r"no way to (?:know|tell|say)|too [a-z]+ (?:for me )?to (?:tell|say|determine|assess|judge|decide|"
    r"evaluate|distinguish)|not (?:entirely "
    r"|quite |completely )?sure|unsure|"
    r"(?:it is|it's|is|remains) (?:unclear|uncertain|unknown)|unclear (?:whether|which|from|if)|unknown|"
    r"not (?:specified|provided|stated|mentioned|given|available|reported)|no (?:image|scan|images|ct|"
    r"picture)s? (?:is |was |are |were )?(?:provided|attached|available|given|visible)|"
    r"as an ai|language model|consult (?:a|your|with)|seek (?:medical|professional)|non-?diagnostic|i "
    r"apologi[sz]e|i'm sorry|i am sorry|"
    r"not (?:well|adequately|fully|reliably|completely) (?:evaluated|assessed|characteri[sz]ed)|"
    r"not applicable|n/a|no answer|cannot comment|without (?:seeing|access)|limited (?:information|view)|"
    r"equivocal|ambiguous|(?:neither|nothing|none|no side)\b[^.;!?]{0,40}\b(?:can|could) be "
    r"(?:determined|told|said|given|stated|established))\b"
    r"|\A\W*(?:unclear|uncertain|unsure|unknown|unspecified|none of the above cannot)\W*\Z"
)
# one of these stands in every refusal above; looked for first, because most replies have none
REFUSAL_WORDS = words(
    """can cannot could couldn unable not impossible difficult hard do don won will must decline am be
    would wouldn reluctant indeterminate undetermined undeterminable inconclusive insufficient
    insufficiently does doesn no unsure
    unclear uncertain unknown unspecified ai language consult seek nondiagnostic diagnostic i n without
    limited equivocal ambiguous neither nothing none too"""
)


@lru_cache(maxsize=16_384)
def find_refusals(text: str) -> tuple[tuple[int, int], ...]:
    """Return where a text says that something cannot be told.

    >>> find_refusals("indeterminate"), find_refusals("left")
    (((0, 13),), ())
    """
    low = text.lower()
    if REFUSAL_WORDS.isdisjoint(words_in(low)):
        return ()
    return tuple((match.start(), match.end()) for match in REFUSAL.finditer(low))


@lru_cache(maxsize=16_384)
def refuses_whole(text: str) -> bool:
    """Say whether a reply only refuses: "No, I cannot tell" does, "No, it is not enlarged" does not.

    >>> refuses_whole("No, I cannot determine this."), refuses_whole("No, I cannot see any contact.")
    (True, False)
    """
    if not _STEMS.search(text):
        return False
    refused = False
    for clause in _CLAUSES.split(text.replace("’", "'")):
        if _EMPTY.match(clause):
            continue
        said = _LEAD.sub("", clause)
        if _REFUSES.search(clause) and not _TOO.match(said):
            refused = True
        elif _OUTSIDE.search(clause):
            continue  # "the scan does not include it" refuses where something else refuses too
        elif not (refused and _GROUNDS.match(said)) and not re.fullmatch(r"\W*(?:\w+\W+)?from here\W*", said):
            return False
    return refused


@lru_cache(maxsize=16_384)
def out_of_view(text: str) -> bool:
    """Say whether a reply says only that something is not in the images.

    >>> out_of_view("The gallbladder is not included in the scan."), out_of_view("No, it is not in the scan.")
    (True, False)
    """
    said = [clause for clause in _CLAUSES.split(text) if clause.strip(" .")]
    return len(said) == 1 and _OUTSIDE.search(said[0]) is not None


_SENTENCE = re.compile(r"[^.;!?\n]+(?:\.\d[^.;!?\n]*)*[.;!?\n]*")
_USUAL = re.compile(
    r"\b(?:typical(?:ly)?|usual(?:ly)?|in (?:most|many|general|normal|healthy)(?: (?:people|patients|cases|"
    r"adults|individuals))?|generally|as a rule|on average|normal anatomy|normally|"
    r"commonly|hypothetical\w*)\b"
)
_UNCOMMITTED = re.compile(rf"\b{_RELUCTANT}\b")
_COMMITS = re.compile(
    r"\b(?:(?:more|most|very|quite) likely|likely|probabl[ey]|favou?r\w*|suggest\w*|lean\w*|suspect\w*|"
    r"best (?:guess|estimate)|my (?:guess|estimate|answer)|answer|"
    r"i(?:'d| would) (?:say|guess|go|pick|call|estimate))\b"
)


@lru_cache(maxsize=16_384)
def without_usual(text: str) -> str:
    """Leave out, of a text that refuses, the sentences about the usual case: they are no answer.

    >>> without_usual("I cannot tell. Typically the left kidney is higher.")
    'I cannot tell.'
    """
    if not find_refusals(text) or not _USUAL.search(text.lower()):
        return text
    parts = _SENTENCE.findall(text)
    kept = [part for part in parts if find_refusals(part) or not _USUAL.search(part.lower())]
    return "".join(kept).strip() if len(kept) < len(parts) else text


@lru_cache(maxsize=16_384)
def holds_back(text: str) -> bool:
    """Say whether a reply says that it commits to nothing, and does not do so elsewhere.

    >>> holds_back("I wouldn't commit to contact. No fat plane is visible.")
    True
    >>> holds_back("I wouldn't commit, but it is probably the left one.")
    False
    """
    low = text.lower().replace("’", "'")
    return _UNCOMMITTED.search(low) is not None and not _COMMITS.search(_UNCOMMITTED.sub(" ", low))
