"""Finding quantities in text: numbers with units, ranges, products, bounds (R10)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from medspatial.language.segments import lowered
from medspatial.language.things import Thing, attached, thing_behind
from medspatial.language.units import UNIT_TEXT, Unit, parse_unit
from medspatial.language.vocabulary import phrases

_ONES = phrases(
    """zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen
|seventeen|eighteen|nineteen"""
)
_TENS = phrases("twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety")
_WORD_VALUES = {word: float(n) for n, word in enumerate(_ONES)} | {
    w: 10.0 * n for n, w in enumerate(_TENS, start=2)
}
_WORD_VALUES |= {"single": 1.0, "solitary": 1.0, "dozen": 12.0, "couple": 2.0, "pair": 2.0}
_NUMBER = (
    r"(?P<sign>(?:(?<![\w.)])[-+]|\bminus |\bnegative )\s?)?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d])|\d{1,3}(?: \d{3})+(?![\d.,])|\d{1,3}(?:\.\d{3}){2,}|"
    r"\d+(?:[.,]\d+)?(?:e[+-]?\d+)?|(?<!\d)\.\d+)"
)
_DIGIT_WORD = "|".join(_ONES[1:10])
_BELOW_100 = rf"(?:(?:{'|'.join(_TENS)})(?:[ -](?:{_DIGIT_WORD}))?|{'|'.join(_ONES[:0:-1])})"
_BELOW_1000 = rf"(?:(?:(?:{'|'.join(_ONES[19:0:-1])}|a) hundred(?: and)?)(?:[ -]{_BELOW_100})?|{_BELOW_100})"
_WORDS = (
    rf"(?P<wordsign>\b(?:minus|negative) )?(?P<word>\b(?:(?:{'|'.join(_ONES[12:0:-1])}|a) thousand"
    rf"(?:(?: and)?[ -]{_BELOW_1000})?|{_BELOW_1000}|zero|single|solitary|half a dozen|dozen|couple|pair)\b)"
    rf"(?:(?P<half> and a half\b)|(?P<point> point (?:(?:{'|'.join(_ONES[:10])})\b ?)+))?"
)
_ATOM = re.compile(
    rf"(?:(?<![a-z0-9_.]){_NUMBER}|{_WORDS})(?:\s?-?\s?(?P<unit>{UNIT_TEXT})(?![a-z0-9]))?", re.I
)
_EITHER_MARK = re.compile(r"(?<![\d.,])[1-9]\d{0,2}([.,])\d{3}(?![\d.,])")
_SUFFIX = re.compile(r"(?:st|nd|rd|th|d)\b|[a-z]|/\d|:\d")
_AGE = re.compile(r"[ -]old\b")  # behind a unit: "65-year-old"
_FRACTION = re.compile(r"[ -](?:half|halves|thirds?|quarters?|fourths?|fifths?|tenths?)\b")
_IGNORED_BEFORE = re.compile(
    r"\b(?:images?|img|im|series|ser|se|slices?|frames?|pages?|figures?|fig|case|segments?|seg|stations?|"
    r"zones?|levels?|grades?|stages?|"
    r"types?|phases?|ribs?|class|category|(?:lung|li|pi|bi|ti)-?rads|vertebrae?|option|question|step|study|"
    r"scan|no|number|version|accession|"
    r"thickness of|slice thickness|collimation|voxel size|window|width/level|age|aged|in (?:19|20)(?=\d\d)|"
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december))"
    r"\s*(?:no\.?|number|#|of|:|is|at|are)?\s*[#(:.-]?\s*(?:\d+[a-z]?\s*(?:[-–—,&]|to|through|,? and)\s*)*\Z"
)
_THICKNESS = re.compile(r"\b(?:slice|section) thickness(?: is| of|:)?\s*\Z")
_LIST_INDEX = re.compile(r"(?:\A|\n)\s*\Z")
_BOUND_BEFORE = re.compile(
    r"(?:\b(?:(?:more|greater|larger|bigger|longer|higher|less|smaller|shorter|lower|fewer|farther|wider|"
    r"closer) than|(?<!extends )(?<!extending )(?<!extended )(?<!spans )(?<!spread )(?<!stretches )(?<!runs )"
    r"(?<!seen )(?<!visible )(?<!length )(?<!distance )over|above|exceed(?:s|ing)?|at least|"
    r"under|below|at most|up to|no (?:more|less|larger|smaller|fewer) than|not (?:more|less|exceeding)(?: "
    r"than)?|(?:a )?(?:maximum|minimum) of|beyond|within|in excess of|upwards of|as (?:much|many|large|"
    r"little) as)|[<>≥≤]=?)"
    r"\s*(?:or equal to\s*)?(?:about|approximately|around|roughly|ca|~|a|an|the)?\s*\Z"
)
_UPPER = re.compile(
    r"\b(?:less|smaller|shorter|lower|fewer|closer|nearer|narrower|under|below|at most|up to|"
    r"within|maximum)\b|[<≤]"
)
_NO_UPPER = re.compile(r"\b(?:no|not) (?:less|smaller|fewer|lower)\b")
_BOUND_AFTER = re.compile(
    r"\A\s*(?:or (?:more|less|greater|larger|smaller|fewer|above|below|over|under|so more)\b|\+|and "
    r"(?:above|over|up)\b|plus\b|(?:at (?:least|most|minimum))\b)"
)
_RAISED = re.compile(r"(?<=[a-z])[²³]")  # "mm³"
_BY = re.compile(r"(?<=\d)(\s?)x(\s?)(?=\d)")  # "5x7 mm": the letter would be part of a word
_TIMES = re.compile(r"\A\s*(?:x|×|\*|by)\s*\Z", re.I)
_RANGE = re.compile(r"\A\s*(?:-|–|—|to|\.\.\.?|through|up to)\s*\Z", re.I)
_ERROR = re.compile(r"\A\s*(?:±|\+/-|\+-|plus or minus|plus/minus)\s*\Z", re.I)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure of a text.

    Attributes
    ----------
    values
        One value, two ends of a range, or the two or three factors of a product, in base units when a
        unit stands beside (see :class:`Unit`), else bare.
    kind
        ``single``, ``range`` or ``product``.
    unit
        None for a bare number.
    bound
        "more than", "up to", ...: no figure of its own.
    thing
        What a bare number counts ("20 pixels", "two lesions"): no figure in any unit.
    """

    values: tuple[float, ...]
    start: int
    end: int
    unit: Unit | None = None
    kind: str = "single"
    bound: bool = False
    word: bool = False
    thing: Thing | None = None

    def written(self, text: str) -> str:
        """Return the figure as the text has it, with what it counts."""
        shown = text[self.start : self.thing.end if self.thing else self.end]
        return shown + ")" * (shown.count("(") - shown.count(")"))

    def scaled(self, unit: Unit) -> Quantity:
        """Give a bare number a unit."""
        return replace(self, values=tuple(v * unit.factor for v in self.values), unit=unit)


