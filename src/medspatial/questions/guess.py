"""Closed questions as a compact table, and guessers that read only the questions, for millions of them.

A guesser may learn from the questions of *other* patients. Where it has nothing to go on it guesses at
random, so its score is an expectation, not a draw. Texts, answers and patients are kept as numbers, so that
the questions of fifty thousand cases fit into memory.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.questions.names import names_score
from medspatial.questions.options import draw
from medspatial.records import Question, normal_text

MOST_OPTIONS = 8
NO_OPTION = -1

Ints = NDArray[Any]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Numbering:
    """Numbers for things, in the order they come."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def of(self, thing: Hashable) -> int:
        """The number of a thing; the next one if it is new."""
        return self._known.setdefault(thing, len(self._known))

    def names(self) -> list[Any]:
        """All things in the order of their numbers."""
        return list(self._known)


class ClosedTableBuilder:
    """Takes in questions one by one; closed ones become rows of a table."""

    def __init__(self) -> None:
        self.seen = 0
        self._subtypes, self._texts, self._patients = Numbering(), Numbering(), Numbering()
        self._answers, self._structures = Numbering(), Numbering()
        self._columns = {name: array("q") for name in ("at", "subtype", "text", "patient", "structures")}
        self._places = {name: array("b") for name in ("answer_at", "count", "rank")}
        self._options, self._lengths, self._hashes = array("i"), array("i"), array("Q")
        self._names = array("d")

    def add(self, question: Question) -> None:
        """Take in one question; an open one is only counted."""
        at, self.seen = self.seen, self.seen + 1
        if not question.options:
            return
        if len(question.options) > MOST_OPTIONS:
            raise ValueError(f"question {question.id}: more than {MOST_OPTIONS} options")
        row = {
            "at": at,
            "subtype": self._subtypes.of(question.subtype or ""),
            "text": self._texts.of(draw(normal_text(question.question))),
            "patient": self._patients.of(question.patient_id),
            "structures": self._structures.of(structures_key(question)),
        }
        for name, value in row.items():
            self._columns[name].append(value)
        self._places["answer_at"].append(question.options.index(question.answer))
        self._places["count"].append(len(question.options))
        self._places["rank"].append(rank_of(question))
        spare = [NO_OPTION] * (MOST_OPTIONS - len(question.options))
        self._options.extend([*(self._answers.of(option) for option in question.options), *spare])
        self._lengths.extend([*map(len, question.options), *spare])
        self._hashes.append(draw("balance", question.id))
        self._names.append(names_score(question))

    def table(self) -> ClosedTable:
        """The table, its rows in an order that depends on the questions alone."""
        hashes = np.array(self._hashes, dtype=np.uint64)
        order = np.argsort(hashes, kind="stable")
        whole = {name: np.array(column, dtype=np.int64)[order] for name, column in self._columns.items()}
        small = {name: np.array(column, dtype=np.int64)[order] for name, column in self._places.items()}
        wide = [
            np.array(column, dtype=np.int32).reshape(-1, MOST_OPTIONS)[order]
            for column in (self._options, self._lengths)
        ]
        most = int(small["count"].max(initial=2))
        options, lengths = (columns[:, :most].astype(np.int32) for columns in wide)
        return ClosedTable(
            subtype_names=self._subtypes.names(),
            options=options,
            lengths=lengths,
            names=np.array(self._names, dtype=np.float64)[order],
            **whole,
            **small,
        )


@dataclass(eq=False)
class ClosedTable:
    """Closed questions, one row each, sorted by the hash of their ids.

    Attributes
    ----------
    at
        Place of the question among all that came.
    subtype, text, patient, structures
        Numbers of these.
    options, lengths
        (n, m) numbers and lengths of the options, -1 where there are fewer.
    answer_at, count
        Place of the answer among the options, and how many there are.
    rank
        Place of the answer among the sorted figures; -1 for options that are no figures.
    names
        Chance that the names alone tell the answer (:mod:`medspatial.questions.names`).
    """

    subtype_names: list[str]
    at: Ints
    subtype: Ints
    text: Ints
    patient: Ints
    structures: Ints
    options: Ints
    lengths: Ints
    answer_at: Ints
    count: Ints
    rank: Ints
    names: Floats

    def __post_init__(self) -> None:
        self.by_subtype = AnswerCounts(self, self.subtype)
        self.by_text = AnswerCounts(self, self.text)
        self.everyone = np.ones(self.at.size, dtype=bool)

    def rows_of(self, name: str) -> Ints:
        """The rows of one subtype."""
        if name not in self.subtype_names:
            return np.zeros(0, dtype=np.int64)
        return np.flatnonzero(self.subtype == self.subtype_names.index(name))

    def few(self, rows: Ints, fewest_questions: int, fewest_patients: int) -> bool:
        """Whether these are too few questions, or of too few patients, to judge."""
        return rows.size < fewest_questions or np.unique(self.patient[rows]).size < fewest_patients

    def chance(self, rows: Ints) -> Floats:
        """Probability of a right answer by drawing an option."""
        return np.asarray(1.0 / self.count[rows])

    def scores(self, rows: Ints, kept: Flags) -> dict[str, Floats]:
        """Each guesser's expected score on the rows of one subtype, learning from the kept rows.

        ``majority``: the most common answer of the subtype among those offered. ``same text``: the most
        common answer to the same words, else as majority. ``longest`` option, ``first`` option. ``rank``: for
        figures, the place among the sorted options that is most often right. ``names``: what the names and
        ordinary anatomy tell.
        """
        majority = self.by_subtype.expected(rows, kept)
        longest = self.lengths[rows] == self.lengths[rows].max(axis=1, keepdims=True)
        right = longest[np.arange(rows.size), self.answer_at[rows]]
        scores = {
            "majority": majority,
            "same text": self.by_text.expected(rows, kept, majority),
            "longest": right / longest.sum(axis=1),
            "names": self.names[rows],
            "first": (self.answer_at[rows] == 0).astype(float),
        }
        if rows.size and (self.rank[rows] >= 0).all():
            scores["rank"] = self._by_rank(rows)
        return scores

    def _by_rank(self, rows: Ints) -> Floats:
        patients, patient = np.unique(self.patient[rows], return_inverse=True)
        rank, width = self.rank[rows], self.options.shape[1]
        own = np.bincount(patient * width + rank, minlength=patients.size * width).reshape(-1, width)
        others = own.sum(axis=0)[None] - own[patient]
        others[np.arange(width)[None] >= self.count[rows][:, None]] = NO_OPTION
        return _expected(others, rank)


