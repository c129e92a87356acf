"""Find the sentence that supports a pair which came without a quote, or say why none does."""

from __future__ import annotations

from dataclasses import dataclass

from medspatial.cases.ct_rate import Report
from medspatial.report_questions.evidence import Refusal, check_content
from medspatial.report_questions.language import content_words, said_words
from medspatial.report_questions.sentences import Sentence, sentences

ENOUGH = 0.5
"""Share of a pair's words of content that a sentence must hold to be read as its source."""
_TRIED = 5


@dataclass(frozen=True)
class Support:
    """The best sentence for a pair; ``refusal`` is None where it supports the pair."""

    quote: str | None
    refusal: Refusal | None


def find_support(report: Report, question: str, answer: str) -> Support:
    """Return the first sentence, by shared words, that passes the evidence check for a pair.

    Sentences are ranked by the share of the answer's words of content they hold, then by the question's.
    Where none passes, the refusal of the best is returned; where none holds `ENOUGH` of the words, the rule
    is ``no_quote``.
    """
    ranked = _ranked(report, question, answer)
    if not ranked:
        return Support(None, Refusal("no_quote", f"no sentence holds half of the words of {answer!r}"))
    first: Support | None = None
    for sentence in ranked[:_TRIED]:
        refusal = check_content(question, answer, sentence.text)
        if refusal is None:
            return Support(sentence.text, None)
        first = first or Support(sentence.text, refusal)
    assert first is not None
    return first


def _ranked(report: Report, question: str, answer: str) -> list[Sentence]:
    asked, said = content_words(question), content_words(answer) or said_words(answer)
    both = asked | said
    scored = []
    for place, sentence in enumerate(sentences(report)):
        words = said_words(sentence.text)
        in_answer = len(said & words) / len(said) if said else 0.0
        overall = len(both & words) / len(both) if both else 0.0
        related = not asked or asked & words
        if related and max(in_answer, overall) >= ENOUGH:
            scored.append((-(in_answer + overall), place, sentence))
    return [sentence for _, _, sentence in sorted(scored, key=lambda one: one[:2])]
