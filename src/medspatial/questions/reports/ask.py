"""From a report's statements to questions, each with an answer out of the report's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from medspatial.anatomy import structure
from medspatial.questions.reports.places import Place, is_adjective
from medspatial.questions.reports.statements import Statement
from medspatial.records import AnswerType, Category

_VERB = {True: "are", False: "is"}
_AUXILIARY = {True: "do", False: "does"}
_LUNG_LOBES = {"left": ("upper lobe", "lower lobe"), "right": ("upper lobe", "middle lobe", "lower lobe")}
_DISTRIBUTIONS = {
    "peripheral": r"peripher\w*|subpleural\w*",
    "central": r"central\w*|perihilar|peribronchovascular",
    "diffuse": r"diffuse\w*|widespread",
}

_PART = re.compile(
    r"^(?:the )?(?:central|peripheral|subpleural|diffuse)\s+"
    r"(?:parts?|segments?|portions?|areas?|zones?|regions?)\s+of\s+",
    re.IGNORECASE,
)
_SHARED_FINDINGS = frozenset(
    {
        "nodule",
        "mass",
        "cyst",
        "calcification",
        "hypodense_lesion",
        "lytic_lesion",
        "sclerotic_lesion",
        "fracture",
        "stone",
        "lymph_node",
        "catheter",
        "lipoma",
        "adenoma",
        "hemangioma",
        "elevation",
        "osteophyte",
    }
)
"""Findings of several organs: a question about the side must say which organ is meant."""
_GIVEN_AWAY = {
    "peribronchial_thickening": "airway",
    "bronchiectasis": "airway",
    "osteophyte": "spine",
    "pleural_plaque": "pleura",
    "pleural_thickening": "pleura",
}
_LUNG_GROUPS = frozenset({"lung", "lung lobe", "lung segment", "pleura", "airway"})


@dataclass(frozen=True)
class Asked:
    """A question before it becomes a record.

    Attributes
    ----------
    subtype
        ``R1`` ... ``R8`` with its slug; see `REPORT_SUBTYPES`.
    value, unit
        For a size with one figure, in the unit of the report.
    """

    subtype: str
    question: str
    answer: str
    category: Category
    answer_type: AnswerType = "free"
    options: tuple[str, ...] = ()
    value: float | None = None
    unit: str | None = None


@dataclass(frozen=True)
class ReportSubtype:
    """What one kind of question from a report asks."""

    id: str
    slug: str
    category: Category
    title: str
    make: Callable[[Statement, str], Iterator[Asked]]


def ask(statement: Statement, title: str) -> Iterator[Asked]:
    """Yield the questions that one statement can answer.

    Parameters
    ----------
    title
        The finding's name in the questions, with what tells it from others of the report
        (``nodule that measures 5 mm``).
    """
    for subtype in REPORT_SUBTYPES:
        yield from subtype.make(statement, title)


def ask_in_place(statement: Statement) -> Iterator[Asked]:
    """Yield the questions that name the statement's side or place, and so need no other distinction."""
    yield from _lobe(statement, statement.seen.title)
    yield from _size(statement, statement.seen.title)


def _location(statement: Statement, title: str) -> Iterator[Asked]:
    if statement.place is None or statement.place.only_side or _goes_without_saying(statement):
        return
    answer = statement.words(statement.place)
    if is_adjective(answer):
        return
    verb = _VERB[statement.seen.plural]
    yield Asked("R1", f"Where {verb} the {title} located?", answer, "localisation", "anatomy")


def _side(statement: Statement, title: str) -> Iterator[Asked]:
    place = statement.place
    if place is None or not place.sides:
        return
    answer = "both sides" if len(place.sides) == 2 else next(iter(place.sides))
    organ = _organ(place) if statement.finding.name in _SHARED_FINDINGS else ""
    if statement.finding.name == "lymph_node" and organ == " of the lungs":
        organ = ""  # hilar nodes
    if organ is None:
        return
    verb = _VERB[statement.seen.plural]
    noun, _, size = title.partition(" that ")
    named = f"{noun}{organ} that {size}" if size else f"{noun}{organ}"
    question = f"On which side {verb} the {named}?"
    yield Asked("R2", question, answer, "laterality", "side", ("left", "right", "both sides"))


def _lobe(statement: Statement, title: str) -> Iterator[Asked]:
    place = statement.place
    if place is None or len(place.sides) != 1:
        return
    side = next(iter(place.sides))
    words = statement.words(place).lower()
    named = set(re.findall(r"\b(upper|middle|lower)\b", words))
    if "lingul" in words:
        named.add("upper")
    if (
        len(named) != 1
        or "lobe" not in words
        or "lung" not in words + " lung" * ("lung_" in str(place.names))
    ):
        return
    lobe = f"{named.pop()} lobe"
    options = _LUNG_LOBES[side]
    if lobe in options:
        verb = _VERB[statement.seen.plural]
        question = f"In which lobe of the {side} lung {verb} the {title}?"
        yield Asked("R3", question, lobe, "localisation", "anatomy", options)


