"""What inputs hold of the questions: losses per category, and the ideal observer's curves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np

from medspatial.compare.clustered import Floats
from medspatial.compare.curve_result import IdealBin, IdealCurve, InputResult
from medspatial.compare.curves import BINS, QuestionFigures, equal_bins
from medspatial.compare.groups import group_names
from medspatial.compare.table import ArmTable
from medspatial.errors import InputError
from medspatial.records import Sight


class Ideals:
    """The sights of a comparison's questions.

    Parameters
    ----------
    table
        The reference arm.
    sights
        At most one per question and input.

    Raises
    ------
    InputError
        A question twice in one input, or no question of the table at all.
    """

    def __init__(self, table: ArmTable, sights: Sequence[Sight]) -> None:
        self._table = table
        self._by_input: dict[str, dict[str, Sight]] = {}
        for one in sights:
            of_input = self._by_input.setdefault(one.input, {})
            if one.id in of_input:
                raise InputError(f"question {one.id!r} stands twice for input {one.input!r}")
            of_input[one.id] = one
        if sights and not set(table.items.ids) & {one.id for one in sights}:
            raise InputError(f"none of the {len(sights)} sights belongs to a question of this comparison")

    @property
    def contrasts(self) -> dict[str, float]:
        """Contrast by question id; it is the image's own, the same for all inputs."""
        return {name: one.contrast for found in self._by_input.values() for name, one in found.items()}

    def results(self) -> Iterator[InputResult]:
        """Yield what each input holds, of all questions and of each category."""
        items = self._table.items
        for source, known in self._by_input.items():
            right = self._right(source)
            for category in (None, *group_names(chain.from_iterable(items.categories.there()))):
                rows = [
                    row
                    for row, (name, own) in enumerate(zip(items.ids, items.own_categories, strict=True))
                    if name in known and category in {None, own}
                ]
                if rows:
                    yield InputResult(
                        input=source,
                        category=category,
                        n=len(rows),
                        lost=sum(known[items.ids[row]].lost for row in rows),
                        right=float(right[rows].mean()),
                    )

    def curves(self, bins: int = BINS) -> Iterator[IdealCurve]:
        """Yield each ideal observer's right answers in the bins of the models' curves.

        Against the share that a model's preprocessing leaves there is the one of its own input alone.
        """
        if not self._by_input:
            return
        figures = QuestionFigures.of(self._table.items)
        for against, unit, values in figures.against(self._table, self.contrasts):
            for name in self._by_input:
                yield from self._curve(name, against, unit, values, bins)
        for column, name in enumerate(self._table.models):
            if name in self._by_input:
                yield from self._curve(name, "visible", None, figures.visible_to(self._table, column), bins)

    def _curve(
        self, name: str, against: str, unit: str | None, figures: Floats, bins: int
    ) -> Iterable[IdealCurve]:
        right = self._right(name)
        found = []
        for low, high, mask in equal_bins(figures, bins):
            known = right[mask & np.isfinite(right)]
            share = float(known.mean()) if len(known) else None
            found.append(IdealBin(low=low, high=high, n=len(known), right=share))
        if any(one.n for one in found):
            yield IdealCurve(input=name, against=against, unit=unit, bins=tuple(found))

    def _right(self, name: str) -> Floats:
        """(questions,) expected right answers: seen, or guessed; NaN where the input was not looked into."""
        known, chance = self._by_input[name], np.nan_to_num(self._table.chance)
        seen = [known[one].seen if one in known else np.nan for one in self._table.items.ids]
        shares = np.array(seen, dtype=np.float64)
        return np.asarray(chance + (1 - chance) * shares)