class AnswerCounts:
    """Answers by a key, and the best guess for a row from those of other patients.

    The pairs of key and option, and those of each patient, get numbers once; a count is then one pass.
    """

    def __init__(self, table: ClosedTable, key: Ints) -> None:
        self._table = table
        valid = table.options >= 0
        width = int(table.options.max(initial=0)) + 1
        self._pair = np.full(table.options.shape, -1, dtype=np.int32)
        self._own = self._pair.copy()
        wide = np.broadcast_to(key[:, None], table.options.shape)
        _, pair = np.unique(wide[valid] * width + table.options[valid].astype(np.int64), return_inverse=True)
        self._pair[valid] = pair
        who = np.broadcast_to(table.patient[:, None], table.options.shape)[valid]
        _, own = np.unique(pair * (int(table.patient.max(initial=0)) + 1) + who, return_inverse=True)
        self._own[valid] = own
        self._sizes = int(pair.max(initial=-1)) + 2, int(own.max(initial=-1)) + 2
        self._counted: tuple[Flags, Ints, Ints] | None = None

    def expected(self, rows: Ints, kept: Flags, fallback: Floats | None = None) -> Floats:
        """The probability that the most common answer of other patients is right; ties are drawn.

        Parameters
        ----------
        kept
            (n,) rows that may be learnt from; the same array object means the same rows.
        fallback
            Score where no other patient's answer is among the options; else drawing one.
        """
        counts, own_counts = self._counts(kept)
        pair, own = self._pair[rows], self._own[rows]
        others = np.where(pair >= 0, counts[pair] - own_counts[own], NO_OPTION)
        found = _expected(others, self._table.answer_at[rows])
        if fallback is None:
            return found
        return np.where(others.max(axis=1, initial=0) == 0, fallback, found)

    def _counts(self, kept: Flags) -> tuple[Ints, Ints]:
        if self._counted is None or self._counted[0] is not kept:
            at = np.flatnonzero(kept)
            answer = self._table.answer_at[at]
            pairs, own = self._pair[at, answer], self._own[at, answer]
            counts = [
                np.bincount(numbers, minlength=size)
                for numbers, size in zip((pairs, own), self._sizes, strict=True)
            ]
            self._counted = (kept, counts[0], counts[1])
        return self._counted[1], self._counted[2]


def _expected(others: Ints, right_at: Ints) -> Floats:
    """Score of guessing one of the most common options; -1 marks options that are not there."""
    best = others == others.max(axis=1, keepdims=True)
    return np.asarray(best[np.arange(right_at.size), right_at] / best.sum(axis=1))


def structures_key(question: Question) -> Hashable:
    """What the question is about, whatever its words: original subtype, form, structures, options.

    A structure named by its side counts with its side: the mirrored twin has the same words.
    """
    probe = next((tag for tag in question.tags if tag.startswith("probe_of_")), None)
    subtype = probe.removeprefix("probe_of_") if probe else question.subtype
    structures = question.evidence.structures if question.evidence else ()
    kinds = [name.partition("#")[0] for name in structures]
    ordered = kinds if set(question.options) == {"yes", "no"} else sorted(kinds)
    parts = (subtype, question.form, *ordered, "|", *sorted(question.options))
    return draw(*(str(part) for part in parts))


def rank_of(question: Question) -> int:
    """Place of the answer among the sorted options of a figure; -1 for other questions."""
    if question.value is None:
        return -1
    ordered = sorted(question.options, key=lambda option: float(option.split()[0]))
    return ordered.index(question.answer)
