"""Categories of a question by its words: the six of report-based benchmarks, and our five."""

from __future__ import annotations

import re

from medspatial.language import sides_said
from medspatial.records import Category

SIX_CATEGORIES: tuple[str, ...] = (
    "Laterality & Bilateral Symmetry",
    "Longitudinal (Vertical) Position",
    "Anterior-Posterior (Depth) Relations",
    "Medial-Lateral Orientation (Centricity)",
    "Adjacency & Containment",
    "Spatial Extent & Boundaries",
)
"""The categories of CT-SpatialVQA, in its spelling; a question may have several."""

_WORDS: tuple[str, ...] = (
    r"bilateral\w*|unilateral\w*|laterality|symmetr\w*|which side|both sides",
    r"upper|lower|superior\w*|inferior\w*|apic\w*|apex|apices|basal|\w+basal|base|vertical\w*|above|below|"
    r"cranial\w*|caudal\w*|level|levels|longitudinal\w*|vertebra\w*|corpus|dorsal|thoracic vert\w*|"
    r"proximal|distal|subcarinal|infra\w+|supra\w+|diaphragm\w*|lobes?",
    r"anterior\w*|posterior\w*|antero\w+|postero\w+|apicoposterior|ventral\w*|retro\w+|"
    r"prevascular|front|behind|back|depth|precardiac|substernal|dependent",
    r"medial\w*|lateral(?!ity)\w*|central\w*|peripher\w*|subpleural\w*|midline|hilar|hilum|perihilar|"
    r"paratracheal|centri\w+|mediobasal|laterobasal|anterolateral|posterolateral|mediastin\w*|axilla\w*",
    r"adjacent|neighbou?r\w*|next to|near|contain\w*|within|inside|in which|located in|lobes?|segments?|"
    r"contact|abut\w*|surround\w*|between|around|invad\w*|superposed|over the|located|in the|in both|in",
    r"extend\w*|extent|extension|size|diameter|measur\w*|thick(?:ness)?|wid\w+|large\w*|"
    r"how (?:large|big|thick)|"
    r"diffuse\w*|widespread|boundar\w*|margin\w*|dimension\w*|volume|calibration|length|mm|cm|reach\w*|from",
)
_PATTERNS = tuple(re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for words in _WORDS)


def six_categories(question: str, answer: str) -> tuple[str, ...]:
    """Return those of `SIX_CATEGORIES` whose words occur in question or answer, in their order."""
    text = f"{question} {answer}"
    found = [name for name, pattern in zip(SIX_CATEGORIES, _PATTERNS, strict=True) if pattern.search(text)]
    if SIX_CATEGORIES[0] not in found and sides_said(text):
        found.insert(0, SIX_CATEGORIES[0])
    return tuple(found)


_SIZE = re.compile(
    r"\b(size|diameter|how (?:large|big|thick|long|wide)|measur\w*|thick(?:ness)?|volume|dimension\w*|"
    r"calibration|"
    r"length|width)\b",
    re.IGNORECASE,
)
_DISTANCE = re.compile(
    r"\b(distance|adjacent|next to|near\w*|neighbou?r\w*|contact|touch\w*|abut\w*|close\w*|extend\w*|"
    r"relative to|"
    r"relationship|surround\w*|reach\w*)\b",
    re.IGNORECASE,
)
_COMPARISON = re.compile(
    r"\b(more|most|larger|largest|greater|greatest|compar\w*|than|prominent|symmetr\w*|difference)\b",
    re.IGNORECASE,
)
_SIDE = re.compile(r"\b(side|laterality|bilateral|unilateral|left or right|which lung)\b", re.IGNORECASE)


def own_category(question: str, answer: str) -> Category:
    """Return our category of a question: what it asks for, by its words.

    Comparison before size before distance before laterality; anything else that asks for a place is
    localisation.
    """
    for pattern, category in (
        (_COMPARISON, "comparison"),
        (_SIZE, "volume"),
        (_DISTANCE, "distance"),
        (_SIDE, "laterality"),
    ):
        if pattern.search(question):
            return category  # type: ignore[return-value]
    if len(answer.split()) <= 4 and sides_said(answer) and not sides_said(question):
        return "laterality"
    return "localisation"
