"""The words of the anatomy: phrases of all structures as a tree of tokens, with plural forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache

from medspatial.anatomy.structures import Structure, structures

TOKEN = re.compile(r"[^\W\d_]+\d*|\d+[a-z]*|[^\w\s\-'’]")
FILLERS = frozenset({"of", "the", "a", "an", "in", "s"})
JOINERS = frozenset({"and", "or", ",", "/", "&"})
SIDES = {"left": "left", "right": "right", "lt": "left", "rt": "right"}
BOTH = frozenset({"both", "bilateral", "bilaterally"})
# Words that may stand between a side and its noun ("left posterior lower lobe", "right native kidney").
_MODIFIER_WORDS = """
    upper middle lower mid proximal distal posterior anterior lateral medial basal apical superior inferior
    posterolateral anterolateral posteromedial anteromedial enlarged native small large atrophic whole entire
    central peripheral subpleural sided side hand lung pulmonary visible larger smaller
"""
MODIFIERS = frozenset(_MODIFIER_WORDS.split())
_SUFFIX = {1: "st", 2: "nd", 3: "rd"}
_ORDINAL_WORDS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"""
ORDINALS = {word: f"{n}{_SUFFIX.get(n, 'th')}" for n, word in enumerate(_ORDINAL_WORDS.split(), start=1)}
ELLIPTIC = frozenset({"upper", "middle", "lower", *ORDINALS.values()})
_VARIANTS = {"oesophag": "esophag", "tumour": "tumor", "caec": "cec", "coeliac": "celiac", "haemo": "hemo"}
_IRREGULAR = {
    "vertebra": "vertebrae",
    "pleura": "pleurae",
    "apex": "apices",
    "hilum": "hila",
    "hilus": "hili",
    "bronchus": "bronchi",
    "atrium": "atria",
    "femur": "femora",
    "humerus": "humeri",
    "scapula": "scapulae",
    "axilla": "axillae",
    "clavicula": "claviculae",
    "vena": "venae",
}


@dataclass(frozen=True)
class Noun:
    """What a phrase stands for: one structure, or the left, right or unnamed side of one."""

    base: str
    sided: bool
    left: str
    right: str
    implied_side: str | None = None

    def named(self, side: str | None) -> str:
        """Return the structure's name for a side; both sides and no side give the base."""
        return self.left if side == "left" else self.right if side == "right" else self.base


@dataclass
class Node:
    """A place in the tree of phrases: what may follow, and the noun that ends here."""

    next: dict[str, Node] = field(default_factory=dict)
    noun: Noun | None = None


@dataclass(frozen=True)
class Lexicon:
    """Phrases by tokens, word forms with their base word, and abbreviations that carry a side."""

    root: Node
    forms: dict[str, tuple[str, bool]]
    abbreviations: dict[str, tuple[Noun, str | None]]


@cache
def lexicon() -> Lexicon:
    """Build the lexicon from the table of structures, once."""
    nouns = _nouns()
    words = {token for _, phrases, _ in nouns for phrase in phrases for token in _plain(phrase)}
    forms = _forms(words)
    root = Node()
    abbreviations: dict[str, tuple[Noun, str | None]] = {}
    for noun, phrases, short in nouns:
        for phrase in phrases:
            node = root
            for token in _plain(phrase):
                node = node.next.setdefault(forms[token][0], Node())
            node.noun = node.noun or noun
        for text, side in short:
            abbreviations[text.lower()] = (noun, side)
    return Lexicon(root, forms, abbreviations)


@lru_cache(maxsize=16384)
def base_word(token: str) -> str:
    """Return a lower-case word in the spelling of the table: American, ordinals as digits."""
    for variant, plain in _VARIANTS.items():
        if variant in token:
            token = token.replace(variant, plain)
    return ORDINALS.get(token, token)


def _nouns() -> list[tuple[Noun, list[str], list[tuple[str, str | None]]]]:
    found = []
    for one in structures():
        if one.base is not None:
            continue
        left, right = _named(one.name, "left"), _named(one.name, "right")
        phrases = [one.title, one.name.replace("_", " "), *one.synonyms]
        short: list[tuple[str, str | None]] = [(text, None) for text in one.abbreviations]
        for sided in (left, right):
            if sided:
                phrases.append(
                    " ".join(w for w in sided.title.split() if w not in ("left", "right", "on", "the"))
                )
                short += [(text, sided.side) for text in sided.abbreviations]
                phrases += sided.synonyms
        has_sides = left is not None or one.sided_text
        implied = one.place_side
        noun = Noun(
            one.name, has_sides, left.name if left else one.name, right.name if right else one.name, implied
        )
        found.append((noun, phrases, short))
    return found


def _named(base: str, side: str) -> Structure | None:
    """Return the sided structure of a base, if there is one."""
    return _sided().get((base, side))


@cache
def _sided() -> dict[tuple[str, str], Structure]:
    return {
        (one.base, one.side): one for one in structures() if one.base is not None and one.side is not None
    }


def _plain(phrase: str) -> list[str]:
    tokens = [base_word(token.lower()) for token in TOKEN.findall(phrase)]
    return [token for token in tokens if token not in FILLERS]


def _forms(words: set[str]) -> dict[str, tuple[str, bool]]:
    """Map each word and its plural to the singular and whether it was the plural."""
    forms = {word: (word, False) for word in words}
    for word in sorted(words):
        if word.isalpha() and len(word) > 2:
            forms[_plural(word)] = (word, True)
    for one, several in _IRREGULAR.items():
        if one in words:
            forms[several] = (one, True)
    return forms


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2] not in "aeou":
        return word[:-1] + "ies"
    return word + ("es" if word[-1] in "sxh" else "s")
