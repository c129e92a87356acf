"""How much of a question's evidence a model can see of one volume, for the prediction's ``visible_share``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from medspatial.models import Model, Point
from medspatial.predict.methods import MethodFailed

if TYPE_CHECKING:
    from medspatial.records import Question
    from medspatial.volume import Volume

Locate = Callable[["Volume", Sequence[Point]], "Sequence[Point] | None"]
_DIGITS = 4


class Visibility:
    """Visible shares of one volume's questions, worked out when first asked for.

    The model is given the points of all questions at once, sorted and without doubles: they tell nothing
    about a single answer.

    Parameters
    ----------
    volume
        As the model was given it, if any. It is kept only for a model with the hook and questions with
        points, and let go once they are worked out.
    locate
        Where points of the patient lie in that volume; None for a volume as the evidence was measured on.

    Attributes
    ----------
    fault
        The error of the model's hook, once `shares` was asked for; None where there was none. The answers
        stand without their shares: the hook is optional, and is not called again for this volume.
    """

    def __init__(
        self, model: Model, volume: Volume | None, questions: Sequence[Question], locate: Locate | None
    ) -> None:
        asked = type(model).visible is not Model.visible and any(_points(one) for one in questions)
        self._volume = volume if asked else None
        self._model, self._questions, self._locate = model, questions, locate
        self.fault: str | None = None

    @cached_property
    def shares(self) -> dict[str, float]:
        """Question id to how visible its least visible point is; without those that are not known.

        The least counts: a distance needs both its ends. An error of the model's hook, or figures that are
        not one per point between 0 and 1, give none and are noted in ``fault``.
        """
        asked = {question.id: _points(question) for question in self._questions}
        points = sorted({point for found in asked.values() for point in found})
        figures = None
        try:
            figures = self._figures(points) if points else None
        except Exception as error:  # also one that would end the run: the answers are there already
            self.fault = str(MethodFailed("visible", error))
        self._volume = None
        if figures is None:
            return {}
        seen = dict(zip(points, figures, strict=True))
        return {
            name: round(min(seen[point] for point in found), _DIGITS)
            for name, found in asked.items()
            if found
        }

    def _figures(self, points: list[Point]) -> list[float] | None:
        if self._volume is None:
            return None
        placed = points if self._locate is None else self._locate(self._volume, points)
        figures = None if placed is None else self._model.visible(self._volume, placed)
        if figures is None:
            return None
        if len(figures) != len(points) or not all(0 <= figure <= 1 for figure in figures):
            raise RuntimeError(
                f"model '{self._model.name}': visible() must give {len(points)} figures from 0 to 1, "
                f"got {list(figures)}"
            )
        return [float(figure) for figure in figures]


def _points(question: Question) -> list[Point]:
    return [point.xyz for point in question.evidence.points] if question.evidence else []
