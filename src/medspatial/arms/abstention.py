"""Questions that may be declined: an option says so, which is right where nobody could know."""

from __future__ import annotations

import re

from medspatial.arms.arm import Arm
from medspatial.language.impossible import impossible
from medspatial.records import Question, content_hash

ABSTAIN = "this cannot be answered from the scan"
"""The option that declines. The same words in every arm: it must not tell whether it is right."""
_LETTERED = re.compile(r"^\(?[A-Z][.:)]\s")


def with_abstention(question: Question, *, right: bool) -> Question | None:
    """Offer the option that declines, at a place drawn by hash; None for open questions.

    Parameters
    ----------
    right
        Whether declining is the right answer here.
    """
    options = question.options
    if len(options) < 2 or ABSTAIN in options or any(_LETTERED.match(option) for option in options):
        return None
    place = int(content_hash("abstain", question.id), 16) % (len(options) + 1)
    update: dict[str, object] = {
        "options": (*options[:place], ABSTAIN, *options[place:]),
        "answer_type": "choice",
        "value": None,
        "unit": None,
        "tolerance": None,
    }
    return question.model_copy(update={**update, "answer": ABSTAIN} if right else update)


def offered(question: Question) -> Question | None:
    """Return the question with the option that declines, which is wrong here."""
    return with_abstention(question, right=False)


def false_premise(question: Question) -> Question | None:
    """Return the question about a structure that no patient has; None where none of the rules fits."""
    text = impossible(question.question)
    asked = with_abstention(question, right=True) if text else None
    return None if asked is None else asked.model_copy(update={"question": text, "evidence": None})


ABSTENTION_ARMS: tuple[Arm, ...] = (
    Arm("abstain_offered", "May be declined", change=offered),
    Arm("false_premise", "About what is not there", change=false_premise),
)
