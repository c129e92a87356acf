"""Control arms: what a model gains over seeing nothing, and whether its answers hold or turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from medspatial.compare.accuracy_result import Interval
from medspatial.compare.arm_result import ArmContrast, Consistency
from medspatial.compare.clustered import Floats, PatientSums, sum_by_patient
from medspatial.compare.groups import Settings
from medspatial.compare.intervals import main_interval, symmetric, t_quantile
from medspatial.compare.links import Link, fits, given_answer, has_verdict, links_to, links_within, turns
from medspatial.compare.multiplicity import holm
from medspatial.compare.sign_flip import sign_flip
from medspatial.compare.table import ArmTable


def arm_contrasts(
    tables: Mapping[str, ArmTable], reference_arm: str, settings: Settings
) -> list[ArmContrast]:
    """Accuracy of the reference arm minus that of every other arm, per model.

    Over the linked questions that have a verdict in both arms: a crash in one arm is no evidence about
    the image. The test flips signs by patient; Holm runs over the models of one arm.
    """
    reference = tables[reference_arm]
    found: list[ArmContrast] = []
    for arm, table in tables.items():
        if arm == reference_arm:
            continue
        links = links_to(reference, table)
        rows = [
            row
            for model in table.models
            if model in reference.models and (row := _contrast(reference, table, links, model, settings))
        ]
        adjusted = holm([row.p for row in rows])
        found += [row.model_copy(update={"p_holm": p}) for row, p in zip(rows, adjusted, strict=True)]
    return found


def judged(reference: ArmTable, table: ArmTable, links: list[Link], model: str) -> list[Link]:
    """Links whose two replies of a model both have a verdict."""
    first = has_verdict(reference, [link.index for link in links], model)
    second = has_verdict(table, [link.twin for link in links], model)
    return [link for link, kept in zip(links, first & second, strict=True) if kept]


def verdicts(reference: ArmTable, table: ArmTable, links: list[Link], model: str) -> Floats:
    """(links, 2) verdicts of a model in the reference arm and in the other."""
    first = reference.values[[link.index for link in links], reference.models.index(model)]
    second = table.values[[link.twin for link in links], table.models.index(model)]
    return np.column_stack([first, second])


def by_patient(reference: ArmTable, links: list[Link], values: Floats) -> PatientSums:
    """Sum rows (one per link) by the patient of the reference question."""
    patients = reference.patients[[link.index for link in links]]
    return sum_by_patient(values, patients, len(reference.patient_ids))


def _contrast(
    reference: ArmTable, table: ArmTable, links: list[Link], model: str, settings: Settings
) -> ArmContrast | None:
    links = judged(reference, table, links, model)
    if not links:
        return None
    both = verdicts(reference, table, links, model)
    sums = by_patient(reference, links, np.column_stack([both, both[:, 0] - both[:, 1]]))
    cr1, gain = sums.se_cr1(), float(sums.means[2])
    interval = None
    if cr1 is not None:
        interval = difference_interval(gain, float(cr1[2]), sums.clusters, settings.confidence)
    return ArmContrast(
        model=model,
        arm=table.arm,
        reference_arm=reference.arm,
        n=sums.n,
        clusters=sums.clusters,
        reference_accuracy=float(sums.means[0]),
        arm_accuracy=float(sums.means[1]),
        gain=gain,
        interval=interval,
        p=sign_flip(sums.sums[sums.counts > 0], [(0, 1)], settings)[0].p,
    )


def difference_interval(value: float, se: float, clusters: int, confidence: float) -> Interval:
    """Cluster-robust t interval of a figure between -1 and 1; never of width zero.

    When all patients agree exactly, the half width is ``1 - (alpha/2)^(1/G)``: with ``G`` patients, a
    deviation that strikes a larger share of patients would have been seen.
    """
    if clusters < 2:
        return Interval(low=-1.0, high=1.0, method="one_patient")
    if se > 0:
        interval = symmetric(value, se, t_quantile(confidence, clusters - 1), "cluster_t")
    else:
        half = 1 - ((1 - confidence) / 2) ** (1 / clusters)
        interval = Interval(low=value - half, high=value + half, method="all_patients_equal")
    low, high = max(-1.0, interval.low), min(1.0, interval.high)
    return Interval(low=low, high=high, method=interval.method)


def consistencies(
    tables: Mapping[str, ArmTable], reference_arm: str, settings: Settings
) -> list[Consistency]:
    """Per model and arm (and kind of question): do answers hold or turn as they should.

    Twins are looked for across arms, and inside the reference arm by ``pair_id`` (a mirrored copy
    of a case among the standard questions, subtype L6); the latter stand under the name
    ``mirrored_case``, or ``paired_question`` when both belong to one case. Only for metrics that decide
    right or wrong.
    """
    reference = tables[reference_arm]
    found: list[Consistency] = []
    for pairs in linked_pairs(tables, reference_arm):
        for model in pairs.table.models:
            if model in reference.models and (
                row := _consistency(reference, pairs.table, pairs.links, model, settings)
            ):
                found.append(Consistency(model=model, arm=pairs.name, kind=pairs.kind, **row))
    return found


@dataclass(frozen=True)
class LinkedPairs:
    """Pairs of questions that a row of consistency is about.

    Attributes
    ----------
    name
        The arm, or what the two questions of the reference arm are: see `consistencies`.
    kind
        Whether the reference answer turns between the two or stands.
    table
        The arm of the twins.
    """

    name: str
    kind: Literal["turning", "standing"]
    table: ArmTable
    links: list[Link]


def linked_pairs(tables: Mapping[str, ArmTable], reference_arm: str) -> list[LinkedPairs]:
    """Return the questions of the reference arm with their twins, per arm and kind."""
    reference = tables[reference_arm]
    found = []
    for arm, table in tables.items():
        links = links_within(table) if arm == reference_arm else links_to(reference, table)
        found += _split(reference, table, links)
    return found


def _split(reference: ArmTable, table: ArmTable, links: list[Link]) -> list[LinkedPairs]:
    """Sort links by the arm they speak about and by turning or standing answers."""
    groups: dict[tuple[str, Literal["turning", "standing"]], list[Link]] = {}
    for link in links:
        item, twin = reference.items[link.index], table.items[link.twin]
        name = table.arm
        if reference is table:
            name = "mirrored_case" if item.case_id != twin.case_id else "paired_question"
        kind: Literal["turning", "standing"] = "turning" if turns(item, twin) else "standing"
        groups.setdefault((name, kind), []).append(link)
    return [LinkedPairs(name, kind, table, chosen) for (name, kind), chosen in sorted(groups.items())]


def _consistency(
    reference: ArmTable, table: ArmTable, links: list[Link], model: str, settings: Settings
) -> dict[str, Any] | None:
    links = judged(reference, table, links, model)
    if not links:
        return None
    both = verdicts(reference, table, links, model)
    if not np.isin(both, (0.0, 1.0)).all():
        return None
    right = both.sum(axis=1)
    sums = by_patient(reference, links, np.column_stack([right == 2, right != 1]).astype(np.float64))
    shares = {
        "both_right": float(sums.means[0]),
        "exactly_one": float((right == 1).mean()),
        "neither": float((right == 0).mean()),
        "consistent": float(sums.means[1]),
    }
    cr1 = sums.se_cr1()
    for column, name in enumerate(("both_right", "consistent")):
        se = None if cr1 is None else float(cr1[column])
        interval, _ = main_interval(shares[name], sums.n, sums.clusters, se, settings.confidence)
        shares[f"{name}_interval"] = interval  # type: ignore[assignment]
    return {"n": sums.n, "clusters": sums.clusters, **shares, **_answers(reference, table, links, model)}


def _answers(reference: ArmTable, table: ArmTable, links: list[Link], model: str) -> dict[str, float | None]:
    """Shares of equal answers and of answers that fit the other arm."""
    pairs = [
        (given_answer(reference.score(link.index, model)), given_answer(table.score(link.twin, model)), link)
        for link in links
    ]
    known = [pair for pair in pairs if pair[0] is not None and pair[1] is not None]
    if not known:
        return {"same_answer": None, "inverted": None}
    turning = turns(reference.items[links[0].index], table.items[links[0].twin])
    swapped = [
        fits(first, table.items[link.twin].answer, closed=bool(table.items[link.twin].options))
        and fits(second, reference.items[link.index].answer, closed=bool(table.items[link.twin].options))
        for first, second, link in known
    ]
    return {
        "same_answer": sum(first == second for first, second, _ in known) / len(known),
        "inverted": sum(swapped) / len(links) if turning else None,
    }