def _size(statement: Statement, title: str) -> Iterator[Asked]:
    size = statement.size
    if size is None or re.search(r"measur|mm|cm", title):
        return
    if statement.place and not statement.place.names:
        return
    if statement.place and is_adjective(statement.words(statement.place)):
        return
    where = f" in {_with_article(statement)}" if statement.place else ""
    if statement.largest:
        question = f"How large is the largest of the {statement.finding.many}{where}?"
    elif statement.seen.plural:
        return  # one figure for several: whose it is stays unclear
    else:
        question = f"How large is the {title}{where}?"
    if len(size.numbers) == 1:
        yield Asked("R4", question, size.text, "volume", "number", value=size.numbers[0], unit=size.unit)
    else:
        yield Asked("R4", question, size.text, "volume")


def _adjacent(statement: Statement, title: str) -> Iterator[Asked]:
    relation = statement.relation
    if relation is None or relation.relation is None:
        return
    answer = statement.words(relation)
    if is_adjective(answer):
        return
    verb, auxiliary = _VERB[statement.seen.plural], _AUXILIARY[statement.seen.plural]
    word = relation.relation
    if word == "at the level of":
        question, kind, category = (
            f"At the level of which structure {verb} the {title}?",
            "R6",
            "localisation",
        )
    elif word.startswith(("extend", "reach", "continu")):
        question, kind, category = f"To which structure {auxiliary} the {title} extend?", "R7", "distance"
    elif word.split()[0] in ("anterior", "posterior", "superior", "inferior", "lateral", "medial"):
        question, kind, category = f"Which structure {verb} the {title} {word}?", "R6", "localisation"
    else:
        question, kind, category = f"Which structure {verb} the {title} next to?", "R5", "distance"
    yield Asked(kind, question, answer, category, "anatomy")  # type: ignore[arg-type]


def _prominence(statement: Statement, title: str) -> Iterator[Asked]:
    if statement.prominent is None:
        return
    if not statement.prominent.names:
        if len(statement.prominent.sides) > 1:
            return
        side = next(iter(statement.prominent.sides))
        question = f"On which side {_VERB[statement.seen.plural]} the {title} more prominent?"
        yield Asked("R8", question, side, "comparison", "side", ("left", "right"))
        return
    answer = statement.words(statement.prominent)
    if is_adjective(answer):
        return
    question = f"Where {_VERB[statement.seen.plural]} the {title} most prominent?"
    yield Asked("R8", question, answer, "comparison", "anatomy")


def _distribution(statement: Statement, title: str) -> Iterator[Asked]:
    if statement.place is None or not statement.place.names:
        return
    outside = statement.text
    found = [name for name, words in _DISTRIBUTIONS.items() if re.search(rf"\b(?:{words})\b", outside, re.I)]
    if len(found) != 1 or found[0] in title:
        return
    where = _PART.sub("", _with_article(statement))
    question = f"How {_VERB[statement.seen.plural]} the {title} distributed within {where}?"
    if found[0] in where or re.search(_DISTRIBUTIONS[found[0]], where, re.I):
        return
    yield Asked("R9", question, found[0], "localisation", "choice", tuple(_DISTRIBUTIONS))


def _goes_without_saying(statement: Statement) -> bool:
    """Whether the finding's name gives its place away: peribronchial at bronchi, osteophytes at vertebrae."""
    assert statement.place is not None
    group = _GIVEN_AWAY.get(statement.finding.name)
    return group is not None and all(structure(name).group == group for name in statement.place.names)


def _organ(place: Place) -> str | None:
    """Name the organ, ``of the thyroid gland``; nothing for the lungs, None where there are several."""
    found = {structure(one.name).base or one.name for one in place.mentions}
    if not found or any(name.startswith("liver") for name in found):
        return None  # the "right" of a right liver lobe is no side of the body
    if all(structure(name).group in _LUNG_GROUPS for name in found):
        return " of the lungs"
    return f" of the {structure(found.pop()).title.removeprefix('lobe of the ')}" if len(found) == 1 else None


def _with_article(statement: Statement) -> str:
    """The place's words with an article where they need one."""
    assert statement.place is not None
    words = statement.words(statement.place)
    first = words.split()[0].lower()
    return words if first in ("the", "both", "bilateral", "two") else f"the {words}"


REPORT_SUBTYPES: tuple[ReportSubtype, ...] = (
    ReportSubtype("R1", "report-location", "localisation", "where a finding lies", _location),
    ReportSubtype("R2", "report-side", "laterality", "on which side a finding lies", _side),
    ReportSubtype("R3", "report-lobe", "localisation", "in which lobe of a lung", _lobe),
    ReportSubtype("R4", "report-size", "volume", "how large a finding is", _size),
    ReportSubtype(
        "R5",
        "report-neighbour",
        "distance",
        "what a finding touches or extends to; at which level",
        _adjacent,
    ),
    ReportSubtype("R8", "report-prominence", "comparison", "where a finding is strongest", _prominence),
    ReportSubtype(
        "R9", "report-distribution", "localisation", "peripheral, central or diffuse", _distribution
    ),
)
"""The kinds of questions; R5 gives R6 (level, direction) and R7 (extent) as well."""
