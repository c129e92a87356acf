"""Questions of neighbours: next to or into which structure, next to which other finding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from medspatial.report_questions.depth import PLACED_BY_NAME
from medspatial.report_questions.facts import Fact, Unasked, about
from medspatial.report_questions.grammar import Relation
from medspatial.report_questions.statements import Statement
from medspatial.report_questions.topics import Topic, region_of

_TOUCHED = {
    "mediastinum": "the mediastinum", "aorta": "the aorta", "aortic arch": "the aortic arch",
    "descending aorta": "the descending aorta", "diaphragm": "the diaphragm", "heart": "the heart",
    "pericardium": "the pericardium", "trachea": "the trachea", "spleen": "the spleen", "liver": "the liver",
    "gallbladder": "the gallbladder", "kidney": "the kidney", "pancreas": "the pancreas", "rib": "a rib",
    "hilum": "the hilum", "bronchus": "a bronchus", "stomach": "the stomach", "chest wall": "the chest wall",
}  # fmt: skip
_CHEST = ("trachea", "diaphragm", "aortic arch", "hilum", "heart", "chest wall")
_BELLY = ("spleen", "gallbladder", "pancreas", "stomach", "kidney")
_NEIGHBOURS = {
    **dict.fromkeys(("mediastinum", "pericardium"), ("diaphragm", "chest wall", "rib")),
    **dict.fromkeys(("aorta", "aortic arch", "descending aorta"), ("diaphragm", "trachea", "chest wall")),
    **{one: tuple(other for other in _CHEST if other != one) for one in _CHEST[:5] if one != "aortic arch"},
    **{one: tuple(other for other in _BELLY if other != one) for one in _BELLY},
    "rib": ("hilum", "trachea", "diaphragm"), "chest wall": ("hilum", "trachea", "diaphragm"),
    "fissure": ("diaphragm", "trachea", "heart"), "bronchus": ("diaphragm", "chest wall", "rib"),
    "liver": ("spleen", "pancreas", "stomach"),
}  # fmt: skip


def neighbour(key: str, slots: Mapping[str, str], statements: Sequence[Statement]) -> Iterator[Fact]:
    """Ask next to what, or into what, a finding lies or reaches."""
    for one in statements:
        if one.finding.name in PLACED_BY_NAME:
            return
        for relation in one.relations:
            found = _touched(relation, {region_of(unit) for unit in one.units})
            if found is not None:
                subtype = "report-neighbour" if relation.word.startswith("next") else "report-extension"
                false = tuple(_TOUCHED[name] for name in _NEIGHBOURS.get(found, ()))
                answer = _TOUCHED.get(found, "an interlobar fissure")
                yield Fact(
                    f"{subtype} {key}", subtype, "distance", slots, answer, false, (one,),
                    structures=(one.finding.name, found),
                )  # fmt: skip
                return


def _touched(relation: Relation, own: set[str]) -> str | None:
    """Return the one structure of a relation that is not where the finding lies anyway."""
    if relation.finding is not None or len(relation.units) != 1:
        return None
    unit = relation.units[0]
    if unit.fissures:
        return "fissure" if relation.word.startswith("into") else None
    return unit.organ if unit.organ in _TOUCHED and unit.organ not in own else None


def beside_finding(topic: Topic, others: Sequence[Topic]) -> Iterator[Fact | Unasked]:
    """Ask next to which other finding of the report a finding lies."""
    by_name = {other.finding.name: other for other in others if other.finding.asked and other is not topic}
    beside = _beside(topic)
    if beside is None or beside[0] not in by_name:
        return
    name, statement = beside
    false = tuple(
        f"the {other.noun()}"
        for key, other in by_name.items()
        if key != name and other.region == topic.region
    )
    if len(false) < 2:
        yield Unasked("too_few_options", topic.key, "beside which finding")
        return
    yield Fact(
        f"beside {topic.key}", "report-beside", "distance", about(topic), f"the {by_name[name].noun()}",
        false, (statement,), structures=tuple(sorted((topic.finding.name, name))),
    )  # fmt: skip


def _beside(topic: Topic) -> tuple[str, Statement] | None:
    """Return the one finding beside which all of a kind lies, and the statement that says so."""
    placed = [one for one in topic.read if one.units and not one.sums_up]
    if not topic.finding.asked or topic.contradicted or any(one.units for one in topic.others):
        return None
    found = {
        relation.finding.value: one
        for one in topic.read
        for relation in one.relations
        if relation.finding is not None and relation.word.startswith("next")
    }
    return next(iter(found.items())) if len(found) == 1 and all(one.relations for one in placed) else None
