"""Scores joined by question identity: for each arm one table of questions x models."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from medspatial.compare.clustered import Floats
from medspatial.compare.coded import Coded, Flags, Numbers, first_repeat
from medspatial.compare.item_rows import ItemColumns, ItemRows
from medspatial.compare.score_rows import MISSING, ScoreRows
from medspatial.errors import InputError
from medspatial.records import Item, Question, Score, volume_name, without_suffix

NO_ROW = -1
Cells: TypeAlias = tuple[Numbers, Numbers]  # question and model of each row


@dataclass(frozen=True)
class ArmTable:
    """One arm's verdicts.

    Attributes
    ----------
    items
        The questions, in stable order (of the question file, else of first appearance).
    values
        (questions, models) verdict: 1, 0, or the graded figure; 0 where there is none.
    states
        (questions, models) ``SCORED``, ``UNANSWERED``, ``UNSCORED`` or ``MISSING``.
    rows
        The scores, and
    places
        (questions, models) the number of each one's row; `NO_ROW` where there is none.
    """

    arm: str
    models: tuple[str, ...]
    items: ItemRows[Item]
    values: Floats
    states: NDArray[np.int8]
    rows: ScoreRows = field(repr=False)
    places: Numbers = field(repr=False)

    @cached_property
    def failed(self) -> Flags:
        """(questions, models) True where there is not a verdict because the prediction failed."""
        there = self.places != NO_ROW
        found = np.zeros(self.states.shape, dtype=np.bool_)
        found[there] = self.rows.failed[self.places[there]]
        return found

    @cached_property
    def visible(self) -> Floats:
        """(questions, models) the ``visible_share`` of each score, NaN where it has none."""
        there = self.places != NO_ROW
        found = np.full(self.states.shape, np.nan)
        found[there] = self.rows.visible[self.places[there]]
        return found

    @cached_property
    def _patients(self) -> Coded[str]:
        return self.items.patients.compact()

    @property
    def patient_ids(self) -> tuple[str, ...]:
        """Patients in order of first appearance."""
        return self._patients.values

    @property
    def patients(self) -> NDArray[np.intp]:
        """(questions,) index into ``patient_ids``."""
        return self._patients.codes

    @cached_property
    def chance(self) -> Floats:
        """(questions,) chance level, NaN for open questions and for all of a graded metric."""
        return np.full(len(self.items), np.nan) if self.rows.graded.any() else self.items.chance

    def score(self, question: int, model: str) -> Score | None:
        """Return the score of a question (by index) and model, if there is one."""
        return self.at(question, self.models.index(model))

    def at(self, question: int, column: int) -> Score | None:
        """Return the score of a question and a model, both by index, if there is one."""
        place = int(self.places[question, column])
        return None if place == NO_ROW else self.rows[place]


class QuestionIndex:
    """Questions found by id, or by volume name and question text for rows with foreign ids.

    Parameters
    ----------
    questions
        All questions there are; without them scores enter theirs by `add`.
    scores
        The rows of which `add` is told the numbers.
    """

    def __init__(self, questions: Iterable[Item] | None = None, scores: Sequence[Item] = ()) -> None:
        self._given = None if questions is None else ItemRows.of(questions)
        self._scores, self._columns, self._numbers = scores, ItemColumns(), array("q")
        self.ids: Sequence[str] = self._columns.ids if self._given is None else self._given.ids
        self._by_id: dict[str, int] = {}
        self._by_text: dict[int, list[int]] | None = None  # by hash; made when an id is unknown
        for index, name in enumerate(self.ids):
            first = self._by_id.setdefault(name, index)
            if first != index:
                told = f"{_shown(self.item(first))} and {_shown(self.item(index))}"
                raise InputError(f"two questions have id {name!r}: {told}")

    @property
    def complete(self) -> bool:
        """Whether all questions were given."""
        return self._given is not None

    def rows(self) -> ItemRows[Item]:
        """Return the questions, those that scores entered in the order of `add`."""
        if self._given is not None:
            return self._given
        return self._columns.rows(self._scores, np.array(self._numbers, dtype=np.int64))

    def item(self, index: int) -> Item:
        """Return a question, or the score that entered it."""
        return self._scores[self._numbers[index]] if self._given is None else self._given[index]

    def add(self, number: int, item: Item) -> int:
        """Enter the question of a score, given under the id that it is joined by, and return its index."""
        index = self._by_id[item.id] = len(self._columns)
        self._columns.add(item)
        self._numbers.append(number)
        if self._by_text is not None:
            self._by_text.setdefault(hash(_text_key(item)), []).append(index)
        return index

    def find_id(self, name: str) -> int | None:
        """Index of the question with an id; None without one."""
        return self._by_id.get(name)

    def _of_text(self, item: Item) -> list[tuple[int, Item]]:
        """Return the questions of a row's volume and text, with their index."""
        if self._by_text is None:
            self._by_text = {}
            for index in range(len(self.ids)):
                self._by_text.setdefault(hash(_text_key(self.item(index))), []).append(index)
        key = _text_key(item)
        near = [(index, self.item(index)) for index in self._by_text.get(hash(key), ())]
        return [(index, one) for index, one in near if _text_key(one) == key]

    def find(self, item: Item, *, not_ids: Set[str] | None = None) -> int | None:
        """Index of the question that a row is about, by id, else by volume name and text; None without one.

        Parameters
        ----------
        not_ids
            Where the questions are those of other rows, not a list of all: ids that a row with an unknown
            id is not about, whatever it asks. Cases in different folders are then never the same.

        Raises
        ------
        InputError
            The id is unknown, and volume, text and reference answer fit more than one question.
        """
        index = self._by_id.get(item.id)
        if index is not None:
            return index
        found = self._of_text(item)
        if not_ids is not None:
            found = [(n, one) for n, one in found if self.ids[n] not in not_ids and _one_case(one, item)]
        if len(found) > 1:
            found = [(n, one) for n, one in found if _one_case(one, item) and one.answer == item.answer]
        if len(found) > 1:
            ids = ", ".join(repr(self.ids[n]) for n, _ in found)
            raise InputError(
                f"{_shown(item)} has the unknown id {item.id!r} and fits several questions: {ids}"
            )
        return found[0][0] if found else None


