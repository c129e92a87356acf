"""Visual grounding: how much of a model's answers comes from the image it was shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from medspatial.compare.accuracy_result import Interval
from medspatial.compare.arm_result import Grounding
from medspatial.compare.clustered import Floats
from medspatial.compare.controls import by_patient, difference_interval, judged
from medspatial.compare.groups import Settings
from medspatial.compare.links import (
    Link,
    fits,
    given_answer,
    has_verdict,
    links_to,
    links_within,
    turns,
)
from medspatial.compare.score_rows import UNANSWERED
from medspatial.compare.table import ArmTable
from medspatial.language import plain

MIRRORED_ARM = "mirrored"
BLIND_ARMS = ("text_only", "blank", "wrong_patient")


@dataclass(frozen=True)
class Part:
    """One part of the figure.

    Attributes
    ----------
    influence
        (patients,) how much each patient moves the value; sums to zero.
    present
        (patients,) which patients have a question in this part.
    """

    value: float
    n: int
    influence: Floats
    present: np.ndarray[tuple[int], np.dtype[np.bool_]]


def groundings(tables: Mapping[str, ArmTable], reference_arm: str, settings: Settings) -> list[Grounding]:
    """Visual grounding of each model of the reference arm.

    ``turning``: over questions whose reference answer ``r`` turns into ``s`` in the mirrored arm, with
    answers ``a`` and ``b`` in the two arms, the mean of
    ``([a = r] - [a = s] + [b = s] - [b = r]) / 2``. Who ignores the image answers both arms alike, so
    the expectation is exactly 0 whatever the bias of the answers; who reads the image gets 1; who reads
    it mirrored -1.

    ``gain``: over the other questions, ``sum(x - o) / sum(1 - o)`` with the verdict ``x`` in the
    reference arm and ``o`` the mean verdict over the blind arms (a closed question answered with the
    image and unanswered without it counts as chance there). 0 when the image adds nothing, 1 when
    everything that was not known without it is right with it; not below -1.

    The figure is the mean of the parts that can be measured, so that it does not depend on the mix
    of questions. A model without either part is left out.
    """
    reference = tables[reference_arm]
    turning_links = _turning_links(tables, reference_arm)
    turned = _turned(reference, turning_links)
    blind = _blind(tables)
    found = []
    for model in reference.models:
        turning = _turning(reference, turning_links, model)
        gain = _gain(reference, _unseen(reference, blind, turned, model), model)
        parts = [part for part in (turning, gain) if part is not None]
        if parts:
            found.append(_summary(model, turning, gain, tuple(blind) if gain else (), settings))
    return found


def grounding_questions(
    tables: Mapping[str, ArmTable], reference_arm: str, model: str
) -> tuple[set[int], set[int]]:
    """Return the questions of the reference arm, by place, that a model's two parts rest on.

    Returns
    -------
    turning, gain
        A pair of questions within the reference arm stands under the first of the two.
    """
    reference = tables[reference_arm]
    links = _turning_links(tables, reference_arm)
    unseen = _unseen(reference, _blind(tables), _turned(reference, links), model)
    return {link.index for _, link in _judged_links(reference, links, model)}, set(unseen)


def _blind(tables: Mapping[str, ArmTable]) -> dict[str, ArmTable]:
    return {arm: tables[arm] for arm in BLIND_ARMS if arm in tables}


def _turned(reference: ArmTable, links: list[tuple[ArmTable, Link]]) -> set[int]:
    return {number for table, link in links for number in _own(reference, table, link)}


def _turning_links(tables: Mapping[str, ArmTable], reference_arm: str) -> list[tuple[ArmTable, Link]]:
    """Linked questions with turning answers: in the mirrored arm, and mirrored cases of the reference arm."""
    reference = tables[reference_arm]
    within = [(reference, link) for link in links_within(reference)]
    across = []
    if MIRRORED_ARM in tables and reference_arm != MIRRORED_ARM:
        table = tables[MIRRORED_ARM]
        across = [(table, link) for link in links_to(reference, table)]
    return [
        (table, link)
        for table, link in within + across
        if turns(reference.items[link.index], table.items[link.twin]) and _same_words(reference, table, link)
    ]


def _same_words(reference: ArmTable, table: ArmTable, link: Link) -> bool:
    """True when only the image differs: else words or options alone would tell how to turn the answer."""
    first, second = reference.items[link.index], table.items[link.twin]
    options = {plain(option) for option in first.options}, {plain(option) for option in second.options}
    return plain(first.question) == plain(second.question) and options[0] == options[1]


def _own(reference: ArmTable, table: ArmTable, link: Link) -> tuple[int, ...]:
    return (link.index, link.twin) if table is reference else (link.index,)


def _turning(reference: ArmTable, links: list[tuple[ArmTable, Link]], model: str) -> Part | None:
    kept = _judged_links(reference, links, model)
    if not kept:
        return None
    values = np.array([_turn(reference, table, link, model) for table, link in kept])
    return _part(reference, [link for _, link in kept], values, np.ones(len(kept)))


def _judged_links(
    reference: ArmTable, links: list[tuple[ArmTable, Link]], model: str
) -> list[tuple[ArmTable, Link]]:
    kept = []
    for table in {id(table): table for table, _ in links}.values():
        if model in table.models:
            chosen = judged(reference, table, [link for of, link in links if of is table], model)
            kept += [(table, link) for link in chosen]
    return kept


def _turn(reference: ArmTable, table: ArmTable, link: Link, model: str) -> float:
    """``([a = r] - [a = s] + [b = s] - [b = r]) / 2``, every term by the same rule.

    Taking ``a = r`` from the metric's verdict and ``a = s`` from the texts would favour every answer
    that the metric understands and the texts do not: the figure would not be 0 for who ignores the image.
    """
    item, twin = reference.items[link.index], table.items[link.twin]
    total = 0
    for score, own, other in (
        (reference.score(link.index, model), item.answer, twin.answer),
        (table.score(link.twin, model), twin.answer, item.answer),
    ):
        given = given_answer(score)
        closed = bool(item.options)
        total += fits(given, own, closed=closed) - fits(given, other, closed=closed)
    return total / 2


def _unseen(
    reference: ArmTable, blind: Mapping[str, ArmTable], turned: set[int], model: str
) -> dict[int, list[float]]:
    """Return the verdicts without the image of each question that can say something of the gain."""
    seen: dict[int, list[float]] = {}
    for table in blind.values():
        if model not in table.models:
            continue
        for link in judged(reference, table, links_to(reference, table), model):
            if link.index not in turned:
                replied = reference.states[link.index, reference.models.index(model)] != UNANSWERED
                verdict = _blind_verdict(table, link.twin, model, replied)
                seen.setdefault(link.index, []).append(verdict)
    return {number: seen[number] for number in sorted(seen) if has_verdict(reference, [number], model)[0]}


def _gain(reference: ArmTable, seen: Mapping[int, list[float]], model: str) -> Part | None:
    indices = list(seen)
    if not indices:
        return None
    right = reference.values[indices, reference.models.index(model)]
    unseen = np.array([np.mean(seen[number]) for number in indices])
    room = 1 - unseen
    if room.sum() <= 0:
        return None
    return _part(reference, [Link(number, number) for number in indices], right - unseen, room)


def _blind_verdict(table: ArmTable, question: int, model: str, replied: bool) -> float:
    """Verdict without the image; who answers with the image and refuses without it is given chance."""
    column = table.models.index(model)
    chance = float(table.chance[question])
    if replied and table.states[question, column] == UNANSWERED and np.isfinite(chance):
        return chance
    return float(table.values[question, column])


def _part(reference: ArmTable, links: list[Link], gained: Floats, room: Floats) -> Part:
    """Ratio of sums with its linearised influence per patient."""
    sums = by_patient(reference, links, np.column_stack([gained, room]))
    total = sums.sums.sum(axis=0)
    ratio = float(total[0] / total[1])
    influence = (sums.sums[:, 0] - ratio * sums.sums[:, 1]) / total[1]
    return Part(max(-1.0, ratio), len(links), influence, sums.counts > 0)


def _interval(parts: list[Part], settings: Settings) -> tuple[float, Interval, int]:
    value = float(np.mean([part.value for part in parts]))
    influence = np.mean([part.influence for part in parts], axis=0)
    clusters = int(np.any([part.present for part in parts], axis=0).sum())
    se = float(np.sqrt(np.square(influence).sum() * clusters / max(clusters - 1, 1)))
    se = se if se > 1e-12 else 0.0  # rounding left over where all patients agree
    return value, difference_interval(value, se, clusters, settings.confidence), clusters


def _summary(
    model: str, turning: Part | None, gain: Part | None, blind_arms: tuple[str, ...], settings: Settings
) -> Grounding:
    value, interval, clusters = _interval([part for part in (turning, gain) if part], settings)
    turning_interval = _interval([turning], settings)[1] if turning else None
    verdict = "grounded" if interval.low > 0 else "not shown"
    if turning_interval is not None and turning_interval.high < 0:
        verdict = "mirrored"
    return Grounding(
        model=model,
        value=value,
        interval=interval,
        clusters=clusters,
        turning=turning.value if turning else None,
        turning_interval=turning_interval,
        turning_n=turning.n if turning else 0,
        gain=gain.value if gain else None,
        gain_interval=_interval([gain], settings)[1] if gain else None,
        gain_n=gain.n if gain else 0,
        blind_arms=blind_arms,
        verdict=verdict,
    )
