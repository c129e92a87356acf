"""The closed vocabularies that several rules read: comparatives, antonyms, verbs, hedges, refusals."""

from __future__ import annotations

import re

from medspatial.score.vocabulary import phrases, words

# comparative or superlative -> (axis, sign); on the question's axis the other sign turns an answer round
_PLUS = {
    "magnitude": (
        "larger largest bigger biggest greater greatest more most longer longest wider widest thicker "
        "thickest broader "
        "heavier heaviest dominant predominant predominantly predominates worse worst maximal maximum "
        "taller tallest "
        "mainly mostly primarily exceeds denser densest brighter brightest severer bulkier voluminous"
    ),
    "distance": "farther farthest further furthest remoter",
    "height": "higher highest upper uppermost",
    "depth": "deeper deepest",
}
_MINUS = {
    "magnitude": (
        "smaller smallest lesser less least shorter shortest narrower narrowest thinner thinnest lighter "
        "fewer fewest "
        "minimal minimum tinier tiniest"
    ),
    "distance": "closer closest nearer nearest",
    "height": "lower lowest lowermost",
    "depth": "shallower shallowest",
}
COMPARATIVES: dict[str, tuple[str, int]] = {
    word: (axis, sign)
    for sign, table in ((1, _PLUS), (-1, _MINUS))
    for axis, words in table.items()
    for word in words.split()
}
# "lower lobe", "upper pole": the word names a part there and compares nothing
PART_NOUNS = words(
    """lobe lobes pole poles zone zones field fields third thirds quadrant quadrants limb limbs half
    abdomen lung lungs thorax chest back extremity extremities segment segments division part portion
    calyx mediastinum spine body"""
)

FINITE_VERBS = words(
    """is are was were has have had shows show showed lies lie contains contain appears appear seems seem
    measures measure demonstrates demonstrate reveals reveal does do did can could may might will would
    remains remain looks look exhibits harbors harbours involves extends extend occupies arises sits
    exists seen noted present visible identified found located detected observed affected involved
    displays bears"""
)
PREPOSITIONS = words("""in of on at within inside from to into near by along over under above below""")
DETERMINERS = words("""the a an this that these those its their his her""")
CONTRAST = words(
    """but however whereas while whilst although though yet except nevertheless instead because since so
    then"""
)

# one of these stands in every pseudo-negation
PSEUDO_STEMS = phrases("no |not |doubt|question|none |nothing |rule|exclude|denied|no wait|why not")
# "no doubt" and the like deny nothing; blanked before anything is read
PSEUDO_NEGATION = re.compile(
    r"\bno (?:doubt|question|other than)\b|\bwithout (?:a |any )?(?:doubt|question)\b|\bnot (?:only|just|"
    r"merely|solely)\b"
    r"|\bnone other than\b|\bnothing but\b|\b(?:cannot|can ?not|can't|could not|couldn't|not) be (?:fully |"
    r"completely |entirely )?"
    r"(?:excluded|ruled out|denied)\b|\bnot (?:excluded|ruled out|to be confused with)\b|\bno wait\b|\bwhy "
    r"not\b"
    r"|\bnot to mention\b|\bdoubtless\b|\bnot surprisingly\b|\bno less than\b|\bnot unlikely\b"
)
NEGATION = re.compile(
    r"\b(?:no|not|never|neither|nor|none|nothing|without|cannot|\w+n't|absence of|negative for|free of|"
    r"free from|"
    r"lack of|lacks?|lacking|denies|deny|excludes?|dismiss|discard|eliminate|excluding|excluded|ruled out|"
    r"rules out|rule out|ruling out|rather than|"
    r"instead of|as opposed to|other than|fails? to|devoid of|nowhere|nor|hardly|minus|apart from|"
    r"except(?: for)?|"
    r"absent (?:in|on|from)|spares?|sparing|unlikely|wrong|incorrect|false|clear of)\b"
)
# a subject of these is denied: "the left kidney is normal"
STATES = re.compile(
    r"\b(?:normal|unremarkable|clear|spared|unaffected|uninvolved|intact|healthy|absent|missing|negative|"
    r"within normal limits|free|uninvolved|disease-free|lesion-free)\b"
)
COMPARED = re.compile(
    r"\b(?:(?<!rather )(?<!other )than|exceed(?:s|ing)|surpass(?:es|ing)|outweighs|compared (?:to|with)|in "
    r"comparison (?:to|with)|by comparison (?:to|with)|comparing (?:to|with)|relative to|versus|vs|"
    r"in contrast (?:to|with)|unlike|contrary to|over that (?:of|in|on))\b|(?<![-=])[<>](?!-)"
)
CONDITION = re.compile(r"\b(?:if|whether|unless|in case|provided that|assuming)\b")
WEAK = re.compile(
    r"\b(?:may|might|could|possibly|perhaps|maybe|conceivably|cannot be excluded|potentially|less likely)\b"
)
TENTATIVE = re.compile(
    r"\b(?:at first|initially|at first glance|first impression|i thought|first thought|my first|one might "
    r"think|one might expect|"
    r"originally|i initially|it seemed|previously|i said (?:before|earlier|first)|my earlier|i (?:had "
    r")?(?:thought|assumed|suspected)|(?:is|seems|looks) (?:tempting|plausible|attractive)|i(?:'d|"
    r" would) have said|(?:first|initial) guess|tempting)\b"
)
STRONGER = re.compile(
    r"\b(?:more likely|most likely|probably|likely|favou?r(?:ed|s|ing)?|suspect(?:ed)?|i think|believe|"
    r"lean\w*|definite\w*|certain\w*|clearly|is (?:the )?(?:correct|right|best)|now)\b"
)

