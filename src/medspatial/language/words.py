"""The closed vocabularies that several rules read: comparatives, antonyms, verbs, hedges, refusals."""

from __future__ import annotations

import re

from medspatial.language.vocabulary import words

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
PSEUDO_WORDS = words(
    """doubt doubtless question other only just merely solely than but excluded ruled denied confused wait why
    mention surprisingly unlikely clear"""
)
# "no doubt" and the like deny nothing; blanked before anything is read
PSEUDO_NEGATION = re.compile(
    r"\bno (?:doubt|question|other than)\b|\bwithout (?:a |any )?(?:doubt|question)\b|\bnot (?:only|just|"
    r"merely|solely)\b"
    r"|\bnone other than\b|\bnothing but\b|\b(?:cannot|can ?not|can't|could not|couldn't|not) be (?:fully |"
    r"completely |entirely )?"
    r"(?:excluded|ruled out|denied)\b|\bnot (?:excluded|ruled out|to be confused with)\b|\bno wait\b|\bwhy "
    r"not\b"
    r"|\bclear(?= (?:[a-z-]+ ){1,3}?(?:predominance|predilection|preference|preponderance|tendency|asymmetry|"
    r"difference|gradient|involvement|shift|displacement)\b)"
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
# what is not looked at is not denied
NOT_EXAMINED = re.compile(
    r"\bnot (?:well[ -]|fully |clearly |adequately )?(?:evaluated|assessed|visuali[sz]ed|demonstrated|"
    r"described|"
    r"included|examined|mentioned|covered|imaged)\b"
    r"|\b(?:does|do|did) not (?:specify|mention|provide|describe|state|include)\b|\bno (?:specific|"
    r"information)\w*"
)
# Words with which each of these patterns begins: tested first, because most replies have none of them.
NEGATION_BEGINS = words(
    """no not never neither nor none nothing without cannot absence negative free lack lacks lacking denies
    deny exclude excludes dismiss discard eliminate excluding excluded ruled rules rule ruling rather instead
    as other fail fails devoid nowhere hardly minus apart except absent spare spares sparing unlikely wrong
    incorrect false clear"""
)
COMPARED_BEGINS = words(
    """than exceeds exceeding surpasses surpassing outweighs compared comparison comparing relative versus vs
    contrast unlike contrary followed over against"""
)
CONDITION_BEGINS = words("if whether unless case provided assuming")
STATES_WORDS = words(
    """normal unremarkable clear spared unaffected uninvolved intact healthy absent missing negative limits
    free expanded aerated"""
)
# a subject of these is denied: "the left kidney is normal"
STATES = re.compile(
    r"\b(?:normal|unremarkable|clear|spared|unaffected|uninvolved|intact|healthy|absent|missing|negative|"
    r"within normal limits|(?:fully|well|normally) (?:expanded|aerated)|free|uninvolved|disease-free|"
    r"lesion-free)\b"
)
COMPARED = re.compile(
    r"\b(?:(?<!rather )(?<!other )than|exceed(?:s|ing)|surpass(?:es|ing)|outweighs|compared (?:to|with)|in "
    r"comparison (?:to|with)|by comparison (?:to|with)|comparing (?:to|with)|relative to|versus|vs|"
    r"in contrast (?:to|with)|unlike|contrary to|against(?= \d)|followed by|(?:favou?red|preferred|likely|"
    r"probable) over|over that (?:of|in|on))\b|(?<![-=])[<>](?!-)"
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
    r"(?:would )?(?:think|believe|guess|suppose)|presum\w+|suggest\w*|"
    r"favou?r(?:ed|s|ing)?|tentativ\w+|apparently|if i had to)\b"
)
EQUAL = re.compile(
    r"\b(?:equal(?:ly|s)?|same (?:size|volume|length|extent|height|distance|level|amount|degree)|the same|"
    r"identical|similar(?:ly)?(?: in size| sized)?|"
    r"symmetric(?:al|ally)?|comparable|no (?:significant |relevant |clear )?difference|equidistant|as "
    r"(?:large|big|long|wide|high|low|thick|much|far|close|near|deep) as)\b"
)
# a question with one of these in the place of another asks something else
_TURNS = re.compile(
    r"\b(left|right|both|upper|lower|middle|largest|smallest|highest|lowest|most|least|no|not|without|"
    r"nearest|farthest|larger|smaller|higher|wide|deep|tall|high|long|before|after|from|to|above|"
    r"below|inferior|superior|anterior|posterior|first|second|third|minimum|maximum|volume|distance)\b"
)


def turning_words(low: str) -> tuple[str, ...]:
    """Return the words of a lower-case question that change what it asks, in order.

    >>> turning_words("which is the largest organ above the left kidney?")
    ('largest', 'above', 'left')
    """
    return tuple(_TURNS.findall(low))