@lru_cache(maxsize=16_384)
def find_quantities(text: str) -> tuple[Quantity, ...]:
    """Return the figures of a text in order; image and series numbers, levels and ages are left out.

    >>> [(q.values, q.kind) for q in find_quantities("about 2.3 x 1.8 cm (image 45), formerly 12-14 mm")]
    [((23.0, 18.0), 'product'), ((12.0, 14.0), 'range')]
    """
    low = _with_inch_marks(lowered(text))
    low = _BY.sub(r"\1×\2", low) if "x" in low else low
    low = low if low.isascii() else _RAISED.sub(lambda match: "23"[match.group() == "³"], low)
    atoms = [(match, value) for match in _ATOM.finditer(low) if (value := _value(low, match)) is not None]
    found: list[Quantity] = []
    index = 0
    while index < len(atoms):
        group, kind = _group(low, [match for match, _ in atoms[index:]])
        found.append(_quantity(low, atoms[index : index + group], kind))
        index += group
    return tuple(found)


def bound_start(text: str, quantity: Quantity) -> int:
    """Return where the words of a bound begin in front of a figure; the figure's start where it has none."""
    first = max(0, quantity.start - 40)
    match = _BOUND_BEFORE.search(text.lower()[first : quantity.start])
    return first + match.start() if match else quantity.start


def is_upper_bound(text: str, quantity: Quantity) -> bool:
    """Say whether a bound lies above what it bounds ("less than", "up to"), not below it."""
    low = text.lower()
    around = low[max(0, quantity.start - 40) : quantity.start] + " | " + low[quantity.end : quantity.end + 20]
    return _UPPER.search(around) is not None and _NO_UPPER.search(around) is None


def without_ranges_of(found: Sequence[Quantity]) -> list[Quantity]:
    """Leave out each range that only gives the spread of a single figure beside it ("14 mm (12-16 mm)")."""
    singles = [q for q in found if q.kind == "single" and not q.bound]

    def spreads(quantity: Quantity) -> bool:
        return quantity.kind == "range" and any(
            one.unit == quantity.unit and min(quantity.values) <= one.values[0] <= max(quantity.values)
            for one in singles
        )

    return [q for q in found if not spreads(q)] if len(singles) == 1 else list(found)


def _with_inch_marks(low: str) -> str:
    """Write the quotation mark of 20" as an inch mark; one that closes a quotation stays."""
    if '"' not in low:
        return low
    parts = low.split('"')
    marked = parts[0]
    quoted = False
    for part in parts[1:]:
        inch = not quoted and marked[-1:].isdigit()
        quoted = quoted if inch else not quoted
        marked += ("″" if inch else '"') + part
    return marked


