"""Sums per patient, and standard errors that respect them.

All statistics of a table follow from sums per patient: a table of questions x models is reduced once
to patients x models, and everything after that is a matrix product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PatientSums:
    """Verdicts summed per patient.

    Attributes
    ----------
    sums
        (patients, models) sum of verdicts.
    counts
        (patients,) number of questions; the same for every model.
    """

    sums: Floats
    counts: Floats

    @property
    def n(self) -> int:
        """Number of questions."""
        return int(self.counts.sum())

    @property
    def clusters(self) -> int:
        """Number of patients that have a question."""
        return int(np.count_nonzero(self.counts))

    @property
    def means(self) -> Floats:
        """(models,) accuracy over all questions; NaN without questions."""
        if self.n == 0:
            return np.full(self.sums.shape[1], np.nan)
        return np.asarray(self.sums.sum(axis=0) / self.n, dtype=np.float64)

    def se_cr0(self) -> Floats:
        """(models,) clustered standard error without small-sample factor.

        ``sqrt(sum over patients of (sum of residuals)^2) / n``.
        """
        residuals = self.sums - self.counts[:, None] * self.means
        return np.asarray(np.sqrt(np.square(residuals).sum(axis=0)) / max(self.n, 1), dtype=np.float64)

    def se_cr1(self) -> Floats | None:
        """(models,) clustered standard error with factor ``sqrt(G / (G - 1))``; None with one patient."""
        if self.clusters < 2:
            return None
        return self.se_cr0() * float(np.sqrt(self.clusters / (self.clusters - 1)))


def sum_by_patient(values: Floats, patients: NDArray[np.intp], count: int) -> PatientSums:
    """Sum rows of the same patient.

    Parameters
    ----------
    values
        (questions, models) verdicts.
    patients
        (questions,) patient codes in ``0 .. count - 1``.
    count
        Number of patients; those without a question get a row of zeros.
    """
    from scipy import sparse  # here: importing scipy costs more than the rest of this room

    rows = len(patients)
    gather = sparse.csr_array((np.ones(rows), (patients, np.arange(rows))), shape=(count, rows))
    sums = np.asarray(gather @ values, dtype=np.float64)
    return PatientSums(sums=sums, counts=np.bincount(patients, minlength=count).astype(np.float64))


def se_independent(values: Floats) -> Floats:
    """(models,) standard error that takes the rows as independent, with ``n - 1``."""
    n = len(values)
    if n < 2:
        return np.zeros(values.shape[1])
    return np.asarray(values.std(axis=0, ddof=1) / np.sqrt(n), dtype=np.float64)


def se_miller(values: Floats, patients: NDArray[np.intp], count: int) -> Floats:
    """(models,) clustered standard error of Miller 2024 (arXiv 2411.00640).

    Variance of independent rows (with ``n - 1``) plus the cross products within patients.
    """
    n = len(values)
    residuals = values - values.mean(axis=0)
    per_patient = sum_by_patient(residuals, patients, count).sums
    cross = np.square(per_patient).sum(axis=0) - np.square(residuals).sum(axis=0)
    variance = se_independent(values) ** 2 + cross / n**2
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)), dtype=np.float64)


def design_effect(p: float, n: int, se: float) -> float | None:
    """Clustered variance over ``p (1 - p) / n``; None where either is zero."""
    independent = p * (1 - p) / n if n else 0.0
    if independent <= 0 or se <= 0:
        return None
    return float(se**2 / independent)
