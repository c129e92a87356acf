"""Structures of the body: names, sides, groups, synonyms, codes, and what is part of what.

The table lies in ``data/structures.json``. An entry with ``{side}`` in its name stands for three structures:
the left one, the right one, and their base, which names either (``kidney``) in texts and unsplit labels.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import Any, Literal

from medspatial.anatomy.sides import OTHER_SIDE, Side, swap_side
from medspatial.errors import InputError

Kind = Literal["organ", "lesion", "region"]

_LESION_WORDS = frozenset(
    {"tumor", "tumour", "cyst", "lesion", "nodule", "metastasi", "effusion", "hematoma"}
)


@dataclass(frozen=True)
class Structure:
    """One anatomical structure or lesion.

    Attributes
    ----------
    name
        Identifier as segmenters write it: ``kidney_left``, ``vertebrae_T12``, ``rib_right_7``.
    title
        Natural English without an article: ``left kidney``, ``seventh rib on the right``.
    plural
        Several of it, or the pair, without a side: ``kidneys``, ``iliac arteries``.
    kind
        ``organ`` (can carry a mask of its own), ``lesion``, or ``region`` (known to texts: a side-less
        base such as ``kidney``, a segment, the mediastinum).
    side
        The patient's side, for structures whose name carries one.
    group, region
        ``abdominal organ``, ``bone``, ``vessel``, ...; ``head``, ``neck``, ``thorax``, ``abdomen``,
        ``pelvis``, ``limbs`` or empty.
    synonyms, abbreviations
        Further phrases of the structure without its side, and abbreviations (with it, for sided structures).
    base, partner
        The side-less name, and the structure of the other side where both sides are normal anatomy.
    code
        SNOMED CT concept, None where it was not certain.
    within
        Structures that directly contain this one.
    place_side
        Side on which a structure without a side in its name lies (lingula: left).
    solid
        WHOLE asks for 98 % in one component.
    vessel, scattered
        Stray pieces from 1 % on count; ``scattered`` (colon, small bowel, ribs) needs no main component.
    thin
        Comparisons need a 25 % margin: vessels, glands and other structures with vague borders.
    sided_text
        Texts give it a side although its name has none (pleural effusion).
    """

    name: str
    title: str
    kind: Kind
    side: Side | None = None
    group: str = ""
    region: str = ""
    synonyms: tuple[str, ...] = ()
    abbreviations: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    base: str | None = None
    partner: str | None = None
    code: str | None = None
    within: tuple[str, ...] = ()
    place_side: Side | None = None
    solid: bool = False
    vessel: bool = False
    scattered: bool = False
    thin: bool = False
    sided_text: bool = False
    plural: str = ""

    @property
    def bone(self) -> bool:
        """Whether it is a bone (skeleton, spine or rib cage)."""
        return self.group in {"bone", "spine", "rib cage"}

    @property
    def muscle(self) -> bool:
        """Whether it is a muscle."""
        return self.group == "muscle"


def structures(kind: Kind | None = None) -> tuple[Structure, ...]:
    """Return all structures, or those of one kind, in the order of the table."""
    return tuple(one for one in _table().values() if kind is None or one.kind == kind)


def structure(name: str) -> Structure:
    """Return a known structure by its name or an alias.

    Raises
    ------
    InputError
        If the name is unknown; the message lists near matches.
    """
    found = _table().get(canonical_name(name))
    if found is None:
        near = difflib.get_close_matches(name.lower(), list(_table()), n=3, cutoff=0.6)
        hint = f"; near matches: {', '.join(near)}" if near else ""
        raise InputError(f"unknown structure {name!r}{hint}")
    return found


def describe(name: str) -> Structure:
    """Return a known structure, or a custom one made from the name alone.

    A custom structure is a lesion if its name ends in a word such as ``tumor``, ``cyst`` or ``nodule``, else
    an organ; its side comes from a word ``left`` or ``right`` in the name; it has no synonyms, code or
    special margins.

    Examples
    --------
    >>> describe("kidney_left").title
    'left kidney'
    >>> describe("vagus_nerve_right").title
    'right vagus nerve'
    """
    found = _table().get(canonical_name(name))
    if found is not None:
        return found
    words = [word for word in name.replace("-", "_").split("_") if word]
    sides = [word for word in words if word in OTHER_SIDE]
    side = OTHER_SIDE[OTHER_SIDE[sides[0]]] if len(sides) == 1 else None
    rest = [word for word in words if word != side]
    title = " ".join([side, *rest] if side else rest)
    partner = swap_side(name) if side else None
    kind: Kind = "lesion" if rest and rest[-1].lower().rstrip("s") in _LESION_WORDS else "organ"
    group = "lesion" if kind == "lesion" else ""
    base = "_".join(rest) if side else None
    several = plural_of(" ".join(rest))
    return Structure(name, title, kind, side, group=group, base=base, partner=partner, plural=several)


def canonical_name(name: str) -> str:
    """Return the table's name for a name, alias or title in any word order; an unknown name as it is.

    Examples
    --------
    >>> canonical_name("Right_Kidney"), canonical_name("lung_nodules"), canonical_name("my_organ")
    ('kidney_right', 'nodule', 'my_organ')
    """
    return name if name in _table() else _spellings().get(_spelling(name), name)


def plural_of(noun: str) -> str:
    """Return the regular plural of a noun phrase; irregular ones stand in the table.

    Examples
    --------
    >>> plural_of("kidney"), plural_of("upper lobe of the lung"), plural_of("metastasis")
    ('kidneys', 'upper lobes of the lungs', 'metastases')
    """
    head, of, rest = noun.partition(" of ")
    if head.endswith("sis"):
        head = head[:-2] + "es"
    elif head.endswith("y") and head[-2:-1] not in set("aeiou"):
        head = head[:-1] + "ies"
    elif head.endswith(("ss", "x", "sh")):
        head += "es"
    elif not head.endswith("s"):
        head += "s"
    return f"{head}{of}{rest}s" if rest == "the lung" else f"{head}{of}{rest}"


def part_of(name: str) -> frozenset[str]:
    """Return all structures that contain the named one, itself excluded.

    Examples
    --------
    >>> sorted(part_of("lung_upper_lobe_left"))
    ['lung', 'lung_left', 'lung_upper_lobe']
    """
    return _containers().get(canonical_name(name), frozenset())


@lru_cache(maxsize=65_536)
def is_part(inner: str, outer: str) -> bool:
    """Whether ``inner`` is a proper part or a side of ``outer``.

    Examples
    --------
    >>> is_part("lingula", "lung_left"), is_part("kidney_left", "kidney"), is_part("liver", "liver")
    (True, True, False)
    """
    return canonical_name(outer) in part_of(inner)


def vertebra_order() -> tuple[str, ...]:
    """Return the names of the vertebrae C1 to S1, from head to foot."""
    counts = (("C", 7), ("T", 12), ("L", 5), ("S", 1))
    return tuple(f"vertebrae_{letter}{n}" for letter, count in counts for n in range(1, count + 1))


@cache
def _table() -> dict[str, Structure]:
    text = resources.files("medspatial.anatomy").joinpath("data/structures.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)
    table: dict[str, Structure] = {}
    explicit = {row["name"] for row in rows}
    for row in rows:
        for one in _expanded(row):
            if one.name in table or (one.name in explicit and one.name != row["name"]):
                continue  # a base with an entry of its own
            table[one.name] = one
    return table


def _expanded(row: dict[str, Any]) -> Iterator[Structure]:
    name = row["name"]
    if "{side}" not in name:
        yield _one(row, None)
        return
    yield _one(row, "left")
    yield _one(row, "right")
    yield _one(row, None)


def _one(row: dict[str, Any], side: Side | None) -> Structure:
    template = row["name"]
    sided = "{side}" in template
    flags = set(row.get("flags", ()))
    codes = row.get("codes", {})
    lone = row.get("lone", False)
    base = _without_side(template) if sided else None
    kind: Kind = "region" if sided and side is None and row["kind"] == "organ" else row["kind"]
    if lone and side != row.get("implied_side", side):
        kind = "region"  # a middle lobe on the left: only a mirrored case has one
    within = [_placed(outer, side) for outer in row.get("within", ())]
    if side is not None and base is not None:
        within.append(base)
    own = row.get("side_abbreviations", {}).get(side, []) if side else []
    return Structure(
        name=template.replace("{side}", side) if side else base or template,
        title=row["title"].replace("{side}", side) if side else row.get("noun", row["title"]),
        kind=kind,
        side=side,
        group=row["group"],
        region=row["region"],
        synonyms=tuple(row.get("synonyms", ())),
        abbreviations=(*row.get("abbreviations", ()), *own),
        aliases=tuple(row.get("aliases", ())),
        base=base if side else None,
        partner=template.replace("{side}", OTHER_SIDE[side]) if side and not lone else None,
        code=codes.get(side or "none"),
        within=tuple(within),
        place_side=row.get("place_side") or (row.get("implied_side") if side is None else None),
        solid="solid" in flags,
        vessel="vessel" in flags,
        scattered="scattered" in flags,
        thin=bool(flags & {"thin", "vessel"}),
        sided_text=row.get("sided_text", False),
        plural=row.get("plural") or plural_of(row.get("noun", row["title"])),
    )


def _placed(template: str, side: Side | None) -> str:
    return template.replace("{side}", side) if side else _without_side(template)


def _without_side(template: str) -> str:
    return template.replace("_{side}", "").replace("{side}_", "")


@cache
def _containers() -> dict[str, frozenset[str]]:
    table = _table()

    def climb(name: str) -> frozenset[str]:
        direct = table[name].within if name in table else ()
        return frozenset(direct).union(*(climb(outer) for outer in direct))

    return {name: climb(name) for name in table}


def _spelling(name: str) -> tuple[str, ...]:
    words = name.lower().replace("_", " ").replace("-", " ").split()
    return tuple(sorted(word for word in words if word not in {"of", "the", "on"}))


@cache
def _spellings() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for one in _table().values():
        for text in (one.name, one.title, *one.aliases):
            found.setdefault(_spelling(text), one.name)
    return found