def _text_key(item: Item) -> tuple[str, str]:
    return volume_name(item.case_id), " ".join(item.question.split())


def _one_case(first: Item, second: Item) -> bool:
    """False for two cases in different folders of the same name: ``site_a/case_1`` and ``site_b/case_1``."""
    a, b = without_suffix(first.case_id), without_suffix(second.case_id)
    return a == b or not ("/" in a and "/" in b)


def _shown(item: Item) -> str:
    return f"question {item.question!r} of case {item.case_id!r}"


def arm_tables(
    scores: Iterable[Score], questions: Sequence[Question] | None, reference_arm: str
) -> dict[str, ArmTable]:
    """Join scores to questions, one table per arm, the reference arm first.

    The questions of the reference arm are ``questions`` where given (so that one that no model
    answered still counts), else the union over models. Those of another arm are the union over its
    models, since an arm may cover only a part of the questions or ask changed ones.

    Rows are joined by id; a row whose id no other model has, by volume name and question text. An id that
    was joined so in the reference arm stands for the same question in the other arms.

    Raises
    ------
    InputError
        A question scored twice for one model and arm; a row of the reference arm that fits no question;
        no scores in the reference arm; without ``questions``, models that have no question in common.
    """
    rows = ScoreRows.of(scores)
    by_arm = {arm: rows.only(rows.arms.among({arm})) for arm in rows.arms.there()}
    if reference_arm not in by_arm:
        raise InputError(
            f"no scores in the reference arm {reference_arm!r}; arms: {', '.join(sorted(by_arm))}"
        )
    asked = None if questions is None else ItemRows.of(questions)
    names = _Names()
    tables = {reference_arm: _table(reference_arm, by_arm[reference_arm], asked, names)}
    if asked is None:
        _check_common(tables[reference_arm])
    names.known.update(tables[reference_arm].items.ids)
    for arm in sorted(set(by_arm) - {reference_arm}):
        tables[arm] = _table(arm, by_arm[arm], None, names)
    return tables


@dataclass
class _Names:
    """Ids of the reference arm: those of its questions, and which of them a foreign id stands for."""

    known: set[str] = field(default_factory=set)
    foreign: dict[str, str] = field(default_factory=dict)

    def of(self, score: Score) -> Score:
        """Return the score under the id of its question."""
        own = self.foreign.get(score.id)
        return score if own is None else score.model_copy(update={"id": own})