def _value(low: str, match: re.Match[str]) -> float | None:
    """Return an atom's number, or None where the digits are no figure."""
    if match.group("word"):
        return None if _FRACTION.match(low, match.end()) else _spelled(match)
    if _no_figure(low, match):
        return None
    return _number(match.group("digits"), match.group("sign"))


def _spelled(match: re.Match[str]) -> float:
    """Return the value of number words with their sign, half and decimals."""
    value = _word_value(re.split(r"[ -]", match.group("word"))) + (0.5 if match.group("half") else 0.0)
    for place, digit in enumerate((match.group("point") or "").split()[1:], start=1):
        value += _WORD_VALUES[digit] / 10**place
    return -value if match.group("wordsign") else value


def _no_figure(low: str, match: re.Match[str]) -> bool:
    """Say whether digits are an ordinal, an image number, a slice thickness or the number of a list item."""
    before = low[max(0, match.start() - 40) : match.start()]
    if _THICKNESS.search(before) or re.search(r"\d/\Z", before):
        return True
    if match.group("unit"):
        return _AGE.match(low, match.end()) is not None
    if attached(low, match.end()):
        return False
    if _SUFFIX.match(low, match.end()) or _IGNORED_BEFORE.search(before):
        return True
    listed = low[match.end() : match.end() + 2] in {". ", ") "} and _LIST_INDEX.search(low[: match.start()])
    return bool(listed and low[match.end() + 2 :].strip())


def _word_value(words: list[str]) -> float:
    """Add up number words; "hundred" multiplies what stands before it, and "half" halves a dozen.

    >>> _word_value("one thousand two hundred and sixty five".split())
    1265.0
    """
    if words[0] == "half":
        return _WORD_VALUES["dozen"] / 2
    thousands = total = 0.0
    for word in words:
        if word == "thousand":
            thousands, total = 1000 * (total or 1), 0.0
        elif word == "hundred":
            total = 100 * (total or 1)
        elif word not in {"and", "a"}:
            total += _WORD_VALUES[word]
    return thousands + total


def _number(digits: str, sign: str | None) -> float:
    if re.fullmatch(r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", digits):
        digits = digits.replace(".", "")
    value = float(digits.replace(" ", "").replace(",", "."))
    return -value if sign and sign.strip() not in {"+", ""} else value


def other_reading(written: str) -> float | None:
    """Return the factor from a figure as it is read here to its other reading; None where it has only one.

    A point before three figures begins decimals in English and groups thousands elsewhere, a comma
    the reverse.

    >>> other_reading("1.200 ml"), other_reading("1,200 ml"), other_reading("1.25 l")
    (1000.0, 0.001, None)
    """
    mark = _EITHER_MARK.search(written)
    return None if mark is None else 1000.0 if mark[1] == "." else 0.001


def _group(low: str, atoms: list[re.Match[str]]) -> tuple[int, str]:
    """Return how many atoms from the first on belong together, and as what."""
    count, kind = 1, "single"
    while count < len(atoms):
        between = low[atoms[count - 1].end() : atoms[count].start()]
        if _TIMES.match(between) and kind in {"single", "product"}:
            kind = "product"
        elif count == 1 and _ERROR.match(between):
            return 2, "error"
        elif count == 1 and (_RANGE.match(between) or _between(low, atoms[0], between)):
            changed = re.search(
                r"\b(?:increas|grow|grew|decreas|shr[aiu]nk|enlarg|reduc|progress|chang)\w*(?: in size)? "
                r"from\s*\Z",
                low[: atoms[0].start()],
            )
            return 2, "change" if changed else "range"
        else:
            break
        count += 1
    return count, kind


def _between(low: str, first: re.Match[str], between: str) -> bool:
    return between.strip() == "and" and bool(re.search(r"\bbetween\s+(?:about )?\Z", low[: first.start()]))


def _quantity(low: str, atoms: list[tuple[re.Match[str], float]], kind: str) -> Quantity:
    start, end = atoms[0][0].start(), atoms[-1][0].end()
    last = next((match.group("unit") for match, _ in reversed(atoms) if match.group("unit")), None)
    values = []
    for match, value in atoms:
        spelled = match.group("unit") or last
        values.append(value * (parse_unit(spelled).factor if spelled else 1.0))
    if kind == "error":
        values, kind = values[:1], "single"
    elif kind == "change":
        values, kind = values[1:], "single"
    bound = bool(
        _BOUND_BEFORE.search(low[max(0, start - 40) : start]) or _BOUND_AFTER.match(low[end : end + 20])
    )
    unit = parse_unit(last) if last else None
    thing = None if unit else thing_behind(low, end)
    return Quantity(tuple(values), start, end, unit, kind, bound, bool(atoms[0][0].group("word")), thing)
