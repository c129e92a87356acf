"""What a model may know of a question, and how it is put into words."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.errors import InputError
from medspatial.language import lettered
from medspatial.records import AnswerType, Item

CONVENTION = "Left and right are the patient's left and right."


@dataclass(frozen=True)
class Query:
    """A question without its reference answer: all that a model gets to see.

    Attributes
    ----------
    id
        Identity of the question, to join answers by.
    text
        The question as asked.
    options
        Candidate answers in the order shown; empty for an open question.
    unit
        Unit expected of a numeric answer.
    sample
        Number of a repeat, from 0: the same question, another draw.
    """

    id: str
    text: str
    options: tuple[str, ...] = ()
    answer_type: AnswerType = "free"
    unit: str | None = None
    sample: int = 0

    @property
    def draw(self) -> str:
        """What a model that samples makes this question's seed from."""
        return f"{self.id}#{self.sample}" if self.sample else self.id

    @classmethod
    def of(cls, question: Item, sample: int = 0) -> Query:
        """Strip a question, or a row that carries its fields, of its reference.

        Raises
        ------
        InputError
            See :meth:`lettered`.
        """
        query = cls(
            question.id, question.question, question.options, question.answer_type, question.unit, sample
        )
        query.lettered()
        return query

    def lettered(self) -> tuple[tuple[str, str], ...]:
        """Return (letter, option) pairs: A, B, C, ...; texts that carry their own letters keep them.

        Raises
        ------
        InputError
            Letters in the texts that contradict each other or the places.
        """
        try:
            return lettered(self.options)
        except ValueError as error:
            raise InputError(f"question {self.id!r}: {error}") from None

    def prompt(self) -> str:
        """Return the default prompt: convention, question, options, and the form of the answer.

        Models with a published prompt of their own build it from the fields instead.
        """
        lines = [CONVENTION, self.text]
        if self.options:
            lines += [f"{letter}. {option}" for letter, option in self.lettered()]
            lines.append("Answer with the letter of the right option.")
        elif self.answer_type == "number" and self.unit:
            lines.append(f"Answer with a number in {self.unit}.")
        elif self.answer_type == "yes_no":
            lines.append("Answer with yes or no.")
        return "\n".join(lines)
