"""R3 to R6 on plain text: what a sentence affirms, denies, compares against, or only considers."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property, lru_cache
from typing import Literal

from medspatial.anatomy import find_mentions, structure
from medspatial.language.refusals import find_refusals
from medspatial.language.segments import (
    Segment,
    Token,
    blank,
    is_comparative,
    lowered,
    segments_of,
    tokens_of,
    without_dots,
)
from medspatial.language.stems import content_words, stem
from medspatial.language.vocabulary import CACHED_TEXTS, words, words_in
from medspatial.language.words import (
    COMPARATIVES,
    COMPARED,
    COMPARED_BEGINS,
    CONDITION,
    CONDITION_BEGINS,
    CONTRAST,
    DETERMINERS,
    FINITE_VERBS,
    HEDGE,
    NEGATION,
    NEGATION_BEGINS,
    NOT_EXAMINED,
    PREPOSITIONS,
    PSEUDO_NEGATION,
    PSEUDO_WORDS,
    STATES,
    STATES_WORDS,
    STRONGER,
    TENTATIVE,
    WEAK,
)

Standing = Literal["affirmed", "denied", "compared", "void"]

_ASIDE_MARKS = frozenset("-—(")
_DENIALS_ALONE = frozenset(
    {"no", "none", "not", "normal", "negative", "clear", "absent", "unremarkable", "nil", "free"}
)
_RESUMING = words("""it they this these those one ones another also too well same second there i we""")
_NOT_ASKED = content_words(
    """left right side sides bilateral unilateral lung lungs kidney kidneys breast adrenal gland hemithorax
    lobe contains contain shows show holds hold has have larger smaller bigger more less patient located
    visible seen present affected"""
) | frozenset(stem(verb) for verb in FINITE_VERBS)
_EXCEPTIONS = frozenset({"other than", "apart from", "except", "except for"})
_SUBORDINATE = words("""while whereas although though whilst because since as""")
_GROUNDS = words("because since as")
_ENDS = frozenset(".;!?\n")
_ALSO = [["as", verb] for verb in ("do", "does", "did", "is", "are", "was", "were", "has", "have")]
_FORWARD_ONLY = frozenset(
    {"without", "other than", "rather than", "instead of", "nor", "as opposed to", "sparing", "minus"}
)
_EXCLUDING = frozenset(
    {"rule out", "rules out", "ruled out", "ruling out", "exclude", "excludes", "excluding", "excluded"}
)
_FIGURES_ASIDE = re.compile(  # "the nodule (14 mm, image 32) is in ...": one statement
    r"\((?:[\d.,;:x×~≈±/ -]|mm|cm|ml|hu|images?|slices?|series|im|se|fig|figure|about|approximately|ca)+\)"
)
_EXISTENCE = words(
    """seen visible present found identified detected observed noted visualized visualised there located"""
)


class Statements:
    """One text, cut into segments, with the scope of negation, comparison, condition and refusal.

    Attributes
    ----------
    text
        Lower-case, as long as the original; pseudo-negations ("no doubt") are blanked.
    """

    def __init__(self, text: str) -> None:
        low = without_dots(lowered(text))
        self.text = low if PSEUDO_WORDS.isdisjoint(words_in(low)) else PSEUDO_NEGATION.sub(_weakened, low)
        if "(" in self.text:
            self.text = blank(self.text, _FIGURES_ASIDE)
        begun = words_in(self.text)
        self._negations = (
            [(m.start(), m.end(), m.group()) for m in NEGATION.finditer(self.text)]
            if not begun.isdisjoint(NEGATION_BEGINS) or "n't" in self.text
            else []
        )
        self._compared = (
            [(m.start(), m.end()) for m in COMPARED.finditer(self.text)]
            if not begun.isdisjoint(COMPARED_BEGINS) or "<" in self.text or ">" in self.text
            else []
        )
        self._refusals = list(find_refusals(self.text))
        self._conditions = (
            []
            if begun.isdisjoint(CONDITION_BEGINS)
            else [(m.start(), m.end()) for m in CONDITION.finditer(self.text)]
        )
        self._states = (
            [(m.start(), m.end(), m.group()) for m in STATES.finditer(self.text)]
            if not begun.isdisjoint(STATES_WORDS)
            else []
        )
        self._affirms_all = "nil" not in begun and not (
            self._negations or self._compared or self._refusals or self._conditions or self._states
        )

    @cached_property
    def tokens(self) -> list[Token]:
        """Words, numbers and marks; most texts are read without them."""
        return tokens_of(self.text)

    @cached_property
    def segments(self) -> list[Segment]:
        """Statements in order."""
        return segments_of(self.tokens)

    @cached_property
    def _starts(self) -> list[int]:
        return [segment.start for segment in self.segments]

    @cached_property
    def comparative_tokens(self) -> list[int]:
        """Places of comparatives among the tokens."""
        if COMPARATIVES.keys().isdisjoint(words_in(self.text)):
            return []
        return [index for index in range(len(self.tokens)) if is_comparative(self.tokens, index)]

    def segment_of(self, position: int) -> Segment:
        """Return the segment that holds a character position."""
        return self.segments[max(0, bisect_right(self._starts, position) - 1)]

    def standing(
        self, start: int, end: int, mentions: list[tuple[int, int]], question: str = ""
    ) -> tuple[Standing, str]:
        """Say whether a mention is an answer.

        Parameters
        ----------
        start, end
            The mention.
        mentions
            All mentions in the text, as (start, end): a negation looks backward only where nothing
            stands in front of it.
        question
            Lower-case; where the question itself asks for the denied thing ("which is absent?"), an
            echo of it denies nothing.

        Returns
        -------
        tuple
            The standing and the words that decided it.
        """
        if self._affirms_all:
            return "affirmed", ""
        segment = self.segment_of(start)
        refusal = self._in(self._refusals, segment)
        if refusal:
            return "void", self.text[refusal[0] : refusal[1]]
        condition = self._before(self._conditions, segment, start)
        if condition:
            return "void", self.text[condition[0] : condition[1]]
        against = self._comparison(segment, start, mentions)
        if against:
            return "compared", against
        denial = self._forward(segment, start)
        if denial and _asked(denial, question):
            denial = ""  # the question itself is negative
        denial = denial or self._backward(segment, start, end, mentions, question)
        return ("denied", denial) if denial else ("affirmed", "")

    def strength(self, start: int) -> int:
        """Return how firm a statement is: 0 abandoned, 1 merely possible, 2 stated, 3 preferred."""
        segment = self.segment_of(start)
        stretch = self.text[segment.start : segment.end]
        if TENTATIVE.search(stretch):
            return 0
        if WEAK.search(stretch):
            return 1
        return 3 if STRONGER.search(stretch) else 2

    def hedged(self, start: int) -> bool:
        """Say whether the statement at a position is hedged ("probably", "may")."""
        segment = self.segment_of(start)
        stretch = self.text[segment.start : segment.end]
        return bool(WEAK.search(stretch) or HEDGE.search(stretch))

    def denials(self, start: int, end: int) -> list[str]:
        """Return the negation cues between two character positions."""
        return [word for first, last, word in self._negations if first >= start and last <= end]

    def cues(self, segment: Segment) -> list[tuple[int, int, str]]:
        """Return the negation cues inside a segment as (start, end, words)."""
        return [cue for cue in self._negations if segment.start <= cue[0] < segment.end]

    def subordinate(self, start: int) -> bool:
        """Say whether a position lies in a clause with "while", "although" or the like and its own verb."""
        segment = self.segment_of(start)
        words = [token.word for token in self.tokens[segment.first : segment.last]]
        if not words or words[:2] in _ALSO:
            return False
        if words[0] in _SUBORDINATE and FINITE_VERBS & set(words):
            return True
        return self._grounds(segment)

    def _grounds(self, segment: Segment) -> bool:
        """Say whether a segment goes on with what "because" began ("C, because A and B ...")."""
        first = next(s for s in self.segments if s.sentence == segment.sentence)
        opened = self.tokens[first.first].word in _GROUNDS and first.first > 0
        return opened and self.tokens[first.first - 1].word not in _ENDS

    def void(self) -> bool:
        """Say whether every segment with a word in it refuses or stands under a condition."""
        spans = self._refusals + self._conditions
        return bool(self._refusals) and all(
            self._in(spans, segment) or segment.last - segment.first <= 1 for segment in self.segments
        )

    def about(self, start: int, asked: frozenset[str]) -> bool:
        """Say whether the segment at a position names what was asked for."""
        segment = self.segment_of(start)
        return bool(asked & content_words(self.text[segment.start : segment.end]))

    def other_subject(self, start: int, asked: frozenset[str]) -> bool:
        """Say whether the segment at a position is a clause of its own about something else."""
        segment = self.segment_of(start)
        said = [token.word for token in self.tokens[segment.first : segment.last]]
        words = set(said)
        if self.about(start, asked) or words & _RESUMING or said[:2] in _ALSO:
            return False
        if not words & FINITE_VERBS and not self._telegraphic(segment):
            return False
        return self.tokens[segment.first].word not in PREPOSITIONS

    def _telegraphic(self, segment: Segment) -> bool:
        """Say whether a segment is a sentence that states something without a verb ("Left: cyst.")."""
        alone = sum(one.sentence == segment.sentence for one in self.segments) == 1
        if not alone:
            return False
        stretch = self.text[segment.start : segment.end]
        for name in find_mentions(stretch):
            if structure(name.name).kind != "lesion":
                stretch = stretch[: name.start] + " " * (name.end - name.start) + stretch[name.end :]
        return bool(content_words(stretch) - _NOT_ASKED)

    def states(self, segment: Segment) -> list[str]:
        """Return the words inside a segment that call something normal, negation cues left out."""
        cues = self.cues(segment)
        return [
            word
            for start, end, word in self._states
            if segment.start <= start < segment.end and not any(a < end and start < b for a, b, _ in cues)
        ]

    def open(self, segment: Segment, position: int) -> bool:
        """Say whether a segment refuses, or puts up to a position only what it asks ("whether ...")."""
        return bool(self._in(self._refusals, segment) or self._before(self._conditions, segment, position))

    def refuses(self) -> bool:
        """Say whether any refusal or "cannot be determined" stands in the text."""
        return bool(self._refusals)

    def _in(self, spans: list[tuple[int, int]], segment: Segment) -> tuple[int, int] | None:
        return next(((a, b) for a, b in spans if segment.start <= a < segment.end), None)

    def _before(
        self, spans: list[tuple[int, int]], segment: Segment, position: int
    ) -> tuple[int, int] | None:
        return next(((a, b) for a, b in spans if segment.start <= a < position and b <= position), None)

    def _comparison(self, segment: Segment, start: int, mentions: list[tuple[int, int]]) -> str:
        for a, b in reversed(self._compared):
            if not (segment.start <= a and b <= start):
                continue
            if self.text[a:b] == "than" and re.match(r"\s*(?:about |approximately |~)?\d", self.text[b:]):
                continue  # "larger than 5 mm in the left lung"
            leads = not self.text[segment.start : a].strip(" ,")
            between = any(b <= first < start for first, _ in mentions)
            if leads and between:
                continue  # "compared with the left the right ..." : only the first is compared against
            return self.text[a:b]
        return ""

    def _forward(self, segment: Segment, start: int) -> str:
        for a, b, word in reversed(self._negations):
            if b > start:
                continue
            if word in _EXCEPTIONS and self._excepted(a):
                return ""  # "none except on the right"
            if self._reaches(a, b, word, start):
                return word
            break
        for a, b, word in reversed(self._states):
            if (
                segment.start <= a
                and b <= start
                and self.text[b:start].strip(" -") in {"", "appearing", "the"}
            ):
                return word  # "a normal left kidney"
        return ""

    def _excepted(self, cue_start: int) -> bool:
        """Say whether the sentence of an exception denies everything else."""
        sentence = self.segment_of(cue_start).sentence
        return any(
            self.segment_of(a).sentence in {sentence, sentence - 1}  # "except" starts a sentence of its own
            for a, _, word in self._negations
            if word not in _EXCEPTIONS
        )

    def _reaches(self, start: int, end: int, cue: str, position: int) -> bool:
        """Say whether a negation's scope runs up to a position."""
        segment, target = self.segment_of(start), self.segment_of(position)
        if ":" in self.text[end:position]:
            return False
        if segment == target:
            return not _new_phrase(self.text[end:position])
        if segment.sentence != target.sentence or cue in {"wrong", "incorrect", "false"}:
            return False
        between = self.text[end:position]
        if cue == "neither" and "nor" in between.split():
            return True
        return _is_list(self.text[segment.end : self._sentence_end(target)], cue in _EXCLUDING)

    def _sentence_end(self, segment: Segment) -> int:
        return next(s.end for s in reversed(self.segments) if s.sentence == segment.sentence)

    def _backward(
        self, segment: Segment, start: int, end: int, mentions: list[tuple[int, int]], question: str
    ) -> str:
        cues = [(a, b, w) for a, b, w in self._negations if segment.start <= a < segment.end and a >= end]
        cues += [(a, b, w) for a, b, w in self._states if segment.start <= a < segment.end and a >= end]
        aside = self._aside(segment)
        if aside:
            return aside
        for a, b, word in sorted(cues):
            if word in _FORWARD_ONLY:
                continue
            if self.text[segment.start : a].rstrip().endswith(" with"):
                continue  # "with no extension"
            if any(b <= first < segment.end for first, _ in mentions) and word not in _STATE_WORDS:
                continue  # the cue has its own object further on
            if word in _NOT and self._elliptic(segment, b):
                continue
            if _asked(word, question) or self._presupposed(segment, start, a, b):
                continue
            if word in _NOT and any(first <= b + 1 for first, _, _ in self._states if first >= b):
                return ""  # "is not clear": that something is there
            return word
        return ""

    def _aside(self, segment: Segment) -> str:
        """ "Left - no", "left (normal)": a denial that stands alone behind a dash or in brackets."""
        mark = self.tokens[segment.last - 1].word
        if mark not in _ASIDE_MARKS:
            return ""
        place = bisect_right(self._starts, segment.start)
        if place >= len(self.segments):
            return ""
        following = self.segments[place]
        if mark == "(" and self.tokens[following.last - 1].word != ")":
            return ""  # "right (normal; 1 cm above the left)": more than a denial
        text = self.text[following.start : following.end].strip(" ,.;()")
        return text if text in _DENIALS_ALONE else ""

    def _elliptic(self, segment: Segment, cue_end: int) -> bool:
        """ "The left is clear, the right is not": denying a denial affirms."""
        if self.text[cue_end : segment.end].strip(" .,;!"):
            return False
        before = [(a, b) for a, b, _ in self._negations + self._states if a < segment.start]
        return any(
            self.segment_of(a).sentence == segment.sentence or self.segment_of(a).last == segment.first
            for a, _ in before
        )

    def _presupposed(self, segment: Segment, start: int, cue_start: int, cue_end: int) -> bool:
        """ "The nodule in the left lung is not calcified" still puts the nodule there."""
        head = [t.word for t in self.tokens[segment.first : segment.last] if t.end <= start]
        while head and head[0] in DETERMINERS | {"and", "also"}:
            head.pop(0)
        noun_before = any(word in PREPOSITIONS for word in head[1:])
        rest = {t.word for t in self.tokens[segment.first : segment.last] if t.start >= cue_end}
        return (
            noun_before
            and not (rest & _EXISTENCE)
            and "there" not in self.text[segment.start : cue_start].split()
        )


