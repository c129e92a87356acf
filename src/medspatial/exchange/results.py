"""What another harness' file gives: rows of ours, and what had to be assumed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from medspatial.errors import InputError
from medspatial.records import Prediction, Score

LETTERS = "ABCDEFGHIJ"
_PATIENT_FIELDS = ("patient_id", "subject_id", "patient", "subject", "case_id", "volume", "study_id")
_IMAGE_FIELDS = ("image_path", "image_id", "image", "bdmap id", "volume_name")
_LONGEST_PATH = 1024
NO_PATIENT = (
    "no field names the patient: every question counts as a patient of its own, and intervals are too narrow"
)


@dataclass
class ForeignResults:
    """Predictions and scores of other harnesses.

    Attributes
    ----------
    predictions
        One per answered sample; repeated samples (epochs) have arms ``epoch-2``, ``epoch-3``, ...
    scores
        The harness' own verdicts, with the metric's name behind its own: ``inspect:match``.
    notes
        What was assumed, with counts.
    """

    predictions: list[Prediction] = field(default_factory=list)
    scores: list[Score] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        where: str,
        item: dict[str, Any],
        verdicts: dict[str, float | bool | None],
        *,
        again: bool = False,
    ) -> None:
        """Add one answered sample and its verdicts by metric; with ``again`` the verdicts alone.

        Raises
        ------
        InputError
            A value breaks a rule of the records; with place and field.
        """
        try:
            prediction = Prediction.model_validate(item)
            if not again:
                self.predictions.append(prediction)
            item = {name: value for name, value in item.items() if name not in ("status", "error")}
            for metric, verdict in verdicts.items():
                self.scores.append(Score.model_validate({**item, "metric": metric, **_verdict(verdict)}))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "row"
            raise InputError(f"{where}: field '{place}': {first['msg']}") from None

    def extend(self, other: ForeignResults) -> None:
        """Take the rows of another file."""
        self.predictions += other.predictions
        self.scores += other.scores
        self.notes += other.notes


def _verdict(verdict: float | bool | None) -> dict[str, Any]:
    """Right and wrong where the figure is one of both; else a graded score."""
    if verdict is None:
        return {"status": "unscored"}
    figure = float(verdict)
    return {"score": figure, "correct": bool(figure) if figure in (0.0, 1.0) else None}


def identity(
    row: dict[str, Any], *, fallback: str, patient: str | None, notes: Counter[str]
) -> dict[str, Any]:
    """Return case, patient and image of a row, from fields of any spelling.

    Parameters
    ----------
    fallback
        The case where no field names one; then each question is a patient of its own, which is noted.
    patient
        The field that holds the patient, where the user says so.

    Raises
    ------
    InputError
        The user's field is not there.
    """
    lower = {str(name).lower(): value for name, value in row.items()}
    if patient is not None and lower.get(patient.lower()) in (None, ""):
        raise InputError(f"{fallback}: field '{patient}' (--patient-field) is missing or empty")
    names = (patient.lower(), *_PATIENT_FIELDS) if patient else _PATIENT_FIELDS
    owner = next((str(lower[name]) for name in names if lower.get(name) not in (None, "")), "")
    image = next((lower[name] for name in _IMAGE_FIELDS if _is_path(lower.get(name))), None)
    if not owner and not image:
        notes[NO_PATIENT] += 1
        return {"case_id": fallback, "patient_id": fallback}
    case = lower.get("case_id") or image or owner
    found: dict[str, Any] = {"case_id": str(case)}
    if image:
        found["image_path"] = image
    return {**found, "patient_id": owner} if owner else found


def _is_path(value: Any) -> bool:
    """Whether a cell can name a file; tables of pictures hold the picture itself, in base64."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_PATH


def options_and_answer(options: list[str], answer: str) -> dict[str, Any]:
    """Return the fields of a choice question whose reference is a letter or the option's text."""
    if len(options) < 2:
        return {"answer": answer}
    letter = answer.strip().rstrip(".)").upper()
    if answer not in options and letter in LETTERS[: len(options)] and len(letter) == 1:
        answer = options[LETTERS.index(letter)]
    if answer not in options or len(set(options)) != len(options):
        return {"answer": answer}
    return {"answer": answer, "options": tuple(options), "answer_type": "choice"}
