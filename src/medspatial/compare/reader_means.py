"""The mean of readers who each read all questions or a part of them, with readers and patients both a sample.

Each reader's figure rests on the questions that this reader read. Two readers' figures vary together
through the patients whom both read, and through no other; the model of Obuchowski and Rockette takes the mean
of these covariances, whatever its pattern. Where everybody reads everything this is that analysis itself.

References
----------
Obuchowski 1995, Acad. Radiol. 2:709, and Hillis 2014, Stat. Med. 33:330: designs that are not fully crossed,
through their covariances. Obuchowski 1998, Stat. Med. 17:1495: several questions of one patient.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from medspatial.compare.multireader import Array, Estimate, obuchowski_rockette
from medspatial.errors import InputError


@dataclass(frozen=True)
class ReaderMean:
    """The mean over readers, and what it rests on.

    Attributes
    ----------
    estimate
        For readers and patients like these; degrees of freedom of Hillis.
    readers, questions, patients, answers
        How many entered; ``answers`` is ``readers`` times ``questions`` where everybody read everything.
    """

    estimate: Estimate
    readers: int
    questions: int
    patients: int
    answers: int

    @property
    def crossed(self) -> bool:
        """Whether every reader read every question."""
        return self.answers == self.readers * self.questions


def reader_mean(scores: Array, patients: Sequence[Hashable] | None = None, level: float = 0.95) -> ReaderMean:
    """Return the mean of the readers' own means.

    Who reads what must not depend on the answers: drawn, as `medspatial.readers.design` draws it.

    Parameters
    ----------
    scores
        Shape (readers, questions); NaN where a reader did not read. Differences, such as to a model's score
        on the same question, are scores too.
    patients
        The patient of each question; None: each its own.

    Raises
    ------
    InputError
        Other than two axes, an infinite score, fewer than two readers, or a reader with fewer than two
        patients.
    """
    scores = np.asarray(scores, dtype=np.float64)
    if scores.ndim != 2 or np.isinf(scores).any():
        raise InputError(f"scores must be numbers of shape (readers, questions), got shape {scores.shape}")
    who = list(range(scores.shape[1])) if patients is None else list(patients)
    if len(who) != scores.shape[1]:
        raise InputError(f"patients: must be one for each of {scores.shape[1]} questions, got {len(who)}")
    sums, counts = _by_patient(scores, who)
    seen = counts > 0
    least = min(seen.sum(axis=1).tolist(), default=0)
    if len(scores) < 2 or least < 2:
        raise InputError(
            f"needs two readers with two patients each, got {len(scores)} readers, one with {least} patients"
        )
    figures = sums.sum(axis=1) / counts.sum(axis=1)
    covariance = _covariance(sums, counts)
    found = obuchowski_rockette(figures[None], covariance[None, :, None, :], level).means[0]
    read = np.isfinite(scores)
    return ReaderMean(
        found,
        readers=len(scores),
        questions=int(read.any(axis=0).sum()),
        patients=int(seen.any(axis=0).sum()),
        answers=int(read.sum()),
    )


def _by_patient(scores: Array, who: Sequence[Hashable]) -> tuple[Array, Array]:
    """Sum and number of each reader's scores per patient, shape (readers, patients)."""
    places = {patient: place for place, patient in enumerate(dict.fromkeys(who))}
    one_hot = np.zeros((len(who), len(places)))
    one_hot[np.arange(len(who)), [places[patient] for patient in who]] = 1
    read = np.isfinite(scores)
    return np.where(read, scores, 0.0) @ one_hot, read.astype(np.float64) @ one_hot


def _covariance(sums: Array, counts: Array) -> Array:
    """Covariance of the readers' figures over patients, by leaving out one patient at a time.

    A patient whom a reader did not read leaves that reader's figure as it is. The factor makes the estimate
    unbiased for patients with equally many questions: two readers with ``p`` and ``q`` patients, ``m`` of
    them common, have the covariance ``m / (p q)`` of one patient's, and each figure's own mean was taken off.
    Where all read all it is the jackknife's ``(n - 1) / n``.
    """
    seen = counts > 0
    left = counts.sum(axis=1, keepdims=True) - counts
    without = np.where(seen, (sums.sum(axis=1, keepdims=True) - sums) / left, 0.0)
    own = seen.sum(axis=1)
    apart = np.where(seen, without - without.sum(axis=1, keepdims=True) / own[:, None], 0.0)
    common = seen.astype(np.float64) @ seen.T.astype(np.float64)
    p, q = own[:, None].astype(np.float64), own[None, :].astype(np.float64)
    kept = np.where(common > 0, p * q - p - q + common, 1.0)
    return np.asarray(np.where(common > 0, (p - 1) * (q - 1) / kept, 0.0) * (apart @ apart.T))
