"""Why answers are right: what the evidence does to them, what the rest of the image does, and who declines.

Three arms carry it: ``evidence_removed`` and ``irrelevant_removed`` for what answers rest on,
``false_premise`` and ``unanswerable_crop`` (against ``abstain_offered``) for questions nobody could answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from medspatial.compare.arm_result import Abstention, CausalGrounding, Causes, WithInterval
from medspatial.compare.cause_cases import (
    EVIDENCE_ARM,
    IRRELEVANT_ARM,
    OFFERED_ARM,
    UNKNOWABLE_ARMS,
    cause_cases,
)
from medspatial.compare.clustered import Floats, PatientSums
from medspatial.compare.controls import by_patient, difference_interval
from medspatial.compare.groups import Settings, group_names
from medspatial.compare.item_rows import ItemRows
from medspatial.compare.links import Link, fits, given_answer, has_verdict, links_to
from medspatial.compare.score_rows import UNANSWERED, ScoreRows, one_metric
from medspatial.compare.table import ArmTable, arm_tables
from medspatial.errors import InputError
from medspatial.records import Question, Score

_ROUNDING = 1e-12


def causes(tables: Mapping[str, ArmTable], reference_arm: str, settings: Settings) -> Causes | None:
    """Return what the evidence arms say; None where none of them was run."""
    reference = tables[reference_arm]
    grounding = tuple(_groundings(tables, reference, settings))
    abstention = tuple(_abstentions(tables, reference, settings))
    cases = tuple(cause_cases(tables, reference))
    if not grounding and not abstention and not cases:
        return None
    ungrounded = _ungrounded(tables, reference)
    return Causes(grounding=grounding, abstention=abstention, ungrounded=ungrounded, cases=cases)


def only_grounded(
    scores: Iterable[Score],
    questions: Sequence[Question] | None,
    *,
    metric: str | None = None,
    reference_arm: str = "standard",
) -> tuple[ScoreRows, ItemRows[Question] | None, tuple[str, ...]]:
    """Leave out the questions that every model answers rightly with and without the evidence.

    Returns
    -------
    scores, questions, left_out
        What is left, in all arms, and the ids of the questions left out.

    Raises
    ------
    InputError
        No scores of the arm ``evidence_removed``, so that nothing can be said; else as in `compare`.
    """
    name, chosen = one_metric(scores, metric)
    asked = None if questions is None else ItemRows.of(questions)
    tables = arm_tables(chosen, asked, reference_arm)
    if EVIDENCE_ARM not in tables:
        raise InputError(f"only grounded questions: there are no scores of arm {EVIDENCE_ARM!r} ({name})")
    out = _ungrounded(tables, tables[reference_arm])
    gone = set(out)
    kept = chosen.only(~chosen.ids.among(gone))
    if not len(kept):
        raise InputError("only grounded questions: every model answers all of them without the evidence")
    if asked is not None:
        asked = asked.only(np.array([name not in gone for name in asked.ids], dtype=np.bool_))
    return kept, asked, out


def _groundings(
    tables: Mapping[str, ArmTable], reference: ArmTable, settings: Settings
) -> Iterable[CausalGrounding]:
    if EVIDENCE_ARM not in tables or IRRELEVANT_ARM not in tables:
        return
    removed, other = tables[EVIDENCE_ARM], tables[IRRELEVANT_ARM]
    twins = _twins(reference, removed), _twins(reference, other)
    shared = [number for number in sorted(twins[0]) if number in twins[1]]
    for model in reference.models:
        if model not in removed.models or model not in other.models:
            continue
        judged = (
            has_verdict(reference, shared, model)
            & has_verdict(removed, [twins[0][n] for n in shared], model)
            & has_verdict(other, [twins[1][n] for n in shared], model)
        )
        kept = [number for number, known in zip(shared, judged, strict=True) if known]
        for category, numbers in _by_category(reference, kept):
            links = [[Link(n, twin[n]) for n in numbers] for twin in twins]
            yield _grounding(reference, (removed, other), links, (model, category), settings)


def _grounding(
    reference: ArmTable,
    arms: tuple[ArmTable, ArmTable],
    links: list[list[Link]],
    names: tuple[str, str | None],
    settings: Settings,
) -> CausalGrounding:
    model, category = names
    first = reference.values[[link.index for link in links[0]], reference.models.index(model)]
    without, beside = (
        arm.values[[link.twin for link in of], arm.models.index(model)]
        for arm, of in zip(arms, links, strict=True)
    )
    columns = np.column_stack([first, without, beside, first - without, first - beside, beside - without])
    sums = by_patient(reference, links[0], columns)
    changed = [_changed(reference, arm, of, model) for arm, of in zip(arms, links, strict=True)]
    grounding = _effect(sums, 5, settings)
    return CausalGrounding(
        model=model,
        category=category,
        n=sums.n,
        clusters=sums.clusters,
        accuracy=float(sums.means[0]),
        accuracy_without=float(sums.means[1]),
        evidence=_effect(sums, 3, settings),
        irrelevant=_effect(sums, 4, settings),
        grounding=grounding,
        changed_evidence=changed[0],
        changed_irrelevant=changed[1],
        verdict="grounded" if grounding.interval.low > 0 else "not shown",
    )


def _effect(sums: PatientSums, column: int, settings: Settings) -> WithInterval:
    value, cr1 = float(sums.means[column]), sums.se_cr1()
    se = 0.0 if cr1 is None or cr1[column] < _ROUNDING else float(cr1[column])
    return WithInterval(
        value=value, interval=difference_interval(value, se, sums.clusters, settings.confidence)
    )


def _changed(reference: ArmTable, arm: ArmTable, links: list[Link], model: str) -> float:
    """Share of answers that are other ones in an arm, right or wrong; no answer counts as one."""
    pairs = [
        (given_answer(reference.score(link.index, model)), given_answer(arm.score(link.twin, model)))
        for link in links
    ]
    return sum(first != second for first, second in pairs) / len(pairs)


def _abstentions(
    tables: Mapping[str, ArmTable], reference: ArmTable, settings: Settings
) -> Iterable[Abstention]:
    offered = tables.get(OFFERED_ARM)
    needless = _twins(reference, offered) if offered else {}
    for arm in UNKNOWABLE_ARMS:
        table = tables.get(arm)
        if table is None:
            continue
        twins = _twins(reference, table)
        for model in table.models:
            with_offer = offered is not None and model in offered.models
            shared = [n for n in sorted(twins) if not with_offer or n in needless]
            judged = has_verdict(table, [twins[n] for n in shared], model)
            if with_offer and offered is not None:
                judged = judged & has_verdict(offered, [needless[n] for n in shared], model)
            kept = [number for number, known in zip(shared, judged, strict=True) if known]
            for category, numbers in _by_category(reference, kept):
                links = [Link(n, twins[n]) for n in numbers]
                declined = _declined(table, links, model, [table.items[link.twin].answer for link in links])
                spared = None
                if with_offer and offered is not None:
                    others = [Link(n, needless[n]) for n in numbers]
                    words = [table.items[link.twin].answer for link in links]
                    spared = _declined(offered, others, model, words)
                shares = declined, spared
                yield _abstention(reference, links, (model, arm, category), shares, settings)


def _abstention(
    reference: ArmTable,
    links: list[Link],
    names: tuple[str, str, str | None],
    shares: tuple[Floats, Floats | None],
    settings: Settings,
) -> Abstention:
    model, arm, category = names
    declined, needless = shares
    spared = np.zeros_like(declined) if needless is None else needless
    sums = by_patient(reference, links, np.column_stack([declined, spared, declined - spared]))
    return Abstention(
        model=model,
        arm=arm,
        category=category,
        n=sums.n,
        clusters=sums.clusters,
        declined=_effect(sums, 0, settings),
        needless=None if needless is None else _effect(sums, 1, settings),
        told_apart=None if needless is None else _effect(sums, 2, settings),
    )


def _declined(table: ArmTable, links: list[Link], model: str, words: list[str]) -> Floats:
    """1 where a model declines: it takes the option that says so, or gives no answer."""
    column = table.models.index(model)
    return np.array(
        [
            float(
                table.states[link.twin, column] == UNANSWERED
                or fits(given_answer(table.score(link.twin, model)), text, closed=True)
            )
            for link, text in zip(links, words, strict=True)
        ]
    )


def _ungrounded(tables: Mapping[str, ArmTable], reference: ArmTable) -> tuple[str, ...]:
    """Ids of the questions that every model has right, and right again without the evidence."""
    removed = tables.get(EVIDENCE_ARM)
    if removed is None:
        return ()
    found = []
    for number, twin in sorted(_twins(reference, removed).items()):
        right = [
            reference.values[number, reference.models.index(model)] == 1
            and removed.values[twin, removed.models.index(model)] == 1
            for model in reference.models
            if model in removed.models
        ]
        if right and all(right):
            found.append(reference.items.ids[number])
    return tuple(found)


def _twins(reference: ArmTable, arm: ArmTable) -> dict[int, int]:
    return {link.index: link.twin for link in links_to(reference, arm)}


def _by_category(table: ArmTable, numbers: list[int]) -> Iterable[tuple[str | None, list[int]]]:
    """Yield all questions, then those of each category; groups without a question are left out."""
    if numbers:
        yield None, numbers
    categories, own = table.items.categories, table.items.own_categories
    for name in group_names(name for number in numbers for name in categories[number]):
        yield name, [number for number in numbers if own[number] == name]
