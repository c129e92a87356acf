"""The single questions behind the figures of the evidence arms: which model showed which fault where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from medspatial.compare.arm_result import CauseCases
from medspatial.compare.links import fits, given_answer, links_to
from medspatial.compare.score_rows import SCORED, UNANSWERED
from medspatial.compare.table import ArmTable

EVIDENCE_ARM, IRRELEVANT_ARM, MOVED_ARM = "evidence_removed", "irrelevant_removed", "evidence_moved"
OFFERED_ARM = "abstain_offered"
UNKNOWABLE_ARMS = ("false_premise", "unanswerable_crop")
_ARMS = {
    "right_without_evidence": (EVIDENCE_ARM,),
    "lost_with_irrelevant": (IRRELEVANT_ARM,),
    "kept_after_move": (MOVED_ARM,),
    "false_answer": UNKNOWABLE_ARMS,
    "declined_needlessly": (OFFERED_ARM,),
}


def cause_cases(tables: Mapping[str, ArmTable], reference: ArmTable) -> Iterator[CauseCases]:
    """Yield the questions of each model and kind, in the order of the reference arm."""
    for model in reference.models:
        for kind, names in _ARMS.items():
            found = {
                index
                for name in names
                if name in tables and model in tables[name].models
                for index in _found(kind, reference, tables[name], model)
            }
            if found:
                ids = tuple(reference.items.ids[index] for index in sorted(found))
                yield CauseCases.model_validate({"model": model, "kind": kind, "ids": ids})


def _found(kind: str, reference: ArmTable, table: ArmTable, model: str) -> Iterator[int]:
    """Yield the reference arm's questions of one kind in one arm."""
    first, second = reference.models.index(model), table.models.index(model)
    abstaining = kind in {"false_answer", "declined_needlessly"}
    for link in links_to(reference, table):
        states = reference.states[link.index, first], table.states[link.twin, second]
        right = states[0] == SCORED and reference.values[link.index, first] == 1
        again = states[1] == SCORED and table.values[link.twin, second] == 1
        judged = states[1] in {SCORED, UNANSWERED}
        if abstaining:
            shown = judged and _abstained(reference, table, link.index, link.twin, model) == (
                kind == "declined_needlessly"
            )
        elif kind == "kept_after_move":
            given, before = given_answer(table.score(link.twin, model)), reference.items[link.index].answer
            shown = right and not again and fits(given, before, closed=True)
        else:
            shown = right and judged and again == (kind == "right_without_evidence")
        if shown:
            yield link.index


def _abstained(reference: ArmTable, table: ArmTable, index: int, twin: int, model: str) -> bool:
    """Whether a reply declines: it takes the option that the question has not elsewhere, or none."""
    if table.states[twin, table.models.index(model)] == UNANSWERED:
        return True
    offered = set(table.items[twin].options) - set(reference.items[index].options)
    given = given_answer(table.score(twin, model))
    return any(fits(given, option, closed=True) for option in offered)
