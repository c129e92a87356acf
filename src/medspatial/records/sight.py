"""What an input holds of the evidence of a question: how surely anybody could see it there."""

from __future__ import annotations

from pydantic import Field

from medspatial.records.base import Record

BLIND = 1.0
"""Below this ``d`` an input holds next to nothing: told from its surroundings in under 70 of 100 pairs."""


class Sight(Record):
    """One question in one input.

    Attributes
    ----------
    id
        Of the question.
    input
        Name of the input: a model whose preparation made it, ``whole_volume`` or ``8_slices``.
    structure
        The one of the question's structures of which the input holds least.
    d
        How well that one can be told from its surroundings, in standard deviations of the noise.
    seen
        Share of cases in which an ideal observer sees all structures of the question, 0 to 1. It answers
        these rightly and guesses in the others.
    contrast
        HU of the structure with the least: root mean square over the mean of its surroundings, noise aside.
    """

    id: str
    input: str
    structure: str
    d: float = Field(ge=0)
    seen: float = Field(ge=0, le=1)
    contrast: float = Field(ge=0)

    @property
    def lost(self) -> bool:
        """Whether the input holds next to nothing of a structure that the question needs."""
        return self.d < BLIND
