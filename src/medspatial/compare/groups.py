"""A table reduced to sums per patient for each group of questions, with shared bootstrap draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import PatientSums, sum_by_patient
from medspatial.compare.resample import Singles, bootstrap_means
from medspatial.compare.table import ArmTable
from medspatial.errors import InputError
from medspatial.records import CATEGORIES

Group: TypeAlias = tuple[str, str]  # kind of group and name, such as ("category", "laterality")
Mask = NDArray[np.bool_]
OVERALL: Group = ("overall", "")


@dataclass(frozen=True)
class Settings:
    """Level of the intervals, number of draws, and their seed."""

    confidence: float = 0.95
    resamples: int = 10_000
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence must lie between 0 and 1, got {self.confidence}")
        if self.resamples < 1:
            raise InputError(f"resamples must be at least 1, got {self.resamples}")

    def rng(self) -> np.random.Generator:
        """Return a fresh generator: equal seeds give equal draws in every part of a comparison."""
        return np.random.default_rng(self.seed)


@dataclass(frozen=True)
class Grouped:
    """One arm, reduced.

    Attributes
    ----------
    masks
        (questions,) membership per group; overall first.
    sums
        Verdicts per patient and model, per group.
    draws
        (resamples, models) pooled accuracy in each bootstrap draw of patients, per group.
    """

    table: ArmTable
    masks: dict[Group, Mask]
    sums: dict[Group, PatientSums]
    draws: dict[Group, Singles]

    def names(self, kind: str) -> tuple[str, ...]:
        """Names of the groups of one kind, in stable order."""
        return tuple(name for of, name in self.masks if of == kind)


def grouped(table: ArmTable, settings: Settings) -> Grouped:
    """Reduce a table to its groups; all groups share the bootstrap draws of patients."""
    masks = _masks(table)
    sums = {
        group: sum_by_patient(table.values[mask], table.patients[mask], len(table.patient_ids))
        for group, mask in masks.items()
    }
    means = bootstrap_means(list(sums.values()), settings.resamples, settings.rng())
    return Grouped(table, masks, sums, dict(zip(masks, means, strict=True)))


def group_names(names: Iterable[str | None]) -> list[str]:
    """Names of groups, each once: the known categories in their order, others sorted behind them."""
    there = {name for name in names if name}
    known: list[str] = [name for name in CATEGORIES if name in there]
    return known + sorted(there - set(known), key=_natural)


def _masks(table: ArmTable) -> dict[Group, Mask]:
    items, categories = table.items, table.items.categories.there()
    masks: dict[Group, Mask] = {OVERALL: np.ones(len(items), dtype=np.bool_)}
    for name in group_names(chain.from_iterable(categories)):
        masks["category", name] = items.categories.among({of for of in categories if name in of})
    for name in group_names(items.subtypes.there()):
        masks["subtype", name] = items.subtypes.among({name})
    for name in group_names(items.answer_types.there()):
        masks["answer_type", name] = items.answer_types.among({name})
    return masks


def _natural(name: str) -> tuple[str, int, str]:
    """Sort ``L2`` before ``L10``."""
    head = name.rstrip("0123456789")
    tail = name[len(head) :]
    return head, int(tail or 0), name
