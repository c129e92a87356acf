"""The volume of another patient for whom the same question has the same answer: nothing should change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from medspatial.arms.arm import Arm, ReadCase
from medspatial.questions.once import original_subtype
from medspatial.records import Question, content_hash

SHOWN = "arm_shows"
"""Where a question's metadata holds the case whose volume it is shown."""


@dataclass(frozen=True)
class SameAnswerArm(Arm):
    """Asks a question of another patient who has the same answer to the same words."""

    def questions(self, questions: Sequence[Question], cases: ReadCase | None = None) -> list[Question]:
        """Return the questions that have such a patient, with the evidence of that one."""
        groups: dict[tuple[object, ...], list[Question]] = {}
        for question in questions:
            groups.setdefault(_key(question), []).append(question)
        asked = []
        for question in questions:
            others = [q for q in groups[_key(question)] if q.patient_id != question.patient_id]
            if others:
                other = others[int(content_hash("same_answer", question.id), 16) % len(others)]
                noted = {**question.metadata, SHOWN: other.case_id}
                asked.append(question.model_copy(update={"metadata": noted, "evidence": other.evidence}))
        return asked

    def view(self, question: Question) -> str:
        """Return the other patient's case."""
        return str(question.metadata[SHOWN])


def _key(question: Question) -> tuple[object, ...]:
    value = None if question.options else question.value
    return original_subtype(question), question.question, frozenset(question.options), question.answer, value


OTHER_ARMS: tuple[Arm, ...] = (
    SameAnswerArm("same_answer_other_patient", "Another patient, same answer", each_alone=False),
)
