"""The trials of a sight test: every level on every patient, both answers equally often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from medspatial.acuity.quantities import Quantity
from medspatial.acuity.scene import Patient, draw
from medspatial.records import Question, Score, content_hash
from medspatial.volume import Volume


@dataclass(frozen=True)
class Trial:
    """One picture with one question."""

    quantity: Quantity
    number: int
    patient: Patient
    repeat: int

    @property
    def answer(self) -> int:
        """Which of the two answers is right: one, then the other, then the first at another place."""
        return (self.patient.number + self.number + self.repeat) % 2

    @property
    def level(self) -> float:
        """The quantity's value."""
        return self.quantity.levels[self.number]

    @property
    def case_id(self) -> str:
        """A name that does not tell the answer, and is another one for other levels."""
        salt = content_hash("acuity", self.quantity.name, self.level, self.patient.number, self.repeat)
        return f"acuity_{self.quantity.name}_{self.patient.number:03d}_{salt[:8]}"

    def volume(self) -> Volume:
        """Draw the picture."""
        place = self.patient.place(1000 * self.number + self.repeat // 2)
        spheres = self.quantity.draw(self.level, self.answer, place)
        noise = int(content_hash("noise", self.case_id), 16) % 2**31
        return draw(self.patient, spheres, thickness=self.quantity.thickness(self.level), noise=noise)

    def question(self) -> Question:
        """Ask about it; the order of the options is drawn by hash."""
        turn = int(content_hash("turn", self.case_id), 16) % 2
        options = self.quantity.options[turn:] + self.quantity.options[:turn]
        return Question(
            case_id=self.case_id,
            patient_id=f"acuity_{self.patient.number:03d}",
            question=self.quantity.text,
            answer=self.quantity.options[self.answer],
            options=options,
            answer_type="choice",
            subtype=self.quantity.name,
            metadata={"level": self.level},
        )


@dataclass(frozen=True)
class Trials:
    """All trials of some quantities.

    Attributes
    ----------
    patients
        Bodies; each is shown every level ``repeats`` times, with either answer by turns.
    """

    quantities: tuple[Quantity, ...]
    patients: int = 16
    repeats: int = 2

    @property
    def settings(self) -> dict[str, Any]:
        """What makes the trials, as plain data."""
        names = {one.name: list(one.levels) for one in self.quantities}
        return {"quantities": names, "patients": self.patients, "repeats": self.repeats}

    @cached_property
    def by_case(self) -> dict[str, Trial]:
        """The trials by the case that each is."""
        found = {}
        for quantity in self.quantities:
            for number in range(len(quantity.levels)):
                for patient in range(self.patients):
                    for repeat in range(self.repeats):
                        trial = Trial(quantity, number, Patient(patient), repeat)
                        found[trial.case_id] = trial
        return found

    @cached_property
    def questions(self) -> list[Question]:
        """One question per trial."""
        return [trial.question() for trial in self.by_case.values()]

    def volume(self, case_id: str) -> Volume:
        """Draw the picture of a trial."""
        return self.by_case[case_id].volume()

    def counts(
        self, quantity: Quantity, scores: Mapping[str, Score]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (patients, levels) right answers and trials; failed ones are left out, others wrong."""
        shape = self.patients, len(quantity.levels)
        right, total = np.zeros(shape), np.zeros(shape)
        for question, trial in zip(self.questions, self.by_case.values(), strict=True):
            score = scores.get(question.id)
            if trial.quantity is not quantity or score is None or score.status == "unscored":
                continue
            cell = trial.patient.number, trial.number
            total[cell] += 1
            right[cell] += bool(score.correct)
        return right, total
