"""What a study tells its page about a model: what it is, one sample of its input, every question's words."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from medspatial.arms import Arm, arm
from medspatial.errors import MedspatialError
from medspatial.inputs import PictureSettings, Query, render
from medspatial.models import Model
from medspatial.models.card import model_cards
from medspatial.models.registry import BASELINES
from medspatial.records import Question
from medspatial.report.model_notes import ModelNote, Picture
from medspatial.study.loading import CaseLoader
from medspatial.volume import MaskSet, Volume

_AXES = ("first", "second", "third")


def model_note(
    model: Model, kind: str, arms: Sequence[str | Arm], questions: Sequence[Question], cases: CaseLoader
) -> ModelNote:
    """Describe a model before it is closed.

    Parameters
    ----------
    kind
        Its name in the registry.
    arms
        Those that it was asked in.
    questions
        The study's; the first is the sample.
    """
    chosen = [one if isinstance(one, Arm) else arm(one) for one in arms]
    requests = dict(_requests(model, chosen, questions, cases))
    first = questions[0]
    pictures, shown, absent = _sample(model, first, cases)
    return ModelNote(
        model=model.name,
        kind=_kind(model, kind),
        summary=_summary(model, kind),
        contract=model.contract.lines() if model.contract else (),
        settings={key: value for key, value in model.describe().items() if key != "contract"},
        pictures=pictures,
        shown=shown,
        absent=absent,
        sample=f"case {first.case_id}, question {first.id}",
        request=requests.get((first.id, "standard")),
        requests=requests,
    )


def _kind(model: Model, kind: str) -> str:
    if model.sees_reference:
        return "baseline, told the answers"
    return "baseline" if kind in BASELINES else ""


def _summary(model: Model, kind: str) -> str:
    cards = model_cards()
    if kind in cards:
        return f"{cards[kind].title}: {cards[kind].architecture}"
    return (inspect.getdoc(type(model)) or "").partition("\n\n")[0].replace("\n", " ").replace("*", "")


def _requests(
    model: Model, arms: Sequence[Arm], questions: Sequence[Question], cases: CaseLoader
) -> Iterator[tuple[tuple[str, str], str]]:
    for one in arms:
        for question in one.questions(list(questions), cases.data):
            words = model.request(Query.of(question))
            if words is not None:
                yield (question.id, one.name), words


def _sample(model: Model, question: Question, cases: CaseLoader) -> tuple[Sequence[Picture], int, str]:
    """Pictures of one sample of the input, how many the model gets, and why there are none."""
    if not model.needs_volume:
        return (), 0, "It never looks at the volume."
    settings = getattr(model, "settings", None)
    try:
        if isinstance(settings, PictureSettings):
            masks = cases.masks(question.case_id) if model.needs_masks else None
            return _rendered(cases.volume(question.case_id), settings, masks)
        if model.takes_arrays and model.contract is not None:
            array = model.prepare(cases.volume(question.case_id))
            return sections(np.asarray(array), model.contract.axes), len(_AXES), ""
    except (MedspatialError, OSError) as error:
        return (), 0, f"No sample: {error}"
    return (), 0, "It does not say in which form it is given the volume."


def _rendered(
    volume: Volume, settings: PictureSettings, masks: MaskSet | None
) -> tuple[Sequence[Picture], int, str]:
    made = render(volume, settings if masks is not None else settings.bare, masks)
    return list(zip(made.images, made.captions, strict=True)), len(made.images), ""


def sections(array: Any, axes: str) -> list[Picture]:
    """Middle sections of an array as a model gets it, along each of its last three axes, in array order.

    Parameters
    ----------
    array
        (channels ..., a, b, c); of several channels the first is drawn.
    axes
        Letters of the contract for a, b, c.
    """
    while array.ndim > len(_AXES):
        array = array[0]
    low, high = float(array.min()), float(array.max())
    grey = np.rint((array - low) / ((high - low) or 1.0) * 255).astype(np.uint8)
    found = []
    for axis, word in enumerate(_AXES[: array.ndim]):
        middle = array.shape[axis] // 2
        rows, columns = (letter for place, letter in enumerate(axes) if place != axis)
        caption = (
            f"{word} axis ({axes[axis]}) at {middle} of {array.shape[axis]}; rows grow to {rows}, "
            f"columns to {columns}; black is {low:.3g}, white {high:.3g}"
        )
        found.append((grey.take(middle, axis=axis), caption))
    return found


def seconds_per_stage(volumes: Iterator[Mapping[str, Any]]) -> dict[str, float]:
    """Add up the stages of a runner's facts about volumes."""
    found: dict[str, float] = {}
    for facts in volumes:
        for name, value in facts.items():
            if name.endswith("_s") and isinstance(value, int | float):
                found[name] = found.get(name, 0.0) + value
    return found