def _table(arm: str, scores: ScoreRows, questions: ItemRows[Question] | None, names: _Names) -> ArmTable:
    """Join one arm; foreign ids met on the way are entered among the names."""
    index = QuestionIndex(questions, scores)
    models, ids = scores.models.compact(), scores.ids.compact()
    own = _OwnIds(scores, names.foreign)
    found = np.zeros(len(ids.values), dtype=np.int64)  # of each id: it stands for one question in all rows
    _, first = np.unique(ids.codes, return_index=True)
    for code, number in enumerate(first.tolist()):
        name = ids.values[code]
        row = index.find_id(names.foreign.get(name, name))
        found[code] = _joined(number, scores, index, own, names) if row is None else row
    rows, columns = found[ids.codes], models.codes
    twice = first_repeat(rows * len(models.values) + columns)
    if twice is not None:
        raise InputError(scored_twice(scores[twice[0]], scores[twice[1]]))
    return _filled(arm, models.values, index.rows(), scores, (rows, columns))


class _OwnIds:
    """The ids of each model's rows, as they are joined; gathered for models that are asked for."""

    def __init__(self, scores: ScoreRows, foreign: Mapping[str, str]) -> None:
        self._scores, self._foreign = scores, dict(foreign)  # as it was before this arm
        self._found: dict[str, set[str]] = {}

    def of(self, model: str) -> set[str]:
        """Return those of one model."""
        if model not in self._found:
            rows = np.flatnonzero(self._scores.models.among({model}))
            names = self._scores.ids.only(rows).there()
            self._found[model] = {self._foreign.get(name, name) for name in names}
        return self._found[model]


def _joined(number: int, scores: ScoreRows, index: QuestionIndex, own: _OwnIds, names: _Names) -> int:
    """Return the question that a score with an unknown id is about, a new one where not all are known."""
    item = names.of(scores[number])
    not_ids = None
    if not index.complete:  # a question of the reference arm is none of its others, whatever an arm asks
        not_ids = names.known if item.id in names.known else own.of(item.model)
    row = index.find(item, not_ids=not_ids)
    if row is None:
        if index.complete:
            what = f"score of model {item.model!r}: {_shown(item)} (id {item.id!r})"
            raise InputError(f"{what} is not among the questions")
        return index.add(number, item)
    names.foreign[item.id] = index.ids[row]
    return row


def _check_common(table: ArmTable) -> None:
    """Refuse models that share no question, directly or over others: each would miss all of the other's."""
    asked = table.states != MISSING
    inside, covered = {0}, asked[:, 0]
    while near := [n for n in range(len(table.models)) if n not in inside and (asked[:, n] & covered).any()]:
        inside.update(near)
        covered = asked[:, sorted(inside)].any(axis=1)
    apart = [number for number in range(len(table.models)) if number not in inside]
    if apart:
        told = [
            f"model {table.models[number]!r} has {asked[:, number].sum()}, such as "
            f"{_shown(item := table.items[int(asked[:, number].argmax())])} (id {item.id!r})"
            for number in (0, apart[0])
        ]
        raise InputError(
            f"models {table.models[0]!r} and {table.models[apart[0]]!r} have no question in common, "
            f"neither by id nor by volume name and text: {'; '.join(told)}. "
            "If they were asked the same, give all questions with --questions: what fits none is then named"
        )


def scored_twice(first: Score, second: Score) -> str:
    """Say which question one model has two scores for, and what to do about it."""
    who = f"model {first.model!r}, arm {first.arm!r}, metric {first.metric!r}"
    return (
        f"{_shown(first)} is scored twice for {who}: "
        f"id {first.id!r} with prediction {first.prediction!r}, "
        f"id {second.id!r} with prediction {second.prediction!r}; "
        "if these are two models, name each (field 'model' of its rows, or medspatial score --model-name); "
        "if one model's scores are there twice, leave one of them out"
    )


def _filled(
    arm: str, models: tuple[str, ...], items: ItemRows[Item], scores: ScoreRows, cells: Cells
) -> ArmTable:
    values = np.zeros((len(items), len(models)))
    states = np.full((len(items), len(models)), MISSING, dtype=np.int8)
    values[cells], states[cells] = scores.verdicts, scores.states
    without = np.flatnonzero(np.isnan(scores.verdicts))
    if len(without):
        score = scores[int(without[0])]
        raise InputError(f"score of model {score.model!r} for {_shown(score)}: status 'scored' without score")
    places = np.full((len(items), len(models)), NO_ROW, dtype=np.int64)
    places[cells] = np.arange(len(scores))
    return ArmTable(arm, models, items, values, states, scores, places)