HEDGE = re.compile(
    r"\b(?:(?:most |more |very )?likely|probabl[ey]|appears?(?: to)?|seems?(?: to)?|suspect(?:ed)?|i "
    r"(?:think|believe|guess|suppose)|presum\w+|suggest\w*|"
    r"favou?r(?:ed|s|ing)?|tentativ\w+|apparently|if i had to)\b"
)
REFUSAL = re.compile(
    r"\b(?:(?:can ?not|can't|could not|couldn't|unable to|not able to|not possible to|impossible to|"
    r"(?:difficult|hard) to|"
    r"do not have the ability to|don't have the ability to|not qualified to|not allowed to|won't|will not|"
    r"must decline to|"
    r"decline to|not in a position to|cannot be|can't be|could not be|couldn't be|am not able|not "
    r"be)\W+(?:\w+\W+){0,3}?"
    r"(?:determin\w*|assess\w*|tell|told|interpret\w*|say|evaluat\w*|provide|answer\w*|analy[sz]\w*|"
    r"view\w*|process\w*|conclu\w*|"
    r"diagnos\w*|help|assist|decid\w*|judg\w*|specif\w*|comment\w*|access\w*|ascertain\w*|establish\w*|"
    r"infer\w*|know|"
    r"see (?:the|an|any|your|this) (?:image|scan|picture|ct|study)\w*|give|offer|make (?:a|any)|respond|"
    r"infer|discern\w*|localis\w*|localiz\w*|clarif\w*|differentiate|distinguish)"
    r"|indeterminate|undetermined|undeterminable|inconclusive|insufficient(?:ly)?|not enough "
    r"(?:information|data|detail)|"
    r"(?:do not|don't|does not|doesn't) (?:know|have (?:access|enough|sufficient))|no idea|"
    r"no way to (?:know|tell|say)|not (?:entirely "
    r"|quite |completely )?sure|unsure|"
    r"(?:it is|it's|is|remains) (?:unclear|uncertain|unknown)|unclear (?:whether|which|from|if)|unknown|"
    r"not (?:specified|provided|stated|mentioned|given|available|reported)|no (?:image|scan|images|ct|"
    r"picture)s? (?:is |was |are |were )?(?:provided|attached|available|given|visible)|"
    r"as an ai|language model|consult (?:a|your|with)|seek (?:medical|professional)|non-?diagnostic|i "
    r"apologi[sz]e|i'm sorry|i am sorry|"
    r"not applicable|n/a|no answer|cannot comment|without (?:seeing|access)|limited (?:information|view)|"
    r"equivocal|ambiguous)\b"
    r"|\A\W*(?:unclear|uncertain|unsure|unknown|unspecified|none of the above cannot)\W*\Z"
)
# one of these stands in every refusal above; looked for first, because most replies have none
REFUSAL_STEMS = phrases(
    """can|n't|unable|not |possible|difficult|hard to|decline|determin|conclusive|sufficient|no |sure|
unclear|uncertain|unknown|unspecified|language model|as an ai|consult|seek|diagnostic|apolog|sorry|
n/a|without|limited|equivocal|ambiguous"""
)
EQUAL = re.compile(
    r"\b(?:equal(?:ly|s)?|same (?:size|volume|length|extent|height|distance|level|amount|degree)|the same|"
    r"identical|similar(?:ly)?(?: in size| sized)?|"
    r"symmetric(?:al|ally)?|comparable|no (?:significant |relevant |clear )?difference|equidistant|as "
    r"(?:large|big|long|wide|high|low|thick|much|far|close|near|deep) as)\b"
)
