"""Finding an option's text in a reply, verbatim or by what it means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from medspatial.anatomy import find_mentions, is_part
from medspatial.language.commitments import Mention
from medspatial.language.properties import ZONE_STEMS, zones
from medspatial.language.quantities import (
    Quantity,
    bound_start,
    find_quantities,
    is_upper_bound,
    without_ranges_of,
)
from medspatial.language.relations import find_relations
from medspatial.language.sides import find_sides
from medspatial.language.statements import statements_in
from medspatial.language.stems import content_words
from medspatial.language.words import EQUAL

NOT_OFFERED = "?"  # the value of an answer of the options' kind that is none of them
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def option_key(index: int) -> str:
    """Return an option's letter; behind Z a number.

    >>> option_key(1), option_key(26)
    ('B', '#27')
    """
    return LETTERS[index] if index < len(LETTERS) else f"#{index + 1}"


def option_label(index: int, options: Sequence[str]) -> str:
    """Return an option's letter and text, as an extracted answer is written."""
    return f"{option_key(index)}: {options[index]}"


_SIDE_WORD = re.compile(r"\b(?:left|right)(?:-sided)?\b", re.I)
_ARTICLES = re.compile(r"\A(?:the|a|an|in|on|at|to)\s+", re.I)
_NEITHER = re.compile(
    r"\b(?:neither|none|no(?:ne)? of (?:them|these|the two)|nothing|not any)\b|(?:\bnot|"
    r"n't)\b[^.;]{1,40}\bany\b|\A\W*no [a-z]+ (?:is|are)\b",
    re.I,
)
_BOTH = re.compile(r"\bboth\b|\bbilateral", re.I)
_WHOLE = re.compile(r"\b(?:whole|entire(?:ly)?|complete(?:ly)?|fully|all of (?:it|the))\b", re.I)
_CUT = re.compile(
    r"\b(?:cut|truncated|cropped|missing|not (?:fully |entirely )?(?:included|covered))\b", re.I
)
_SAME_FIGURE = 1e-3  # relative: 4.8 cm is 48 mm


@lru_cache(maxsize=16_384)
def _pattern(option: str) -> re.Pattern[str]:
    """Match the option's words in order, whatever stands between them of blanks, commas and hyphens."""
    words = re.findall(r"[^\W_]+(?:[.,]\d+)*|[<>≥≤%+]", _ARTICLES.sub("", option.strip()))
    body = r"[\s,\-'/()]*".join(re.escape(word) for word in words) if words else re.escape(option)
    return re.compile(rf"(?<![^\W_])(?<!\d\.){body}(?:s|es|ly)?(?![^\W_])(?!\.\d)", re.I)


def find_options(text: str, options: Sequence[str]) -> list[Mention]:
    """Return the options named in a reply as mentions whose value is the letter.

    Longer options hide shorter ones inside them. Where no text is found verbatim, the meaning decides: an
    order of structures, a structure, a side, a figure, a relation, "both" or "neither" that only one has.
    """
    return list(_find(text, tuple(options)))


@lru_cache(maxsize=16_384)
def _find(text: str, options: tuple[str, ...]) -> tuple[Mention, ...]:
    if _are_orders(options):
        return tuple(_by_order(text, options))
    found: list[Mention] = []
    for index in sorted(range(len(options)), key=lambda i: -len(options[i])):
        for match in _pattern(options[index]).finditer(text):
            if not any(m.start < match.end() and match.start() < m.end for m in found):
                found.append(Mention(option_key(index), match.start(), match.end()))
    if found and (beside := _structures_beside(text, options, found)):
        found += beside
    if not found:
        cut = any(_CUT.search(option) for option in options)  # "the upper part is seen": not what is cut off
        for reader in (_structures, _sides) if cut else (_structures, _sides, _relations):
            found = _by_value(text, options, reader)
            if found:
                break
        else:
            found = _by_figure(text, options) or _by_relations(text, options)
            found = (
                found or _by_zone(text, options) or _by_class(text, options) or _by_all_words(text, options)
            )
    return tuple(sorted(found, key=lambda mention: mention.start))


# --- orders: "liver, spleen, left kidney" --------------------------------------------------------------


def _items(option: str) -> tuple[str, ...]:
    return tuple(
        part.strip().lower() for part in re.split(r"\s*(?:,|;|>|<|→|->|\bthen\b)\s*", option) if part.strip()
    )