def _weakened(match: re.Match[str]) -> str:
    """Blank a pseudo-negation; "cannot be excluded" says that something may be."""
    return ("may" if match.group().endswith(("excluded", "ruled out")) else "").ljust(len(match.group()))


_UNABLE = frozenset({"cannot", "can't", "couldn't"})
_NOT = frozenset({"not", "isn't", "aren't", "doesn't"})
_STATE_WORDS = words(
    """normal unremarkable clear spared unaffected uninvolved intact healthy absent missing negative free"""
)


def _asked(cue: str, question: str) -> bool:
    if not question:
        return False
    if cue in _STATE_WORDS:
        return bool(re.search(rf"\b(?:ab)?{cue}|\babnormal" if cue == "normal" else rf"\b{cue}", question))
    return bool(NEGATION.search(question))


def _new_phrase(between: str) -> bool:
    """After a negation, "and" with a new noun or verb starts a new statement."""
    words = between.split()
    if "and" not in words:
        return False
    after = words[len(words) - words[::-1].index("and") :]
    if not after:
        return False
    first = after[0]
    return first not in PREPOSITIONS and first not in {"the", "any"}


def _is_list(between: str, excluding: bool) -> bool:
    """ "no nodules, masses or effusion ...": a list ends in "or" and has no verb before it."""
    words = re.findall(r"[a-z']+", between)
    for word in words:
        if word in {"or", "nor"} or (word == "and" and excluding):
            return True
        if word in FINITE_VERBS or word in CONTRAST:
            return False
    return False


@lru_cache(maxsize=CACHED_TEXTS)
def asked_words(question: str) -> frozenset[str]:
    """Return the stems of what a question asks about: no sides, no organs that come in pairs, no verbs."""
    return content_words(question) - _NOT_ASKED


def denies_asked(reading: Statements, question: str, answer: str) -> bool:
    """Say whether a text denies what a question only places ("no effusion is seen"); not of answers."""
    if any(NEGATION.search(one.lower()) for one in (question, answer)) or NOT_EXAMINED.search(reading.text):
        return False
    asked = asked_words(question)
    return not reading.refuses() and any(
        any(word not in _UNABLE for _, _, word in reading.cues(part))
        and asked & content_words(reading.text[part.start : part.end])
        for part in reading.segments
    )


@lru_cache(maxsize=2048)
def statements_in(text: str) -> Statements:
    """Return the reading of a text; equal texts are read once."""
    return Statements(text)
