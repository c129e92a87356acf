"""R12: the words of spatial relations, with axes and opposites."""

from __future__ import annotations

import re

OPPOSITES = {
    "anterior": "posterior",
    "superior": "inferior",
    "medial": "lateral",
    "left": "right",
    "proximal": "distal",
    "superficial": "deep",
    "inside": "outside",
    "adjacent": "separate",
    "central": "peripheral",
    "ipsilateral": "contralateral",
}
OPPOSITES |= {second: first for first, second in OPPOSITES.items()}
# what a relation becomes when subject and object change places; those not listed turn to their opposite
EXCHANGED = {
    "adjacent": "adjacent",
    "separate": "separate",
    "between": "between",
    "level": "level",
    "inside": "surrounding",
    "surrounding": "inside",
    "outside": "outside",
    "ipsilateral": "ipsilateral",
    "contralateral": "contralateral",
    "central": "central",
    "peripheral": "peripheral",
}
_PREFIX = {
    "antero": "anterior",
    "ventro": "anterior",
    "postero": "posterior",
    "dorso": "posterior",
    "supero": "superior",
    "cranio": "superior",
    "infero": "inferior",
    "caudo": "inferior",
    "medio": "medial",
    "latero": "lateral",
}
_WORDS = {
    "anterior": (
        r"ant\.?(?= (?:to|of)\b)|anterior(?:ly|most)?|in (?:the )?front(?: of)?|ventral(?:ly|most)?|"
        r"ventrad|ahead of|"
        r"frontal(?:ly)? to|front(?: side| of)?|forwards? (?:of|from)|anterior-most"
    ),
    "posterior": (
        r"post\.?(?= (?:to|of)\b)|posterior(?:ly|most)?|behind|dorsal(?:ly|most)?|dorsad|at the back(?: of)?|"
        r"in (?:the )?back of|"
        r"back(?: side)? of|to the (?:back|rear)(?: of)?|(?:the )?back|rear(?:ward)?|retro[a-z]+"
    ),
    "superior": (
        r"sup\.?(?= (?:to|of)\b)|superior(?:ly|most)?|above|cranial(?:ly|most)?|craniad|cephal(?:ad|ic)|"
        r"higher(?: up)?(?: than)?|over(?:lying|lies)?|on top of|atop|upwards?(?: of| from)?|"
        r"rostral(?:ly)?|upper|supra[a-z]+|headwards?|toward(?:s)? the head"
    ),
    "inferior": (
        r"inf\.?(?= (?:to|of)\b)|inferior(?:ly|most)?|below|beneath|under(?:neath|lying|lies)?|"
        r"caudal(?:ly|most)?|caudad|"
        r"lower(?: down)?(?: than)?|downwards?(?: of| from)?|infra[a-z]+|subjacent|under(?:surface|side)|"
        r"footwards?|toward(?:s)? the feet"
    ),
    "medial": (
        r"medial(?:ly|most)?|mesial(?:ly)?|toward(?:s)? the mid-?line|closer to the mid-?line|"
        r"nearer (?:to )?the mid-?line|inner(?: side)?|medially"
    ),
    "lateral": (
        r"lateral(?:ly|most)?|away from the mid-?line|farther from the mid-?line|"
        r"further from the mid-?line|outer(?: side)?"
    ),
    "left": (
        r"(?:to|on|at|towards?) (?:the |its )?(?:patient's )?left(?:-hand)?(?: side)?(?: of)?|"
        r"left(?:ward|wards|-sided|-hand)?(?: side)?(?: of)?|sinistral"
    ),
    "right": (
        r"(?:to|on|at|towards?) (?:the |its )?(?:patient's )?right(?:-hand)?(?: side)?(?: of)?|"
        r"right(?:ward|wards|-sided|-hand)?(?: side)?(?: of)?|dextral"
    ),
    "proximal": r"proximal(?:ly)?|upstream",
    "distal": r"distal(?:ly)?|downstream",
    "superficial": r"superficial(?:ly)?|closer to the (?:skin|surface)",
    "deep": r"deep(?:er)?(?: to)?",
    "inside": (
        r"inside|within|contained (?:in|by|within)|enclosed (?:in|by)|embedded (?:in|within)|intra[a-z]+|"
        r"surrounded by|encased by|internal to"
    ),
    "outside": r"outside|extra[a-z]+|external to|exterior(?: to)?|not within",
    "surrounding": (
        r"surround(?:s|ing)|encas(?:es|ing)|encircl(?:es|ing)|engulf(?:s|ing)|envelop(?:s|ing)|contains|"
        r"containing|encloses|around"
    ),
    "adjacent": (
        r"adjacent|next to|beside|alongside|abut(?:s|ting|ted)?|contiguous|touch(?:es|ing|ed)?|"
        r"in (?:direct |close |broad )?contact(?: with)?|contact(?:s|ing)|juxta[a-z]+|close to|"
        r"near(?:by)?|border(?:s|ing)?(?: on)?|neighbou?r(?:s|ing)?|flush (?:with|against)|against|"
        r"in (?:close |immediate )?proximity|by the side of|in the (?:immediate )?vicinity|adjoin(?:s|"
        r"ing)|apposed"
    ),
    "separate": (
        r"separated?(?: from)?|distant(?: from)?|far (?:away )?from|remote(?: from)?|apart(?: from)?|"
        r"away from|distinct from|clear of"
    ),
    "between": r"between|sandwiched|interposed|in between",
    "level": (
        r"(?:at|on) the same (?:level|height)(?: as)?|same level|same height|level with|at (?:the |"
        r"about the )?level of|at (?:their|its|this|that) level"
    ),
    "central": r"central(?:ly)?|in the (?:cent(?:er|re)|middle)|perihilar",
    "peripheral": r"peripheral(?:ly)?|subpleural|at the periphery|in the periphery",
    "ipsilateral": r"ipsilateral(?:ly)?|same side|homolateral",
    "contralateral": r"contralateral(?:ly)?|opposite side|other side",
}
COMPOUND = re.compile(
    rf"\b(?P<first>{'|'.join(_PREFIX)})-?(?P<second>anterior|posterior|superior|inferior|medial|lateral|"
    rf"ventral|dorsal|cranial|caudal)(?:ly)?\b"
)
SINGLE = re.compile(
    rf"\b(?:{'|'.join(f'(?P<{value}>{pattern})' for value, pattern in _WORDS.items())})(?!\w)"
)
_SECOND = {"ventral": "anterior", "dorsal": "posterior", "cranial": "superior", "caudal": "inferior"}
_NOT_RELATION = re.compile(
    r"\b(?:above|below)[- ](?:mentioned|described|average)\b|\bretrospect\w*|\bretroperitone\w+|"
    r"\bintraven\w+|\bextra (?:detail|finding|information)\w*|\bextremit\w+|"
    r"\bthe (?:above|below)\b|\bextrem\w+|\bextract\w*|\bintraparenchymal\b|\bback ?bone\b|\bback (?:to|"
    r"pain)\b|\bover (?:the (?:past|last|course)|time|\d)|\bunder \d|\bover ?all\b|"
    r"\baround \d|\bnear(?:ly)?\s+\d|\bas (?:(?:seen|shown|described|mentioned|noted) )?"
    r"(?:above|below)\b|\bunderlying\b|\bin the "
    r"left\b(?= (?:lung|kidney))|\bdeep(?:ly)? learning\b|\bnear normal\b|\bcontact your\b|\bextravas\w+|"
    r"\bsupraclavicular\b|\bon the other hand\b"
)


def compound_parts(match: re.Match[str]) -> tuple[str, str]:
    """Return the two relations of "anterosuperior"."""
    second = match.group("second")
    return _PREFIX[match.group("first")], _SECOND.get(second, second)


def without_idioms(text: str) -> str:
    """Blank words that only look like relations ("the above", "retrospectively")."""
    return _NOT_RELATION.sub(lambda match: " " * len(match.group()), text)


def exchanged(value: str) -> str:
    """Return the relation of B to A, given that of A to B."""
    return EXCHANGED.get(value) or OPPOSITES[value]