@lru_cache(maxsize=16_384)
def _are_orders(options: tuple[str, ...]) -> bool:
    """Say whether the options are permutations of the same three or more names."""
    items = [_items(option) for option in options]
    return len(options) > 1 and len(items[0]) > 1 and all(sorted(one) == sorted(items[0]) for one in items)


def _by_order(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Return the option whose items come in the order of their first mention in the text."""
    places: dict[str, tuple[int, int]] = {}
    for name in sorted(_items(options[0]), key=len, reverse=True):
        for match in _pattern(name).finditer(text):
            if not any(a < match.end() and match.start() < b for a, b in places.values()):
                places[name] = match.span()
                break
    if len(places) < len(_items(options[0])):
        return []
    order = tuple(sorted(places, key=lambda name: places[name][0]))
    start, end = min(a for a, _ in places.values()), max(b for _, b in places.values())
    return [
        Mention(option_key(i), start, end) for i, option in enumerate(options) if _items(option) == order
    ] or [Mention(NOT_OFFERED, start, end)]


# --- by meaning ----------------------------------------------------------------------------------------


Reader = Callable[[str], list[Mention]]


def _structures(text: str) -> list[Mention]:
    return [Mention(f"{m.name} {m.side}", m.start, m.end) for m in find_mentions(text)]


def _sides(text: str) -> list[Mention]:
    return find_sides(text, implied=False)


def _relations(text: str) -> list[Mention]:
    return find_relations(text)


def _by_value(text: str, options: tuple[str, ...], reader: Reader) -> list[Mention]:
    """Map what a reader finds in the text to the only option that has it."""
    owner = _owners(options, reader)
    if reader is _sides and (
        len(owner) < 2
        or len({_SIDE_WORD.sub("", o.lower()).strip() for o in options if _SIDE_WORD.search(o)}) > 1
    ):
        return []  # a side alone chooses only between options that differ in nothing else
    found = [Mention(owner[m.value], m.start, m.end) for m in reader(text) if m.value in owner]
    return found or (_parts(text, owner) if reader is _structures else [])


def _structures_beside(text: str, options: tuple[str, ...], found: list[Mention]) -> list[Mention]:
    """Return options named by a synonym beside those named verbatim ("pancreatic tail, not spleen")."""
    owner = _owners(options, _structures)
    if len(owner) < 2:
        return []
    said = {m.value for m in found}
    return [
        Mention(owner[m.value], m.start, m.end)
        for m in _structures(text)
        if owner.get(m.value, next(iter(said))) not in said
        and not any(one.start < m.end and m.start < one.end for one in found)
    ]


def _parts(text: str, owner: dict[str, str]) -> list[Mention]:
    """Map a part to the only option that contains it: "lingula" to "left upper lobe"."""
    found = []
    for mention in find_mentions(text):
        letters = {letter for value, letter in owner.items() if is_part(mention.name, value.split()[0])}
        if len(letters) == 1:
            found.append(Mention(letters.pop(), mention.start, mention.end))
    return found


@lru_cache(maxsize=16_384)
def _owners(options: tuple[str, ...], reader: Reader) -> dict[str, str]:
    """Return value -> letter for values that exactly one option has."""
    values = [tuple(dict.fromkeys(m.value for m in reader(option))) for option in options]
    single = {value[0]: option_key(i) for i, value in enumerate(values) if len(value) == 1}
    counts = [value[0] for value in values if len(value) == 1]
    return {value: letter for value, letter in single.items() if counts.count(value) == 1}


def _by_zone(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Map "lower pole" to "its lower third", "the top is truncated" to "its upper end is cut off"."""
    cut = _CUT.search(text) is not None
    offered = {i: zones(option) for i, option in enumerate(options) if cut == bool(_CUT.search(option))}
    if not cut and (len(offered) < len(options) or len({_unzoned(one) for one in options}) > 1):
        return []  # a zone alone chooses only between options that differ in nothing else
    if find_sides(text, implied=False):
        return []
    said = zones(text)
    found = [i for i, one in offered.items() if one and said == one]
    return [Mention(option_key(found[0]), 0, len(text))] if len(found) == 1 else []


def _unzoned(option: str) -> frozenset[str]:
    return content_words(option) - ZONE_STEMS


def _by_relations(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Map "behind and below it" to the only option that is just these relations."""
    said = find_relations(text)
    values = frozenset(mention.value for mention in said)
    letters = [
        option_key(i)
        for i, option in enumerate(options)
        if len(values) > 1 and frozenset(m.value for m in find_relations(option)) == values
    ]
    return [Mention(letters[0], said[0].start, said[-1].end)] if len(letters) == 1 else []


def _by_figure(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Map figures to options by value after conversion; a bare figure takes the options' unit."""
    offered = [find_quantities(option) for option in options]
    if any(len(one) == 1 and (one[0].kind == "range" or one[0].bound) for one in offered):
        return _by_interval(text, options)
    if not all(len(one) == 1 and one[0].kind == "single" for one in offered):
        return []
    united = any(one.unit for (one,) in offered)
    figures = [said for said in find_quantities(text) if not said.bound and said.kind == "single"]
    if united:
        figures = [said for said in figures if not said.thing or said.thing.grid]
        figures = [said for said in figures if said.unit] or figures
    found = []
    for said in figures:
        letters = [option_key(i) for i, (one,) in enumerate(offered) if _equal_figures(said, one)]
        end = said.thing.end if said.thing and not letters else said.end
        found.append(Mention(letters[0] if letters else NOT_OFFERED, said.start, end))
    return found


def _by_interval(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Map figures to options that are classes of figures ("less than 10 mm", "10 to 20 mm")."""
    classes = {option_key(i): _interval(option) for i, option in enumerate(options)}
    known = {letter: one for letter, one in classes.items() if one}
    said = [quantity for quantity in find_quantities(text) if not quantity.thing]
    unit = next((one.unit for one in map(figure_class, options) if one and one.unit), None)
    found = []
    for quantity in without_ranges_of(said):
        scaled = quantity if quantity.unit or unit is None else quantity.scaled(unit)
        if unit is not None and scaled.unit is not None and scaled.unit.dimension != unit.dimension:
            continue
        low, high = _bounds(text, scaled)
        letters = [letter for letter, (start, end) in known.items() if start <= low and high <= end]
        if len(letters) == 1:
            found.append(Mention(letters[0], bound_start(text, quantity), quantity.end))
    return found


def _interval(option: str) -> tuple[float, float] | None:
    quantity = figure_class(option)
    return _bounds(option, quantity) if quantity else None


def figure_class(option: str) -> Quantity | None:
    """Return the one figure, range or bound that an option is, or None."""
    found = find_quantities(option)
    return found[0] if len(found) == 1 and found[0].kind != "product" else None


def _bounds(text: str, quantity: Quantity) -> tuple[float, float]:
    low, high = min(quantity.values), max(quantity.values)
    if not quantity.bound:
        return low, high
    return (0.0, high) if is_upper_bound(text, quantity) else (low, math.inf)


def figure_of(option: str) -> Quantity | None:
    """Return the one figure that an option is, or None."""
    found = find_quantities(option)
    return found[0] if len(found) == 1 and found[0].kind == "single" and not found[0].bound else None


def _equal_figures(said: Quantity, offered: Quantity) -> bool:
    if said.thing and offered.unit is not None:
        return False  # "20 pixels" is not 20 mm
    if said.unit is None and offered.unit is not None:
        said = said.scaled(offered.unit)
    same_kind = (said.unit.dimension if said.unit else "") == (offered.unit.dimension if offered.unit else "")
    a, b = said.values[0], offered.values[0]
    return same_kind and abs(a - b) <= _SAME_FIGURE * max(abs(a), abs(b))


def _by_all_words(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Map a statement that has all words of one option, to it; of nested ones to the longest."""
    found = []
    for segment in statements_in(text).segments:
        said = content_words(text[segment.start : segment.end])
        sizes = {
            option_key(i): len(words)
            for i, option in enumerate(options)
            if len(words := content_words(option)) > 1 and words <= said
        }
        letters = [letter for letter, size in sizes.items() if size == max(sizes.values())]
        if len(letters) == 1:
            found.append(Mention(letters[0], segment.start, segment.end))
    return found


def _by_class(text: str, options: tuple[str, ...]) -> list[Mention]:
    """Map "the same size", "both" and "neither" to the only option of that kind."""
    for pattern in (EQUAL, _NEITHER, _BOTH, _WHOLE):
        owners = [i for i, option in enumerate(options) if pattern.search(option.lower())]
        match = pattern.search(text.lower())
        if match and len(owners) == 1:
            return [Mention(option_key(owners[0]), match.start(), match.end())]
    return []
